//! The chart over made-up counts: every number is a link, and its link says what it counts.

use archive::names::ConnectorId;
use archive::query::Span;
use archive::query::counts::{Count, Interval};
use archive::query::search::Spent;
use archive::time::Time;
use control::explorer::{Lag, SealState, SealedInterval, Sealing};
use proptest::prelude::*;

use super::*;
use crate::form::Form;

const DAY: std::time::Duration = std::time::Duration::from_hours(24);

fn start() -> Time {
    "2026-11-16T00:00:00Z".parse().unwrap()
}

fn span() -> Span {
    Span { from: start(), to: start() + DAY * 3 }
}

/// Counts of three days: day, value, events.
fn answer(counts: &[(u32, Option<&str>, u64)]) -> CountsAnswer {
    let count = |(day, value, events): &(u32, Option<&str>, u64)| Count {
        start: start() + DAY * *day,
        value: value.map(str::to_owned),
        events: *events,
    };
    let interval =
        |day: u32, state| SealedInterval { start: start() + DAY * day, state, parts: 24, events: 9 };
    CountsAnswer {
        lag: Lag {
            connector: ConnectorId::new(1),
            complete_to: span().to,
            read_to: span().to,
            unsealed_from: None,
            let_go_from: None,
            searched_to: None,
            not_indexed_before: None,
            kept_from: None,
            let_go_before: None,
            missing: Vec::new(),
            cost: Spent::default(),
        },
        interval: Interval::Day,
        total: counts.iter().map(|(_, _, events)| events).sum(),
        unsealed: 2,
        let_go: 0,
        counts: counts.iter().map(count).collect(),
        sealing: Some(Sealing {
            parts: 72,
            signed: 72,
            delivered: 72,
            quiet: 24,
            late: 1,
            from: None,
            intervals: vec![
                interval(0, SealState::Delivered),
                interval(1, SealState::Quiet),
                interval(2, SealState::Gap),
            ],
        }),
    }
}

fn outcomes() -> CountsAnswer {
    answer(&[
        (0, Some("success"), 310),
        (0, Some("failure"), 4),
        (2, Some("success"), 290),
        (2, Some("failure"), 74),
        (2, Some("unknown"), 5),
    ])
}

fn drawn(query: &str, answer: &CountsAnswer) -> String {
    let view = View::parse(&Form::parse(query.as_bytes()));
    let chart = Chart::new(&view.chart, span(), answer);
    let links = Links::default();
    figure(Place { view: &view, chart: &chart, links: &links, is_offline: false }, answer, &[By::default()])
        .into_string()
}

#[test]
fn successes_are_bars_and_failures_a_line_each_with_its_scale_and_the_rest_is_counted() {
    let view = View::default();
    let chart = Chart::new(&view.chart, span(), &outcomes());
    let line = chart.line.as_ref().and_then(Series::value);
    assert_eq!((chart.bars.value(), line), (Some("success"), Some("failure")));
    assert_eq!((chart.bars_total, chart.line_total, chart.others), (600, 78, 5));
    let shown = drawn("", &outcomes());
    for text in
        ["success: 600, left scale", "failure: 78, right scale", "5 others are not drawn", ">400<", ">80<"]
    {
        assert!(shown.contains(text), "{text}\n{shown}");
    }
}

#[test]
fn every_number_is_a_link_to_its_rows() {
    let shown = drawn("filter=action%3ALogin", &outcomes());
    let link = "/portal/log?filter=action%3ALogin&amp;interval=day&amp;at=2026-11-18T00%3A00%3A00.000Z&amp;of=failure#rows";
    assert!(
        shown.contains(&format!("<a href=\"{link}\" tabindex=\"-1\"><title>Nov 18: 74 failure, gap")),
        "{shown}"
    );
    assert!(shown.contains(&format!("<a href=\"{link}\">74</a>")), "the table has the same link");
    let table = shown.split("<tbody>").nth(1).unwrap();
    let numbers = table.split("class=\"number\">").skip(1);
    assert_eq!(numbers.clone().count(), 6);
    assert!(numbers.clone().all(|cell| cell.starts_with("<a href=") || cell.starts_with('0')), "{table}");
}

#[test]
fn quiet_and_missing_time_differ_in_words_and_shapes() {
    let shown = drawn("", &outcomes());
    for text in [
        "Nov 17: quiet, signed",
        "Nov 18: gap: some of it is in no file",
        "683 events; 72 files of that time, 24 of them quiet, all signed, with 1 event found late; 1 day with a gap; \
         2 events not sealed yet.",
        ">?</text>",
    ] {
        assert!(shown.contains(text), "{text}\n{shown}");
    }
}

#[test]
fn what_was_not_searched_has_no_number() {
    let mut answer = outcomes();
    answer.lag.searched_to = Some(start() + DAY);
    let shown = drawn("", &answer);
    assert!(shown.contains("class=uncounted"), "{shown}");
    assert_eq!(shown.matches("<td class=\"number\">not counted</td>").count(), 2, "{shown}");
}

#[test]
fn what_is_in_no_interval_is_counted_apart_and_said() {
    let mut answer = answer(&[(0, Some("success"), 3), (9, Some("success"), 4), (9, Some("failure"), 1)]);
    let chart = Chart::new(&View::default().chart, span(), &answer);
    assert_eq!((chart.bars_total, chart.line_total, chart.others, chart.outside), (3, 0, 0, 5));
    assert!(drawn("", &answer).contains("8 events, 5 of them in no interval of the chart"));
    answer.lag.not_indexed_before = Some(start() + DAY);
    let chart = Chart::new(&View::default().chart, span(), &answer);
    assert_eq!((chart.bars_total, chart.outside), (0, 8), "what was not counted as a whole has no number");
}

#[test]
fn another_split_begins_with_its_own_values_and_no_series_counts_twice() {
    let by_actor = answer(&[(0, Some("ana"), 3), (1, Some("bob"), 2)]);
    let view = View::parse(&Form::parse(b"was=outcome&by=actor&bars=success&line=failure"));
    let chart = Chart::new(&view.chart, span(), &by_actor);
    assert_eq!((chart.bars.value(), chart.bars_total, chart.line_total), (Some("ana"), 3, 2));
    let view = View::parse(&Form::parse(b"was=outcome&by=outcome&bars=success&line=success"));
    let chart = Chart::new(&view.chart, span(), &outcomes());
    assert_eq!((chart.bars_total, chart.line_total, chart.others), (600, 78, 5));
    // The choice that is shown is the one that is drawn, also without any event.
    let shown = drawn("", &answer(&[(0, Some("success"), 3)]));
    assert!(shown.contains("<option value=\"failure\" selected>failure (0)"), "{shown}");
}

#[test]
fn a_value_that_looks_like_markup_stays_text() {
    let evil = "\"><script>alert(1)</script>";
    let shown = drawn("by=actor", &answer(&[(0, Some(evil), 3), (1, None, 2)]));
    assert!(!shown.contains("<script>") && shown.contains("&lt;script&gt;"), "{shown}");
    assert!(shown.contains("no actor"), "{shown}");
}

proptest! {
    #[test]
    fn bars_points_and_the_rest_add_up(
        counts in prop::collection::vec((0u32..5, prop::option::of("[ab]|failure|success"), 1u64..100), 0..20),
        by in prop::sample::select(vec!["", "by=actor", "by=actor&bars=a&line=", "by=outcome&line=b"]),
    ) {
        let mut sums = std::collections::BTreeMap::<(u32, Option<&str>), u64>::new();
        for (day, value, events) in &counts {
            *sums.entry((*day, value.as_deref())).or_default() += events;
        }
        let counts: Vec<_> = sums.into_iter().map(|((day, value), events)| (day, value, events)).collect();
        let answer = answer(&counts);
        let view = View::parse(&Form::parse(by.as_bytes()));
        let chart = Chart::new(&view.chart, span(), &answer);
        let sum = |of: fn(&slots::Slot) -> u64| chart.slots.iter().map(of).sum::<u64>();
        prop_assert_eq!(sum(|slot| slot.bars), chart.bars_total);
        prop_assert_eq!(sum(|slot| slot.line), chart.line_total);
        prop_assert_eq!(chart.bars_total + chart.line_total + chart.others + chart.outside, answer.total);
        prop_assert!(chart.line.as_ref() != Some(&chart.bars));
    }
}
