//! Guesses which preset a product's events are written by.

use super::{EventFields, Field, Preset};
use crate::event::{self, FieldPath};
use crate::generated_events::{HEARTBEAT_TYPE, UNREADABLE_TYPE};

/// The preset that fits best.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guess {
    /// The preset. [`Preset::Generic`] if none has any field of any event.
    pub preset: Preset,
    /// How many events were looked at.
    pub of: usize,
    /// For each field, in the order of listings, how many events have it.
    pub found: Vec<(Field, usize)>,
}

/// Guesses the preset from some events: the one by which most fields of most events have a value. Time,
/// action and actor count most; a time that can't be read, and an outcome, don't count. What is not an event
/// is passed over, and so is what Auditferry writes itself: most files of a quiet tenant are heartbeats.
///
/// It reads each event once per preset, so a few hundred events are enough.
pub fn guess<'e>(events: impl IntoIterator<Item = &'e [u8]>) -> Guess {
    let mut tallies = Preset::ALL.map(|preset| (preset, preset.fields(), [0; Field::ALL.len()]));
    let mut of = 0;
    for text in events.into_iter().filter(|text| !is_generated(text)) {
        let mut is_event = false;
        for (_, fields, found) in &mut tallies {
            is_event |= count(fields, text, found).is_some();
        }
        of += usize::from(is_event);
    }
    let mut best = Guess { preset: Preset::Generic, of, found: Vec::new() };
    let mut most = None;
    for (preset, _, found) in tallies {
        let found: Vec<(Field, usize)> = Field::ALL.into_iter().zip(found).collect();
        let score: usize = found.iter().map(|(field, count)| weight(*field) * count).sum();
        // The last is the generic one, which is taken if nothing fits.
        if most.is_none_or(|most| score > most) && (score > 0 || preset == Preset::Generic) {
            (best.preset, best.found) = (preset, found);
            most = Some(score);
        }
    }
    best
}

/// Whether an event looks like one that Auditferry writes itself, which has no field of the product.
pub(super) fn is_generated(text: &[u8]) -> bool {
    let kind = event::find(text, &[FieldPath::new("type")]);
    let kind = kind.ok().and_then(|found| found.last(0)).map(|kind| kind.trim_matches('"'));
    kind.is_some_and(|kind| matches!(kind, HEARTBEAT_TYPE | UNREADABLE_TYPE))
}

/// Counts the fields of one event. `None` if it is not an event.
fn count(fields: &EventFields, text: &[u8], counts: &mut [usize; Field::ALL.len()]) -> Option<()> {
    let found = event::find(text, fields.paths()).ok()?;
    let reading = fields.read(&found);
    for (field, count) in Field::ALL.into_iter().zip(counts) {
        *count += usize::from(reading.has(field));
    }
    Some(())
}

/// How much a field says about the preset. The outcome says nothing, since a preset may have one for every
/// event.
const fn weight(field: Field) -> usize {
    match field {
        Field::Time | Field::Action | Field::Actor => 4,
        Field::Outcome => 0,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::examples::EXAMPLES;
    use super::*;
    use crate::event::tests::any_json;

    #[test]
    fn each_products_events_are_recognized() {
        for (preset, events) in EXAMPLES {
            for event in *events {
                let guess = guess([event.as_bytes()]);
                assert_eq!((guess.preset, guess.of), (*preset, 1), "{event}");
            }
            assert_eq!(guess(events.iter().map(|event| event.as_bytes())).preset, *preset);
        }
    }

    #[test]
    fn real_events_of_cloudtrail_are_recognized() {
        let guess = guess(samples::events::cloudtrail().iter().map(|event| event.json.as_bytes()));
        assert_eq!((guess.preset, guess.of), (Preset::Cloudtrail, 2_900));
        let found = |field| guess.found.iter().find(|(of, _)| *of == field).map(|(_, count)| *count);
        for field in [Field::Time, Field::Id, Field::Action, Field::Category, Field::Actor, Field::Outcome] {
            assert_eq!(found(field), Some(2_900), "{field}");
        }
    }

    #[test]
    fn heartbeats_do_not_decide() {
        let heartbeat =
            r#"{"id":"heartbeat-1","time":"2026-11-20T21:05:01.000Z","type":"auditferry.heartbeat"}"#;
        let event = samples::events::cloudtrail()[0].json.as_str();
        let events = std::iter::repeat_n(heartbeat, 100).chain([event]);
        let guess = guess(events.map(str::as_bytes));
        assert_eq!((guess.preset, guess.of), (Preset::Cloudtrail, 1));
    }

    #[test]
    fn what_fits_nothing_is_generic() {
        for events in [vec![], vec!["{}"], vec!["", "[]", "no event", "{\"a\":\"\\ud800\"}"]] {
            let guess = guess(events.iter().map(|event| event.as_bytes()));
            assert_eq!(
                (guess.preset, guess.of),
                (Preset::Generic, events.iter().filter(|e| **e == "{}").count())
            );
            assert_eq!(guess.found, Field::ALL.map(|field| (field, 0)));
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_fail(texts in prop::collection::vec(any_json(), 0..4), bytes: Vec<u8>) {
            let guess = guess(texts.iter().map(String::as_bytes).chain([bytes.as_slice()]));
            prop_assert!(guess.found.iter().all(|(_, count)| *count <= guess.of));
        }
    }
}
