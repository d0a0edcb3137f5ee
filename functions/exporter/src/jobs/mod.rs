//! The jobs that follow a run, whatever its outcome. None of them fails the run: each logs its own errors,
//! and the next run tries again.

mod orphan_sweep;
mod reverification;
mod run_record;
mod unreadable_notice;

use archive::time::Time;
use orphan_sweep::OrphanSweep;
use protocol::machine::Outcome;

use crate::context::{Exporter, Ports};

pub(crate) use run_record::RunRecord;

/// Runs the jobs after a run, in this order: what a tenant must know comes first, what only saves cost last.
pub(crate) async fn run_jobs(exporter: &Exporter, record: &RunRecord, outcome: &mut Outcome, deadline: Time) {
    publish_unreadable(exporter, record, outcome, deadline).await;
    // Boxed: rarely used futures must not make every run's future large.
    Box::pin(reverify(exporter, record, outcome, deadline)).await;
    Box::pin(sweep_orphans(exporter, record, outcome, deadline)).await;
}

/// The notice of unreadable items. The run's summary counts it if it could not be published.
async fn publish_unreadable(exporter: &Exporter, record: &RunRecord, outcome: &mut Outcome, deadline: Time) {
    let Some(notice) = &record.unreadable_notice else { return };
    let Ports { runs, bus, clock, .. } = &exporter.ports;
    let published = unreadable_notice::publish(&**runs, &**bus, notice, clock.now(), deadline).await;
    if let Outcome::Completed(summary) | Outcome::Failed { summary, .. } = outcome {
        summary.unpublished_notices += u64::from(!published);
    }
}

/// The verification of the destination.
async fn reverify(exporter: &Exporter, record: &RunRecord, outcome: &Outcome, deadline: Time) {
    if let (Some(onboarding), Some(connector)) = (&exporter.onboarding, &record.connector) {
        let assumed_with = record.assumed_with.as_ref();
        reverification::reverify(onboarding, connector, assumed_with, outcome, deadline).await;
    }
}

/// The sweep of orphaned staged objects.
async fn sweep_orphans(exporter: &Exporter, record: &RunRecord, outcome: &Outcome, deadline: Time) {
    let Some(connector) = &record.connector else { return };
    let Ports { runs, staging, clock, .. } = &exporter.ports;
    let onboarding = exporter.onboarding.as_ref();
    let sweep = OrphanSweep { runs: &**runs, staging: &**staging, clock: &**clock, onboarding };
    sweep.run(connector, record.sweep_progress, outcome, deadline).await;
}
