//! Clears away what nobody will ever need from the staging bucket, behind a run: what was staged and not sealed
//! ([`domain::waste`] says why that is certain), and everything of a connector whose 30 days are over.
//!
//! Nothing is deleted here: objects are let go, and the bucket's lifecycle removes them once no state of the ledger
//! that can still be restored names them. A sweep is one page of the bucket's listing and a read of the record for
//! each part on it, so that its cost and its memory are bounded; the place that it has come to is kept. A failure
//! costs a little and breaks nothing: the next run goes on from that place.

use std::time::Duration;

use domain::connector::{Connector, State};
use domain::cursor::Cursor;
use domain::names::ConnectorId;
use domain::part::PartNumber;
use domain::ports::{PortError, StagedPage};
use domain::protocol::Outcome;
use domain::staging_keys::{
    MIN_SWEEP_PARTS, SWEEP_DELAY, is_orphan, part_number_of, staging_prefix, start_after,
};
use domain::time::Time;
use futures_util::future::try_join_all;

use crate::export::Exporter;

/// Left of the function's time: a request that hangs is given up after a minute.
const SPARE: Duration = Duration::from_mins(2);
/// How many pages a sweep reads at most, where a single part was tried thousands of times.
const PAGES: u32 = 10;
/// How many objects are let go at once.
const AT_ONCE: usize = 16;

/// How far a connector's staged objects are swept, and how far they could be.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Swept {
    /// All parts up to this one are.
    pub(crate) through: PartNumber,
    /// The newest part that is sealed.
    pub(crate) sealed: PartNumber,
}

impl Swept {
    pub(crate) const fn of(cursor: &Cursor) -> Self {
        Self { through: cursor.orphans_swept_to, sealed: cursor.next.previous() }
    }
}

/// Clears away behind a run that has ended so, if it is worth it and there is time.
pub(crate) async fn clear_away(
    exporter: &Exporter,
    connector: &Connector,
    swept: Swept,
    outcome: &Outcome,
    deadline: Time,
) {
    let stop_at = deadline - SPARE;
    let now = exporter.ports.clock.now();
    if !matches!(outcome, Outcome::Completed(_)) || now >= stop_at {
        return;
    }
    let (id, is_over) = (&connector.id, connector.is_expired(now));
    let done =
        if is_over { end(exporter, connector, stop_at).await } else { sweep(exporter, id, swept).await };
    match done {
        Ok(0) => {}
        Ok(objects) if is_over => {
            tracing::info!(connector.id = %id, objects, "the staged bytes of a connector that is over were let go");
        }
        Ok(objects) => {
            tracing::info!(connector.id = %id, objects, "objects that were staged and never sealed were let go");
        }
        Err(error) => {
            let error = error.chain();
            tracing::warn!(connector.id = %id, error, "the staging bucket was not cleared; a later run goes on");
        }
    }
}

/// Lets go what was staged for parts that others sealed. Returns how many objects.
async fn sweep(exporter: &Exporter, id: &ConnectorId, swept: Swept) -> Result<u64, PortError> {
    let (runs, staging) = (&exporter.ports.runs, &exporter.ports.staging);
    // As many parts as make a sweep worth while are left to rest: they are the next one's.
    let horizon = PartNumber::new(swept.sealed.get().saturating_sub(MIN_SWEEP_PARTS));
    if horizon.get() < swept.through.get().saturating_add(MIN_SWEEP_PARTS) {
        return Ok(0);
    }
    let rested = exporter.ports.clock.now() - SWEEP_DELAY;
    if runs.part(id, horizon).await?.is_none_or(|part| part.sealed_at > rested) {
        return Ok(0);
    }
    let (below, mut after) = (staging_prefix(id), start_after(id, swept.through.next()));
    let (mut part, mut objects) = (None, 0);
    // One page, unless it shows not even one number to its end.
    for _ in 0..PAGES {
        let page = staging.list(&below, &after).await?;
        for key in &page.keys {
            let Some(number) = part_number_of(id, key).filter(|number| *number <= horizon) else { continue };
            if part.as_ref().is_none_or(|(of, _)| *of != number) {
                part = Some((number, runs.part(id, number).await?));
            }
            // Without its record a number may still be sealed with these very bytes.
            if part.as_ref().is_some_and(|(_, part)| part.as_ref().is_some_and(|part| is_orphan(part, key))) {
                staging.mark_orphan(key).await?;
                objects += 1;
            }
        }
        let through = complete_through(id, &page, horizon);
        if through > swept.through {
            runs.record_sweep(id, through).await?;
            break;
        }
        after = page.keys.last().cloned().unwrap_or_default();
    }
    Ok(objects)
}

/// Up to which part a page shows everything: the last number on a page may go on behind it.
fn complete_through(id: &ConnectorId, page: &StagedPage, horizon: PartNumber) -> PartNumber {
    let last = page.keys.iter().rev().find_map(|key| part_number_of(id, key));
    match last.filter(|_| page.more) {
        Some(last) => last.previous().min(horizon),
        None if page.more => PartNumber::NONE,
        None => horizon,
    }
}

/// Ends a connector that can't be taken back: the record first, so that nothing goes before everyone can read
/// that it does, then its bytes. Returns how many objects.
async fn end(exporter: &Exporter, connector: &Connector, stop_at: Time) -> Result<u64, PortError> {
    let id = &connector.id;
    if connector.state == State::Disabled {
        let Some(onboarding) = &exporter.onboarding else { return Ok(0) };
        if let Err(error) = onboarding.expire(id).await {
            let error = error.to_string();
            tracing::warn!(connector.id = %id, error, "a connector that is over could not be deleted; tomorrow again");
            return Ok(0);
        }
    }
    let staging = &exporter.ports.staging;
    let (below, mut after, mut objects) = (staging_prefix(id), String::new(), 0);
    while exporter.ports.clock.now() < stop_at {
        let StagedPage { keys, more } = staging.list(&below, &after).await?;
        objects += keys.len() as u64;
        after = keys.last().cloned().unwrap_or_default();
        for some in keys.chunks(AT_ONCE) {
            try_join_all(some.iter().map(|key| staging.mark_orphan(key))).await?;
        }
        if !more {
            break;
        }
    }
    Ok(objects)
}
