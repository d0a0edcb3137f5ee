//! The events table that a connector is read from, remembered from its first seal on.
//!
//! An empty read of another table looks like a quiet hour, and would be signed as one. So a run that reads from a
//! table, an index or keys other than the remembered ones seals nothing, until an operator accepts the new source and
//! says from when on it holds the events.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::cursor::Cursor;
use crate::part::PartNumber;
use crate::time::Time;

/// A table, and the keys by which it is read. What a body or a TTL attribute is called belongs to neither: a change of
/// those hides no event.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct EventsSource {
    /// Its name or ARN, as the settings give it.
    pub table: String,
    /// What DynamoDB calls this very table (`TableId` of `DescribeTable`): a table that was deleted and made again
    /// has the same name and another ID. Absent where a stand-in gives none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table_id: Option<String>,
    /// The keys by which it is read.
    #[serde(flatten)]
    pub layout: KeyLayout,
}

/// The keys by which a table is read.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct KeyLayout {
    /// The index, if it is read through one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<String>,
    /// The attribute that is the partition key.
    pub partition_key: String,
    /// How a partition key is made of a tenant.
    pub partition_format: String,
    /// The attribute that is the sort key.
    pub sort_key: String,
    /// How a sort key gives the time.
    pub sort_key_form: String,
}

/// One line, for logs and the command line.
impl fmt::Display for EventsSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let KeyLayout { index, partition_key, partition_format, sort_key, sort_key_form } = &self.layout;
        write!(f, "table {}", self.table)?;
        if let Some(id) = &self.table_id {
            write!(f, " (ID {id})")?;
        }
        if let Some(index) = index {
            write!(f, ", index {index}")?;
        }
        write!(f, ", keys {partition_key} ({partition_format}) and {sort_key} ({sort_key_form})")
    }
}

/// The source that a connector's cursor remembers.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RememberedSource {
    /// Which.
    #[serde(flatten)]
    pub source: EventsSource,
    /// The acceptance, if it is not the first one of this connector.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<Acceptance>,
}

/// An operator's word that a new source holds the events.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Acceptance {
    /// Nothing before this is read from the new source.
    pub from: Time,
    /// When it was accepted.
    pub at: Time,
    /// Who accepted it.
    pub by: String,
}

impl RememberedSource {
    /// The source of a first seal.
    #[must_use]
    pub const fn first(source: EventsSource) -> Self {
        Self { source, accepted: None }
    }
}

/// Why a new source can't be accepted for a connector.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "it is sealed up to {watermark} only, and by your word the new source holds events from {from} on: those between \
     would never be exported. Set the old source back until everything up to {from} is sealed, or name an earlier time"
)]
pub struct SourceGapError {
    /// Where its next window begins.
    pub watermark: Time,
    /// What was named.
    pub from: Time,
}

/// A change of source, to be stored if the cursor still stands where it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceChange {
    /// The remembered source that is replaced …
    pub before: RememberedSource,
    /// … the number of the next part …
    pub next: PartNumber,
    /// … and the watermark, as they were read.
    pub watermark: Time,
    /// What is remembered from now on.
    pub after: RememberedSource,
    /// The lists of sealed keys are in another form than the new keys: what was read halfway and the strays that were
    /// sealed can't be held against them any more.
    pub forget_keys: bool,
}

impl SourceChange {
    /// The change that accepts `source` for the connector of this cursor; `None` if it reads from there already, or
    /// has sealed nothing yet.
    ///
    /// Where the keys have the same layout, events from `from` on are read, those that were exported already are left
    /// out by their keys, and what is new among the old ones follows as late. With another layout nothing tells an
    /// exported event from a new one, so nothing before the watermark is read again.
    ///
    /// # Errors
    /// If the source holds only events that come after the connector's next ones.
    pub fn accepting(
        source: &EventsSource,
        cursor: &Cursor,
        acceptance: Acceptance,
    ) -> Result<Option<Self>, SourceGapError> {
        let Some(before) = cursor.source.clone().filter(|remembered| remembered.source != *source) else {
            return Ok(None);
        };
        let watermark = cursor.watermark;
        if acceptance.from > watermark {
            return Err(SourceGapError { watermark, from: acceptance.from });
        }
        let forget_keys = before.source.layout != source.layout;
        let from = if forget_keys { watermark } else { acceptance.from };
        let accepted = Some(Acceptance { from, ..acceptance });
        let after = RememberedSource { source: source.clone(), accepted };
        Ok(Some(Self { before, next: cursor.next, watermark, after, forget_keys }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(table_id: &str, sort_key: &str) -> EventsSource {
        EventsSource {
            table: "audit-events".into(),
            table_id: Some(table_id.into()),
            layout: KeyLayout {
                index: None,
                partition_key: "pk".into(),
                partition_format: "{tenant}".into(),
                sort_key: sort_key.into(),
                sort_key_form: "rfc3339".into(),
            },
        }
    }

    fn at(text: &str) -> Time {
        text.parse().unwrap()
    }

    fn cursor(remembered: Option<EventsSource>) -> Cursor {
        let mut cursor = Cursor::new(at("2026-11-01T00:00:00Z"), Time::EPOCH, Time::EPOCH);
        cursor.watermark = at("2026-11-20T20:00:00Z");
        cursor.source = remembered.map(RememberedSource::first);
        cursor
    }

    fn accepting(
        new: &EventsSource,
        cursor: &Cursor,
        from: &str,
    ) -> Result<Option<SourceChange>, SourceGapError> {
        let acceptance = Acceptance { from: at(from), at: at("2026-11-21T00:00:00Z"), by: "ann".into() };
        SourceChange::accepting(new, cursor, acceptance)
    }

    #[test]
    fn it_is_one_line_that_names_table_index_and_keys() {
        let mut source = source("7d2f", "sk");
        let plain = "table audit-events (ID 7d2f), keys pk ({tenant}) and sk (rfc3339)";
        assert_eq!(source.to_string(), plain);
        source.layout.index = Some("by_time".into());
        source.table_id = None;
        assert_eq!(
            source.to_string(),
            "table audit-events, index by_time, keys pk ({tenant}) and sk (rfc3339)"
        );
    }

    #[test]
    fn only_a_connector_that_remembers_another_source_is_changed() {
        let here = source("a", "sk");
        assert_eq!(accepting(&here, &cursor(None), "2026-11-20T00:00:00Z"), Ok(None));
        assert_eq!(accepting(&here, &cursor(Some(here.clone())), "2026-11-20T00:00:00Z"), Ok(None));
        let changed = accepting(&here, &cursor(Some(source("b", "sk"))), "2026-11-20T00:00:00Z");
        assert_eq!(changed.unwrap().unwrap().after.source, here);
    }

    #[test]
    fn a_source_that_begins_behind_the_watermark_would_lose_events_and_is_refused() {
        let before = cursor(Some(source("a", "sk")));
        let gap = accepting(&source("b", "sk"), &before, "2026-11-20T20:00:00.001Z").unwrap_err();
        assert_eq!(gap.watermark, before.watermark);
        assert!(accepting(&source("b", "sk"), &before, "2026-11-20T20:00:00Z").is_ok());
    }

    #[test]
    fn another_table_of_the_same_keys_is_read_from_the_named_time_and_other_keys_from_the_watermark() {
        let before = cursor(Some(source("a", "sk")));
        for (new, from, forget) in [
            (source("b", "sk"), "2026-11-19T00:00:00Z", false),
            (source("b", "at"), "2026-11-20T20:00:00Z", true),
        ] {
            let change = accepting(&new, &before, "2026-11-19T00:00:00Z").unwrap().unwrap();
            assert_eq!((change.after.accepted.unwrap().from, change.forget_keys), (at(from), forget));
        }
    }
}
