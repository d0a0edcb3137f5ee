//! What the chart says.

use std::fmt::Write as _;

use archive::query::counts::Interval;
use control::explorer::{CountsAnswer, SealState};

use super::slots::{Chart, Slot};
use crate::components::{count, moment, number};
use crate::pages::log::interval;
use crate::pages::log::view::By;

/// What a series is called: its value; `none` is what has no value.
pub(crate) fn series_name(by: By, value: Option<&str>) -> String {
    match (by, value) {
        (By::Nothing, _) => "events".to_owned(),
        (By::Field(_), Some(value)) => value.to_owned(),
        (By::Field(field), None) => format!("no {field}"),
    }
}

/// How an interval is sealed.
pub(super) const fn seal_words(state: SealState) -> &'static str {
    match state {
        SealState::Quiet => "quiet, signed",
        SealState::Delivered => "delivered, signed",
        SealState::Unsealed => "its end is not sealed yet",
        SealState::Waiting => "sealed, waits for delivery",
        SealState::Unsigned => "delivered, not signed",
        SealState::Missing => "a file of it is missing or altered",
        SealState::Gap => "gap: some of it is in no file",
    }
}

/// The whole of a bar or point: `Nov 25: 74 failure, delivered, signed`.
pub(super) fn title(interval: Interval, slot: &Slot, events: u64, name: &str) -> String {
    let seal = slot.state().map_or_else(String::new, |state| format!(", {}", seal_words(state)));
    format!("{}: {} {name}{seal}", interval::words(interval, slot.start), number(events))
}

/// What vouches for the numbers, in a sentence.
pub(super) fn summary(chart: &Chart, answer: &CountsAnswer) -> String {
    let mut text = count(answer.total, "event");
    if chart.outside > 0 {
        let _ = write!(text, ", {} of them in no interval of the chart", number(chart.outside));
    }
    if let Some(sealing) = &answer.sealing {
        let quiet = match sealing.quiet {
            0 => String::new(),
            quiet => format!(", {} of them quiet", number(quiet)),
        };
        let since = sealing.from.map_or_else(String::new, |from| format!(" since {}", moment(from)));
        let _ = write!(text, "; {} of that time{since}{quiet}", count(sealing.parts, "file"));
        match sealing.parts.saturating_sub(sealing.signed) {
            0 if sealing.parts == 0 => {}
            0 => text.push_str(", all signed"),
            unsigned => {
                let _ = write!(text, ", {} not signed", number(unsigned));
            }
        }
        if sealing.late > 0 {
            let _ = write!(text, ", with {} found late", count(sealing.late, "event"));
        }
        let of =
            |state: SealState| chart.slots.iter().filter(|slot| slot.state() == Some(state)).count() as u64;
        for (state, words) in [(SealState::Gap, "a gap"), (SealState::Missing, "a missing file")] {
            let intervals = of(state);
            if intervals > 0 {
                let _ = write!(text, "; {} with {words}", count(intervals, interval::name(chart.interval)));
            }
        }
    }
    if answer.unsealed > 0 {
        let _ = write!(text, "; {} not sealed yet", count(answer.unsealed, "event"));
    }
    if answer.let_go > 0 {
        let events = number(answer.let_go);
        let _ = write!(text, "; {events} from the vendor's table, as their files are no longer kept");
    }
    text.push('.');
    text
}
