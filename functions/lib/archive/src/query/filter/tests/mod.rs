//! Tests of the filter: examples, and properties against what a loop over a decoded event says.

mod any;
mod errors;
mod examples;
mod properties;
mod reference;

use super::*;
use crate::event::find;
use crate::fields::{Field, Outcome, OutcomeRule, OutcomeRules};
use crate::time::Time;

/// A mapping in which each field is at its name, the actor also at `user`, and the outcome at `result`.
fn mapping() -> EventFields {
    let rule = OutcomeRule {
        path: FieldPath::new("result"),
        success: vec!["ok".to_owned(), "true".to_owned()],
        failure: vec!["*".to_owned()],
    };
    let paths = |field: Field| match field {
        Field::Actor => vec![FieldPath::new("actor"), FieldPath::new("user")],
        field => vec![FieldPath::new(field.as_str())],
    };
    EventFields::new(paths, OutcomeRules::new(vec![rule], Outcome::Unknown))
}

fn filter(text: &str) -> Filter {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Whether a valid event passes. Without a time of its own it has that of the epoch.
fn matches(filter: &Filter, event: &str) -> bool {
    let matcher = filter.matcher(&mapping());
    let found = find(event.as_bytes(), matcher.paths()).unwrap();
    let reading = matcher.read(&found);
    matcher.matches(event.as_bytes(), &found, &reading, reading.time.unwrap_or(Time::EPOCH))
}
