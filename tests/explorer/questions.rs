//! What is asked, each time with another span or another value, and what the answer must be by the [`Truth`].

use std::collections::BTreeMap;
use std::time::Duration;

use archive::fields::Field;
use archive::query::counts::Interval;
use archive::query::filter::Filter;
use archive::time::Time;
use control::explorer::{Answer, Ask, CountsRequest, FacetsRequest, RowsRequest, ValueCount};

use crate::truth::{Truth, WindowTruth};
use crate::world::{RARE_ACTOR, WINDOWS, mix, window_start};

/// Checks an answer; the error says what is wrong.
pub type Check<'t> = Box<dyn Fn(&Answer) -> Result<(), String> + 't>;
type Asking = for<'t> fn(&'t Truth, u64) -> (Ask, Check<'t>);

/// A kind of question.
pub struct Kind {
    pub name: &'static str,
    /// The most that 95 % of the answers may take, milliseconds; `None` if it is only reported.
    pub limit_ms: Option<f64>,
    /// The question of this number, and the check of its answer.
    pub ask: Asking,
}

/// All kinds.
pub const KINDS: &[Kind] = &[
    Kind { name: "page: newest events", limit_ms: Some(1e3), ask: |truth, n| page("", truth, n) },
    Kind { name: "page: failures", limit_ms: Some(1e3), ask: |truth, n| page("outcome:failure", truth, n) },
    Kind {
        name: "page: one action",
        limit_ms: Some(1e3),
        ask: |truth, n| page(&format!("action:{}", one_of(&truth.actions, n)), truth, n),
    },
    Kind {
        name: "page: 50 events of one actor",
        limit_ms: Some(1e3),
        ask: |truth, n| actor_page(50, truth, n),
    },
    Kind { name: "page: 200 events of one actor", limit_ms: None, ask: |truth, n| actor_page(200, truth, n) },
    Kind {
        name: "chart: 90 days by day and outcome",
        limit_ms: Some(1e3),
        ask: |truth, n| chart("", Interval::Day, Some(Field::Outcome), 90, truth, n),
    },
    Kind {
        name: "chart: 90 days by hour",
        limit_ms: Some(1e3),
        ask: |truth, n| chart("", Interval::Hour, None, 90, truth, n),
    },
    Kind {
        name: "chart: 90 days, failures by day and action",
        limit_ms: Some(1e3),
        ask: |truth, n| chart("outcome:failure", Interval::Day, Some(Field::Action), 90, truth, n),
    },
    Kind {
        name: "chart: 7 days, failures by hour and action",
        limit_ms: Some(1e3),
        ask: |truth, n| chart("outcome:failure", Interval::Hour, Some(Field::Action), 7, truth, n),
    },
    Kind { name: "facet: action", limit_ms: Some(1e3), ask: |truth, _| facets(&[Field::Action], truth) },
    Kind { name: "facet: actor", limit_ms: Some(1e3), ask: |truth, _| facets(&[Field::Actor], truth) },
    Kind { name: "facet: ip", limit_ms: Some(1e3), ask: |truth, _| facets(&[Field::Ip], truth) },
    Kind {
        name: "facets: action, actor and ip at once",
        limit_ms: Some(1e3),
        ask: |truth, _| facets(&[Field::Action, Field::Actor, Field::Ip], truth),
    },
    Kind { name: "needle: an actor with 3 events", limit_ms: Some(3e3), ask: |truth, _| needle(truth) },
    Kind { name: "needle: an event by its ID, to its budget", limit_ms: None, ask: by_id },
    Kind { name: "facet: actor of failures, to its budget", limit_ms: None, ask: |_, _| failing_actors() },
];

fn filter(text: &str) -> Filter {
    text.parse().expect("a filter")
}

fn one_of(counts: &BTreeMap<String, u64>, n: u64) -> &str {
    let place = mix(n, 11) % counts.len() as u64;
    counts.keys().nth(usize::try_from(place).unwrap()).expect("a value")
}

/// A page of 50 that ends at some hour of the last 80 days.
fn page<'t>(text: &str, _: &'t Truth, n: u64) -> (Ask, Check<'t>) {
    let to = window_start(WINDOWS - mix(n, 12) % (80 * 24));
    let text = text.to_owned();
    let ask = RowsRequest { filter: filter(&text), to: Some(to), ..RowsRequest::default() };
    let check = move |answer: &Answer| {
        let Answer::Rows(page) = answer else { return wrong("rows", answer) };
        let mut before: Option<Time> = None;
        for row in &page.rows {
            same("the order of rows", before.is_none_or(|before| row.time <= before) && row.time < to, true)?;
            before = Some(row.time);
            if let Some((field, value)) = text.split_once(':') {
                let found = Field::from_name(field).and_then(|field| row.fields.get(&field));
                same("the filter's value", found.map(String::as_str), Some(value))?;
            }
        }
        same(
            "a page is full or says how far it reaches",
            page.rows.len() == 50 || page.next_cursor.is_none() || page.lag.searched_to.is_some(),
            true,
        )
    };
    (Ask::Rows(ask), Box::new(check))
}

fn actor_page(limit: u32, truth: &Truth, n: u64) -> (Ask, Check<'_>) {
    let people = truth.actors.iter().filter(|(actor, _)| actor.contains("person-"));
    let place = usize::try_from(mix(n, 13)).unwrap_or(0) % people.clone().count();
    let (actor, events) = people.clone().nth(place).expect("a person");
    let rows = rows_of(&format!("actor:\"{actor}\""), limit);
    let check = move |answer: &Answer| {
        let Answer::Rows(page) = answer else { return wrong("rows", answer) };
        let of_actor = page.rows.iter().all(|row| row.fields.get(&Field::Actor) == Some(actor));
        same("the actor of each row", of_actor, true)?;
        if page.lag.searched_to.is_none() {
            same("rows", page.rows.len() as u64, (*events).min(limit.into()))?;
        }
        Ok(())
    };
    (rows, Box::new(check))
}

fn rows_of(text: &str, limit: u32) -> Ask {
    Ask::Rows(RowsRequest { filter: filter(text), limit: Some(limit), ..RowsRequest::default() })
}

/// A chart of so many days: of failures if it is by action. It begins and ends at full hours, some of them
/// not at midnight.
fn chart<'t>(
    text: &str,
    interval: Interval,
    by: Option<Field>,
    days: u64,
    truth: &'t Truth,
    n: u64,
) -> (Ask, Check<'t>) {
    let room = (90 - days) * 24;
    // The first question is over whole days.
    let first = if n == 0 { room } else { mix(n, 14) % (room + 20) };
    let last = if n == 0 { WINDOWS } else { (first + days * 24).min(WINDOWS) - mix(n, 15) % 20 };
    let ask = CountsRequest {
        filter: filter(text),
        from: Some(window_start(first)),
        to: Some(window_start(last)),
        interval,
        by,
        sealing: false,
    };
    let check = move |answer: &Answer| {
        let Answer::Counts(counts) = answer else { return wrong("counts", answer) };
        same("where it ended", counts.lag.searched_to, None)?;
        let mut expected: BTreeMap<(Time, Option<&str>), u64> = BTreeMap::new();
        for window in first..last {
            let WindowTruth { success, failure, failures } = &truth.windows[usize::try_from(window).unwrap()];
            let start = interval.start(window_start(window));
            let mut add = |value, events| *expected.entry((start, value)).or_default() += events;
            match by {
                Some(Field::Action) => {
                    failures.iter().for_each(|(action, events)| add(Some(action.as_str()), *events));
                }
                Some(_) => {
                    add(Some("success"), *success);
                    add(Some("failure"), *failure);
                }
                None => add(None, success + failure),
            }
        }
        expected.retain(|_, events| *events > 0);
        let found = counts.counts.iter();
        let found: BTreeMap<_, _> = found.map(|c| ((c.start, c.value.as_deref()), c.events)).collect();
        same("the sum", counts.total, expected.values().sum())?;
        same("the counts", found == expected, true)
    };
    (Ask::Counts(ask), Box::new(check))
}

fn facets<'t>(fields: &[Field], truth: &'t Truth) -> (Ask, Check<'t>) {
    let ask = FacetsRequest {
        filter: Filter::default(),
        from: None,
        to: None,
        fields: fields.to_vec(),
        limit: None,
    };
    let check = move |answer: &Answer| {
        let Answer::Facets(facets) = answer else { return wrong("facets", answer) };
        // One that its budget ended has counted less, and says so.
        let is_whole = facets.lag.searched_to.is_none();
        same("the sum is that of all events", is_whole, facets.total == truth.events)?;
        for facet in &facets.facets {
            let expected = match facet.field {
                Field::Action => &truth.actions,
                Field::Actor => &truth.actors,
                _ => &truth.ips,
            };
            let is_possible = |count: &ValueCount| {
                count.value.as_ref().is_none_or(|value| Some(&count.events) <= expected.get(value))
            };
            same("counts are not too high", facet.values.iter().all(is_possible), true)?;
            if !is_whole {
                continue;
            }
            same("different values", facet.different, expected.len() as u64)?;
            for count in &facet.values {
                let Some(value) = &count.value else { continue };
                same(value, Some(&count.events), expected.get(value))?;
            }
            let most =
                facet.values.iter().filter(|count| count.value.is_some()).map(|count| count.events).max();
            same("the most frequent", most, expected.values().max().copied())?;
        }
        Ok(())
    };
    (Ask::Facets(ask), Box::new(check))
}

fn needle(truth: &Truth) -> (Ask, Check<'_>) {
    let check = |answer: &Answer| {
        let Answer::Rows(page) = answer else { return wrong("rows", answer) };
        same("where it ended", page.lag.searched_to, None)?;
        same("the IDs", ids(answer), truth.rare.iter().rev().cloned().collect())
    };
    (rows_of(&format!("actor:\"{RARE_ACTOR}\""), 50), Box::new(check))
}

fn by_id(truth: &Truth, n: u64) -> (Ask, Check<'_>) {
    let id = &truth.ids[usize::try_from(mix(n, 16)).unwrap_or(0) % truth.ids.len()];
    let check = move |answer: &Answer| {
        let Answer::Rows(page) = answer else { return wrong("rows", answer) };
        // In a large archive the filters have no IDs. Who knows the day of an event asks for that day.
        let is_cut = page.lag.searched_to.is_some() && page.next_cursor.is_some();
        let found = ids(answer);
        same("the IDs", found == [id.clone()] || is_cut && found.is_empty(), true)
    };
    (rows_of(&format!("id:{id}"), 50), Box::new(check))
}

fn failing_actors<'t>() -> (Ask, Check<'t>) {
    let (filter, fields) = (filter("outcome:failure"), vec![Field::Actor]);
    let ask = FacetsRequest { filter, from: None, to: None, fields, limit: None };
    let check = |answer: &Answer| match answer {
        Answer::Facets(_) => Ok(()),
        answer => wrong("facets", answer),
    };
    (Ask::Facets(ask), Box::new(check))
}

/// The IDs of an answer's rows.
pub fn ids(answer: &Answer) -> Vec<String> {
    let Answer::Rows(page) = answer else { return Vec::new() };
    page.rows.iter().filter_map(|row| row.fields.get(&Field::Id).cloned()).collect()
}

/// The time at which everything is asked: after the last window is sealed.
pub fn asked_at() -> Time {
    window_start(WINDOWS) + Duration::from_mins(6)
}

fn wrong<T>(wanted: &str, answer: &Answer) -> Result<T, String> {
    let text = serde_json::to_string(answer).unwrap_or_default();
    Err(format!("{wanted} were asked for, and this was answered: {}", text.get(..500).unwrap_or(&text)))
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: T, expected: T) -> Result<(), String> {
    if found == expected { Ok(()) } else { Err(format!("{what}: {found:?} instead of {expected:?}")) }
}
