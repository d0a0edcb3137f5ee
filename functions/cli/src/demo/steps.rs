//! The steps of the demo, and their results.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use archive::names::ConnectorId;
use archive::note::{RingKey, VerifierKey};
use archive::part::Window;
use archive::time::Time;
use flate2::read::MultiGzDecoder;
use protocol::connector::Connector;
use protocol::delivery_error::Block;
use protocol::machine::{Outcome, Summary};
use sandbox::wiring::Sandbox;

use super::import::import;
use super::process::{ExporterMessage, ExporterProcess};
use super::proof::{self, Expected, File, Findings};
use super::scenario::{BUSY_TENANT, EVENTS, PREFIX, Tenants, Times, bucket, hour_and_minute};
use crate::context::ProcessContext;
use crate::error::{CliError, io_error};
use crate::output::{Output, Style};
use crate::table::counted;
use crate::verify::{self, Proof};

/// The result of the demo.
#[derive(Debug)]
pub(super) struct DemoResult {
    /// The times of its steps.
    pub(super) times: Times,
    /// How many events were imported.
    pub(super) imported: u64,
    /// The crash of the exporter, and its recovery.
    pub(super) crash: Crash,
    /// The connectors that were blocked, with tenant and first block.
    pub(super) blocked: Vec<(String, ConnectorId, Block)>,
    /// The number of blocked connectors that have delivered everything since.
    pub(super) recovered: u64,
    /// The content of each tenant's bucket.
    pub(super) buckets: Vec<BucketResult>,
    /// The vendor's key, as `connector setup` shows it to the customers.
    pub(super) key: VerifierKey,
}

/// What became of the exporter that was killed.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Crash {
    /// It was killed after it delivered a part and before the ledger's mark.
    pub(super) killed: bool,
    /// After a restart it found that part in the bucket (412), and marked it.
    pub(super) recovered: bool,
}

/// A tenant's bucket at the end.
#[derive(Debug)]
pub(super) struct BucketResult {
    /// The tenant that owns the bucket.
    pub(super) tenant: String,
    pub(super) bucket: String,
    /// The comparison with the imported events.
    pub(super) findings: Findings,
    /// The result of `auditferry verify`.
    pub(super) verified: Proof,
}

/// The state that the steps share.
struct Demo<'a> {
    embedded: Sandbox,
    tenants: Tenants,
    context: &'a ProcessContext,
    output: Output,
    blocked: BTreeMap<ConnectorId, Block>,
}

/// Runs the demo.
///
/// # Errors
/// If the stand-ins or the exporter process fail. A violated guarantee is not an error, but part of the
/// result.
pub(super) async fn run(
    dir: Option<&Path>,
    times: Times,
    context: &ProcessContext,
) -> Result<DemoResult, CliError> {
    let output = context.output;
    output.line("The demo runs as of 10 July 2023, on a DynamoDB, an S3 and an STS inside this process.\n");
    let embedded = Sandbox::start(dir, Some(times.activated)).await?;
    let imported = import(&embedded, output).await?;
    let tenants = Tenants::setup(&embedded, times.activated).await?;
    let mut demo = Demo { embedded, tenants, context, output, blocked: BTreeMap::new() };
    demo.print_step(
        times.activated,
        "3 connectors verified and activated, hourly; quiet-co has no events, gone-inc's bucket is deleted",
    );
    let mut crash = demo.first_tick(times.first).await?;
    crash.recovered = demo.restart(times.restarted).await?;
    demo.tick(times.second).await?;
    demo.embedded.grant_access(&demo.tenants.deleted_bucket)?;
    demo.print_step(
        times.third,
        format_args!("gone-inc has created its bucket {} again", bucket(&demo.tenants.deleted_bucket)),
    );
    demo.tick(times.third).await?;
    let result = demo.collect_results(times, imported, crash).await?;
    demo.embedded.stop().await;
    Ok(result)
}

impl Demo<'_> {
    fn print_step(&self, at: Time, what: impl std::fmt::Display) {
        self.output.line(format_args!("{}  {what}", hour_and_minute(at)));
    }

    /// The first tick: acme's exporter runs in a separate process, and is killed. The others are exported as
    /// always.
    async fn first_tick(&mut self, at: Time) -> Result<Crash, CliError> {
        self.embedded.set_now(at);
        let sent = self.embedded.dispatch().await?.sent;
        self.print_step(at, format_args!("tick: {} due", counted(sent, "connector")));
        let busy = self.tenants.busy.id.clone();
        let others: Vec<ConnectorId> = self.embedded.receive().into_iter().filter(|id| *id != busy).collect();
        let mut process = ExporterProcess::start(&self.embedded, self.context, &busy, at, true)?;
        let outcomes = self.embedded.export(&others).await;
        self.print_outcomes(outcomes)?;
        let ExporterMessage::BeforeMark { part } = process.next_message(&self.embedded).await? else {
            return Err(unexpected_exporter(&busy));
        };
        process.kill().await?;
        let killed = self.is_delivered_but_unmarked().await?;
        self.print_step(
            at,
            format_args!("killed {BUSY_TENANT}'s exporter between delivery and mark of part {part}"),
        );
        Ok(Crash { killed, recovered: false })
    }

    /// Whether the file is in the bucket, but not marked in the ledger.
    async fn is_delivered_but_unmarked(&self) -> Result<bool, CliError> {
        let objects = self.embedded.stack().objects(bucket(&self.tenants.busy))?;
        let is_other = |key: &str| proof::is_probe(key, PREFIX) || proof::is_manifest_or_key(key, PREFIX);
        let files = objects.iter().filter(|object| !is_other(&object.key)).count();
        let (cursor, _) = self.progress(&self.tenants.busy).await?;
        Ok((files, cursor) == (1, (1, 0)))
    }

    /// The newest sealed and the newest delivered part of a connector, and whether it is blocked.
    async fn progress(&self, connector: &Connector) -> Result<((u64, u64), bool), CliError> {
        let found = self.embedded.connectors().get(&connector.id).await?;
        let cursor =
            found.and_then(|(_, cursor)| cursor).ok_or_else(|| unexpected_exporter(&connector.id))?;
        Ok(((cursor.next.previous().get(), cursor.delivered.get()), cursor.block.is_some()))
    }

    /// Starts the exporter again, as the queue does when it redelivers the killed exporter's message.
    async fn restart(&mut self, at: Time) -> Result<bool, CliError> {
        self.embedded.set_now(at);
        let busy = &self.tenants.busy.id;
        let mut process = ExporterProcess::start(&self.embedded, self.context, busy, at, false)?;
        let ExporterMessage::Finished { sealed, delivered, existed, failure } =
            process.next_message(&self.embedded).await?
        else {
            return Err(unexpected_exporter(busy));
        };
        process.end().await?;
        if let Some(failure) = failure {
            let remedy = "Run the demo with AUDITFERRY_LOG=info to see more.";
            return Err(CliError::failed(format!("the restarted exporter failed: {failure}"), remedy));
        }
        let recovered = (sealed, delivered, existed) == (0, 1, 1);
        let description =
            if recovered { "found its file there (412) and marked it" } else { "did not find its file" };
        self.print_step(at, format_args!("started {BUSY_TENANT}'s exporter again: it {description}"));
        Ok(recovered)
    }

    /// A tick of the schedule.
    async fn tick(&mut self, at: Time) -> Result<(), CliError> {
        self.embedded.set_now(at);
        let tick = self.embedded.tick().await?;
        self.print_step(at, format_args!("tick: {} due", counted(tick.dispatched.sent, "connector")));
        self.print_outcomes(tick.outcomes)
    }

    fn print_outcomes(
        &mut self,
        outcomes: impl IntoIterator<Item = (ConnectorId, Outcome)>,
    ) -> Result<(), CliError> {
        for (id, outcome) in outcomes {
            let tenant = self.tenants.tenant(&id).to_owned();
            match outcome {
                Outcome::Completed(summary) => {
                    self.output.line(format_args!("         {tenant:<8}  {}", self.describe(&summary)));
                    if let Some(block) = summary.blocked {
                        self.blocked.entry(id).or_insert(block);
                    }
                }
                outcome => {
                    return Err(CliError::failed(
                        format!("the export of {tenant} ended with {outcome:?}"),
                        "Run the demo with AUDITFERRY_LOG=info to see more.",
                    ));
                }
            }
        }
        Ok(())
    }

    fn describe(&self, summary: &Summary) -> String {
        let what = match (summary.heartbeats, summary.sealed) {
            (_, 0) => "nothing new".to_owned(),
            (beats, sealed) if beats == sealed => counted(beats, "heartbeat"),
            _ => counted(summary.events, "event"),
        };
        let delivered = counted(summary.delivered, "file");
        match &summary.blocked {
            None => format!("{what}, {delivered} delivered"),
            Some(block) => {
                let blocked = self.output.styled(Style::Failure, "blocked");
                format!("{what} sealed and kept, {blocked}: {}", block.cause)
            }
        }
    }

    /// Reads all buckets back and compares them with the imported events.
    async fn collect_results(
        &self,
        times: Times,
        imported: u64,
        crash: Crash,
    ) -> Result<DemoResult, CliError> {
        let key = self.key().await?;
        let mut buckets = Vec::new();
        for connector in self.tenants.all() {
            let events = if connector.id == self.tenants.busy.id { imported_events()? } else { Vec::new() };
            buckets.push(self.check_bucket(connector, &events, times, &key).await?);
        }
        let mut blocked = Vec::new();
        let mut recovered = 0;
        for connector in self.tenants.all() {
            if let Some(block) = self.blocked.get(&connector.id) {
                let ((sealed, delivered), still) = self.progress(connector).await?;
                recovered += u64::from(sealed == delivered && !still);
                blocked.push((connector.tenant.to_string(), connector.id.clone(), block.clone()));
            }
        }
        Ok(DemoResult { times, imported, crash, blocked, recovered, buckets, key: key.key })
    }

    /// The key that signs, from the vendor and not from the buckets.
    async fn key(&self) -> Result<RingKey, CliError> {
        let keys = self.embedded.onboarding().keys().await?;
        keys.into_iter().next().ok_or_else(|| unexpected_exporter(&self.tenants.busy.id))
    }

    async fn check_bucket(
        &self,
        connector: &Connector,
        events: &[String],
        times: Times,
        key: &RingKey,
    ) -> Result<BucketResult, CliError> {
        let bucket = bucket(connector);
        let objects = self.embedded.stack().objects(bucket)?;
        let read = |object: sandbox::Object| {
            let bytes = std::fs::read(&object.path).map_err(io_error(object.path.display()))?;
            Ok::<_, CliError>(File { key: object.key, bytes })
        };
        let files = objects.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let span = Window { from: connector.start_from.unwrap_or(times.activated), to: times.sealed_to() };
        let expected = Expected { connector: &connector.id, prefix: PREFIX, events, span };
        let findings = proof::check_files(expected, &files);
        let verified = self.verify(connector, times, key.clone()).await?;
        Ok(BucketResult {
            tenant: connector.tenant.to_string(),
            bucket: bucket.to_owned(),
            findings,
            verified,
        })
    }

    /// Verifies a bucket as the tenant's auditor would, with the key and the newest manifest's hash from the
    /// vendor.
    async fn verify(&self, connector: &Connector, times: Times, key: RingKey) -> Result<Proof, CliError> {
        let found = self.embedded.connectors().get(&connector.id).await?;
        let newest = found.and_then(|(_, cursor)| cursor?.chain_state).map(|state| state.sha256);
        let folder = self.embedded.stack().folder().join("buckets").join(bucket(connector)).join(PREFIX);
        verify::verify_folder(&folder, key, newest, times.third)
            .map_err(io_error("the demo's buckets can't be verified"))
    }
}

/// The imported events, read from the same bytes by independent code.
fn imported_events() -> Result<Vec<String>, CliError> {
    let mut text = String::new();
    MultiGzDecoder::new(EVENTS).read_to_string(&mut text).map_err(io_error("the demo's events"))?;
    Ok(text.lines().map(str::to_owned).collect())
}

fn unexpected_exporter(id: &ConnectorId) -> CliError {
    CliError::failed(
        format!("the exporter of {id} did not do what the demo expects"),
        "Run the demo with AUDITFERRY_LOG=debug to see what it did.",
    )
}
