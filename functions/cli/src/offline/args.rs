//! The arguments of `explore`.

use std::path::PathBuf;

use clap::Args;

use crate::verify::args::VerifyCommand;

/// The arguments of `explore`.
#[derive(Debug, Args)]
pub(crate) struct ExploreCommand {
    /// What is verified, and what the auditor knows.
    #[command(flatten)]
    pub(crate) verify: VerifyCommand,
    /// The port on 127.0.0.1; 0 is any free port
    #[arg(long, value_name = "PORT", default_value = "0", help_heading = "What to show")]
    pub(crate) port: u16,
    /// Keep the indexes in this folder, which is created if necessary; by default they are in a temporary one
    #[arg(long, value_name = "DIR", help_heading = "What to show")]
    pub(crate) cache: Option<PathBuf>,
}

/// The help text of `explore` after its options.
pub(crate) const AFTER_HELP: &str = "\
Verifies the archive first, as `verify` does, and prints the same report. Then it serves the explorer's pages on \
127.0.0.1 until Ctrl-C, to whoever opens the printed link. A violated or incomplete archive is shown too, with its \
verdict on every page. Shown are only parts whose manifest the verification accepts, which without a key says nothing of \
who wrote it. A file that is missing, or was \
altered before or after the verification, is named, and none of its events is shown. A planted file is not shown.

No request is made to any network for a folder. For s3:// objects are read with your credentials. Nothing is written \
but indexes and downloads, below the cache that is printed; the verification sorts in temporary files, as `verify` does. A temporary cache is removed at the end; in a named one the \
indexes stay, so that the next start is faster. Keep it as safe as the copy.

Where the fields are in an event is guessed; EVENT_FIELDS sets it: a preset such as cloudtrail, or JSON.

Examples:
  aws s3 sync s3://acme-audit-log/auditferry ./copy
  auditferry explore ./copy --key @vendor-key.txt
  auditferry explore s3://acme-audit-log/auditferry --key @vendor-key.txt --cache ./indexes

Exit codes: 0 stopped by Ctrl-C, 1 it can't be served, 2 the archive can't be read, or no part of it can be shown, 3 wrong \
usage or an invalid value.";
