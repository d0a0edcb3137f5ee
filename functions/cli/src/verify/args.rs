//! The options of `verify`.

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use domain::names::ConnectorId;
use domain::part::{PartNumber, Sha256};
use domain::time::Time;

use super::check::Boundary;

/// The options of `verify`.
#[derive(Debug, Clone, Args)]
pub(crate) struct VerifyArgs {
    /// A copy of the bucket, or of the folder in it that holds `events` and `manifests`; or `s3://BUCKET[/PREFIX]`
    #[arg(value_name = "DIR|s3://…", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) archive: String,
    /// The key of the vendor that signs now, got from the vendor and not from the bucket; or @FILE with one a line.
    /// Repeatable: several keys are then all that may sign
    #[arg(long, value_name = "KEY", help_heading = "What you know")]
    pub(crate) key: Vec<String>,
    /// The hash of the newest delivered manifest, as the vendor's API or `connector show` tells it
    #[arg(long, value_name = "HASH", value_parser = hash, conflicts_with = "to", help_heading = "What you know")]
    pub(crate) newest: Option<Sha256>,
    /// Where the vendor replaced a key that was lost or stolen: the first part of the new key, and the hash of the manifest
    /// before it. Repeatable
    #[arg(long, value_name = "PART:HASH", value_parser = boundary, help_heading = "What you know")]
    pub(crate) boundary: Vec<Boundary>,
    /// When the copy was taken; without it, now
    #[arg(long, value_name = "TIME", help_heading = "What you know")]
    pub(crate) as_of: Option<Time>,
    /// Only parts whose window ends after this time
    #[arg(long, value_name = "TIME", help_heading = "What to verify")]
    pub(crate) from: Option<Time>,
    /// Only parts whose window begins before this time
    #[arg(long, value_name = "TIME", help_heading = "What to verify")]
    pub(crate) to: Option<Time>,
    /// The connector whose chain it is; other connectors' signed parts in the same folder are then left alone
    #[arg(long, value_name = "CONNECTOR", help_heading = "What to verify")]
    pub(crate) connector: Option<ConnectorId>,
    /// The field that holds an event's unique ID; /a/b names a field inside another
    #[arg(long, value_name = "FIELD", value_parser = NonEmptyStringValueParser::new(), help_heading = "The events' fields")]
    pub(crate) id_field: Option<String>,
    /// The field that holds the time at which an event was written (RFC 3339)
    #[arg(long, value_name = "FIELD", value_parser = NonEmptyStringValueParser::new(), help_heading = "The events' fields")]
    pub(crate) time_field: Option<String>,
    /// The field that must have the same value in all events
    #[arg(long, value_name = "FIELD", value_parser = NonEmptyStringValueParser::new(), help_heading = "The events' fields")]
    pub(crate) tenant_field: Option<String>,
    /// Print one JSON object on stdout, with a finding a line
    #[arg(long)]
    pub(crate) json: bool,
}

/// Reads where the vendor replaced a key.
fn boundary(text: &str) -> Result<Boundary, String> {
    let form = || "a boundary is PART:HASH, a part number from 2 on and 64 hexadecimal digits".to_owned();
    let (part, head) = text.split_once(':').ok_or_else(form)?;
    let part = part.parse().ok().filter(|part| *part > 1).map(PartNumber::new).ok_or_else(form)?;
    Ok(Boundary { part, head: hash(head).map_err(|_| form())? })
}

/// Reads a SHA-256.
fn hash(text: &str) -> Result<Sha256, String> {
    Sha256::try_from(text.to_ascii_lowercase())
        .map_err(|_| "a manifest's hash is 64 hexadecimal digits".to_owned())
}

pub(crate) const AFTER_HELP: &str = "\
Needs nothing but a copy of the bucket: with a folder it touches no network. It writes nothing, apart from temporary \
files of the system (TMPDIR) when an archive is large.

If `events` and `manifests` do not lie right at the place that is named, the one folder below it that holds them is \
verified, and the first line says which. If several do, nothing is verified, and there is a command for each. Where no \
manifest is found, nothing is called violated. Files that an operating system leaves in a folder (.DS_Store, ._*, \
Thumbs.db, desktop.ini and the like) are only noted.

What is checked: part numbers without gap or double, from part 1 on; that a trusted key has signed each manifest, or a \
later trusted one names it; that each manifest names the one before; that windows join; that each object is there with its size and hash; its \
layout and number of events; that no event is there twice; and that there is no file that no manifest names.

Whose hand it was: name the vendor's key with --key. It must come from the vendor, by another way than the bucket (the \
vendor's `connector setup`, or /v1/keys of its API). The key that signs now is enough: what it signs names everything \
before, also what older keys signed, and a newer key is followed where a signed text names it as the successor. Several \
keys are the whole set: then no other one is followed, and where one replaces another without naming it, say with \
--boundary where the vendor did that (`connector show` has it). Without --key nothing is proven, since whoever has the \
bucket can sign all of it anew: the best is `consistent, signer not confirmed`, and the command to repeat is printed.

A chain can't show that its end was cut off. If the next part was due (one frequency and 15 minutes after the newest \
one was sealed) before the copy was taken (--as-of), the verdict is `incomplete`. The vendor's word for the newest \
delivered manifest (--newest) settles it.

Windows go by the time at which an event was written, which need not stand in the event. So without --time-field only \
the first and last time that the manifest tells are held against the window, and an event whose `time`, `eventTime`, \
`timestamp` or `@timestamp` lies outside is a note; with it, it is a violation unless counted as late. Without \
--id-field an event is known by the first of `id`, `eventID`, `event_id` and `uuid`: the same value in equal events is \
a violation, in different events a note; with it, the same value is a violation. Without --tenant-field the events' \
tenant is not looked at: that all parts are of one connector is. A named field that stands in an event more than once \
is incomplete, and each of its values is checked. A record of an unreadable item need not have the named fields; how many \
such records there are, the manifest says.

Exit codes: 0 proven, 1 violated, 2 incomplete (it can't be proven with what is here) or consistent (no --key was \
named), 3 wrong usage, 130 stopped.

Examples:
  auditferry verify ./acme-audit-log/auditferry --key vendor.example/auditferry+62c0d4d9+AYqI49…
  auditferry verify s3://acme-audit-log/auditferry --key @vendor-key.txt --json
  auditferry verify ./copy --key @vendor-key.txt --newest 5a0c…
  auditferry verify ./copy --key @vendor-key.txt --from 2026-10-01T00:00:00Z --to 2027-01-01T00:00:00Z \\
    --id-field eventID --time-field eventTime --tenant-field /detail/org";
