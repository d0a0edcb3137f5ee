//! The options of `events`.

use std::path::PathBuf;

use clap::builder::{NonEmptyStringValueParser, PossibleValuesParser, TypedValueParser as _};
use clap::{Args, Subcommand};
use domain::connector::Shards;
use domain::import::TimeForm;
use domain::names::TenantId;

use crate::args::Place;

/// The commands on events.
#[derive(Debug, Subcommand)]
pub(crate) enum EventsCommand {
    /// Import events from JSON files and folders of them, plain, gzip or zstd
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
    /// The field that holds an event's time; /a/b names a field inside another
    #[arg(long, value_name = "FIELD", default_value = "time", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) time_field: String,
    /// The field that holds an event's unique ID; /a/b names a field inside another
    #[arg(long, value_name = "FIELD", default_value = "id", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) id_field: String,
    /// How the time is written: RFC 3339 with any offset, or a number since 1970
    #[arg(long, value_name = "FORM", default_value = "rfc3339", value_parser = time_form())]
    pub(crate) time_form: TimeForm,
    /// Over how many partitions of the table the tenant's events are spread, as its connectors say
    #[arg(long, value_name = "N", default_value = "1", value_parser = shards)]
    pub(crate) shards: Shards,
    /// Files, and folders to be searched for files; `-` for stdin
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
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

fn time_form() -> impl clap::builder::TypedValueParser<Value = TimeForm> {
    PossibleValuesParser::new(TimeForm::NAMES.map(|(name, _)| name)).map(|given| {
        let mut forms = TimeForm::NAMES.into_iter();
        forms.find(|(name, _)| *name == given).map_or_else(TimeForm::default, |(_, form)| form)
    })
}

const AFTER_HELP: &str = "\
What it reads, by the bytes and not by the name, each plain, gzip or zstd:
  - JSON objects: one a line, one behind the other, or over several lines
  - an array of them, on one line or on many, such as the files that Auditferry delivers
  - CloudTrail's files: {\"Records\": […]}
  - DynamoDB's export to S3 (DYNAMODB_JSON) and `aws dynamodb scan`. Items of an events table of this layout keep \
their keys and bodies, those of the tenant's partitions alone; items of other tables become plain JSON
Of a folder it takes .json, .jsonl and .ndjson, with or without .gz or .zst, in the order of their names; hidden files \
are left out, and what is left out is said.

An event on one line is kept byte for byte; one on several lines loses the white space between its tokens. Its key is \
its time, in UTC, and its ID, each as it is written: the IDs 1 and 1.0 are two. Importing again changes nothing. \
What is in the table is never replaced: another event with the same time and ID is refused.

What can't be imported is told with its place and the reason, ten times at most, the rest is imported, and the command \
ends with 1. JSON that no reader of the files could take (1e400, half of a surrogate pair, more than 100 levels) is \
imported as it is; exports hold a record with the text in its place.

Ctrl-C loses nothing: run it again. A second import of other events under the same keys at the same time does no \
harm either: one of two events is written, the other is refused.

A connector that has sealed the hours of these events already finds them later, as late events. To export \
what happened before its activation, create the connector with --start-from.

Examples:
  auditferry events import --local ./af --tenant acme events.ndjson
  auditferry events import --local ./af --tenant acme \\
    --time-field eventTime --id-field eventID ./AWSLogs/123456789012/CloudTrail
  auditferry events import --tenant acme ./AWSDynamoDB/01693685827463-2d8752fd/data
  auditferry events import --tenant acme --time-field ts --time-form epoch_millis a.json b.json.zst
  jq -c '.value[]' entra.json | auditferry events import --tenant acme \\
    --time-field activityDateTime -";
