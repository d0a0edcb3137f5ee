//! The options of `connector`.

use clap::{Args, Subcommand, ValueEnum};
use domain::connector::Shards;
use domain::names::{BucketName, ConnectorId, KmsKeyArn, Prefix, Region, RoleArn, TenantId};
use domain::part::{Compression, Format};
use domain::schedule::Frequency;
use domain::time::Time;

use crate::args::Place;
use crate::connector::help;

/// The commands on connectors.
#[derive(Debug, Subcommand)]
pub(crate) enum ConnectorCommand {
    /// Make a connector for a tenant; it waits for the customer to connect
    #[command(after_help = help::CREATE)]
    Create(CreateArgs),
    /// Say where its files go: the customer's role and bucket
    #[command(after_help = help::CONNECT)]
    Connect(ConnectArgs),
    /// Start exporting
    #[command(after_help = help::ACTIVATE)]
    Activate(OneArgs),
    /// Hold delivery back; sealing goes on, so that nothing is lost
    #[command(after_help = help::PAUSE)]
    Pause(OneArgs),
    /// Deliver again, with all that waited
    #[command(after_help = help::RESUME)]
    Resume(OneArgs),
    /// All connectors, or those of a tenant
    #[command(after_help = help::LIST)]
    List(ListArgs),
    /// One connector: does it work, since when, what is next
    #[command(after_help = help::SHOW)]
    Show(OneArgs),
    /// Export now what has come in, without waiting for the schedule
    #[command(after_help = help::RUN)]
    Run(OneArgs),
    /// The parts that it has sealed and delivered, the newest first
    #[command(after_help = help::HISTORY)]
    History(HistoryArgs),
}

impl ConnectorCommand {
    /// Where it works.
    pub(crate) const fn place(&self) -> &Place {
        match self {
            Self::Create(args) => &args.place,
            Self::Connect(args) => &args.place,
            Self::Activate(args)
            | Self::Pause(args)
            | Self::Resume(args)
            | Self::Show(args)
            | Self::Run(args) => &args.place,
            Self::List(args) => &args.place,
            Self::History(args) => &args.place,
        }
    }
}

/// A command on one connector.
#[derive(Debug, Clone, Args)]
pub(crate) struct OneArgs {
    /// The connector, such as `con_0123456789abcdef`
    #[arg(value_name = "CONNECTOR")]
    pub(crate) id: ConnectorId,
    /// Where it is.
    #[command(flatten)]
    pub(crate) place: Place,
}

/// The options of `connector create`.
#[derive(Debug, Clone, Args)]
pub(crate) struct CreateArgs {
    /// Whose events it exports
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: TenantId,
    /// How often it exports, in hours: 1 to 24
    #[arg(long, value_name = "HOURS", default_value = "1")]
    pub(crate) frequency: Frequency,
    /// How the events are laid out in a file
    #[arg(long, value_enum, default_value_t = FormatName::Json)]
    pub(crate) format: FormatName,
    /// How the files are compressed
    #[arg(long, value_enum, default_value_t = CompressionName::None)]
    pub(crate) compression: CompressionName,
    /// Over how many partitions of the events table the tenant's events are spread
    #[arg(long, value_name = "N", default_value = "1", value_parser = crate::events::args::shards)]
    pub(crate) shards: Shards,
    /// Export events from this time on instead of from the activation on
    #[arg(long, value_name = "TIME")]
    pub(crate) start_from: Option<Time>,
    /// Where to make it.
    #[command(flatten)]
    pub(crate) place: Place,
}

/// The options of `connector connect`.
#[derive(Debug, Clone, Args)]
pub(crate) struct ConnectArgs {
    /// The connector, such as `con_0123456789abcdef`
    #[arg(value_name = "CONNECTOR")]
    pub(crate) id: ConnectorId,
    /// The role in the customer's account, such as
    /// `arn:aws:iam::123456789012:role/auditferry/AuditLogDelivery`
    #[arg(long, value_name = "ARN")]
    pub(crate) role_arn: RoleArn,
    /// The customer's bucket; the role's account must own it
    #[arg(long, value_name = "BUCKET")]
    pub(crate) bucket: BucketName,
    /// The bucket's region, such as `eu-central-1`
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Region,
    /// The folder in the bucket; an empty one is the top
    #[arg(long, value_name = "PREFIX", default_value = "auditferry")]
    pub(crate) prefix: Prefix,
    /// Encrypt with this KMS key instead of the bucket's default
    #[arg(long, value_name = "ARN")]
    pub(crate) kms_key_arn: Option<KmsKeyArn>,
    /// Where the connector is.
    #[command(flatten)]
    pub(crate) place: Place,
}

/// The options of `connector list`.
#[derive(Debug, Clone, Args)]
pub(crate) struct ListArgs {
    /// Only this tenant's
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: Option<TenantId>,
    /// Where they are.
    #[command(flatten)]
    pub(crate) place: Place,
}

/// The options of `connector history`.
#[derive(Debug, Clone, Args)]
pub(crate) struct HistoryArgs {
    /// The connector, such as `con_0123456789abcdef`
    #[arg(value_name = "CONNECTOR")]
    pub(crate) id: ConnectorId,
    /// At most so many parts
    #[arg(long, value_name = "N", default_value = "20", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) limit: u32,
    /// Only parts with a smaller number
    #[arg(long, value_name = "PART", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) before: Option<u64>,
    /// Where it is.
    #[command(flatten)]
    pub(crate) place: Place,
}

/// A layout by its name.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum FormatName {
    /// One JSON array, one event a line
    Json,
    /// One event a line, no array
    Ndjson,
}

impl From<FormatName> for Format {
    fn from(name: FormatName) -> Self {
        match name {
            FormatName::Json => Self::Json,
            FormatName::Ndjson => Self::Ndjson,
        }
    }
}

/// A compression by its name.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum CompressionName {
    /// Not at all
    None,
    /// For every tool
    Gzip,
    /// Smaller and faster
    Zstd,
}

impl From<CompressionName> for Compression {
    fn from(name: CompressionName) -> Self {
        match name {
            CompressionName::None => Self::None,
            CompressionName::Gzip => Self::Gzip,
            CompressionName::Zstd => Self::Zstd,
        }
    }
}
