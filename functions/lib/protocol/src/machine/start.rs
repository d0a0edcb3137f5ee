//! The start of a run: the lease, the snapshot, and whether this worker may decide anything about what it
//! read.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use archive::time::Time;

use super::end::RETRY_FAILED_AFTER;
use super::messages::{Effect, LeaseAnswer, Release, Snapshot};
use super::outcome::{InternalError, InternalErrorKind, Outcome};
use super::state::{Active, Context, Ending, Flow, Next, Progress, Settings, State};
use crate::cursor::Cursor;

/// A difference between the worker's clock and the ledger's up to this is ignored.
const TOLERATED_SKEW: Duration = Duration::from_secs(2);
/// With a difference above this, the run refuses to decide anything.
const MAX_SKEW: Duration = Duration::from_mins(1);
/// How long after the run's deadline its lease expires.
const LEASE_MARGIN: Duration = Duration::from_mins(1);

pub(super) fn lease<B>(progress: Box<Progress<B>>, context: Context<'_>) -> Next<B> {
    let until = context.settings.limits.deadline + LEASE_MARGIN;
    Next::Do(State::Leasing(progress), Effect::Lease { until })
}

pub(super) fn on_lease<B>(progress: Box<Progress<B>>, answer: LeaseAnswer) -> Next<B> {
    match answer {
        LeaseAnswer::Granted => read_snapshot(progress),
        LeaseAnswer::Held => Next::Done(Outcome::Busy),
        LeaseAnswer::Unknown => Next::Done(Outcome::Inactive),
    }
}

/// Reads settings and cursor, possibly again. The settings may have changed, so an open bucket is not used
/// any more.
pub(super) fn read_snapshot<B>(mut progress: Box<Progress<B>>) -> Next<B> {
    progress.delivery.bucket = None;
    Next::Do(State::ReadingSnapshot(progress), Effect::Snapshot)
}

pub(super) fn on_snapshot<B: Clone + Debug>(
    mut progress: Progress<B>,
    snapshot: Option<Box<Snapshot>>,
    context: Context<'_>,
) -> Next<B> {
    let Some(snapshot) = snapshot else { return Next::Done(Outcome::Inactive) };
    let Snapshot { connector, cursor, server_time } = *snapshot;
    if let Some(server) = server_time {
        match clock_skew(context.now, server) {
            Ok(skew) => progress.clock_skew = skew,
            // The lease was taken by a wrong clock too, and could keep every other worker away until that
            // clock is corrected.
            Err(error) => {
                let next_run_at = server + RETRY_FAILED_AFTER;
                let release = Release { seen: cursor.next_run_at, next_run_at, now: server };
                let ending = Ending { error: Some(error), summary: progress.summary };
                return Next::Do(State::Releasing(Box::new(ending)), Effect::Release(release));
            }
        }
    }
    if let Some(error) = source_error(context.settings, &cursor) {
        progress.sealing.stopped = Some(error);
    }
    match (connector.is_exporting(), connector.window_schedule(), connector.destination.s3().cloned()) {
        (true, Some(schedule), Some(destination)) => {
            let (connector, destination) = (Arc::new(connector), Arc::new(destination));
            let active = Active { connector, destination, schedule, cursor, progress };
            Box::new(active).follow(Flow::Next, context)
        }
        // It exports no more: nothing is read or delivered, and enabling it again makes it due.
        (false, Some(_), _) => {
            let next_run_at = connector.cleanup_due_at(context.now - progress.clock_skew);
            let release = Release { seen: cursor.next_run_at, next_run_at, now: context.now };
            let Progress { sealing, mut summary, .. } = progress;
            summary.blocked = cursor.block;
            let ending = Ending { error: sealing.stopped, summary };
            Next::Do(State::Releasing(Box::new(ending)), Effect::Release(release))
        }
        // It was never activated, or never connected.
        _ => Next::Done(Outcome::Inactive),
    }
}

/// How far the worker's clock is ahead of the ledger's, as far as that is not ignored.
fn clock_skew(now: Time, server: Time) -> Result<Duration, InternalError> {
    // The `Date` header has whole seconds: the server's clock is up to a second later than it says.
    let behind = server.since(now);
    let ahead = now.since(server + Duration::from_millis(999));
    if behind > MAX_SKEW || ahead > MAX_SKEW {
        let detail = format!("the worker's clock says {now}, the ledger's {server}");
        return Err(InternalError::new(InternalErrorKind::ClockSkew, detail));
    }
    Ok(if ahead > TOLERATED_SKEW { ahead } else { Duration::ZERO })
}

/// Why nothing may be sealed from this worker's source: it is unknown, or not the remembered one. An empty
/// read of another source would be sealed as a quiet hour.
fn source_error(settings: &Settings, cursor: &Cursor) -> Option<InternalError> {
    let here = match settings.source.as_ref()? {
        Ok(here) => here,
        Err(error) => return Some(error.clone()),
    };
    let remembered = cursor.source.as_ref().filter(|remembered| remembered.source != *here)?;
    let detail = format!(
        "the events are now read from {here}; this connector was sealed from {}. Nothing is sealed until the \
         EVENTS_* settings name that source again, or an operator accepts the new one: \
         auditferry source accept --from TIME",
        remembered.source
    );
    Some(InternalError::new(InternalErrorKind::SourceChanged, detail))
}
