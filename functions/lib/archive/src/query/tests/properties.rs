//! For arbitrary events, filters and archives.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::world::{HOUR, World, at};
use crate::fields::Field;
use crate::part::{Compression, Encoding, Format, PartNumber};
use crate::query::Span;
use crate::query::counts::{Counts, Interval};
use crate::query::facets::Facets;
use crate::query::filter::Filter;
use crate::query::row::{Order, RowKey};
use crate::query::rows::{Rows, StuckError, remaining};
use crate::query::search::{Budget, Looking, Reach};
use crate::time::Time;

/// An event: minutes after the beginning of its window, action, actor, outcome, and how much padding.
#[derive(Debug, Clone)]
struct Event {
    minutes: Option<i64>,
    action: Option<&'static str>,
    actor: Option<&'static str>,
    ok: Option<bool>,
    padding: usize,
}

/// A value that is longer than an index lists.
const LONG: &str = concat!(
    "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz",
    "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz",
    "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz",
);

fn any_event() -> impl Strategy<Value = Event> {
    (
        // Most are within their window; some are of other days, and some have no time.
        prop_oneof![8 => (0..60i64).prop_map(Some), 1 => (-3000..3000i64).prop_map(Some), 1 => Just(None)],
        prop::option::weighted(0.9, prop::sample::select(vec!["login", "Login", "logout", "user.delete"])),
        // The long one is in no index.
        prop::option::weighted(0.8, prop::sample::select(vec!["ana", "bob", "J\u{f6}rg", "root", LONG])),
        prop::option::of(any::<bool>()),
        // Some fill a block alone.
        prop_oneof![30 => Just(0usize), 1 => Just(600_000)],
    )
        .prop_map(|(minutes, action, actor, ok, padding)| Event { minutes, action, actor, ok, padding })
}

fn any_encoding() -> impl Strategy<Value = Encoding> {
    let compression = prop::sample::select(Compression::ALL.to_vec());
    (prop::sample::select(Format::ALL.to_vec()), compression)
        .prop_map(|(format, compression)| Encoding { format, compression })
}

fn any_filter() -> impl Strategy<Value = Filter> {
    let terms = prop::sample::select(vec![
        "action:login",
        "-action:login",
        "action:log*",
        "actor:ana",
        "-actor:ana,bob",
        "actor:*",
        "-actor:*",
        "actor:J\u{d6}RG",
        "outcome:failure",
        "-outcome:success",
        "outcome:unknown",
        "ana",
        "/ip:10.0.0.1",
        "time:2026-11-02",
        "-time:2026-11-01..2026-11-01",
        "ip:10.0.0.0/8",
        "id:e7",
        "action:nothing",
    ]);
    prop::collection::vec(terms, 0..3).prop_map(|terms| terms.join(" ").parse().unwrap())
}

fn any_span() -> impl Strategy<Value = Span> {
    let time = || (0..72 * 60i64).prop_map(|minutes| add_minutes(start(), minutes));
    prop_oneof![
        2 => Just(Span::WHOLE),
        1 => (time(), time()).prop_map(|(a, b)| Span { from: a.min(b), to: a.max(b) }),
        1 => (0..60u32).prop_map(|hour| Span { from: start() + HOUR * hour, to: start() + HOUR * (hour + 7) }),
    ]
}

fn start() -> Time {
    at("2026-11-01T00:00:00Z")
}

fn add_minutes(time: Time, minutes: i64) -> Time {
    Time::from_millis(time.millis() + minutes * 60_000).unwrap()
}

/// An archive of up to three days, of which those that are over may be rolled up.
fn any_world() -> impl Strategy<Value = World> {
    let part = (prop::collection::vec(any_event(), 0..6), any_encoding());
    (prop::collection::vec(part, 0..60), prop::collection::vec(any_event(), 0..5), any::<bool>()).prop_map(
        |(parts, unsealed, is_rolled_up)| {
            let mut world = World::new(start());
            let mut id = 0;
            for (events, encoding) in parts {
                let from = world.watermark;
                let events = events.iter().map(|event| {
                    id += 1;
                    text(event, from, id)
                });
                let events = events.collect();
                world.seal(events, encoding);
            }
            world.unsealed =
                unsealed.iter().map(|event| (world.watermark, text(event, world.watermark, 0))).collect();
            if is_rolled_up {
                world.roll_up();
            }
            world
        },
    )
}

fn text(event: &Event, from: Time, id: usize) -> String {
    let mut object = serde_json::Map::new();
    object.insert("id".into(), format!("e{id}").into());
    if let Some(minutes) = event.minutes {
        object.insert(
            "at".into(),
            add_minutes(from, minutes.max(-(from.millis() / 60_000))).to_string().into(),
        );
    }
    if let Some(action) = event.action {
        object.insert("action".into(), action.into());
        object.insert("area".into(), action.split('.').next().unwrap().into());
    }
    if let Some(actor) = event.actor {
        object.insert("who".into(), serde_json::json!({ "name": actor }));
    }
    if let Some(ok) = event.ok {
        object.insert("ok".into(), ok.into());
    }
    object.insert("ip".into(), if id.is_multiple_of(2) { "10.0.0.1" } else { "192.0.2.1" }.into());
    object.insert("padding".into(), "x".repeat(event.padding).into());
    serde_json::Value::Object(object).to_string()
}

fn any_order() -> impl Strategy<Value = Order> {
    prop::sample::select(vec![Order::Newest, Order::Oldest])
}

fn looking(filter: &Filter, span: Span, order: Order, budget: Budget) -> Looking {
    Looking { filter: filter.clone(), span, order, budget }
}

/// All rows, page by page. Between two pages `between` may change the archive.
fn all_pages(
    world: &mut World,
    (filter, span, order): (&Filter, Span, Order),
    (limit, budget, width): (usize, Budget, usize),
    mut between: impl FnMut(&mut World),
) -> (Vec<(RowKey, String)>, Result<(), StuckError>) {
    let last_part = world.scope().last_part;
    let mut rows = Vec::new();
    let mut after: Option<RowKey> = None;
    loop {
        let scope = crate::query::search::Scope { last_part, ..world.scope() };
        let rest = remaining(span, order, after.as_ref());
        let found =
            world.run(&looking(filter, rest, order, budget), scope, Rows::new(order, limit, after), width);
        assert!(found.missing.is_empty());
        let page = match found.collector.page(found.reach) {
            Ok(page) => page,
            Err(stuck) => return (rows, Err(stuck)),
        };
        assert!(page.rows.len() <= limit);
        rows.extend(page.rows.into_iter().map(|row| (row.key, String::from_utf8(row.event).unwrap())));
        let Some(next) = page.next else { return (rows, Ok(())) };
        after = Some(next);
        between(world);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn pages_have_exactly_the_events_that_a_loop_finds(
        mut world in any_world(), filter in any_filter(), span in any_span(), order in any_order(),
        limit in 1..20usize, width in 1..9usize,
    ) {
        let mut expected = world.matching(&filter, span);
        if order == Order::Newest {
            expected.reverse();
        }
        let rows = all_pages(&mut world, (&filter, span, order), (limit, Budget::NONE, width), |_| ());
        prop_assert_eq!(rows, (expected, Ok(())));
    }

    #[test]
    fn pages_neither_skip_nor_repeat_while_parts_arrive(
        mut world in any_world(), filter in any_filter(), order in any_order(), limit in 1..5usize,
        later in prop::collection::vec(any_event(), 1..4),
    ) {
        let mut expected = world.matching(&filter, Span::WHOLE);
        if order == Order::Newest {
            expected.reverse();
        }
        let rows = all_pages(&mut world, (&filter, Span::WHOLE, order), (limit, Budget::NONE, 3), |world| {
            let from = world.watermark;
            let unsealed = std::mem::take(&mut world.unsealed);
            world.seal(later.iter().map(|event| text(event, from, 1_000)).collect(), Encoding::default());
            world.roll_up();
            // The events table still has what was not sealed when the first page was made.
            world.unsealed = unsealed;
        });
        prop_assert_eq!(rows, (expected, Ok(())));
    }

    #[test]
    fn a_spent_budget_ends_a_page_and_the_next_one_goes_on(
        mut world in any_world(), filter in any_filter(), order in any_order(), blocks in 6..30u64,
    ) {
        let mut expected = world.matching(&filter, Span::WHOLE);
        if order == Order::Newest {
            expected.reverse();
        }
        let budget = Budget { blocks, ..Budget::NONE };
        let (rows, end) = all_pages(&mut world, (&filter, Span::WHOLE, order), (100, budget, 2), |_| ());
        if end.is_err() {
            // More blocks than a budget has reach over one instant. What was shown until then is complete.
            expected.truncate(rows.len());
        }
        prop_assert_eq!(rows, expected);
    }

    #[test]
    fn counts_are_those_of_a_loop(
        world in any_world(), filter in any_filter(), span in any_span(), width in 1..9usize,
        interval in prop::sample::select(Interval::ALL.to_vec()),
        by in prop::option::of(prop::sample::select(vec![
            Field::Action, Field::Category, Field::Outcome, Field::Actor, Field::Ip, Field::Target,
        ])),
    ) {
        let looking = looking(&filter, span, Order::Newest, Budget::NONE);
        let found = world.run(&looking, world.scope(), Counts::new(interval, by), width);
        prop_assert_eq!(found.reach, Reach::Whole);
        let matching = world.matching(&filter, span);
        prop_assert_eq!(found.collector.total(), matching.len() as u64);
        let mut expected: BTreeMap<(Time, Option<String>), u64> = BTreeMap::new();
        for (key, event) in matching {
            let values = crate::event::find(event.as_bytes(), world.fields.paths()).unwrap();
            let reading = world.fields.read(&values);
            let value = by.and_then(|by| reading.text(by).map(str::to_owned));
            *expected.entry((interval.start(key.time), value)).or_default() += 1;
        }
        let counts = found.collector.counts(found.reach).unwrap();
        let counts: BTreeMap<_, _> =
            counts.into_iter().map(|count| ((count.start, count.value), count.events)).collect();
        prop_assert_eq!(counts, expected);
    }

    #[test]
    fn facets_of_several_fields_are_those_of_each_alone(
        world in any_world(), filter in any_filter(), span in any_span(), width in 1..9usize,
        fields in prop::collection::vec(prop::sample::select(vec![
            Field::Action, Field::Category, Field::Outcome, Field::Actor, Field::Ip, Field::Target,
        ]), 1..4),
    ) {
        let looking = looking(&filter, span, Order::Newest, Budget::NONE);
        let found = world.run(&looking, world.scope(), Facets::new(&fields), width);
        prop_assert_eq!(found.collector.0.len(), fields.len());
        for (together, field) in found.collector.0.into_iter().zip(fields) {
            let alone = Counts::new(Interval::Whole, Some(field));
            let alone = world.run(&looking, world.scope(), alone, width);
            prop_assert_eq!(together.counts(found.reach), alone.collector.counts(alone.reach));
        }
    }

    #[test]
    fn without_a_filter_the_total_is_the_sum_of_the_records(world in any_world(), unsealed: bool) {
        let mut world = world;
        if !unsealed {
            world.unsealed.clear();
        }
        let looking = looking(&Filter::default(), Span::WHOLE, Order::Newest, Budget::NONE);
        let found = world.run(&looking, world.scope(), Counts::new(Interval::Whole, None), 4);
        let sealed: u64 = world.parts.values().map(|stored| stored.part.events).sum();
        prop_assert_eq!(found.collector.total(), sealed + world.unsealed.len() as u64);
        // The summaries answer it alone.
        prop_assert_eq!(found.spent.blocks, 0);
    }
}

#[test]
fn a_part_that_was_sealed_since_the_first_page_is_not_on_a_later_one() {
    let mut world = World::new(start());
    world.seal(vec![r#"{"id":"a"}"#.into(), r#"{"id":"b"}"#.into()], Encoding::default());
    let (filter, order) = (Filter::default(), Order::Newest);
    let (rows, _) = all_pages(&mut world, (&filter, Span::WHOLE, order), (1, Budget::NONE, 1), |world| {
        world.seal(vec![r#"{"id":"c","at":"2026-11-01T00:00:00Z"}"#.into()], Encoding::default());
    });
    assert_eq!(
        rows.iter().map(|(_, event)| event.as_str()).collect::<Vec<_>>(),
        [r#"{"id":"b"}"#, r#"{"id":"a"}"#]
    );
    assert!(world.parts.contains_key(&PartNumber::new(2)));
}

#[test]
fn a_budget_gets_past_events_of_ordinary_times() {
    let mut world = World::new(start());
    for hour in 0..40 {
        let at = add_minutes(start(), hour * 60 + 30);
        world.seal(vec![format!(r#"{{"id":"{hour}","at":"{at}"}}"#)], Encoding::default());
    }
    let filter = Filter::default();
    let budget = Budget { blocks: 3, ..Budget::NONE };
    for order in [Order::Newest, Order::Oldest] {
        let (rows, end) = all_pages(&mut world, (&filter, Span::WHOLE, order), (100, budget, 1), |_| ());
        assert_eq!((rows.len(), end), (40, Ok(())));
    }
}
