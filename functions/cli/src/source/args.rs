//! The options of `source`.

use archive::names::ConnectorId;
use archive::time::Time;
use clap::{Args, Subcommand};

use crate::target::Target;

/// The commands on the events table.
#[derive(Debug, Subcommand)]
pub(crate) enum SourceCommand {
    /// Accept the events table of the settings for connectors that have read another one
    #[command(after_help = AFTER_HELP)]
    Accept(AcceptArgs),
}

impl SourceCommand {
    /// The command's target.
    pub(crate) const fn target(&self) -> &Target {
        match self {
            Self::Accept(args) => &args.target,
        }
    }
}

/// The options of `source accept`.
#[derive(Debug, Clone, Args)]
pub(crate) struct AcceptArgs {
    /// The time from which the new source contains every event, such as 2026-11-20T00:00:00Z
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Time,
    /// Accept it for this connector only
    #[arg(long, value_name = "ID")]
    pub(crate) connector: Option<ConnectorId>,
    /// Where the connectors are.
    #[command(flatten)]
    pub(crate) target: Target,
}

const AFTER_HELP: &str = "\
Each connector records the table, the index and the keys that it reads. If the settings EVENTS_* of the functions name \
others, its runs fail (alarm SourceChanged) and seal nothing: an empty read of a wrong table would be signed as a quiet \
hour. If the change is intended, accept it. If it is not, restore the parameters instead.

With --from you confirm that the new source contains every event from that time on. A connector that is not sealed up \
to that time is refused, since the events in between would never be exported: restore the old source until it is. From \
another table with the same keys, events from that time on are read; exported events are recognized by their keys and \
skipped, and the rest follows as late events. With other keys, reading starts at each connector's watermark.

Run it with the same EVENTS_* as the functions. It can be stopped and repeated.

Example:
  EVENTS_TABLE=audit-events-2 EVENTS_SORT_KEY=at auditferry source accept --from 2026-11-20T00:00:00Z";
