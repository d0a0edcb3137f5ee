//! One run of one worker over one connector: [`step`] returns the next effect, the driver executes it, and
//! its answer is the next input.

use archive::names::ConnectorId;
use archive::time::Time;
use protocol::machine::{Answer, Input, Limits, Outcome, Run, Step, step};

use crate::context::{Exporter, Ports};
use crate::driver::Driver;
use crate::failure::Failure;
use crate::jobs::{RunRecord, run_jobs};
use crate::metrics::{MeasuredRun, RequestKind, RequestStats};

/// Runs the protocol once for one connector until `deadline`, and the jobs that follow a run. Dropping the
/// future equals a crash between two effects: the next run continues from the ledger's state.
pub async fn export(exporter: &Exporter, id: &ConnectorId, deadline: Time) -> Outcome {
    export_measured(exporter, id, deadline).await.outcome
}

/// [`export`] with its metrics.
pub(crate) async fn export_measured(exporter: &Exporter, id: &ConnectorId, deadline: Time) -> MeasuredRun {
    let Ports { clock, randomness, source, signing, .. } = &exporter.ports;
    let started_at = clock.now();
    let worker = &randomness.worker_id();
    let limits = Limits::between(started_at, deadline);
    let source = source.identity().await.map_err(|error| Failure::from(error).0);
    let mut run = Run::new(worker.clone(), signing.vendor.clone(), exporter.timing, limits)
        .with_retention(exporter.retention)
        .with_source(source);
    let driver = Driver { ports: &exporter.ports, part_limits: exporter.part_limits, id, worker };
    let mut answer = Answer::Start;
    let mut stats = RequestStats::default();
    let mut record = RunRecord::default();
    let mut outcome = loop {
        let requested_at = clock.now();
        let input = Input { now: requested_at, random: randomness.next_u64(), answer };
        let effect = match step(run, input) {
            Step::Done(outcome) => break outcome,
            Step::Do(next, effect) => {
                run = next;
                effect
            }
        };
        answer = driver.execute(&effect).await;
        stats.observe(RequestKind::of(&effect), &answer, clock.now().since(requested_at));
        record.observe(&effect, &answer);
    };
    run_jobs(exporter, &record, &mut outcome, deadline).await;
    let tenant = record.connector.map(|connector| connector.tenant);
    MeasuredRun { outcome, tenant, requests: stats, duration: clock.now().since(started_at) }
}
