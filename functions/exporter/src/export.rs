//! One run of one worker over one connector: [`step`] returns the next effect, the driver executes it, and
//! its answer is the next input.

use std::sync::Arc;
use std::time::Duration;

use archive::names::ConnectorId;
use archive::part::PartLimits;
use archive::time::Time;
use control::onboarding::Onboarding;
use control::signing::ManifestSigner;
use ports::{Bus, Clock, Customers, Rng, Runs, Source, Staging};
use protocol::machine::{Answer, Effect, Input, Limits, Outcome, Run, Timing, step};

use crate::driver::{Driver, port_error};
use crate::metrics::{MeasuredRun, RequestKind, RequestStats};
use crate::orphan_sweep::sweep_orphans;
use crate::reverification::reverify;
use crate::unreadable::publish_unreadable;

/// The ports that an export needs.
#[derive(Clone)]
pub struct Ports {
    /// Connectors, cursors and part records.
    pub runs: Arc<dyn Runs>,
    /// The events table, read-only.
    pub source: Arc<dyn Source>,
    /// The vendor's staging bucket.
    pub staging: Arc<dyn Staging>,
    /// The keys that sign manifests.
    pub signing: ManifestSigner,
    /// The customers' accounts, where files are delivered.
    pub customers: Arc<dyn Customers>,
    /// The vendor's event bus.
    pub bus: Arc<dyn Bus>,
    /// The clock, injected.
    pub clock: Arc<dyn Clock>,
    /// The random number generator, injected.
    pub randomness: Arc<dyn Rng>,
}

impl std::fmt::Debug for Ports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ports")
    }
}

/// The exporter of one deployment.
#[derive(Debug, Clone)]
pub struct Exporter {
    /// The ports to everything outside.
    pub ports: Ports,
    /// Settle time and look-back.
    pub timing: Timing,
    /// Maximum size of a part.
    pub part_limits: PartLimits,
    /// How long the source keeps an event, if not forever. A notice of a block uses it to state the time
    /// from which events would be lost.
    pub retention: Option<Duration>,
    /// Verifies active connectors again, if set. [`Exporter::with_reverification`] sets it.
    pub onboarding: Option<Onboarding>,
}

/// Runs the protocol once for one connector until `deadline`, verifies the connector again if that is due,
/// and sweeps orphans. Dropping the future equals a crash between two effects: the next run continues from
/// the ledger's state.
pub async fn export(exporter: &Exporter, id: &ConnectorId, deadline: Time) -> Outcome {
    export_measured(exporter, id, deadline).await.outcome
}

/// [`export`] with its metrics.
pub(crate) async fn export_measured(exporter: &Exporter, id: &ConnectorId, deadline: Time) -> MeasuredRun {
    let Ports { clock, randomness, .. } = &exporter.ports;
    let started_at = clock.now();
    let worker = randomness.worker_id();
    let vendor = exporter.ports.signing.vendor.clone();
    let mut run = Run::new(worker.clone(), vendor, exporter.timing, Limits::between(started_at, deadline))
        .with_retention(exporter.retention)
        .with_source(exporter.ports.source.identity().await.map_err(port_error));
    // The customer's credentials and clients live in the driver and are dropped with the run.
    let mut driver = Driver::new(exporter, id, worker);
    let mut answer = Answer::Start;
    let mut stats = RequestStats::default();
    loop {
        let requested_at = clock.now();
        let input = Input { now: requested_at, random: randomness.next_u64(), answer };
        let (next, effect) = step(run, input);
        run = next;
        let request = RequestKind::of(&effect);
        answer = match effect {
            Effect::Finish(mut outcome) => {
                let mut tenant = None;
                if let Some(notice) = driver.unreadable_notice() {
                    publish_unreadable(exporter, notice, &mut outcome, deadline).await;
                }
                if let Some((connector, assumed_with)) = driver.connector_and_external_id() {
                    tenant = Some(connector.tenant.clone());
                    // Boxed: rarely used futures must not make every run's future large.
                    Box::pin(reverify(exporter, connector, assumed_with, &outcome, deadline)).await;
                    Box::pin(sweep_orphans(exporter, connector, driver.sweep_progress(), &outcome, deadline))
                        .await;
                }
                return MeasuredRun {
                    outcome,
                    tenant,
                    requests: stats,
                    duration: clock.now().since(started_at),
                };
            }
            effect => driver.execute(effect).await,
        };
        stats.observe(request, &answer, clock.now().since(requested_at));
    }
}
