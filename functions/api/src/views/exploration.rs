//! A saved exploration, as listings contain it.

use archive::names::ConnectorId;
use archive::time::Time;
use protocol::caller::Caller;
use protocol::exploration::{Chart, Columns, ExplorationId, ExplorationName, FilterText, SavedExploration};
use serde::Serialize;

use super::change::Actor;
use crate::wire::wire;

wire! {
    /// A filter with its columns and chart, under a name that a tenant's people share.
    #[derive(Debug, Serialize)]
    pub(crate) struct ExplorationView<'a> as "Exploration" {
        id: &'a ExplorationId,
        version: u64 => {"minimum": 1},
        /// The connector whose events it searches; missing if that is the tenant's only one.
        #[serde(skip_serializing_if = "Option::is_none")]
        connector: Option<&'a ConnectorId>,
        name: &'a ExplorationName,
        filter: &'a FilterText,
        columns: &'a Columns,
        #[serde(skip_serializing_if = "Option::is_none")]
        chart: Option<&'a Chart>,
        /// The name of an operator is visible to operators only.
        created_by: Actor<'a>,
        created_at: Time,
        changed_at: Time,
    }
}

impl<'a> ExplorationView<'a> {
    pub(crate) fn of(saved: &'a SavedExploration, reader: &Caller) -> Self {
        Self {
            id: &saved.id,
            version: saved.version,
            connector: saved.connector.as_ref(),
            name: &saved.name,
            filter: &saved.filter,
            columns: &saved.columns,
            chart: saved.chart.as_ref(),
            created_by: Actor::of(&saved.created_by, reader),
            created_at: saved.created_at,
            changed_at: saved.changed_at,
        }
    }
}

wire! {
    #[derive(Debug, Serialize)]
    pub(crate) struct ExplorationList<'a> {
        pub(crate) explorations: Vec<ExplorationView<'a>>,
    }
}

wire! {
    #[derive(Debug, Serialize)]
    pub(crate) struct DeletedExploration<'a> {
        pub(crate) deleted: &'a ExplorationId,
    }
}
