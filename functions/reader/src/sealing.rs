//! How a span of time is sealed: what vouches for the numbers of a chart.
//!
//! It follows from the records of the parts alone: which windows they close, and whether they are delivered.
//! What a search could not read counts too.

use std::collections::BTreeSet;
use std::time::Duration;

use archive::part::{Part, PartKind, PartNumber};
use archive::query::Span;
use archive::query::counts::Interval;
use archive::time::Time;
use control::explorer::{SealState, SealedInterval, Sealing};
use ports::PortError;
use protocol::connector::Destination;

use crate::opened::Opened;
use crate::scope::days;

/// How many records of parts one request looks at before it ends: half a year of windows of an hour.
const MAX_PARTS: usize = 4_400;
/// The most intervals of an answer.
const MAX_INTERVALS: usize = 4_400;
const INSTANT: Duration = Duration::from_millis(1);
const HOUR: Duration = Duration::from_hours(1);

/// The parts that close a window of a span, the newest first.
#[derive(Debug)]
pub(crate) struct PartsOfSpan {
    span: Span,
    parts: Vec<Part>,
    /// Set if there are more: these are all from here on.
    from: Option<Time>,
}

/// Reads the records of the parts that close a window of the span, the newest first. It begins behind the
/// span, at the first part of a later day that has a roll-up.
pub(crate) async fn read_sealing(opened: &Opened, span: Span) -> Result<PartsOfSpan, PortError> {
    let mut read = PartsOfSpan { span, parts: Vec::new(), from: None };
    let mut looked_at = 0;
    let mut before = first_part_behind(opened, span).await?;
    while before > PartNumber::FIRST {
        let page = opened.parts_before(before).await?;
        let Some(oldest) = page.last().cloned() else { break };
        before = oldest.number;
        looked_at += page.len();
        read.parts.extend(page.into_iter().filter(|part| is_in(part, span)));
        if oldest.window.to < span.from {
            break;
        }
        if before > PartNumber::FIRST && (looked_at >= MAX_PARTS || opened.is_out_of_time()) {
            read.from = Some(oldest.window.from.min(span.to));
            break;
        }
    }
    Ok(read)
}

/// A part of which all later ones begin behind the span.
async fn first_part_behind(opened: &Opened, span: Span) -> Result<PartNumber, PortError> {
    let newest = opened.newest().next();
    if span.to >= opened.cursor.watermark {
        return Ok(newest);
    }
    let later = days(opened).await?.into_iter().filter(|day| day.day >= span.to).map(|day| day.first_part);
    Ok(later.min().map_or(newest, |first| first.min(newest)))
}

impl PartsOfSpan {
    /// What they say about each interval up to `now`.
    pub(crate) fn sealing(
        &self,
        opened: &Opened,
        interval: Interval,
        missing: &BTreeSet<PartNumber>,
        now: Time,
    ) -> Sealing {
        let cursor = &opened.cursor;
        let is_archive_alone = opened.connector.destination == Destination::None;
        let facts = Facts {
            since: cursor.since,
            watermark: cursor.watermark,
            now,
            missing,
            span: Span { from: self.span.from.max(self.from.unwrap_or(Time::EPOCH)), to: self.span.to },
            is_delivered: &|part| {
                is_archive_alone || part.number <= cursor.delivered || part.delivered_at.is_some()
            },
        };
        facts.sealing(self, interval)
    }
}

/// What the state of an interval follows from, beside the parts.
struct Facts<'a> {
    /// The beginning of what is exported.
    since: Time,
    watermark: Time,
    now: Time,
    /// The span of the parts: of what is before and behind it, nothing is known.
    span: Span,
    missing: &'a BTreeSet<PartNumber>,
    is_delivered: &'a dyn Fn(&Part) -> bool,
}

impl Facts<'_> {
    fn sealing(&self, read: &PartsOfSpan, interval: Interval) -> Sealing {
        let PartsOfSpan { span, parts, from } = read;
        let count = |is: &dyn Fn(&&Part) -> bool| parts.iter().filter(is).count() as u64;
        let mut sealing = Sealing {
            parts: parts.len() as u64,
            signed: count(&|part| part.manifest.is_some()),
            delivered: count(&|part| (self.is_delivered)(part)),
            quiet: count(&|part| part.kind == PartKind::Heartbeat),
            late: parts.iter().map(|part| part.late).sum(),
            from: *from,
            intervals: Vec::new(),
        };
        // Backwards, so that what a limit leaves out is the oldest.
        let first = self.since.max(self.span.from);
        let mut end = end_of(interval, span.to.min(self.now) - INSTANT);
        let mut rest = parts.iter().peekable();
        let mut open: Vec<&Part> = Vec::new();
        while end > first && sealing.intervals.len() < MAX_INTERVALS {
            let start = interval.start(end - INSTANT);
            while let Some(part) = rest.next_if(|part| part.window.to > start || place(part) >= start) {
                open.push(part);
            }
            sealing.intervals.push(self.interval(start, end, &open));
            open.retain(|part| part.window.from < start);
            if start == Time::EPOCH {
                break;
            }
            end = start;
        }
        if end > first && sealing.intervals.len() == MAX_INTERVALS {
            sealing.from = sealing.from.max(Some(end));
        }
        sealing.intervals.reverse();
        sealing
    }

    /// `parts` are those that may be in it, the newest first.
    fn interval(&self, start: Time, end: Time, parts: &[&Part]) -> SealedInterval {
        let from = start.max(self.since).max(self.span.from);
        let to = end.min(self.watermark).min(self.span.to);
        let of_it = |part: &&&Part| {
            (part.window.from < end && part.window.to > start) || (start..end).contains(&place(part))
        };
        let parts: Vec<&Part> = parts.iter().filter(of_it).copied().collect();
        let begin_in_it = parts.iter().filter(|part| (start..end).contains(&place(part)));
        let state = if parts.iter().any(|part| self.missing.contains(&part.number)) {
            SealState::Missing
        } else if has_gap(from, to, &parts) {
            SealState::Gap
        } else if parts.iter().any(|part| part.manifest.is_none()) {
            SealState::Unsigned
        } else if parts.iter().any(|part| !(self.is_delivered)(part)) {
            SealState::Waiting
        } else if self.watermark < end.min(self.now).min(self.span.to) {
            SealState::Unsealed
        } else if parts.iter().all(|part| part.kind == PartKind::Heartbeat) {
            SealState::Quiet
        } else {
            SealState::Delivered
        };
        SealedInterval {
            start,
            state,
            parts: parts.len() as u64,
            events: begin_in_it.map(|part| part.events).sum(),
        }
    }
}

/// Whether some of `[from, to)` is in no window. The parts are the newest first.
fn has_gap(from: Time, to: Time, parts: &[&Part]) -> bool {
    let mut open_from = to;
    for part in parts {
        if part.window.to < open_from {
            return open_from > from;
        }
        open_from = open_from.min(part.window.from);
    }
    open_from > from
}

/// The instant whose interval a part belongs to. A part with late events only has an empty window, and
/// belongs to the one that was closed when they were found.
fn place(part: &Part) -> Time {
    let (from, to) = (part.window.from, part.window.to);
    if from == to { from - INSTANT } else { from }
}

fn is_in(part: &Part, span: Span) -> bool {
    let last = part.window.to.max(place(part) + INSTANT) - INSTANT;
    span.overlaps(place(part), last)
}

/// The end of the interval that contains this time.
fn end_of(interval: Interval, time: Time) -> Time {
    match interval {
        Interval::Hour => interval.start(time) + HOUR,
        Interval::Day => interval.start(time) + 24 * HOUR,
        Interval::Week => interval.start(time) + 7 * 24 * HOUR,
        Interval::Whole => time + INSTANT,
    }
}

#[cfg(test)]
mod tests;
