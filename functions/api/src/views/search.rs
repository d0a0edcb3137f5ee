//! Who has searched a tenant's log, as the listing contains it.

use archive::names::ConnectorId;
use archive::time::Time;
use protocol::caller::Caller;
use protocol::exploration::{SearchKind, SearchRecord};
use serde::Serialize;

use super::change::Actor;
use crate::pagination::Cursor;
use crate::wire::wire;

wire! {
    /// Somebody searched the log. The same search in one hour is listed once.
    #[derive(Debug, Serialize)]
    pub(crate) struct SearchView<'a> as "Search" {
        /// Of several in one hour, the first.
        at: Time,
        /// The name of an operator is visible to operators only.
        by: Actor<'a>,
        kind: SearchKind,
        /// The filter, without the values of persons.
        filter: &'a str,
        connector: &'a ConnectorId,
    }
}

impl<'a> SearchView<'a> {
    pub(crate) fn of(search: &'a SearchRecord, reader: &Caller) -> Self {
        Self {
            at: search.at,
            by: Actor::of(&search.by, reader),
            kind: search.kind,
            filter: search.filter.as_str(),
            connector: &search.connector,
        }
    }
}

wire! {
    #[derive(Debug, Serialize)]
    pub(crate) struct SearchPage<'a> {
        pub(crate) searches: Vec<SearchView<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub(crate) next_cursor: Option<Cursor>,
    }
}
