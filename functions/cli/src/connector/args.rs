//! The commands of `connector`, and the options that several of them share.

use archive::names::ConnectorId;
use clap::{Args, Subcommand};

use crate::connector::help;
use crate::connector::options::{
    ConnectArgs, ContactsArgs, CreateArgs, DeleteArgs, ListArgs, PagedArgs, RunArgs, UpdateArgs,
};
use crate::target::Target;

/// The commands on connectors.
#[derive(Debug, Subcommand)]
pub(crate) enum ConnectorCommand {
    /// Create a connector for a tenant, with its external ID and the customer's link
    #[command(after_help = help::CREATE)]
    Create(CreateArgs),
    /// Show what the customer needs: link, external ID, policies, Terraform
    #[command(after_help = help::SETUP)]
    Setup(ConnectorArgs),
    /// Connect the customer's role and bucket
    #[command(after_help = help::CONNECT)]
    Connect(ConnectArgs),
    /// Change how often it exports and how the files are written
    #[command(after_help = help::UPDATE)]
    Update(UpdateArgs),
    /// Verify the customer's role and bucket, stage by stage
    #[command(after_help = help::VERIFY)]
    Verify(ChangeArgs),
    /// Verify, and start exporting
    #[command(after_help = help::ACTIVATE)]
    Activate(ChangeArgs),
    /// Pause delivery; sealing continues, so that nothing is lost
    #[command(after_help = help::PAUSE)]
    Pause(ChangeArgs),
    /// Verify, and deliver again, including everything that waited
    #[command(after_help = help::RESUME)]
    Resume(ChangeArgs),
    /// Stop reading and delivering; everything is kept for 30 days
    #[command(after_help = help::DISABLE)]
    Disable(ChangeArgs),
    /// Enable a disabled connector again
    #[command(after_help = help::ENABLE)]
    Enable(ChangeArgs),
    /// Delete a connector, after showing what is lost
    #[command(after_help = help::DELETE)]
    Delete(DeleteArgs),
    /// Issue a new external ID; the old one works until the new one does
    #[command(after_help = help::ROTATE)]
    RotateExternalId(ChangeArgs),
    /// Show or set the tenant's own contacts for notices
    #[command(after_help = help::CONTACTS)]
    Contacts(ContactsArgs),
    /// Issue a new webhook secret; the old one also signs for 24 hours
    #[command(after_help = help::ROTATE_WEBHOOK_SECRET)]
    RotateWebhookSecret(ChangeArgs),
    /// Send a test message to the contacts
    #[command(after_help = help::TEST_CONTACTS)]
    TestContacts(ChangeArgs),
    /// List all connectors, or those of a tenant
    #[command(after_help = help::LIST)]
    List(ListArgs),
    /// Show one connector: its status, since when, and the next step
    #[command(after_help = help::SHOW)]
    Show(ConnectorArgs),
    /// Export now, without waiting for the schedule
    #[command(after_help = help::RUN)]
    Run(RunArgs),
    /// List the sealed and delivered parts, newest first
    #[command(after_help = help::HISTORY)]
    History(PagedArgs),
    /// List the changes of its settings: who, when and how, newest first
    #[command(after_help = help::CHANGES)]
    Changes(PagedArgs),
}

impl ConnectorCommand {
    /// The command's target.
    pub(crate) const fn target(&self) -> &Target {
        match self {
            Self::Create(args) => &args.target,
            Self::Connect(args) => &args.change.connector.target,
            Self::Update(args) => &args.change.connector.target,
            Self::Setup(args) | Self::Show(args) => &args.target,
            Self::Run(args) => &args.change.connector.target,
            Self::Verify(args)
            | Self::Activate(args)
            | Self::Resume(args)
            | Self::Pause(args)
            | Self::Disable(args)
            | Self::Enable(args)
            | Self::RotateExternalId(args)
            | Self::RotateWebhookSecret(args)
            | Self::TestContacts(args) => &args.connector.target,
            Self::Contacts(args) => &args.change.connector.target,
            Self::Delete(args) => &args.change.connector.target,
            Self::List(args) => &args.target,
            Self::History(args) | Self::Changes(args) => &args.connector.target,
        }
    }
}

/// A command on one connector.
#[derive(Debug, Clone, Args)]
pub(crate) struct ConnectorArgs {
    /// The connector, such as `con_0123456789abcdef`
    #[arg(value_name = "CONNECTOR")]
    pub(crate) id: ConnectorId,
    /// Where the connector is.
    #[command(flatten)]
    pub(crate) target: Target,
}

/// A command that changes one connector.
#[derive(Debug, Clone, Args)]
pub(crate) struct ChangeArgs {
    /// The connector to change.
    #[command(flatten)]
    pub(crate) connector: ConnectorArgs,
    /// Only if this is still its version, as shown by `show`
    #[arg(long, value_name = "VERSION")]
    pub(crate) if_version: Option<u64>,
}
