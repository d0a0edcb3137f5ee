//! The options of `serve`.

use std::path::PathBuf;
use std::time::Duration;

use archive::time::Time;
use clap::Args;

/// The options of `serve`.
#[derive(Debug, Clone, Args)]
pub(crate) struct ServeArgs {
    /// Keep everything in this folder, which is created if necessary; without it nothing is kept
    #[arg(long, value_name = "DIR")]
    pub(crate) local: Option<PathBuf>,
    /// The API's port on 127.0.0.1; 0 is any free port
    #[arg(long, value_name = "PORT", default_value = "8080")]
    pub(crate) port: u16,
    /// The interval of the schedule's ticks, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub(crate) tick: u32,
    /// Begin with the demo's three tenants and real events (one is well, one is quiet, one is blocked), and
    /// with made-up-co, whose events are made up
    #[arg(long, conflicts_with = "now")]
    pub(crate) demo: bool,
    /// Start the clock at this time instead of now, such as 2023-07-10T13:06:00Z
    #[arg(long, value_name = "TIME")]
    pub(crate) now: Option<Time>,
    /// Print one JSON object on stdout once it listens, and nothing else
    #[arg(long)]
    pub(crate) json: bool,
}

impl ServeArgs {
    /// The interval between ticks.
    pub(super) fn pause(&self) -> Duration {
        Duration::from_secs(self.tick.into())
    }
}

/// The help text of `serve` after its options.
pub(crate) const AFTER_HELP: &str = "\
Runs a DynamoDB, an S3 and an STS inside this process, the HTTP API of infra/openapi.yaml on them, and the dispatcher \
and the exporter at every tick, until Ctrl-C. It is for you on this machine only, as an operator. Web pages of other \
origins are refused, and so are other users of the machine, whom Linux identifies by their connections. On other \
systems each request to the API needs the printed token, which is also in the folder's file `token`: \
authorization: Bearer TOKEN.

In addition to the API, /stand-in/stacks plays the customer's administrator, who clicks Create stack: it creates the \
role and the bucket for the parameters of infra/customer-role.yaml in the body. /stand-in/obstacles injects the faults \
of that administrator: GET lists them, PUT sets one, and DELETE removes it.

With --demo the clock starts on 10 July 2023, the day of the demo's events, and ticks on from there. acme has the real \
hour of CloudTrail. made-up-co has 30 days of a product's log-ins, changes and exports: these events are made up, the \
same on every machine, and one day is worth a question.

Examples:
  auditferry serve
  auditferry serve --demo
  auditferry serve --local ./af --port 8081 --tick 2
  auditferry serve --json";
