//! The options of the demo and of its exporter process.

use std::path::PathBuf;

use archive::names::ConnectorId;
use archive::time::Time;
use clap::Args;

/// The options of `demo`.
#[derive(Debug, Clone, Args)]
pub(crate) struct DemoArgs {
    /// Keep everything in this folder, which must be new or empty; each file is DIR/buckets/BUCKET/KEY
    #[arg(long, visible_alias = "local", value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// The time of the demo's last regular tick: 2023-07-10T13:05:00Z or up to a day later
    #[arg(long, value_name = "TIME", default_value = "2023-07-10T13:06:00Z")]
    pub(crate) now: Time,
    /// Print one JSON object on stdout, also on failure
    #[arg(long)]
    pub(crate) json: bool,
}

/// The options of the exporter process. Its environment names the resources, as in Lambda.
#[derive(Debug, Clone, Args)]
pub(crate) struct ExporterArgs {
    /// The connector to export
    #[arg(long)]
    pub(crate) connector: ConnectorId,
    /// Use this time instead of now
    #[arg(long)]
    pub(crate) now: Time,
    /// The time limit of the run, in seconds
    #[arg(long)]
    pub(crate) seconds: u32,
    /// Wait between delivery and mark, to be killed there
    #[arg(long)]
    pub(crate) stop_before_mark: bool,
}

/// The help text of `demo` after its options.
pub(crate) const AFTER_HELP: &str = "\
The demo starts a DynamoDB, an S3 and an STS inside this process. It imports 2,900 real CloudTrail events of \
10 July 2023 (11:42 to 12:37 UTC) for the tenant acme, and runs the dispatcher and the exporter as of that day:

  11:30  three connectors are verified and activated, hourly: acme,
         quiet-co without events, gone-inc whose bucket is then deleted
  12:06  a tick; acme's exporter is killed between delivery and mark
  12:09  it is started again
  --now  a tick
  +10 m  a tick after gone-inc has created its bucket again

Then it reads the buckets back from the plain files and compares them with the imported events. The exit code is 0 if \
every guarantee was met, else 1. With --dir its last line is the command with which acme's auditor verifies the bucket; \
that command prints Proven.

Examples:
  auditferry demo
  auditferry demo --dir ./demo && find ./demo/buckets -type f
  auditferry demo --now 2023-07-10T18:06:00Z
  auditferry demo --json";
