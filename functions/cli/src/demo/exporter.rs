//! The exporter in a separate process: the real one, on the resources of its environment, for one run of one
//! connector. With an option it waits between delivery and mark, to be killed there.

use std::sync::Arc;
use std::time::Duration;

use archive::names::{ConnectorId, WorkerId};
use archive::part::{Part, PartLimits, PartNumber};
use archive::time::Time;
use async_trait::async_trait;
use aws::clients::Clients;
use aws::clock::{SystemClock, SystemRng};
use aws::dynamodb::events::{DynamoSource, EventsTable};
use aws::dynamodb::ledger::{ClockOffset, DynamoLedger};
use aws::s3::customers::StsCustomers;
use aws::s3::staging::S3Staging;
use aws::settings::{LedgerSettings, S3Settings, SigningSettings, StagingSettings};
use aws::signing::signing;
use exporter::{Exporter, Ports, export};
use ports::{Bus, Clock, PortError, Runs};
use protocol::delivery_error::Block;
use protocol::machine::{
    LeaseAnswer, Mark, Outcome, ProgressUpdate, ReconcileUpdate, Release, Seal, SealAnswer, Snapshot,
    Summary, Timing,
};
use protocol::notice::Notice;
use protocol::portal::LinkNotice;
use sandbox::wiring::RecordingBus;

use super::args::ExporterArgs;
use super::process::ExporterMessage;
use crate::context::ProcessContext;
use crate::error::{CliError, Exit};
use crate::output::Output;

/// How long it waits to be killed. The parent kills it long before; if the parent died, this process must
/// still end.
const HANG_DURATION: Duration = Duration::from_mins(1);

/// Writes a message as a line on stdout, which the demo reads.
fn send(message: &ExporterMessage) {
    Output::new(true, None).object(message);
}

/// Runs the exporter once, and reports the result to the demo.
pub(crate) async fn run(args: ExporterArgs, context: &ProcessContext) -> Result<Exit, CliError> {
    let shift_ms = args.now.millis() - SystemClock::new().now().millis();
    let exporter = wire(shift_ms, args.stop_before_mark, context).await?;
    let deadline = args.now + Duration::from_secs(u64::from(args.seconds));
    let (failure, summary) = match export(&exporter, &args.connector, deadline).await {
        Outcome::Completed(summary) => (None, summary),
        Outcome::Failed { error, summary } => (Some(error.detail), summary),
        outcome @ (Outcome::Busy | Outcome::Inactive) => (Some(format!("{outcome:?}")), Summary::default()),
    };
    let (sealed, delivered, existed) = (summary.sealed, summary.delivered, summary.existed);
    send(&ExporterMessage::Finished { sealed, delivered, existed, failure });
    Ok(Exit::Done)
}

async fn wire(shift_ms: i64, stop: bool, context: &ProcessContext) -> Result<Exporter, CliError> {
    let (layout, ledger, staging, s3, keys, timing, part_limits) = context.settings::<(
        EventsTable,
        LedgerSettings,
        StagingSettings,
        S3Settings,
        SigningSettings,
        Timing,
        PartLimits,
    )>()?;
    let Clients { dynamodb, s3, sts, customers, .. } = Clients::from_environment(s3).await;
    let ledger = DynamoLedger::new(dynamodb.clone(), ledger.table, ClockOffset::millis(shift_ms));
    let ports = Ports {
        runs: if stop { Arc::new(StopBeforeMark(ledger)) } else { Arc::new(ledger) },
        source: Arc::new(DynamoSource::new(dynamodb, layout)),
        staging: Arc::new(S3Staging::new(s3, staging.bucket.to_string())),
        signing: signing(&keys, None)?,
        customers: Arc::new(StsCustomers::new(sts, customers)),
        bus: Arc::new(StdoutBus),
        clock: Arc::new(SystemClock::with_offset(shift_ms)),
        randomness: Arc::new(SystemRng),
    };
    Ok(Exporter { ports, timing, part_limits, retention: None, onboarding: None })
}

/// Forwards notices to the demo's bus, which is in the parent process.
struct StdoutBus;

#[async_trait]
impl Bus for StdoutBus {
    async fn publish(&self, notice: &Notice) -> Result<(), PortError> {
        let events = RecordingBus::events_of(notice);
        let events = events.map_err(|source| PortError::bug("serializing a notice", source))?;
        for event in events {
            send(&ExporterMessage::Notice { event });
        }
        Ok(())
    }

    async fn publish_link(&self, _: &LinkNotice) -> Result<(), PortError> {
        Err(PortError::bug("publishing a notice", "an exporter knows no links"))
    }
}

/// The real ledger, except that `mark` waits to be killed.
struct StopBeforeMark(DynamoLedger);

#[async_trait]
impl Runs for StopBeforeMark {
    async fn mark(&self, mark: &Mark) -> Result<(), PortError> {
        send(&ExporterMessage::BeforeMark { part: mark.part.number.get() });
        tokio::time::sleep(HANG_DURATION).await;
        Err(PortError::transient("waiting before the mark", "the process was not killed"))
    }

    async fn lease(
        &self,
        id: &ConnectorId,
        worker: &WorkerId,
        now: Time,
        until: Time,
    ) -> Result<LeaseAnswer, PortError> {
        self.0.lease(id, worker, now, until).await
    }

    async fn snapshot(&self, id: &ConnectorId) -> Result<Option<Snapshot>, PortError> {
        self.0.snapshot(id).await
    }

    async fn seal(&self, seal: &Seal) -> Result<SealAnswer, PortError> {
        self.0.seal(seal).await
    }

    async fn try_claim_unreadable_notice(
        &self,
        id: &ConnectorId,
        since: Time,
        now: Time,
    ) -> Result<bool, PortError> {
        self.0.try_claim_unreadable_notice(id, since, now).await
    }

    async fn part(&self, id: &ConnectorId, number: PartNumber) -> Result<Option<Part>, PortError> {
        self.0.part(id, number).await
    }

    async fn parts_reaching(
        &self,
        id: &ConnectorId,
        after: Time,
        before: PartNumber,
    ) -> Result<Vec<Part>, PortError> {
        self.0.parts_reaching(id, after, before).await
    }

    async fn block(&self, id: &ConnectorId, block: &Block) -> Result<(), PortError> {
        self.0.block(id, block).await
    }

    async fn record_progress(&self, id: &ConnectorId, update: &ProgressUpdate) -> Result<(), PortError> {
        self.0.record_progress(id, update).await
    }

    async fn record_reconcile(&self, id: &ConnectorId, update: &ReconcileUpdate) -> Result<(), PortError> {
        self.0.record_reconcile(id, update).await
    }

    async fn mark_last(&self, _: &WorkerId, mark: &Mark, _: &Release) -> Result<(), PortError> {
        self.mark(mark).await
    }

    async fn release(&self, id: &ConnectorId, worker: &WorkerId, release: &Release) -> Result<(), PortError> {
        self.0.release(id, worker, release).await
    }

    async fn record_sweep(&self, id: &ConnectorId, through: PartNumber) -> Result<(), PortError> {
        self.0.record_sweep(id, through).await
    }
}
