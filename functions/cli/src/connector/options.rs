//! The options of single commands of `connector`.

use archive::frequency::Frequency;
use archive::names::{
    BucketName, ConnectorId, CustomerRole, EmailAddress, IdempotencyKey, KmsKeyArn, Prefix, Region, TenantId,
    WebhookUrl,
};
use archive::part::{Compression, Format};
use archive::time::Time;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use protocol::connector::{EncryptionKind, Shards};

use super::args::{ChangeArgs, ConnectorArgs};
use crate::target::Target;

/// The options of `connector create`.
#[derive(Debug, Clone, Args)]
pub(crate) struct CreateArgs {
    /// The tenant whose events it exports
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: TenantId,
    /// How often it exports, in hours: 1 to 24
    #[arg(long, value_name = "HOURS", default_value = "1")]
    pub(crate) frequency: Frequency,
    /// How the events are laid out in a file
    #[arg(long, value_parser = formats(), default_value = Format::default().as_str())]
    pub(crate) format: Format,
    /// How the files are compressed
    #[arg(long, value_parser = compressions(), default_value = Compression::default().as_str())]
    pub(crate) compression: Compression,
    /// Number of partitions of the events table with the tenant's events
    #[arg(long, value_name = "N", default_value = "1", value_parser = crate::events::args::shards)]
    pub(crate) shards: Shards,
    /// Export events from this time on, instead of from the activation
    #[arg(long, value_name = "TIME")]
    pub(crate) start_from: Option<Time>,
    /// Idempotency key: repeating the command returns the same connector, until that is deleted
    #[arg(long, value_name = "KEY")]
    pub(crate) idempotency_key: Option<IdempotencyKey>,
    /// Where to create it.
    #[command(flatten)]
    pub(crate) target: Target,
}

/// The options of `connector connect`.
#[derive(Debug, Clone, Args)]
pub(crate) struct ConnectArgs {
    /// The connector to change, and its expected version.
    #[command(flatten)]
    pub(crate) change: ChangeArgs,
    /// The role in the customer's account, on the path /auditferry/, such as
    /// `arn:aws:iam::123456789012:role/auditferry/AuditferryDelivery`
    #[arg(long, value_name = "ARN")]
    pub(crate) role_arn: CustomerRole,
    /// The customer's bucket; the role's account must own it
    #[arg(long, value_name = "BUCKET")]
    pub(crate) bucket: BucketName,
    /// The bucket's region, such as `eu-central-1`
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Region,
    /// Key prefix; empty for the bucket root
    #[arg(long, value_name = "PREFIX", default_value = "auditferry")]
    pub(crate) prefix: Prefix,
    /// Request this encryption, if the bucket's policy requires it in each write
    #[arg(long, value_name = "KIND", value_enum)]
    pub(crate) encryption: Option<EncryptionName>,
    /// Encrypt with this KMS key instead of the bucket's default
    #[arg(long, value_name = "ARN")]
    pub(crate) kms_key_arn: Option<KmsKeyArn>,
    /// With --local: don't create the customer's bucket and role in the stand-in
    #[arg(long, requires = "local")]
    pub(crate) no_stack: bool,
}

/// The options of `connector update`.
#[derive(Debug, Clone, Args)]
#[group(id = "what", required = true, multiple = true, args = ["frequency", "format", "compression", "shards"])]
pub(crate) struct UpdateArgs {
    /// The connector to change, and its expected version.
    #[command(flatten)]
    pub(crate) change: ChangeArgs,
    /// How often it exports from its next window on, in hours: 1 to 24
    #[arg(long, value_name = "HOURS")]
    pub(crate) frequency: Option<Frequency>,
    /// How the events are laid out in a file, from the next one on
    #[arg(long, value_parser = formats())]
    pub(crate) format: Option<Format>,
    /// How the files are compressed, from the next one on
    #[arg(long, value_parser = compressions())]
    pub(crate) compression: Option<Compression>,
    /// Number of partitions of the events table with the tenant's events
    #[arg(long, value_name = "N", value_parser = crate::events::args::shards)]
    pub(crate) shards: Option<Shards>,
}

/// The options of `connector contacts`.
#[derive(Debug, Clone, Args)]
pub(crate) struct ContactsArgs {
    /// The connector to change, and its expected version.
    #[command(flatten)]
    pub(crate) change: ChangeArgs,
    /// E-mail address to notify; up to five times
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) email: Vec<EmailAddress>,
    /// Webhook to notify with signed requests: an https URL at a domain name, on port 443
    #[arg(long, value_name = "URL")]
    pub(crate) webhook: Option<WebhookUrl>,
    /// Remove all contacts
    #[arg(long, conflicts_with_all = ["email", "webhook"])]
    pub(crate) none: bool,
    /// Confirm this contact's address: it is agreed by contract
    #[arg(long, value_name = "ADDRESS", conflicts_with_all = ["email", "webhook", "none", "ask_again", "if_version"])]
    pub(crate) confirm: Option<EmailAddress>,
    /// Send unconfirmed addresses the confirmation mail again; once a day at most
    #[arg(long, conflicts_with_all = ["email", "webhook", "none"])]
    pub(crate) ask_again: bool,
}

/// The options of `connector delete`.
#[derive(Debug, Clone, Args)]
pub(crate) struct DeleteArgs {
    /// The connector to change, and its expected version.
    #[command(flatten)]
    pub(crate) change: ChangeArgs,
    /// Delete without confirmation
    #[arg(long)]
    pub(crate) yes: bool,
}

/// The options of `connector run`.
#[derive(Debug, Clone, Args)]
pub(crate) struct RunArgs {
    /// The connector to change, and its expected version.
    #[command(flatten)]
    pub(crate) change: ChangeArgs,
    /// Idempotency key: repeating the command requests no second run, until another key is used
    #[arg(long, value_name = "KEY")]
    pub(crate) idempotency_key: Option<IdempotencyKey>,
}

/// The options of `connector list`.
#[derive(Debug, Clone, Args)]
pub(crate) struct ListArgs {
    /// Only connectors of this tenant
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: Option<TenantId>,
    /// Include deleted connectors
    #[arg(long)]
    pub(crate) all: bool,
    /// Maximum number of results
    #[arg(long, value_name = "N", default_value = "100", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) limit: u32,
    /// Only connectors after this one, in the order of IDs
    #[arg(long, value_name = "CONNECTOR")]
    pub(crate) after: Option<ConnectorId>,
    /// Where the connectors are.
    #[command(flatten)]
    pub(crate) target: Target,
}

/// A page of a connector's parts or changes, newest first.
#[derive(Debug, Clone, Args)]
pub(crate) struct PagedArgs {
    /// The connector whose parts or changes are listed.
    #[command(flatten)]
    pub(crate) connector: ConnectorArgs,
    /// Maximum number of results
    #[arg(long, value_name = "N", default_value = "20", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) limit: u32,
    /// Only those with a smaller number
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) before: Option<u64>,
}

/// Parses the name of a file format.
fn formats() -> impl TypedValueParser<Value = Format> {
    let names = Format::ALL.map(|format| PossibleValue::new(format.as_str()).help(format.summary()));
    PossibleValuesParser::new(names).try_map(|name| Format::from_name(&name).ok_or("an unknown format"))
}

/// Parses the name of a compression.
fn compressions() -> impl TypedValueParser<Value = Compression> {
    let all = Compression::ALL;
    let names = all.map(|compression| PossibleValue::new(compression.as_str()).help(compression.summary()));
    PossibleValuesParser::new(names)
        .try_map(|name| Compression::from_name(&name).ok_or("an unknown compression"))
}

/// The names of encryptions.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum EncryptionName {
    /// The bucket's own
    Default,
    /// Keys that S3 manages (SSE-S3)
    Aes256,
    /// The key of --kms-key-arn (SSE-KMS)
    Kms,
}

impl From<EncryptionName> for EncryptionKind {
    fn from(name: EncryptionName) -> Self {
        match name {
            EncryptionName::Default => Self::Default,
            EncryptionName::Aes256 => Self::Aes256,
            EncryptionName::Kms => Self::Kms,
        }
    }
}
