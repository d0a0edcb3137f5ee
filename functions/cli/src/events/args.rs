//! The options of `events`.

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand};
use domain::connector::Shards;
use domain::names::TenantId;

use crate::args::Place;

/// The commands on events.
#[derive(Debug, Subcommand)]
pub(crate) enum EventsCommand {
    /// Import events from a file: one JSON object a line, plain or gzip
    #[command(after_help = AFTER_HELP)]
    Import(ImportArgs),
}

impl EventsCommand {
    /// Where it works.
    pub(crate) const fn place(&self) -> &Place {
        match self {
            Self::Import(args) => &args.place,
        }
    }
}

/// The options of `events import`.
#[derive(Debug, Clone, Args)]
pub(crate) struct ImportArgs {
    /// Whose events they are
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: TenantId,
    /// The field that holds an event's time (RFC 3339); /a/b names a field inside another
    #[arg(long, value_name = "FIELD", default_value = "time", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) time_field: String,
    /// The field that holds an event's unique ID; /a/b names a field inside another
    #[arg(long, value_name = "FIELD", default_value = "id", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) id_field: String,
    /// Over how many partitions of the table the tenant's events are spread, as its connectors say
    #[arg(long, value_name = "N", default_value = "1", value_parser = shards)]
    pub(crate) shards: Shards,
    /// The file; `-` for stdin
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Where to import.
    #[command(flatten)]
    pub(crate) place: Place,
}

/// Reads a number of shards.
pub(crate) fn shards(text: &str) -> Result<Shards, String> {
    let refused = || format!("`{text}` is not a whole number from 1 to 64, such as 4");
    let number: u8 = text.parse().map_err(|_| refused())?;
    Shards::try_from(number).map_err(|_| refused())
}

const AFTER_HELP: &str = "\
The key of an event is its time and ID, so importing a file again changes nothing. Each line is kept byte for \
byte. A line that can't be imported is told with its number and the reason, the others are imported, and the \
command ends with 1.

A connector that has sealed the hours of these events already finds them later, as late events. To export \
what happened before its activation, create the connector with --start-from.

Examples:
  auditferry events import --local ./af --tenant acme events.ndjson
  auditferry events import --local ./af --tenant acme \\
    --time-field eventTime --id-field eventID cloudtrail.ndjson.gz
  zcat *.gz | auditferry events import --tenant acme \\
    --time-field /detail/eventTime --id-field /detail/eventID -";
