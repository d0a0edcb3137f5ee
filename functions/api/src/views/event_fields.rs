//! Where the fields are in a connector's events, as it is set.

use archive::time::Time;
use protocol::caller::Caller;
use protocol::exploration::{MappingSource, StoredMapping};
use serde::Serialize;
use serde_json::Value;

use super::change::Actor;
use crate::wire::wire;

wire! {
    /// Which mapping says where time, actor, action and the other fields are in a connector's events.
    #[derive(Debug, Serialize)]
    pub(crate) struct EventFieldSetting<'a> as "EventFieldSetting" {
        /// `guessed` from the first events, `set` by an operator, or `none`: then it is the deployment's, or
        /// it is guessed with the first question about events.
        source: FieldsSource,
        /// Missing if there is none.
        #[serde(skip_serializing_if = "Option::is_none")]
        fields: Option<FieldsAsSet>,
        /// From how many events it was guessed.
        #[serde(skip_serializing_if = "Option::is_none")]
        guessed_from: Option<u64>,
        /// Who set it. The name of an operator is visible to operators only.
        #[serde(skip_serializing_if = "Option::is_none")]
        set_by: Option<Actor<'a>>,
        /// When it was guessed or set.
        #[serde(skip_serializing_if = "Option::is_none")]
        at: Option<Time>,
    }
}

/// Where the mapping comes from.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FieldsSource {
    Guessed,
    Set,
    None,
}

/// The name of a preset, or a mapping.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct FieldsAsSet(Value);

impl FieldsAsSet {
    /// A name is no JSON.
    fn of(text: &str) -> Self {
        Self(serde_json::from_str(text).unwrap_or_else(|_| text.into()))
    }
}

impl<'a> EventFieldSetting<'a> {
    pub(crate) fn of(stored: Option<&'a StoredMapping>, reader: &Caller) -> Self {
        let (source, guessed_from, set_by) = match stored.map(|stored| &stored.source) {
            Some(MappingSource::Guessed { events }) => (FieldsSource::Guessed, Some(*events), None),
            Some(MappingSource::Set { by }) => (FieldsSource::Set, None, Some(Actor::of(by, reader))),
            None => (FieldsSource::None, None, None),
        };
        Self {
            source,
            fields: stored.map(|stored| FieldsAsSet::of(stored.fields.as_str())),
            guessed_from,
            set_by,
            at: stored.map(|stored| stored.at),
        }
    }
}
