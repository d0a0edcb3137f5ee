//! The options of `serve`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use domain::time::Time;

/// The options of `serve`.
#[derive(Debug, Clone, Args)]
pub(crate) struct ServeArgs {
    /// Keep everything in this folder, which is made if it is not there; without one all goes with the process
    #[arg(long, value_name = "DIR")]
    pub(crate) local: Option<PathBuf>,
    /// Where the API listens on 127.0.0.1; 0 is any free port
    #[arg(long, value_name = "PORT", default_value = "8080")]
    pub(crate) port: u16,
    /// How often what is due is exported, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub(crate) tick: u32,
    /// Begin as of this time instead of now, such as 2023-07-10T13:06:00Z; the clock ticks on from there
    #[arg(long, value_name = "TIME")]
    pub(crate) now: Option<Time>,
    /// Print one JSON object on stdout once it listens, and nothing more
    #[arg(long)]
    pub(crate) json: bool,
}

impl ServeArgs {
    /// The time from one tick to the next.
    pub(super) fn pause(&self) -> Duration {
        Duration::from_secs(self.tick.into())
    }
}

/// What the help of `serve` says after its options.
pub(crate) const AFTER_HELP: &str = "\
A DynamoDB, an S3 and an STS inside this process, the HTTP API of infra/openapi.yaml on them, and the dispatcher \
and the exporter at every tick, until Ctrl-C. It is for you on this machine alone, as an operator: web pages of other \
origins are refused, and so are other users of the machine, whom Linux tells apart by their connections. Where the \
system does not, each request to the API shows the token that is printed, and that is also in the file `token` of the \
folder: authorization: Bearer TOKEN.

Beside the API, /stand-in/stacks plays the customer's administrator, who clicks Create stack: it makes the role \
and the bucket that the body names by the parameters of infra/customer-role.yaml. /stand-in/obstacles is what that \
administrator gets wrong: GET lists what there is, PUT and DELETE of one set it and take it away.

Examples:
  auditferry serve
  auditferry serve --local ./af --port 8081 --tick 2
  auditferry serve --json";
