//! The options of the demo and of the exporter that it kills.

use std::path::PathBuf;

use clap::Args;
use domain::names::ConnectorId;
use domain::time::Time;

/// The options of `demo`.
#[derive(Debug, Clone, Args)]
pub(crate) struct DemoArgs {
    /// Keep everything in this folder, which must be new or empty; each file is DIR/buckets/BUCKET/KEY
    #[arg(long, visible_alias = "local", value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// As of when the demo's last regular tick runs: 2023-07-10T13:05:00Z or up to a day later
    #[arg(long, value_name = "TIME", default_value = "2023-07-10T13:06:00Z")]
    pub(crate) now: Time,
    /// Print one JSON object on stdout, also if it fails
    #[arg(long)]
    pub(crate) json: bool,
}

/// The options of the exporter process. Where it works is in its environment, as a Lambda's is.
#[derive(Debug, Clone, Args)]
pub(crate) struct ExporterArgs {
    /// Whose run it is
    #[arg(long)]
    pub(crate) connector: ConnectorId,
    /// As of when
    #[arg(long)]
    pub(crate) now: Time,
    /// For how long it may run
    #[arg(long)]
    pub(crate) seconds: u32,
    /// Stand still between delivery and mark, to be killed there
    #[arg(long)]
    pub(crate) stop_before_mark: bool,
}

/// What the help of `demo` says after its options.
pub(crate) const AFTER_HELP: &str = "\
The demo starts a DynamoDB, an S3 and an STS inside this process, imports 2,900 real CloudTrail events of \
10 July 2023 (11:42 to 12:37 UTC) for the tenant acme, and runs the dispatcher and the exporter as of that day:

  11:30  three connectors are verified and activated, hourly: acme,
         quiet-co without events, gone-inc whose bucket is deleted then
  12:06  a tick; acme's exporter is killed between delivery and mark
  12:09  it is started again
  --now  a tick
  +10 m  a tick after gone-inc has made its bucket

Then it reads the buckets back from the plain files and holds them against what was imported. It ends with 0 \
if every promise was kept, and with 1 otherwise. With --dir its last line is the command by which the auditor of acme \
verifies the bucket; it ends in Proven.

Examples:
  auditferry demo
  auditferry demo --dir ./demo && find ./demo/buckets -type f
  auditferry demo --now 2023-07-10T18:06:00Z
  auditferry demo --json";
