//! What a filter means, written down as plainly as possible: the event is decoded as a whole, and patterns
//! are tried in all ways.

use std::net::IpAddr;

use serde_json::value::RawValue;

use super::*;
use crate::event::tests::{Members, by_hand};
use crate::fields::Reading;

/// Whether an event passes all terms of a filter.
pub(super) fn passes(filter: &Filter, event: &str, reading: &Reading<'_>, time: Time) -> bool {
    filter.terms().iter().all(|term| {
        let is_so = match term.test() {
            Test::Field(field, patterns) => any_fits(patterns, reading.text(*field)),
            Test::Ip(patterns) => patterns.iter().any(|pattern| match pattern {
                IpPattern::Net(net) => reading.text(Field::Ip).is_some_and(|text| is_in_net(text, *net)),
                IpPattern::Text(pattern) => any_fits(std::slice::from_ref(pattern), reading.text(Field::Ip)),
            }),
            Test::Outcome(outcomes) => outcomes.contains(&reading.outcome),
            Test::Time(span) => span.from <= time && (time < span.to || span.to == Time::LAST),
            Test::Path(path, patterns) => {
                let values = by_hand(event, path.steps(), &mut false);
                any_fits(patterns, values.last().and_then(|value| text_of(value)).as_deref())
            }
            Test::Text(text) => has_text(event, &lower(text)),
        };
        is_so != term.is_negated()
    })
}

fn lower(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

/// A value as a text; `None` if it says nothing.
fn text_of(json: &str) -> Option<String> {
    match serde_json::from_str::<String>(json) {
        Ok(text) => Some(text).filter(|text| !text.is_empty()),
        Err(_) => Some(json.to_owned()).filter(|json| json != "null"),
    }
}

fn any_fits(patterns: &[Pattern], value: Option<&str>) -> bool {
    value.is_some_and(|value| patterns.iter().any(|pattern| fits(pattern.pieces(), &lower(value))))
}

/// Whether the first piece is here, and the others after any characters.
fn fits(pieces: &[String], value: &str) -> bool {
    let Some((first, others)) = pieces.split_first() else { return false };
    let Some(rest) = value.strip_prefix(&lower(first)) else { return false };
    if others.is_empty() {
        return rest.is_empty();
    }
    (0..=rest.len()).filter_map(|skipped| rest.get(skipped..)).any(|rest| fits(others, rest))
}

/// Compares digit by digit.
fn is_in_net(text: &str, net: Net) -> bool {
    let digits = |address: IpAddr| match address.to_canonical() {
        IpAddr::V4(address) => format!("4{:032b}", address.to_bits()),
        IpAddr::V6(address) => format!("6{:0128b}", address.to_bits()),
    };
    let net = net.to_string();
    let (address, prefix) = net.split_once('/').unwrap();
    let prefix: usize = prefix.parse().unwrap();
    let net = digits(address.parse().unwrap());
    text.parse().is_ok_and(|address| digits(address).starts_with(&net[..=prefix]))
}

/// Whether a normalized text is in a name or a scalar value.
fn has_text(json: &str, text: &str) -> bool {
    if let Ok(Members(members)) = serde_json::from_str(json) {
        return members.iter().any(|(name, value)| lower(name).contains(text) || has_text(value.get(), text));
    }
    if let Ok(elements) = serde_json::from_str::<Vec<&RawValue>>(json) {
        return elements.iter().any(|element| has_text(element.get(), text));
    }
    text_of(json).is_some_and(|value| lower(&value).contains(text))
}
