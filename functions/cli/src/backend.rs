//! The deployment that a command works on: AWS with the operator's credentials, or the embedded stand-ins in
//! a folder.

use std::fmt::Display;
use std::path::Path;
use std::sync::Arc;

use archive::names::{ConnectorId, Region, TenantId};
use aws::clients::{ClientFactory, Clients};
use aws::clock::{SystemClock, SystemRng};
use aws::dynamodb::events::{DynamoSource, EventsWriter, NotWritableError};
use aws::dynamodb::ledger::{ClockOffset, DynamoLedger};
use aws::eventbridge::bus::EventBridgeBus;
use aws::eventbridge::observed_bus::ObservedBus;
use aws::s3::anonymous_reader::AnonymousReader;
use aws::s3::customers::StsProber;
use aws::settings::{
    BusSettings, LedgerSettings, S3Settings, SettingsError, SigningSettings, VendorSettings, budgets,
    events_table, partition_format, portal, sender, timing, zip_errors,
};
use aws::sts::caller_identity::{CallerIdentity, caller_identity};
use aws::webhooks::EgressPolicy;
use control::onboarding::{ConnectorView, KeyCache, MailMode, Onboarding};
use control::setup::Vendor;
use ports::Source as _;
use protocol::caller::Caller;
use protocol::connector::Shards;
use protocol::events_source::EventsSource;
use sandbox::Durability;
use sandbox::wiring::{Sandbox, SandboxError};

use crate::args::Target;
use crate::context::ProcessContext;
use crate::error::CliError;
use crate::signing::signing;

/// The deployment that a command works on.
pub(crate) struct Backend {
    /// The same operations as through the HTTP API.
    pub(crate) onboarding: Onboarding,
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
        let Some(dir) = &target.local else { return Self::aws(context).await };
        let embedded = open_folder(dir, target, Durability::Sync).await?;
        Ok(Self {
            onboarding: embedded.onboarding(),
            caller: context.local_operator(),
            embedded: Some(embedded),
            credentials_hint: None,
            target_flag: format!(" --local {}", dir.display()),
        })
    }

    async fn aws(context: &ProcessContext) -> Result<Self, CliError> {
        let env = |name: &str| context.variable(name);
        let resources = zip_errors(
            LedgerSettings::read(&env),
            zip_errors(BusSettings::read(&env), S3Settings::read(&env)),
        );
        let rest = zip_errors(
            zip_errors(sender(&env), portal(&env)),
            zip_errors(partition_format(&env), budgets(&env)),
        );
        let vendor =
            zip_errors(VendorSettings::read(&env), zip_errors(SigningSettings::read_if_set(&env), rest));
        let ((ledger, (bus, s3)), (timing, (vendor, (keys, ((sender, portal), (partitions, budgets)))))) =
            zip_errors(resources, zip_errors(timing(&env), vendor))?;
        let services = ClientFactory::from_environment(s3).await;
        let clients = services.all();
        let CallerIdentity { account, partition, arn } = caller_identity(&clients.sts).await?;
        let Some(region) = clients.region() else {
            return Err(CliError::usage("no region is set", "Set AWS_REGION to the deployment's region."));
        };
        let hint = (!arn.contains(&format!(":assumed-role/{}/", vendor.exporter_role))).then(|| {
            format!(
                "These are the credentials of {arn}, but the customers' roles trust only {}. Verify through the HTTP API, which assumes it, or with a profile that assumes it.",
                vendor.exporter_role
            )
        });
        let onboarding = Onboarding {
            connectors: Arc::new(DynamoLedger::new(clients.dynamodb, ledger.table, ClockOffset::default())),
            prober: Arc::new(StsProber::new(clients.sts, clients.customers)),
            bus: Arc::new(ObservedBus::new(Arc::new(EventBridgeBus::new(clients.events, bus.name)))),
            clock: Arc::new(SystemClock::new()),
            rng: Arc::new(SystemRng),
            timing,
            vendor: Vendor {
                account,
                partition,
                region: region.parse::<Region>()?,
                exporter_role: vendor.exporter_role,
                template_url: vendor.template_url,
            },
            signing: keys.map(|keys| signing(&keys, &services)).transpose()?,
            key_cache: KeyCache::default(),
            mail_mode: MailMode::of(sender.is_some(), portal.is_some()),
            partitions,
            budgets,
            public_urls: Some(Arc::new(AnonymousReader::new(EgressPolicy::public))),
        };
        Ok(Self {
            onboarding,
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

/// Inserts the target flag before the options of a command.
pub(crate) fn with_target_flag(command: &str, flag: &str) -> String {
    let (arguments, options) = command.split_at(command.find(" --").unwrap_or(command.len()));
    format!("{arguments}{flag}{options}")
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
    let env = |name: &str| context.variable(name);
    let (layout, s3) = zip_errors(events_table(&env), S3Settings::read(&env))?;
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
        let env = |name: &str| context.variable(name);
        let (layout, s3) = zip_errors(events_table(&env), S3Settings::read(&env))?;
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

async fn open_folder(dir: &Path, target: &Target, durability: Durability) -> Result<Sandbox, CliError> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_target_flag_comes_before_the_options_of_a_command() {
        assert_eq!(
            with_target_flag("auditferry connector show con_1", " --local ./af"),
            "auditferry connector show con_1 --local ./af"
        );
        assert_eq!(
            with_target_flag("auditferry connector create --tenant T", " --local d"),
            "auditferry connector create --local d --tenant T"
        );
        assert_eq!(with_target_flag("auditferry connector list", ""), "auditferry connector list");
    }
}
