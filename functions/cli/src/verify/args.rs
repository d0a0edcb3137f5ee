//! The options of `verify`.

use archive::names::ConnectorId;
use archive::part::PartNumber;
use archive::sha256::Sha256;
use archive::time::Time;
use clap::Args;
use clap::builder::NonEmptyStringValueParser;

use super::check::Boundary;

/// The options of `verify`.
#[derive(Debug, Clone, Args)]
pub(crate) struct VerifyArgs {
    /// A copy of the bucket, or of the folder in it that contains `events` and `manifests`; or
    /// `s3://BUCKET[/PREFIX]`
    #[arg(value_name = "DIR|s3://…", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) archive: String,
    /// The vendor's current signing key, obtained from the vendor and not from the bucket; or @FILE with one
    /// key per line. Repeatable: several keys are then the whole trusted set
    #[arg(long, value_name = "KEY", help_heading = "What you know")]
    pub(crate) key: Vec<String>,
    /// The hash of the newest delivered manifest, from the vendor's API or `connector show`
    #[arg(
        long,
        value_name = "HASH",
        value_parser = hash,
        conflicts_with = "to",
        help_heading = "What you know"
    )]
    pub(crate) newest: Option<Sha256>,
    /// Where the vendor replaced a lost or stolen key: the first part of the new key, and the hash of the
    /// previous manifest. Repeatable
    #[arg(long, value_name = "PART:HASH", value_parser = boundary, help_heading = "What you know")]
    pub(crate) boundary: Vec<Boundary>,
    /// When the copy was taken; by default, now
    #[arg(long, value_name = "TIME", help_heading = "What you know")]
    pub(crate) as_of: Option<Time>,
    /// Only parts whose window ends after this time
    #[arg(long, value_name = "TIME", help_heading = "What to verify")]
    pub(crate) from: Option<Time>,
    /// Only parts whose window begins before this time
    #[arg(long, value_name = "TIME", help_heading = "What to verify")]
    pub(crate) to: Option<Time>,
    /// The connector to verify; other connectors' signed parts in the same folder are then ignored
    #[arg(long, value_name = "CONNECTOR", help_heading = "What to verify")]
    pub(crate) connector: Option<ConnectorId>,
    /// The field with an event's unique ID; /a/b names a field inside another
    #[arg(
        long,
        value_name = "FIELD",
        value_parser = NonEmptyStringValueParser::new(),
        help_heading = "The events' fields"
    )]
    pub(crate) id_field: Option<String>,
    /// The field with the time at which an event was written (RFC 3339)
    #[arg(
        long,
        value_name = "FIELD",
        value_parser = NonEmptyStringValueParser::new(),
        help_heading = "The events' fields"
    )]
    pub(crate) time_field: Option<String>,
    /// The field whose value must be the same in all events
    #[arg(
        long,
        value_name = "FIELD",
        value_parser = NonEmptyStringValueParser::new(),
        help_heading = "The events' fields"
    )]
    pub(crate) tenant_field: Option<String>,
    /// Print one JSON object on stdout, with one finding per line
    #[arg(long)]
    pub(crate) json: bool,
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

pub(crate) const AFTER_HELP: &str = "\
Needs only a copy of the bucket: with a folder it uses no network. It writes nothing except temporary files \
(TMPDIR) for large archives.

If the given folder does not contain `events` and `manifests` itself, the only folder below it that does is \
verified, and the first line says which. If there are several, nothing is verified, and a command is \
printed for each. Without any manifest nothing is reported as violated. Files that an operating system \
leaves in a folder (.DS_Store, ._*, Thumbs.db, desktop.ini and the like) are only noted.

Checks: part numbers from 1 on without gaps or duplicates; that a trusted key has signed each manifest, or \
that a later trusted manifest names it; that each manifest names the previous one; that windows are \
contiguous; that each object exists with its size and hash; its layout and number of events; that no event \
occurs twice; and that the manifests name every file.

Who signed it: name the vendor's key with --key. It must come from the vendor, by a channel other than the \
bucket (the vendor's `connector setup`, or /v1/keys of its API). The current key is enough: its manifests \
are chained to everything before, also to parts signed by older keys, and a newer key is trusted if a \
signed text names it as the successor. Several keys are the whole set: no other key is trusted, and if one \
replaces another without naming it, give the vendor's --boundary (from `connector show`). Without --key \
nothing is proven, since anyone with write access to the bucket can sign everything again: the best verdict \
is `consistent, signer not confirmed`, and the command to repeat is printed.

A chain can't show that its end was cut off. If the next part was due (one frequency and 15 minutes after \
the newest one was sealed) before the copy was taken (--as-of), the verdict is `incomplete`. The hash of \
the newest delivered manifest from the vendor (--newest) settles it.

Windows use the time at which an event was written, which need not be in the event. So without --time-field \
only the first and last time in the manifest are compared with the window, and an event whose `time`, \
`eventTime`, `timestamp` or `@timestamp` is outside is a note; with it, it is a violation unless counted as \
late. Without --id-field an event is identified by the first of `id`, `eventID`, `event_id` and `uuid`: the \
same value in equal events is a violation, in different events a note; with it, the same value is a \
violation. Without --tenant-field the events' tenant is not checked, only that all parts belong to one \
connector. If an event has a named field more than once, the result is incomplete, and each value is \
checked. A record of an unreadable item need not have the named fields; the manifest states the number of \
such records.

Exit codes: 0 proven, 1 violated, 2 incomplete (the available files don't suffice) or consistent (no --key \
was given), 3 wrong usage, 130 interrupted.

Examples:
  auditferry verify ./acme-audit-log/auditferry --key vendor.example/auditferry+62c0d4d9+AYqI49…
  auditferry verify s3://acme-audit-log/auditferry --key @vendor-key.txt --json
  auditferry verify ./copy --key @vendor-key.txt --newest 5a0c…
  auditferry verify ./copy --key @vendor-key.txt --from 2026-10-01T00:00:00Z --to 2027-01-01T00:00:00Z \\
    --id-field eventID --time-field eventTime --tenant-field /detail/org";
