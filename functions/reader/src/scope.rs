//! What a search is over: days that are rolled up, parts that are not, and what only the events table has.

use std::time::Duration;

use archive::part::{Part, PartNumber, Window};
use archive::query::Span;
use archive::query::cursor::Snapshot;
use archive::query::search::{PartSummary, Scope};
use archive::staging_keys::{DayKey, day_index_prefix, parse_day_key};
use archive::time::Time;
use ports::PortError;

use crate::context::Reader;
use crate::opened::Opened;

/// The most parts without a roll-up that one request looks at: three months of windows of an hour take
/// 90 roll-ups and no such part, and the day that is not over has 24.
const MAX_LOOSE_PARTS: usize = 500;

/// How far the time that an event says may be from the time at which it was written, where only the events
/// table has it: the table is ordered by the latter.
const MAX_LAG: Duration = Duration::from_hours(24);

/// What a search is over, and what that leaves out.
#[derive(Debug)]
pub(crate) struct Planned {
    pub(crate) scope: Scope,
    /// Sealed before this time and not looked at: there is no index yet.
    pub(crate) not_indexed_before: Option<Time>,
    /// Parts that end by this time are no longer kept.
    pub(crate) let_go_before: Option<Time>,
    /// The beginning of what is kept.
    pub(crate) kept_from: Option<Time>,
}

impl Reader {
    /// What is sealed at this moment, and how far the events table is read.
    pub(crate) fn snapshot(&self, opened: &Opened) -> Snapshot {
        let end = self.events_end.unwrap_or_else(|| self.clock.now()).max(opened.cursor.watermark);
        Snapshot { part: opened.newest(), watermark: opened.cursor.watermark, end }
    }

    /// Plans a search over what the snapshot has.
    pub(crate) async fn plan(
        &self,
        opened: &Opened,
        snapshot: Snapshot,
        span: Span,
    ) -> Result<Planned, PortError> {
        let days = days(opened).await?;
        // A roll-up that was made since the first page may have parts that are newer.
        let (scope, gaps) = Scope::of_days(days, opened.newest());
        let let_go_before = self.let_go_before(opened);
        let mut planned = Planned {
            scope: Scope { last_part: Some(snapshot.part), ..scope },
            not_indexed_before: None,
            let_go_before,
            kept_from: None,
        };
        let mut room = MAX_LOOSE_PARTS;
        let mut let_go = Vec::new();
        // What was sealed since the first page is on no page.
        let gaps = gaps.into_iter().rev().map(|(first, last)| (first, last.min(snapshot.part)));
        let mut gaps = gaps.filter(|(first, last)| first <= last).peekable();
        while let Some((first, last)) = gaps.next() {
            let loose = loose_parts(opened, first, last, room, let_go_before).await?;
            room = room.saturating_sub(loose.parts.len());
            planned.kept_from = loose.parts.last().map(|part| part.window.from).or(planned.kept_from);
            planned.scope.parts.extend(loose.parts.iter().map(summary));
            if let Some(to) = loose.let_go_to {
                let_go.push(Window { from: beginning(opened, first).await?, to });
            }
            let is_over = room == 0 && gaps.peek().is_some();
            if loose.has_more || is_over {
                planned.not_indexed_before = planned.not_indexed_before.max(planned.kept_from);
            }
            if is_over {
                break;
            }
        }
        let oldest_day = planned.scope.days.iter().map(|day| day.day).min();
        planned.kept_from = [planned.kept_from, oldest_day].into_iter().flatten().min();
        planned.scope.table = table_windows(snapshot, span, let_go);
        Ok(planned)
    }

    /// Parts that end by this time are no longer kept, if they were delivered in time.
    pub(crate) fn let_go_before(&self, opened: &Opened) -> Option<Time> {
        let time = self.clock.now() - self.staging_retention?;
        Some(time).filter(|time| *time > opened.cursor.since)
    }
}

/// The newest of these parts, at most `limit`, as far as their bytes are kept. Parts are delivered in
/// their order, so what is before one that is let go is let go too.
pub(crate) async fn loose_parts(
    opened: &Opened,
    first: PartNumber,
    last: PartNumber,
    limit: usize,
    let_go_before: Option<Time>,
) -> Result<Loose, PortError> {
    let mut loose = Loose { parts: Vec::new(), has_more: false, let_go_to: None };
    let mut before = last.next();
    while before > first {
        let page = opened.parts_before(before).await?;
        let Some(oldest) = page.last().map(|part| part.number) else { break };
        for part in page.into_iter().filter(|part| part.number >= first) {
            if is_let_go(&part, let_go_before) {
                return Ok(Loose { let_go_to: Some(part.window.to), ..loose });
            }
            if loose.parts.len() == limit {
                return Ok(Loose { has_more: true, ..loose });
            }
            loose.parts.push(part);
        }
        before = oldest;
    }
    Ok(loose)
}

/// The roll-ups of the archive by this mapping.
pub(crate) async fn days(opened: &Opened) -> Result<Vec<DayKey>, PortError> {
    let prefix = day_index_prefix(&opened.connector.id, opened.mapping_hash);
    let mut days = Vec::new();
    let mut after = String::new();
    loop {
        let page = opened.session.objects.list(&prefix, &after).await?;
        days.extend(
            page.items.iter().filter_map(|key| parse_day_key(&opened.connector.id, opened.mapping_hash, key)),
        );
        let Some(next) = page.next else { return Ok(days) };
        after = next;
    }
}

/// What only the events table has: what is not sealed yet, and, as far as it is asked for, what is let go.
fn table_windows(snapshot: Snapshot, asked: Span, let_go: Vec<Window>) -> Vec<Window> {
    let unsealed = Window { from: snapshot.watermark, to: snapshot.end };
    let asked_for = |gone: Window| Window {
        from: gone.from.max(asked.from - MAX_LAG),
        to: gone.to.min(asked.to + MAX_LAG).min(snapshot.watermark),
    };
    let windows = std::iter::once(unsealed).chain(let_go.into_iter().map(asked_for));
    windows.filter(|window| window.from < window.to).collect()
}

/// The beginning of what may be in this part or those after it.
async fn beginning(opened: &Opened, first: PartNumber) -> Result<Time, PortError> {
    let part = if first > PartNumber::FIRST { opened.part(first).await? } else { None };
    Ok(part.map_or(opened.cursor.reads_from(), |part| part.window.from))
}

/// Parts without a roll-up, the newest first.
pub(crate) struct Loose {
    pub(crate) parts: Vec<Part>,
    /// Whether there are older ones.
    pub(crate) has_more: bool,
    /// The end of the newest one that is let go, if there is one.
    pub(crate) let_go_to: Option<Time>,
}

/// Whether the bytes of a part are gone. A part that was not delivered is kept.
fn is_let_go(part: &Part, before: Option<Time>) -> bool {
    before.is_some_and(|before| part.sealed_at < before) && part.delivered_at.is_some()
}

fn summary(part: &Part) -> PartSummary {
    PartSummary { number: part.number, window: part.window, events: part.events }
}
