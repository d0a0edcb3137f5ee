//! The options of `events`.

use std::path::PathBuf;

use archive::import::TimeForm;
use archive::names::TenantId;
use clap::builder::TypedValueParser as _;
use clap::builder::{NonEmptyStringValueParser, PossibleValuesParser};
use clap::{Args, Subcommand};
use protocol::connector::Shards;

use crate::explore::args::{CountsArgs, FacetsArgs, FieldsArgs, SearchArgs};
use crate::explore::help;
use crate::explore::saved_args::{SavedCommand, SearchesArgs};
use crate::target::Target;

/// The commands on events.
#[derive(Debug, Subcommand)]
pub(crate) enum EventsCommand {
    /// Import events from JSON files and folders of them, plain, gzip or zstd
    #[command(after_help = AFTER_HELP)]
    Import(ImportArgs),
    /// Search a tenant's log: what is sealed, and what isn't yet
    #[command(after_help = help::SEARCH)]
    Search(SearchArgs),
    /// Count events by interval, and by the values of a field
    #[command(after_help = help::COUNTS)]
    Counts(CountsArgs),
    /// List the most frequent values of fields
    #[command(after_help = help::FACETS)]
    Facets(FacetsArgs),
    /// Show where time, actor, action and the other fields are in the events, and what no field has
    #[command(after_help = help::FIELDS)]
    Fields(FieldsArgs),
    /// Save explorations, which all people of a tenant share
    #[command(subcommand)]
    Saved(SavedCommand),
    /// List who has searched a tenant's log
    #[command(after_help = help::SEARCHES)]
    Searches(SearchesArgs),
}

impl EventsCommand {
    /// The command's target.
    pub(crate) const fn target(&self) -> &Target {
        match self {
            Self::Import(args) => &args.target,
            Self::Search(args) => &args.log.target,
            Self::Counts(args) => &args.log.target,
            Self::Facets(args) => &args.log.target,
            Self::Fields(args) => &args.log.target,
            Self::Saved(command) => command.target(),
            Self::Searches(args) => &args.of.target,
        }
    }
}

/// The options of `events import`.
#[derive(Debug, Clone, Args)]
pub(crate) struct ImportArgs {
    /// The tenant of the events
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: TenantId,
    /// The field with an event's time; /a/b names a nested field
    #[arg(long, value_name = "FIELD", default_value = "time", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) time_field: String,
    /// The field with an event's unique ID; /a/b names a nested field
    #[arg(long, value_name = "FIELD", default_value = "id", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) id_field: String,
    /// The form of the time: RFC 3339 with any offset, or a number since 1970
    #[arg(long, value_name = "FORM", default_value = "rfc3339", value_parser = time_form())]
    pub(crate) time_form: TimeForm,
    /// Number of partitions of the table with the tenant's events, as in its connectors
    #[arg(long, value_name = "N", default_value = "1", value_parser = shards)]
    pub(crate) shards: Shards,
    /// Files, and folders to search for files; `-` for stdin
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// Where to import.
    #[command(flatten)]
    pub(crate) target: Target,
}

/// Parses a number of shards.
pub(crate) fn shards(text: &str) -> Result<Shards, String> {
    let refused = || format!("`{text}` is not a whole number from 1 to 64, such as 4");
    let number: u8 = text.parse().map_err(|_| refused())?;
    Shards::try_from(number).map_err(|_| refused())
}

fn time_form() -> impl clap::builder::TypedValueParser<Value = TimeForm> {
    PossibleValuesParser::new(TimeForm::NAMES.map(|(name, _)| name)).map(|given| {
        let mut forms = TimeForm::NAMES.into_iter();
        forms.find(|(name, _)| *name == given).map_or_else(TimeForm::default, |(_, form)| form)
    })
}

const AFTER_HELP: &str = "\
Input formats, detected by content and not by name, each plain, gzip or zstd:
  - JSON objects: one per line, concatenated, or over several lines
  - an array of objects, on one or several lines, such as the files that Auditferry delivers
  - CloudTrail's files: {\"Records\": […]}
  - DynamoDB's export to S3 (DYNAMODB_JSON) and `aws dynamodb scan`. Items of an events table with this layout keep \
their keys and bodies, if they are in the tenant's partitions; items of other tables become plain JSON
In a folder it reads .json, .jsonl and .ndjson, with or without .gz or .zst, in the order of their names. Hidden files \
are skipped, and skipped files are reported.

An event on one line is kept byte for byte; one on several lines loses the white space between its tokens. Its key is \
its time, in UTC, and its ID, exactly as written: the IDs 1 and 1.0 differ. Importing again changes nothing. Events in \
the table are never replaced: another event with the same time and ID is rejected.

Entries that can't be imported are reported with position and reason, at most ten of them. The rest is imported, and \
the exit code is 1. JSON that some readers would reject (1e400, half of a surrogate pair, more than 100 levels) is \
imported as it is; exports contain a record with its text instead.

Ctrl-C loses nothing: run it again. Two simultaneous imports with the same keys are safe, too: of two different events \
one is written, and the other is rejected.

A connector that has already sealed the hours of these events finds them later, as late events. To export events from \
before its activation, create the connector with --start-from.

Examples:
  auditferry events import --local ./af --tenant acme events.ndjson
  auditferry events import --local ./af --tenant acme \\
    --time-field eventTime --id-field eventID ./AWSLogs/123456789012/CloudTrail
  auditferry events import --tenant acme ./AWSDynamoDB/01693685827463-2d8752fd/data
  auditferry events import --tenant acme --time-field ts --time-form epoch_millis a.json b.json.zst
  jq -c '.value[]' entra.json | auditferry events import --tenant acme \\
    --time-field activityDateTime -";
