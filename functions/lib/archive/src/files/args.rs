//! The options of a verification, for any program.

use clap::Args;
use clap::builder::NonEmptyStringValueParser;

use crate::names::ConnectorId;
use crate::part::PartNumber;
use crate::sha256::Sha256;
use crate::time::Time;
use crate::verify::boundary::Boundary;

/// What the auditor knows, and what to verify.
#[derive(Debug, Clone, Args)]
pub struct VerifyArgs {
    /// The vendor's current signing key, obtained from the vendor and not from the bucket; or @FILE with one
    /// key per line. Repeatable: several keys are then the whole trusted set
    #[arg(long, value_name = "KEY", help_heading = "What you know")]
    pub key: Vec<String>,
    /// The hash of the newest delivered manifest, from the vendor's API or `connector show`
    #[arg(
        long,
        value_name = "HASH",
        value_parser = hash,
        conflicts_with = "to",
        help_heading = "What you know"
    )]
    pub newest: Option<Sha256>,
    /// Where the vendor replaced a lost or stolen key: the first part of the new key, and the hash of the
    /// previous manifest. Repeatable
    #[arg(long, value_name = "PART:HASH", value_parser = boundary, help_heading = "What you know")]
    pub boundary: Vec<Boundary>,
    /// When the copy was taken; by default, now
    #[arg(long, value_name = "TIME", help_heading = "What you know")]
    pub as_of: Option<Time>,
    /// Only parts whose window ends after this time
    #[arg(long, value_name = "TIME", help_heading = "What to verify")]
    pub from: Option<Time>,
    /// Only parts whose window begins before this time
    #[arg(long, value_name = "TIME", help_heading = "What to verify")]
    pub to: Option<Time>,
    /// The connector to verify; other connectors' signed parts in the same folder are then ignored
    #[arg(long, value_name = "CONNECTOR", help_heading = "What to verify")]
    pub connector: Option<ConnectorId>,
    /// The field with an event's unique ID; /a/b names a field inside another
    #[arg(
        long,
        value_name = "FIELD",
        value_parser = NonEmptyStringValueParser::new(),
        help_heading = "The events' fields"
    )]
    pub id_field: Option<String>,
    /// The field with the time at which an event was written (RFC 3339)
    #[arg(
        long,
        value_name = "FIELD",
        value_parser = NonEmptyStringValueParser::new(),
        help_heading = "The events' fields"
    )]
    pub time_field: Option<String>,
    /// The field whose value must be the same in all events
    #[arg(
        long,
        value_name = "FIELD",
        value_parser = NonEmptyStringValueParser::new(),
        help_heading = "The events' fields"
    )]
    pub tenant_field: Option<String>,
    /// Print one JSON object on stdout, with one finding per line
    #[arg(long)]
    pub json: bool,
}

/// Parses a boundary, `PART:HASH`.
fn boundary(text: &str) -> Result<Boundary, String> {
    let form = || "expected PART:HASH, a part number from 2 on and 64 hexadecimal digits".to_owned();
    let (part, head) = text.split_once(':').ok_or_else(form)?;
    let part = part.parse().ok().filter(|part| *part > 1).map(PartNumber::new).ok_or_else(form)?;
    Ok(Boundary { part, head: hash(head).map_err(|_| form())? })
}

fn hash(text: &str) -> Result<Sha256, String> {
    Sha256::try_from(text.to_ascii_lowercase())
        .map_err(|_| "expected a manifest's hash of 64 hexadecimal digits".to_owned())
}
