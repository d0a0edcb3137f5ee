//! An operator accepts another events table for a connector.

use archive::part::PartNumber;
use archive::time::Time;

use crate::cursor::Cursor;
use crate::events_source::{Acceptance, EventsSource, RememberedSource};

/// Accepting the source would leave a gap between the watermark and its first event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the connector is sealed only up to {watermark}, and the new source contains events from {from} on: the \
     events between would never be exported. Restore the old source until everything up to {from} is sealed, \
     or use an earlier time"
)]
pub struct SourceGapError {
    /// Where the connector's next window begins.
    pub watermark: Time,
    /// The start that the operator named.
    pub from: Time,
}

/// A change of source; it is stored on the condition that the cursor is unchanged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceChange {
    /// The remembered source that is replaced …
    pub before: RememberedSource,
    /// … the number of the next part …
    pub next: PartNumber,
    /// … and the watermark, as they were read.
    pub watermark: Time,
    /// The source that is remembered from now on.
    pub after: RememberedSource,
    /// Whether to drop the lists of sealed keys, because the new keys have another form: read progress and
    /// sealed unparsable keys can't be compared with them any more.
    pub forget_keys: bool,
}

impl SourceChange {
    /// The change that accepts `source` for the connector of this cursor; `None` if it reads from there
    /// already or has sealed nothing yet.
    ///
    /// With the same key layout, events from `from` on are read: exported ones are skipped by their keys, and
    /// new ones among the old are delivered as late. With another layout exported events can't be
    /// distinguished from new ones, so nothing before the watermark is read again.
    ///
    /// # Errors
    /// If the source contains events only from a time after the watermark.
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
    use crate::events_source::KeyLayout;

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
    fn a_source_prints_as_one_line_with_table_index_and_keys() {
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
    fn only_a_connector_that_remembers_another_source_changes() {
        let here = source("a", "sk");
        assert_eq!(accepting(&here, &cursor(None), "2026-11-20T00:00:00Z"), Ok(None));
        assert_eq!(accepting(&here, &cursor(Some(here.clone())), "2026-11-20T00:00:00Z"), Ok(None));
        let changed = accepting(&here, &cursor(Some(source("b", "sk"))), "2026-11-20T00:00:00Z");
        assert_eq!(changed.unwrap().unwrap().after.source, here);
    }

    #[test]
    fn a_source_that_begins_after_the_watermark_is_refused_since_events_would_be_lost() {
        let before = cursor(Some(source("a", "sk")));
        let gap = accepting(&source("b", "sk"), &before, "2026-11-20T20:00:00.001Z").unwrap_err();
        assert_eq!(gap.watermark, before.watermark);
        assert!(accepting(&source("b", "sk"), &before, "2026-11-20T20:00:00Z").is_ok());
    }

    #[test]
    fn a_table_with_the_same_key_layout_is_read_from_the_given_time_and_any_other_from_the_watermark() {
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
