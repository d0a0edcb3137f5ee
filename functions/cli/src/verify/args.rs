//! The arguments of `verify`.

use archive::files::args::VerifyArgs;
use clap::Args;
use clap::builder::NonEmptyStringValueParser;

/// The arguments of `verify`.
#[derive(Debug, Args)]
pub(crate) struct VerifyCommand {
    /// A copy of the bucket, or of the folder in it that contains `events` and `manifests`; or
    /// `s3://BUCKET[/PREFIX]`
    #[arg(value_name = "DIR|s3://…", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) archive: String,
    /// What the auditor knows, and what to verify.
    #[command(flatten)]
    pub(crate) args: VerifyArgs,
}
