//! The orphan sweep: after a run, marks staged objects for expiry that nothing will ever need again. These
//! are objects that no sealed record names ([`archive::staging_keys`] says why that is certain), and all
//! objects of a connector whose 30 days of retention are over.
//!
//! Nothing is deleted here. Objects are marked expirable, and the bucket's lifecycle rule deletes them once
//! no restorable state of the ledger names them. A sweep reads one page of the bucket's listing and one
//! record for each part on it, so its cost and memory are bounded. The sweep position is stored. A failed
//! sweep costs a little storage and breaks nothing: the next run continues from that position.

use std::time::Duration;

use archive::names::ConnectorId;
use archive::part::PartNumber;
use archive::staging_keys::{
    MIN_SWEEP_PARTS, SWEEP_DELAY, is_orphan, part_number_of, staging_prefix, start_after,
};
use archive::time::Time;
use control::onboarding::Onboarding;
use futures_util::future::try_join_all;
use ports::{Clock, PortError, Runs, StagedPage, Staging};
use protocol::connector::{Connector, State};
use protocol::machine::Outcome;

use super::run_record::SweepProgress;

/// Kept free at the end of the function's time: a request that hangs times out after a minute.
const TIME_RESERVE: Duration = Duration::from_mins(2);
/// How many pages a sweep reads at most. More than one is needed only if a single part had thousands of
/// attempts.
const MAX_PAGES: u32 = 10;
/// How many objects are marked concurrently.
const MAX_CONCURRENT_MARKS: usize = 16;

/// The sweep, and the ports that it needs.
pub(super) struct OrphanSweep<'a> {
    pub(super) runs: &'a dyn Runs,
    pub(super) staging: &'a dyn Staging,
    pub(super) clock: &'a dyn Clock,
    /// Deletes the record of an expired connector. Without it, such a connector is left alone.
    pub(super) onboarding: Option<&'a Onboarding>,
}

impl OrphanSweep<'_> {
    /// Sweeps after a run with this outcome, if there is enough to sweep and time is left.
    pub(super) async fn run(
        &self,
        connector: &Connector,
        progress: SweepProgress,
        outcome: &Outcome,
        deadline: Time,
    ) {
        let stop_at = deadline - TIME_RESERVE;
        let now = self.clock.now();
        if !matches!(outcome, Outcome::Completed(_)) || now >= stop_at {
            return;
        }
        let (id, is_expired) = (&connector.id, connector.is_expired(now));
        let done = if is_expired {
            self.expire_connector(connector, stop_at).await
        } else {
            self.sweep_sealed_parts(id, progress).await
        };
        match done {
            Ok(0) => {}
            Ok(objects) if is_expired => {
                tracing::info!(
                    connector.id = %id, objects,
                    "the staged bytes of an expired connector were marked for deletion"
                );
            }
            Ok(objects) => {
                tracing::info!(connector.id = %id, objects, "orphaned staged objects were marked for deletion");
            }
            Err(error) => {
                let error = error.chain();
                tracing::warn!(connector.id = %id, error, "the orphan sweep failed; a later run continues it");
            }
        }
    }

    /// Marks the orphans of sealed parts as expirable. Returns the number of objects.
    async fn sweep_sealed_parts(&self, id: &ConnectorId, progress: SweepProgress) -> Result<u64, PortError> {
        let (runs, staging) = (self.runs, self.staging);
        // The newest [`MIN_SWEEP_PARTS`] parts are left to the next sweep.
        let horizon = PartNumber::new(progress.sealed_through.get().saturating_sub(MIN_SWEEP_PARTS));
        if horizon.get() < progress.swept_through.get().saturating_add(MIN_SWEEP_PARTS) {
            return Ok(0);
        }
        let sealed_before = self.clock.now() - SWEEP_DELAY;
        if runs.part(id, horizon).await?.is_none_or(|part| part.sealed_at > sealed_before) {
            return Ok(0);
        }
        let (prefix, mut after) = (staging_prefix(id), start_after(id, progress.swept_through.next()));
        let (mut part, mut objects) = (None, 0);
        // Usually one page; more only if a page does not reach the end of even one part.
        for _ in 0..MAX_PAGES {
            let page = staging.list(&prefix, &after).await?;
            for key in &page.items {
                let Some(number) = part_number_of(id, key).filter(|number| *number <= horizon) else {
                    continue;
                };
                if part.as_ref().is_none_or(|(of, _)| *of != number) {
                    part = Some((number, runs.part(id, number).await?));
                }
                // Without its record a part may still be sealed with exactly these bytes.
                if part
                    .as_ref()
                    .is_some_and(|(_, part)| part.as_ref().is_some_and(|part| is_orphan(part, key)))
                {
                    staging.mark_orphan(key).await?;
                    objects += 1;
                }
            }
            let through = complete_through(id, &page, horizon);
            if through > progress.swept_through {
                runs.record_sweep(id, through).await?;
                break;
            }
            let Some(next) = page.next else { break };
            after = next;
        }
        Ok(objects)
    }

    /// Expires a connector that can no longer be enabled: its record first, so that readers see the deletion
    /// before any byte is gone, then its staged bytes. Returns the number of objects.
    async fn expire_connector(&self, connector: &Connector, stop_at: Time) -> Result<u64, PortError> {
        let id = &connector.id;
        if connector.state == State::Disabled {
            let Some(onboarding) = self.onboarding else { return Ok(0) };
            if let Err(error) = onboarding.expire(id).await {
                let error = error.to_string();
                tracing::warn!(
                    connector.id = %id, error,
                    "an expired connector could not be deleted; the next attempt is tomorrow"
                );
                return Ok(0);
            }
        }
        let staging = self.staging;
        let (prefix, mut after, mut objects) = (staging_prefix(id), String::new(), 0);
        while self.clock.now() < stop_at {
            let StagedPage { items: keys, next } = staging.list(&prefix, &after).await?;
            objects += keys.len() as u64;
            for chunk in keys.chunks(MAX_CONCURRENT_MARKS) {
                try_join_all(chunk.iter().map(|key| staging.mark_orphan(key))).await?;
            }
            let Some(next) = next else { break };
            after = next;
        }
        Ok(objects)
    }
}

/// The last part whose keys the page lists completely: the keys of the page's last part may continue on the
/// next page.
fn complete_through(id: &ConnectorId, page: &StagedPage, horizon: PartNumber) -> PartNumber {
    let last = page.items.iter().rev().find_map(|key| part_number_of(id, key));
    match last.filter(|_| page.next.is_some()) {
        Some(last) => last.previous().min(horizon),
        None if page.next.is_some() => PartNumber::NONE,
        None => horizon,
    }
}
