//! The options of `verify`.

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use domain::names::ConnectorId;
use domain::part::Sha256;
use domain::time::Time;

/// The options of `verify`.
#[derive(Debug, Clone, Args)]
pub(crate) struct VerifyArgs {
    /// A copy of the bucket, or of the folder in it that holds `events` and `manifests`; or `s3://BUCKET[/PREFIX]`
    #[arg(value_name = "DIR|s3://…", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) archive: String,
    /// A key of the vendor, got from the vendor and not from the bucket; or @FILE with one a line. Repeatable
    #[arg(long, value_name = "KEY", help_heading = "What you know")]
    pub(crate) key: Vec<String>,
    /// The hash of the newest delivered manifest, as the vendor's API or `connector show` tells it
    #[arg(long, value_name = "HASH", value_parser = hash, conflicts_with = "to", help_heading = "What you know")]
    pub(crate) newest: Option<Sha256>,
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

What is checked: part numbers without gap or double, from part 1 on; every signature, by a key that was valid then; \
that each manifest names the one before; that windows join; that each object is there with its size and hash; its \
layout and number of events; that no event is there twice; and that there is no file that no manifest names.

Without --key the key that signed the first manifest is trusted. That shows that everything comes from the same hand, \
not whose hand it is: ask the vendor for its key, and name it.

A chain can't show that its end was cut off. If the next part was due (one frequency and 15 minutes after the newest \
one was sealed) before the copy was taken (--as-of), the verdict is `incomplete`. The vendor's word for the newest \
delivered manifest (--newest) settles it.

Windows go by the time at which an event was written, which need not stand in the event. So without --time-field only \
the first and last time that the manifest tells are held against the window, and an event whose `time`, `eventTime`, \
`timestamp` or `@timestamp` lies outside is a note; with it, it is a violation unless counted as late. Without \
--id-field an event is known by the first of `id`, `eventID`, `event_id` and `uuid`: the same value in equal events is \
a violation, in different events a note; with it, the same value is a violation. Without --tenant-field the events' \
tenant is not looked at: that all parts are of one connector is.

Exit codes: 0 proven, 1 violated, 2 incomplete (it can't be proven with what is here), 3 wrong usage, 130 stopped.

Examples:
  auditferry verify ./acme-audit-log/auditferry
  auditferry verify s3://acme-audit-log/auditferry --json
  auditferry verify ./copy --key vendor.example/auditferry+62c0d4d9+AYqI49… --newest 5a0c…
  auditferry verify ./copy --from 2026-10-01T00:00:00Z --to 2027-01-01T00:00:00Z \\
    --id-field eventID --time-field eventTime --tenant-field /detail/org";
