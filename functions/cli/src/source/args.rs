//! The options of `source`.

use clap::{Args, Subcommand};
use domain::names::ConnectorId;
use domain::time::Time;

use crate::args::Place;

/// The commands on the source of the events.
#[derive(Debug, Subcommand)]
pub(crate) enum SourceCommand {
    /// Accept the events table of the settings for connectors that were sealed from another one
    #[command(after_help = AFTER_HELP)]
    Accept(AcceptArgs),
}

impl SourceCommand {
    /// Where it works.
    pub(crate) const fn place(&self) -> &Place {
        match self {
            Self::Accept(args) => &args.place,
        }
    }
}

/// The options of `source accept`.
#[derive(Debug, Clone, Args)]
pub(crate) struct AcceptArgs {
    /// From when on the new source holds every event, such as 2026-11-20T00:00:00Z
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Time,
    /// Accept it for this connector only
    #[arg(long, value_name = "ID")]
    pub(crate) connector: Option<ConnectorId>,
    /// Where they are.
    #[command(flatten)]
    pub(crate) place: Place,
}

const AFTER_HELP: &str = "\
Each connector remembers the table, the index and the keys that it was sealed from. If the settings EVENTS_* of the \
functions name others, its runs fail (alarm SourceChanged) and seal nothing: an empty read of a wrong table would be \
signed as a quiet hour. If the change is meant, accept it. If it is not, set the parameters back instead.

--from is your word that the new source holds every event from that time on. A connector that is not sealed up to \
then is refused, since the events between would never be exported: set the old source back until it is. Of another \
table with the same keys, events from that time on are read; what was exported already is left out by its key, and \
the rest follows as late. With other keys, reading begins where each connector stands.

Run it with the same EVENTS_* as the functions. It can be stopped and run again.

Example:
  EVENTS_TABLE=audit-events-2 EVENTS_SORT_KEY=at auditferry source accept --from 2026-11-20T00:00:00Z";
