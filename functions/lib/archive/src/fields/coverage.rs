//! What a mapping finds in some events, and what it leaves: for whoever checks or writes one.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::IgnoredAny;

use super::guess::is_generated;
use super::{EventFields, Field, Reading};
use crate::event::{self, FieldPath};
use crate::names::escape_invisible;

/// The most examples of a field.
const MAX_EXAMPLES: usize = 3;
/// The longest example or name, characters before escaping.
const MAX_EXAMPLE_CHARS: usize = 80;
/// The most names without a field that are listed.
const MAX_UNMAPPED: usize = 20;
/// The most of them that are counted, so that events with ever new names take no more memory.
const MAX_COUNTED: usize = 1_000;

/// What a mapping finds in some events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// How many events were read. What is not an event is passed over, and so is what Auditferry writes
    /// itself.
    pub events: u64,
    /// All fields, in the order of listings.
    pub fields: Vec<FieldCoverage>,
    /// The top-level names that lead to no field, at most 20: those of most events first, then by name.
    pub unmapped: Vec<UnmappedName>,
}

/// In how many events a field is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldCoverage {
    /// The field.
    pub field: Field,
    /// Where it is looked for, as JSON Pointers.
    pub paths: Vec<String>,
    /// How many events have it: for the time, one that can be read; for the outcome, one that is known.
    pub mapped: u64,
    /// How many events there are.
    pub of: u64,
    /// Up to three different values, each at most 80 characters and escaped for display. Those of the time
    /// may be ones that can't be read.
    pub examples: Vec<String>,
}

/// A top-level name that leads to no field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnmappedName {
    /// The name, at most 80 characters and escaped for display.
    pub name: String,
    /// How many events have it.
    pub events: u64,
}

/// Reads events by a mapping.
pub fn coverage<'e>(mapping: &EventFields, events: impl IntoIterator<Item = &'e [u8]>) -> Coverage {
    let mut fields = Field::ALL.map(|field| FieldCoverage {
        field,
        paths: mapping.pointers_of(field),
        mapped: 0,
        of: 0,
        examples: Vec::new(),
    });
    let mapped: BTreeSet<&str> =
        mapping.paths().iter().filter_map(|path| path.steps().first().map(String::as_str)).collect();
    let (mut read, mut unmapped) = (0, BTreeMap::new());
    for text in events.into_iter().filter(|text| !is_generated(text)) {
        let Ok(found) = event::find(text, mapping.paths()) else { continue };
        read += 1;
        let reading = mapping.read(&found);
        for field in &mut fields {
            field.add(&reading);
        }
        count_names(text, &mapped, &mut unmapped);
    }
    let mut unmapped: Vec<UnmappedName> =
        unmapped.into_iter().map(|(name, events)| UnmappedName { name: shown(&name), events }).collect();
    // Those of equally many events stay in the order of their names.
    unmapped.sort_by_key(|name| std::cmp::Reverse(name.events));
    unmapped.truncate(MAX_UNMAPPED);
    for field in &mut fields {
        field.of = read;
    }
    Coverage { events: read, fields: fields.into(), unmapped }
}

impl FieldCoverage {
    fn add(&mut self, reading: &Reading<'_>) {
        let has = reading.has(self.field);
        self.mapped += u64::from(has);
        if self.examples.len() < MAX_EXAMPLES
            && (has || self.field == Field::Time)
            && let Some(value) = reading.text(self.field)
        {
            let example = shown(value);
            if !self.examples.contains(&example) {
                self.examples.push(example);
            }
        }
    }
}

/// Counts the top-level names of an event that lead to no field, a repeated one once.
#[expect(clippy::zero_sized_map_values, reason = "an object is read as a map, and only its names are needed")]
fn count_names(text: &[u8], mapped: &BTreeSet<&str>, counts: &mut BTreeMap<String, u64>) {
    let names: BTreeMap<String, IgnoredAny> = serde_json::from_slice(text).unwrap_or_default();
    for name in names.into_keys().filter(|name| !mapped.contains(name.as_str())) {
        if counts.len() < MAX_COUNTED || counts.contains_key(&name) {
            *counts.entry(name).or_default() += 1;
        }
    }
}

/// The beginning of a text, for display.
fn shown(text: &str) -> String {
    match text.char_indices().nth(MAX_EXAMPLE_CHARS) {
        None => escape_invisible(text),
        Some((end, _)) => escape_invisible(text.get(..end).unwrap_or_default()) + "…",
    }
}

impl EventFields {
    /// The JSON Pointers at which a field is looked for; for the outcome those of its rules, each once.
    #[must_use]
    pub fn pointers_of(&self, field: Field) -> Vec<String> {
        let mut pointers: Vec<String> = if field == Field::Outcome {
            self.outcome.paths().map(FieldPath::pointer).collect()
        } else {
            self.places_of(field).iter().map(FieldPath::pointer).collect()
        };
        pointers.dedup();
        pointers
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Preset;
    use super::*;
    use crate::event::tests::any_json;

    fn of(mapping: &str, events: &[&str]) -> Coverage {
        let mapping: EventFields = mapping.parse().unwrap();
        coverage(&mapping, events.iter().map(|event| event.as_bytes()))
    }

    fn field(coverage: &Coverage, field: Field) -> &FieldCoverage {
        coverage.fields.iter().find(|of| of.field == field).unwrap()
    }

    #[test]
    fn it_says_what_maps_and_what_could() {
        let mapping = r#"{"time":"/at","actor":["/user/name","/user/id"],"outcome":"/status"}"#;
        let coverage = of(
            mapping,
            &[
                r#"{"at":"2026-11-20T20:15:30Z","user":{"name":"ann"},"status":"ok","kind":"login"}"#,
                r#"{"at":"2026-11-20T20:15:31Z","user":{"id":7},"status":"?","kind":"login","extra":1}"#,
                r#"{"at":"20.11.2026","user":{"name":"ann"},"kind":"logout","kind":"login"}"#,
                "no event",
            ],
        );
        assert_eq!((coverage.events, coverage.fields.len()), (3, Field::ALL.len()));
        let time = field(&coverage, Field::Time);
        assert_eq!((time.mapped, time.of, time.paths.as_slice()), (2, 3, ["/at".to_owned()].as_slice()));
        assert_eq!(time.examples, ["2026-11-20T20:15:30Z", "2026-11-20T20:15:31Z", "20.11.2026"]);
        let actor = field(&coverage, Field::Actor);
        assert_eq!((actor.mapped, actor.examples.clone()), (3, vec!["ann".to_owned(), "7".to_owned()]));
        let outcome = field(&coverage, Field::Outcome);
        assert_eq!((outcome.mapped, outcome.paths.clone()), (1, vec!["/status".to_owned()]));
        assert_eq!(outcome.examples, ["success"]);
        let ip = field(&coverage, Field::Ip);
        assert_eq!((ip.mapped, ip.of, ip.paths.len(), ip.examples.len()), (0, 3, 0, 0));
        let names: Vec<_> = coverage.unmapped.iter().map(|name| (name.name.as_str(), name.events)).collect();
        assert_eq!(names, [("kind", 3), ("extra", 1)]);
    }

    #[test]
    fn hostile_values_and_names_are_cut_and_escaped() {
        let event =
            format!(r#"{{"at":"\u202e{}","{}":1,"\u001b[2J":1}}"#, "x".repeat(400_000), "n".repeat(400_000));
        let coverage = of(r#"{"action":"/at"}"#, &[&event]);
        let [example] = field(&coverage, Field::Action).examples.as_slice() else { panic!("one example") };
        assert_eq!(*example, format!("\\u{{202e}}{}…", "x".repeat(79)));
        let names: Vec<_> = coverage.unmapped.iter().map(|name| name.name.as_str()).collect();
        assert_eq!(names, ["\\u{1b}[2J", &format!("{}…", "n".repeat(80))]);
    }

    #[test]
    fn ever_new_names_take_bounded_memory() {
        let events: Vec<String> = (0..3_000).map(|n| format!(r#"{{"always":1,"n{n}":1}}"#)).collect();
        let events: Vec<&str> = events.iter().map(String::as_str).collect();
        let coverage = of("{}", &events);
        assert_eq!((coverage.unmapped.len(), coverage.unmapped[0].events), (MAX_UNMAPPED, 3_000));
    }

    #[test]
    fn real_events_of_cloudtrail_are_covered() {
        let events = samples::events::cloudtrail().iter().map(|event| event.json.as_bytes());
        let coverage = coverage(&Preset::Cloudtrail.fields(), events);
        for of_field in &coverage.fields {
            let least = match of_field.field {
                Field::Session => 2_800,
                Field::Target => 1_400,
                _ => 2_900,
            };
            assert!(of_field.mapped >= least, "{of_field:?}");
        }
        assert_eq!(coverage.unmapped[0].events, 2_900);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_fail(texts in prop::collection::vec(any_json(), 0..4), bytes: Vec<u8>) {
            let texts = texts.iter().map(String::as_bytes).chain([bytes.as_slice()]);
            let coverage = coverage(&Preset::Generic.fields(), texts);
            for field in coverage.fields {
                prop_assert!(field.mapped <= field.of && field.examples.len() <= MAX_EXAMPLES);
            }
        }
    }
}
