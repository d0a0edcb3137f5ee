//! The command line's grammar: all commands, each with the options of its own module.

use archive::files::help;
use archive::files::invocation::Program;
use clap::{Parser, Subcommand};

use crate::connector::args::ConnectorCommand;
use crate::demo::args::{DemoArgs, ExporterArgs};
use crate::events::args::EventsCommand;
use crate::explore::args::IndexCommand;
use crate::init::InitArgs;
use crate::offline;
use crate::offline::args::ExploreCommand;
use crate::portal::args::PortalCommand;
use crate::serve::args::ServeArgs;
use crate::source::args::SourceCommand;
use crate::verify::args::VerifyCommand;

/// The parsed command line.
#[derive(Debug, Parser)]
#[command(
    name = "auditferry",
    version,
    about = "Delivers each customer's audit log into the customer's own S3 bucket: every event once, and a heartbeat when nothing happened",
    args_conflicts_with_subcommands = true,
    max_term_width = 100,
    after_help = AFTER_HELP
)]
pub(crate) struct Cli {
    /// The command to run; `demo` if it is missing.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    /// The options of `demo`, which runs when no command is given.
    #[command(flatten)]
    pub(crate) demo: DemoArgs,
}

/// The commands, in the order of a connector's life.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the whole export on real events, with a crash in it, and prove that no event is lost or duplicated
    #[command(after_help = crate::demo::args::AFTER_HELP)]
    Demo(DemoArgs),
    /// Run the embedded stack and the HTTP API on 127.0.0.1, with a ticking schedule
    #[command(after_help = crate::serve::args::AFTER_HELP)]
    Serve(ServeArgs),
    /// Create the tables and the staging bucket, in a folder or on a stand-in for AWS
    #[command(after_help = crate::init::AFTER_HELP)]
    Init(InitArgs),
    /// Import events into the events table, and search a tenant's log
    #[command(subcommand)]
    Events(EventsCommand),
    /// Make the indexes again by which a log is searched
    #[command(subcommand)]
    Index(IndexCommand),
    /// Create, change and monitor connectors: where and how one tenant's events are exported
    #[command(subcommand)]
    Connector(ConnectorCommand),
    /// Let a customer's people into the portal by links, without accounts
    #[command(subcommand)]
    Portal(PortalCommand),
    /// Accept another events table for the connectors, after a change of the deployment's settings
    #[command(subcommand)]
    Source(SourceCommand),
    /// Verify a copy of a bucket: nothing is missing, changed, added or out of order
    #[command(after_help = help::after_help(Program::Auditferry))]
    Verify(VerifyCommand),
    /// Verify a copy of a bucket, then search it in a browser on this machine
    #[command(after_help = offline::args::AFTER_HELP)]
    Explore(ExploreCommand),
    /// One run of the exporter for the demo, in a separate process that can be killed
    #[command(hide = true)]
    DemoExporter(ExporterArgs),
}

impl Cli {
    /// Whether `--json` is given.
    pub(crate) fn wants_json(&self) -> bool {
        match &self.command {
            None => self.demo.json,
            Some(Command::Demo(args)) => args.json,
            Some(Command::Serve(args)) => args.json,
            Some(Command::Init(args)) => args.target.json,
            Some(Command::Events(command)) => command.target().json,
            Some(Command::Index(command)) => command.target().json,
            Some(Command::Connector(command)) => command.target().json,
            Some(Command::Portal(command)) => command.target().json,
            Some(Command::Source(command)) => command.target().json,
            Some(Command::Verify(command)) => command.args.json,
            Some(Command::Explore(command)) => command.verify.args.json,
            Some(Command::DemoExporter(_)) => false,
        }
    }
}

const AFTER_HELP: &str = "\
Examples:
  auditferry                          the demo: seconds, no AWS
  auditferry demo --dir ./demo        the same; keeps the files in ./demo/buckets
  auditferry serve                    the API on 127.0.0.1:8080, with a ticking schedule
  auditferry init --local ./af        a folder to try things in
  auditferry events import --local ./af --tenant acme events.ndjson
  auditferry connector create --local ./af --tenant acme
  auditferry events search --local ./af --tenant acme 'outcome:failure'
  auditferry portal link --local ./af --tenant acme --for 'Dana Ruiz'
  auditferry verify ./copy-of-the-bucket --key @vendor-key.txt
  auditferry explore ./copy-of-the-bucket --key @vendor-key.txt

Without --local a command works in AWS, with the credentials, region and endpoints that the AWS SDK finds \
(AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL, …) and with the environment variables of the deployment: LEDGER_TABLE, \
EVENTS_TABLE and the others that template.yaml sets.

Exit codes: 0 done, 1 failed, 2 wrong usage or an invalid value, 130 stopped by Ctrl-C. `verify` and \
`explore` have their own: see their helps.

With --json stdout gets exactly one object. If the command fails, it is \
{\"error\": {\"kind\": \"failed\" or \"usage\", \"message\": \"…\", \"remedy\": \"…\"}}.

AUDITFERRY_LOG=info (or error, warn, debug, trace) prints this process's log on stderr.";
