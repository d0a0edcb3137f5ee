//! The long help of both programs.

use super::invocation::Program;

/// What follows the options in `--help`.
#[must_use]
pub fn after_help(program: Program) -> String {
    let (needs, s3) = match program {
        Program::Auditferry => ("Needs only a copy of the bucket: with a folder it uses no network.", ""),
        Program::AuditferryVerify => ("Needs only a copy of the bucket, and no network.", FROM_S3),
    };
    let command = program.command();
    let bucket_example = match program {
        Program::Auditferry => {
            format!("\n  {command} s3://acme-audit-log/auditferry --key @vendor-key.txt --json")
        }
        Program::AuditferryVerify => String::new(),
    };
    format!(
        "{needs} It writes nothing except temporary files (TMPDIR) for large archives.

{s3}{BODY}

Examples:
  {command} ./acme-audit-log/auditferry --key vendor.example/auditferry+62c0d4d9+AYqI49…{bucket_example}
  {command} ./copy --key @vendor-key.txt --newest 5a0c…
  {command} ./copy --key @vendor-key.txt --from 2026-10-01T00:00:00Z --to 2027-01-01T00:00:00Z \\
    --id-field eventID --time-field eventTime --tenant-field /detail/org"
    )
}

/// How `auditferry-verify`, which knows no AWS, gets to an archive in S3.
const FROM_S3: &str = "\
An archive in S3 is copied first: aws s3 sync s3://BUCKET/PREFIX ./copy. Or use `auditferry verify \
s3://BUCKET/PREFIX`, the same verifier in Auditferry's own command line.

";

const BODY: &str = "\
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
was given), 3 wrong usage, 130 interrupted.";
