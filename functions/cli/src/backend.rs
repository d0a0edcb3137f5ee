//! The deployment that a command works on: AWS with the operator's credentials, or the embedded stand-ins in
//! a folder.

use std::fmt::Display;
use std::path::Path;
use std::sync::Arc;

use archive::names::{ConnectorId, TenantId};
use aws::clients::{ClientFactory, Clients};
use aws::clock::{SystemClock, SystemRng};
use aws::dynamodb::events::{DynamoSource, EventsTable, EventsWriter, NotWritableError};
use aws::operations::Operations;
use aws::s3::customers::StsProber;
use aws::settings::{OnboardingSettings, ReaderFunction, S3Settings, SettingsError, SigningSettings};
use aws::sts::caller_identity::{CallerIdentity, caller_identity};
use control::explorer::Explorer;
use control::explorer_records::ExplorerRecords;
use control::onboarding::{ConnectorView, Onboarding};
use ports::Source as _;
use protocol::caller::Caller;
use protocol::connector::Shards;
use protocol::events_source::EventsSource;
use sandbox::Durability;
use sandbox::wiring::{Sandbox, SandboxError};

use crate::context::ProcessContext;
use crate::error::CliError;
use crate::reader;
use crate::signing::signing;
use crate::target::{Target, with_target_flag};

/// The deployment that a command works on.
pub(crate) struct Backend {
    /// The same operations as through the HTTP API.
    pub(crate) onboarding: Onboarding,
    /// Asks the reader about events; `None` if no reader is set.
    pub(crate) explorer: Option<Explorer>,
    /// Saved explorations, mappings, and who has searched.
    pub(crate) records: ExplorerRecords,
    /// The person who runs the command, for the records of changes.
    pub(crate) caller: Caller,
    /// The embedded stand-ins, with `--local`.
    pub(crate) embedded: Option<Sandbox>,
    /// A hint for when a customer's role denies these credentials.
    pub(crate) credentials_hint: Option<String>,
    /// The flag for suggested commands to work on the same deployment: ` --local ./af`, or empty.
    target_flag: String,
}

impl Backend {
    /// Opens the target.
    ///
    /// # Errors
    /// If the folder was not created by `init`, an environment variable is missing or malformed, or the
    /// credentials are missing or invalid.
    pub(crate) async fn open(target: &Target, context: &ProcessContext) -> Result<Self, CliError> {
        // Boxed: the SDK's futures are large.
        let Some(dir) = &target.local else { return Box::pin(Self::aws(context)).await };
        let embedded = open_folder(dir, target, Durability::Sync).await?;
        Ok(Self {
            onboarding: embedded.onboarding(),
            explorer: Some(reader::in_folder(&embedded)),
            records: embedded.explorer_records(),
            caller: context.local_operator(),
            embedded: Some(embedded),
            credentials_hint: None,
            target_flag: format!(" --local {}", dir.display()),
        })
    }

    async fn aws(context: &ProcessContext) -> Result<Self, CliError> {
        let (settings, s3, keys, function) =
            context
                .settings::<(OnboardingSettings, S3Settings, Option<SigningSettings>, ReaderFunction)>()?;
        let services = ClientFactory::from_environment(s3).await;
        let sts = services.sts();
        let CallerIdentity { account, partition, arn } = caller_identity(&sts).await?;
        let Some(region) = services.region() else {
            return Err(CliError::usage("no region is set", "Set AWS_REGION to the deployment's region."));
        };
        let role = &settings.vendor.exporter_role;
        let hint = (!arn.contains(&format!(":assumed-role/{role}/"))).then(|| {
            format!(
                "These are the credentials of {arn}, but the customers' roles trust only {role}. Verify through \
                 the HTTP API, which assumes it, or with a profile that assumes it."
            )
        });
        let explorer = reader::of_deployment(function, &services)?;
        let prober = StsProber::new(sts, services.customers());
        let vendor = settings.vendor.vendor(account, partition, region.parse()?);
        let signing = keys.map(|keys| signing(&keys, &services)).transpose()?;
        let operations = Operations::new(settings, &services, None);
        let records = operations.explorer_records();
        let onboarding = operations.onboarding(vendor, prober, signing);
        Ok(Self {
            onboarding,
            explorer,
            records,
            caller: Caller::Operator { name: Caller::recorded_name(&arn).unwrap_or_default() },
            embedded: None,
            credentials_hint: hint,
            target_flag: String::new(),
        })
    }

    /// The connector with this ID, with its cursor if it was activated.
    ///
    /// # Errors
    /// If it does not exist, or the ledger fails.
    pub(crate) async fn view(&self, id: &ConnectorId) -> Result<ConnectorView, CliError> {
        Ok(self.onboarding.read(&self.caller, id).await?)
    }

    /// Formats a `connector` command for the same deployment, to suggest to the user.
    pub(crate) fn command(&self, arguments: impl Display) -> String {
        with_target_flag(&format!("auditferry connector {arguments}"), &self.target_flag)
    }

    /// The flag for suggested commands to work on the same deployment.
    pub(crate) fn target_flag(&self) -> &str {
        &self.target_flag
    }

    /// Adds the target flag to the command in an error's remedy, so that it works on the same deployment.
    pub(crate) fn with_target(&self, error: CliError) -> CliError {
        error.with_target_flag(&self.target_flag)
    }

    /// Stops the stand-ins, if there are any, so that the next command can open the folder.
    pub(crate) async fn close(self) {
        if let Some(embedded) = self.embedded {
            embedded.stop().await;
        }
    }
}

/// Opens the target's events table for an import of a tenant's events, together with the stand-ins that must
/// live as long.
///
/// # Errors
/// As [`Backend::open`]; or if the tenant's events can't be written to the table.
pub(crate) async fn open_events(
    target: &Target,
    (tenant, shards): (&TenantId, Shards),
    context: &ProcessContext,
) -> Result<(EventsWriter, Option<Sandbox>), CliError> {
    if let Some(dir) = &target.local {
        // After a power cut the import can be repeated, so its writes need not be synced.
        let embedded = open_folder(dir, target, Durability::NoSync).await?;
        let writer = embedded.events();
        if let Err(error) = writer.check(tenant, shards) {
            embedded.stop().await;
            return Err(not_writable(error));
        }
        return Ok((writer, Some(embedded)));
    }
    let (layout, s3) = context.settings::<(EventsTable, S3Settings)>()?;
    let clients = Clients::from_environment(s3).await;
    let (clock, randomness) = (Arc::new(SystemClock::new()), Arc::new(SystemRng));
    let writer = EventsWriter::new(clients.dynamodb, layout, clock, randomness);
    writer.check(tenant, shards).map_err(not_writable)?;
    Ok((writer, None))
}

/// Opens the target, and reads the identity of the events table that the settings name.
///
/// # Errors
/// As [`Backend::open`]; or if that table does not exist.
pub(crate) async fn open_source(
    target: &Target,
    context: &ProcessContext,
) -> Result<(Backend, EventsSource), CliError> {
    let backend = Backend::open(target, context).await?;
    let source = if let Some(embedded) = &backend.embedded {
        embedded.source()
    } else {
        let (layout, s3) = context.settings::<(EventsTable, S3Settings)>()?;
        DynamoSource::new(Clients::from_environment(s3).await.dynamodb, layout)
    };
    match source.identity().await {
        Ok(identity) => Ok((backend, identity)),
        Err(error) => {
            backend.close().await;
            Err(error.into())
        }
    }
}

fn not_writable(error: NotWritableError) -> CliError {
    match error {
        NotWritableError::Partition(error) => error.into(),
        NotWritableError::Index | NotWritableError::SortKeyForm => CliError::failed(
            error.to_string(),
            "Let the product write its events itself, or import into a table with the default layout.",
        ),
    }
}

pub(crate) async fn open_folder(
    dir: &Path,
    target: &Target,
    durability: Durability,
) -> Result<Sandbox, CliError> {
    if !Sandbox::exists_in(dir) {
        let path = dir.display();
        return Err(CliError::failed(
            format!("{path} is not an Auditferry folder"),
            format!("Create it first: auditferry init --local {path}"),
        ));
    }
    Ok(Sandbox::start_with(Some(dir), target.now, durability).await?)
}

impl From<SandboxError> for CliError {
    fn from(error: SandboxError) -> Self {
        match error {
            SandboxError::Stack(error) => error.into(),
            SandboxError::Port(error) => error.into(),
            SandboxError::InvalidName(error) => error.into(),
            SandboxError::Key(error) => Self::failed(
                error.to_string(),
                "The key was created with the folder. Restore the file: another key can't continue the chain.",
            ),
        }
    }
}

impl From<SettingsError> for CliError {
    fn from(error: SettingsError) -> Self {
        Self::usage(
            error.to_string(),
            "Set it as in the deployment's functions, or work in a folder: --local DIR (create it with `auditferry init --local DIR`)",
        )
    }
}
