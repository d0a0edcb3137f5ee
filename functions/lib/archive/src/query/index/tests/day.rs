//! The roll-up of a day: what its parts have together.

use super::*;
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);

fn window(hour: u32) -> Window {
    let day: Time = "2023-07-10T00:00:00Z".parse().unwrap();
    Window { from: day + HOUR * hour, to: day + HOUR * (hour + 1) }
}

/// The roll-up of indexes that are numbered from 1, one an hour.
pub(super) fn day_of(indexes: &[&PartIndex]) -> DayIndex {
    let mut builder = DayIndexBuilder::new(window(3).from, mapping().hash());
    for (hour, index) in (0..).zip(indexes) {
        let index = PartIndex { part: PartNumber::new(u64::from(hour) + 1), ..(*index).clone() };
        builder.add(&index, window(hour), 0).unwrap();
    }
    builder.finish().unwrap()
}

fn action(name: &str, hour: u32) -> String {
    format!(r#"{{"eventTime":"2023-07-10T{hour:02}:30:00Z","eventName":"{name}"}}"#)
}

fn index(number: u64, events: &[String]) -> PartIndex {
    PartIndex { part: PartNumber::new(number), ..index_of(GZIP, events).0 }
}

#[test]
fn a_day_has_the_events_values_and_times_of_its_parts() {
    let first = index(7, &[action("login", 1), action("logout", 2)]);
    let third = index(9, &[action("login", 1), action("login", 5), "{}".to_owned()]);
    let mut builder = DayIndexBuilder::new(window(5).from, mapping().hash());
    builder.add(&first, window(2), 1).unwrap();
    builder.add_heartbeat(PartNumber::new(8), window(3)).unwrap();
    builder.add(&third, window(4), 3).unwrap();
    let day = builder.finish().unwrap();
    assert_eq!(day.day.to_string(), "2023-07-10T00:00:00.000Z");
    let part = |part: &DayPart| (part.number.get(), part.window, part.events, part.late, part.blocks);
    assert_eq!(
        day.parts.iter().map(part).collect::<Vec<_>>(),
        [(7, window(2), 2, 1, 1), (8, window(3), 0, 0, 0), (9, window(4), 3, 3, 1)]
    );
    assert_eq!(day.parts[1].times, None);
    let actions = &day.values[&Field::Action];
    let values: Vec<_> = actions.iter().map(|(value, of)| (value, of.events, of.parts.to_string())).collect();
    assert_eq!(values, [("login", 3, "0,2".to_owned()), ("logout", 1, "0".to_owned())]);
    assert!(actions.is_complete());
    let outcomes = &day.values[&Field::Outcome];
    assert_eq!(outcomes.get("success").map(|of| of.events), Some(5));
    assert_eq!((day.cube.events(), day.cube.cells().count()), (5, 4));
    assert_eq!(day.times(), Some((third.first, third.last)));
    assert_eq!(DayIndex::decode(&day.encode().unwrap()).unwrap(), day);
    let key = day.key();
    assert_eq!((key.first_part.get(), key.last_part.get(), key.times), (7, 9, day.times()));
}

#[test]
fn a_day_of_heartbeats_has_no_times() {
    let mut builder = DayIndexBuilder::new(window(0).from, mapping().hash());
    builder.add_heartbeat(PartNumber::new(1), window(0)).unwrap();
    let day = builder.finish().unwrap();
    assert_eq!((day.times(), day.cube.events()), (None, 0));
    assert_eq!(DayIndex::decode(&day.encode().unwrap()).unwrap(), day);
    let empty = DayIndexBuilder::new(window(0).from, mapping().hash()).finish();
    assert!(matches!(empty, Err(IndexError::EmptyDay)));
}

#[test]
fn a_part_that_does_not_belong_to_the_day_is_refused() {
    let index = index(8, &[action("login", 1)]);
    let refused = |index: &PartIndex, window, late| {
        let mut builder = DayIndexBuilder::new("2023-07-10T12:00:00Z".parse().unwrap(), mapping().hash());
        builder.add_heartbeat(PartNumber::new(7), super::day::window(0)).unwrap();
        matches!(builder.add(index, window, late), Err(IndexError::OtherDay { .. }))
    };
    assert!(!refused(&index, window(1), 0));
    assert!(refused(&PartIndex { part: PartNumber::new(9), ..index.clone() }, window(1), 0), "a gap");
    assert!(refused(&PartIndex { part: PartNumber::new(7), ..index.clone() }, window(1), 0), "a repetition");
    assert!(refused(&index, window(24), 0), "the next day");
    assert!(refused(&index, Window { from: window(2).from, to: window(1).from }, 0), "the wrong way round");
    assert!(refused(&index, window(1), 2), "more late events than events");
    let other = EventFields::new(|_| vec![], OutcomeRules::default()).hash();
    assert!(refused(&PartIndex { mapping: other, ..index }, window(1), 0), "another mapping");
}

#[test]
fn an_incomplete_part_is_open_for_each_value_it_is_not_said_to_have() {
    let whole = index(1, &[action("login", 1)]);
    let cut = index(2, &[action("logout", 1), action(&"x".repeat(MAX_VALUE_BYTES + 1), 1)]);
    let day = day_of(&[&whole, &cut]);
    let actions = &day.values[&Field::Action];
    assert!(!actions.is_complete() && !actions.is_cut());
    assert_eq!(actions.open().to_string(), "1");
    assert_eq!(actions.get("login").map(|of| (of.events, of.parts.to_string())), Some((1, "0".to_owned())));
    assert!(day.cube.is_cut(), "an action that is not counted is in no cube");
    assert!(day.values[&Field::Category].is_complete());
    assert_eq!(DayIndex::decode(&day.encode().unwrap()).unwrap(), day);
}

#[test]
fn a_day_with_too_many_values_keeps_the_most_frequent_and_says_so() {
    let of = |part: usize| {
        let names = (0..3_000).map(|number| action(&format!("{part}-{number}"), 1));
        index(1, &names.chain(std::iter::repeat_n(action("often", 1), 3)).collect::<Vec<_>>())
    };
    let (one, two) = (of(1), of(2));
    // Each part alone is cut by its limit of size, so what is missing is not known of either.
    let day = day_of(&[&one, &two]);
    let actions = &day.values[&Field::Action];
    assert_eq!(actions.get("often").map(|of| of.events), Some(6));
    assert!(actions.iter().count() <= MAX_VALUES && !actions.is_complete());
    assert_eq!(DayIndex::decode(&day.encode().unwrap()).unwrap(), day);
}
