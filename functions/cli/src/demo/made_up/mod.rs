//! 30 days of a product's own events, made up for `serve --demo`: the same on every machine.
//!
//! `accounts` are the people of the tenant, `event` is the shape, `workday` makes ordinary days, and
//! `break_in` the bad one, Wednesday 28 June 2023: failed log-ins of several accounts from one address by
//! night, then a success, a new API key and an export. `random` is the generator behind all of it.

mod accounts;
mod break_in;
mod event;
mod random;
mod workday;

#[cfg(test)]
mod tests;

use std::time::Duration;

use archive::time::Time;
use event::Event;
use random::SplitMix64;

/// The tenant with these events.
pub(super) const TENANT: &str = "made-up-co";
/// The field of an event with its time, which is the time of writing too.
pub(super) const TIME_FIELD: &str = "time";
/// The field of an event with its ID.
pub(super) const ID_FIELD: &str = "id";

const DAY: Duration = Duration::from_hours(24);
/// How many days the events cover.
pub(super) const DAYS: u32 = 30;
/// Another number makes other events, and maybe fewer of them after the last full hour.
const SEED: u64 = 14;

/// When the events begin, if they end at `end`: at the full hour, as windows do.
pub(super) fn start(end: Time) -> Time {
    (end - DAY * DAYS).floor(Duration::from_hours(1))
}

/// The events up to and without `end`, one JSON object a line, in order of time.
///
/// # Errors
/// If an event can't be written as JSON.
pub(super) fn ndjson(end: Time) -> serde_json::Result<Vec<u8>> {
    let mut lines = Vec::new();
    for event in events(end) {
        serde_json::to_writer(&mut lines, &event)?;
        lines.push(b'\n');
    }
    Ok(lines)
}

/// The same events, before they are written.
fn events(end: Time) -> Vec<Event> {
    let (mut random, mut events) = (SplitMix64::new(SEED), Vec::new());
    let start = start(end);
    let mut midnight = start.floor(DAY);
    while midnight < end {
        workday::add(&mut events, midnight, &mut random);
        midnight = midnight.next_midnight();
    }
    break_in::add(&mut events, &mut random);
    // Days are made to their end, so that their events are the same whenever the demo ends.
    events.retain(|event| (start..end).contains(&event.time));
    events.sort_by(|one, other| (one.time, &one.id).cmp(&(other.time, &other.id)));
    events
}
