//! The intervals of a chart: which one fits a span, where each begins, and what it is called.

use std::time::Duration;

use archive::query::Span;
use archive::query::counts::Interval;
use archive::time::Time;

use crate::components::{date, hour};

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);
/// The most intervals that a chart draws.
const MOST: u64 = 200;

/// How long an interval of a chart is.
const fn length(interval: Interval) -> Duration {
    match interval {
        Interval::Hour => HOUR,
        Interval::Day | Interval::Whole => DAY,
        Interval::Week => Duration::from_hours(7 * 24),
    }
}

/// The interval that contains this time.
pub(crate) fn span_of(interval: Interval, time: Time) -> Span {
    let from = interval.start(time);
    Span { from, to: from + length(interval) }
}

/// The interval of a chart of this span: the chosen one, or the next one whose intervals are few enough to
/// draw; without a choice one that shows days of weeks and hours of days.
pub(crate) fn fitting(chosen: Option<Interval>, span: Span) -> Interval {
    let days = span.to.since(span.from).as_secs().div_ceil(DAY.as_secs());
    let usual = match days {
        0..=3 => Interval::Hour,
        4..=120 => Interval::Day,
        _ => Interval::Week,
    };
    let from = chosen.unwrap_or(usual);
    let longer = [Interval::Hour, Interval::Day, Interval::Week].into_iter();
    let mut longer = longer.filter(|interval| length(*interval) >= length(from));
    longer.find(|interval| count(*interval, span) <= MOST).unwrap_or(Interval::Week)
}

fn count(interval: Interval, span: Span) -> u64 {
    span.to.since(span.from).as_secs().div_ceil(length(interval).as_secs())
}

/// The beginnings of all intervals of the span, in order; of very many the newest.
pub(crate) fn starts(interval: Interval, span: Span) -> Vec<Time> {
    let mut starts = Vec::new();
    let mut end = span.to;
    while end > span.from && starts.len() as u64 <= MOST {
        let start = interval.start(end - Duration::from_millis(1));
        starts.push(start);
        end = start;
    }
    starts.reverse();
    starts
}

/// What the axis calls an interval: `Nov 25`; for hours `13:00`, and the date at midnight.
pub(crate) fn label(interval: Interval, start: Time) -> String {
    match interval {
        Interval::Hour if hour(start) != "00:00" => hour(start),
        _ => date(start),
    }
}

/// What a sentence calls it: `Nov 25`, `Nov 25, 13:00 to 14:00`, `the week of Nov 23, 2026`.
pub(crate) fn words(interval: Interval, start: Time) -> String {
    match interval {
        Interval::Hour => {
            let end = hour(start + HOUR);
            let end = if end == "00:00" { "24:00" } else { &end };
            format!("{}, {} to {end}", date(start), hour(start))
        }
        Interval::Week => {
            format!("the week of {}, {}", date(start), start.date().get(..4).unwrap_or_default())
        }
        Interval::Day | Interval::Whole => date(start),
    }
}

/// `hour`, `day` or `week`, with its plural's use in a sentence: events by ….
pub(crate) const fn name(interval: Interval) -> &'static str {
    match interval {
        Interval::Hour => "hour",
        Interval::Day | Interval::Whole => "day",
        Interval::Week => "week",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Time {
        text.parse().unwrap()
    }

    fn span(from: &str, to: &str) -> Span {
        Span { from: at(from), to: at(to) }
    }

    #[test]
    fn a_chart_has_as_many_intervals_as_can_be_drawn() {
        let of = |chosen, days: u32| {
            let to = at("2026-11-30T12:00:00Z");
            fitting(chosen, Span { from: to - DAY * days, to })
        };
        assert_eq!(
            (of(None, 2), of(None, 30), of(None, 400)),
            (Interval::Hour, Interval::Day, Interval::Week)
        );
        assert_eq!(of(Some(Interval::Hour), 7), Interval::Hour);
        assert_eq!(of(Some(Interval::Hour), 30), Interval::Day, "720 bars are too many");
        assert_eq!(of(Some(Interval::Week), 2), Interval::Week);
    }

    #[test]
    fn the_first_and_the_last_interval_contain_the_ends_of_the_span() {
        let days = starts(Interval::Day, span("2026-11-28T13:00:00Z", "2026-11-30T00:00:00Z"));
        assert_eq!(days, [at("2026-11-28T00:00:00Z"), at("2026-11-29T00:00:00Z")]);
        assert!(starts(Interval::Day, span("2026-11-28T13:00:00Z", "2026-11-28T13:00:00Z")).is_empty());
        assert!(starts(Interval::Hour, Span::WHOLE).len() <= 201);
    }

    #[test]
    fn intervals_are_called_as_people_call_them() {
        let start = at("2026-11-23T23:00:00Z");
        assert_eq!(words(Interval::Hour, start), "Nov 23, 23:00 to 24:00");
        assert_eq!(
            (label(Interval::Hour, start), label(Interval::Day, start)),
            ("23:00".into(), "Nov 23".into())
        );
        assert_eq!(label(Interval::Hour, at("2026-11-23T00:00:00Z")), "Nov 23");
        assert_eq!(words(Interval::Week, at("2026-11-23T00:00:00Z")), "the week of Nov 23, 2026");
    }
}
