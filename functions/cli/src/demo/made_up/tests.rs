use std::collections::{BTreeMap, BTreeSet};

use archive::fields::{Coverage, Field, Preset, coverage, guess};
use sha2::{Digest, Sha256};

use super::super::scenario::on_demo_day;
use super::event::Action;
use super::*;

const END: Time = on_demo_day(13, 6);

fn all() -> Vec<Event> {
    events(END)
}

fn found(events: &[Event]) -> Coverage {
    let lines: Vec<Vec<u8>> = events.iter().map(|event| serde_json::to_vec(event).unwrap()).collect();
    coverage(&Preset::Generic.fields(), lines.iter().map(Vec::as_slice))
}

/// The events of each day, by date.
fn by_day(events: &[Event]) -> BTreeMap<String, Vec<&Event>> {
    let mut days: BTreeMap<String, Vec<&Event>> = BTreeMap::new();
    for event in events {
        days.entry(event.time.date()).or_default().push(event);
    }
    days
}

fn failures(events: &[&Event]) -> usize {
    events.iter().filter(|event| event.is_failure()).count()
}

#[test]
fn the_events_are_the_same_on_every_machine() {
    let digest = hex::encode(Sha256::digest(ndjson(END).unwrap()));
    assert_eq!(digest, "79dc7ac0be3ec3f85a48a16d5f8a67b17c98df8ffc7d413b3db56fe53ab3d4f9");
}

#[test]
fn a_later_end_adds_events_and_changes_none() {
    let longer = events(on_demo_day(15, 0));
    let start = start(on_demo_day(15, 0));
    let common: Vec<Event> = all().into_iter().filter(|event| event.time >= start).collect();
    assert!(longer.len() > common.len());
    assert_eq!(longer[..common.len()], common);
}

#[test]
fn the_events_cover_30_days_in_order_and_each_has_its_own_id() {
    let events = all();
    let (first, last) = (&events[0], events.last().unwrap());
    assert_eq!(start(END).to_string(), "2023-06-10T13:00:00.000Z");
    assert!(first.time >= start(END) && first.time < start(END) + DAY, "{first:?}");
    assert!(last.time >= on_demo_day(13, 0) && last.time < END, "{last:?}");
    assert!(events.is_sorted_by_key(|event| event.time));
    let ids: BTreeSet<&str> = events.iter().map(|event| event.id.as_str()).collect();
    assert_eq!(ids.len(), events.len());
}

#[test]
fn a_working_day_has_some_300_events_and_a_weekend_a_tenth() {
    let (events, mut weekend, mut days_off) = (all(), 0, 0);
    // The first and the last day are not whole.
    let mut midnight = start(END).next_midnight();
    let days = by_day(&events);
    while midnight < on_demo_day(0, 0) {
        let count = days.get(&midnight.date()).map_or(0, Vec::len);
        if midnight == break_in::midnight() {
            assert!((390..=500).contains(&count), "{midnight}: {count}");
        } else if workday::is_weekend(midnight) {
            assert!((20..=50).contains(&count), "{midnight}: {count}");
            weekend += count;
            days_off += 1;
        } else {
            assert!((250..=350).contains(&count), "{midnight}: {count}");
        }
        midnight = midnight.next_midnight();
    }
    assert_eq!(days_off, 9);
    assert!((20..=40).contains(&(weekend / days_off)), "{weekend} in {days_off} days");
}

#[test]
fn people_work_in_office_hours_with_a_peak_in_the_morning() {
    let mut hours = [0; 24];
    for event in all() {
        hours[usize::try_from(event.time.millis() / 3_600_000 % 24).unwrap()] += 1;
    }
    let peak = (0..24).max_by_key(|hour| hours[*hour]).unwrap();
    assert!((9..=10).contains(&peak), "{hours:?}");
    assert_eq!([hours[0], hours[1], hours[4], hours[22], hours[23]], [0; 5], "{hours:?}");
}

#[test]
fn some_of_the_newest_events_are_after_the_last_full_hour() {
    let newest = all().into_iter().filter(|event| event.time >= on_demo_day(13, 0)).count();
    assert!((5..=30).contains(&newest), "{newest}");
}

#[test]
fn the_bad_day_has_the_most_failures() {
    let events = all();
    let days = by_day(&events);
    let (worst, of_day) = days.iter().max_by_key(|(_, of_day)| failures(of_day)).unwrap();
    assert_eq!((worst.as_str(), worst), ("2023-06-28", &break_in::midnight().date()));
    let others = days.iter().filter(|(date, _)| *date != worst).map(|(_, of_day)| failures(of_day)).max();
    assert!(failures(of_day) >= break_in::ATTEMPTS && others < Some(15), "{others:?}");
}

#[test]
fn the_break_in_is_found_by_its_address() {
    let events = all();
    let by_attacker: Vec<&Event> = events.iter().filter(|e| e.context.ip == break_in::ADDRESS).collect();
    let (attempts, rest) = by_attacker.split_at(break_in::ATTEMPTS);
    let attempted: BTreeSet<&str> = attempts.iter().map(|event| event.target.id.as_str()).collect();
    assert!(attempts.iter().all(|e| e.is_failure() && e.action == Action::Login.name()));
    assert_eq!(attempted.len(), 7);
    let (from, to) = (attempts[0].time.to_string(), attempts.last().unwrap().time.to_string());
    assert!(from.as_str() >= "2023-06-28T02:10" && to.as_str() < "2023-06-28T03:40", "{from} {to}");
    let then: Vec<&str> = rest.iter().map(|event| event.action).collect();
    assert_eq!(then, ["user.login", "admin.api_key.created", "report.export"]);
    assert!(rest.iter().all(|event| !event.is_failure()) && attempted.contains(rest[0].target.id.as_str()));
}

#[test]
fn on_other_days_3_to_6_percent_of_the_log_ins_fail_and_say_why() {
    let events = all();
    let logins = events.iter().filter(|e| e.action == Action::Login.name());
    let ordinary: Vec<&Event> = logins.filter(|e| e.context.ip != break_in::ADDRESS).collect();
    let failed = failures(&ordinary);
    let rate = failed * 1_000 / ordinary.len();
    assert!((30..=60).contains(&rate), "{failed} of {}", ordinary.len());
    assert!(events.iter().all(|event| event.is_failure() == event.reason.is_some()));
}

#[test]
fn all_accounts_and_addresses_are_reserved_for_documentation() {
    for event in all() {
        let ip = event.context.ip;
        assert!(["192.0.2.", "198.51.100.", "203.0.113."].iter().any(|range| ip.starts_with(range)), "{ip}");
        assert!(event.actor.email.ends_with("@made-up.example"), "{event:?}");
    }
}

#[test]
fn the_preset_generic_is_guessed_and_finds_every_field() {
    let events = all();
    let lines = ndjson(END).unwrap();
    let guess = guess(lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()));
    assert_eq!((guess.preset, guess.of), (Preset::Generic, events.len()));
    for of_field in found(&events).fields {
        // A failed log-in and the service account have no session.
        let least = if of_field.field == Field::Session { events.len() * 9 / 10 } else { events.len() };
        let mapped = usize::try_from(of_field.mapped).unwrap();
        assert!((least..=events.len()).contains(&mapped), "{of_field:?}");
    }
}

#[test]
fn the_fields_are_those_that_a_person_would_name() {
    let events = all();
    let login = events.iter().find(|event| event.action == Action::Login.name()).unwrap();
    let examples = found(std::slice::from_ref(login)).fields;
    let example = |field| &examples.iter().find(|of| of.field == field).unwrap().examples[0];
    assert_eq!(example(Field::Time), &login.time.to_string());
    assert_eq!(example(Field::Category), "authentication");
    assert_eq!(example(Field::Actor), login.actor.email);
    assert_eq!(example(Field::Ip), login.context.ip);
    assert_eq!(example(Field::Target), &login.target.id);
    assert_eq!((example(Field::Outcome).as_str(), example(Field::Tenant).as_str()), ("success", TENANT));
}
