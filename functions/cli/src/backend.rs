//! What a command works on: AWS with the operator's credentials, or the embedded stand-ins in a folder.

use std::fmt::Display;
use std::path::Path;
use std::sync::Arc;

use adapters::bus::EventBridgeBus;
use adapters::clients::{Clients, Services};
use adapters::clock::{SystemClock, SystemRandomness};
use adapters::customers::StsProber;
use adapters::identity::{Identity, identity};
use adapters::ledger::{DateShift, DynamoLedger};
use adapters::noted_bus::NotedBus;
use adapters::published::AnonymousReader;
use adapters::settings::{
    BusSettings, LedgerSettings, S3Settings, SigningSettings, VendorSettings, WrongSettings, both, budgets,
    events_table, partition_format, portal, sender, timing,
};
use adapters::source::{DynamoSource, EventsWriter, NotWritable};
use adapters::webhooks::Reach;
use domain::connector::{Caller, Shards};
use domain::events_source::EventsSource;
use domain::names::{ConnectorId, Region, TenantId};
use domain::onboarding::{MailMode, Onboarding, RingCache, View};
use domain::ports::Source as _;
use domain::setup::Vendor;
use local::Writes;
use local::wiring::{Embedded, EmbeddedError};

use crate::args::Place;
use crate::problem::Problem;
use crate::signing::signing;
use crate::surroundings::Surroundings;

/// The deployment that a command works on.
pub(crate) struct Backend {
    /// What can be done, the same as through the HTTP API.
    pub(crate) onboarding: Onboarding,
    /// Whoever runs the command.
    pub(crate) caller: Caller,
    /// The embedded stand-ins, with `--local`.
    pub(crate) embedded: Option<Embedded>,
    /// What to know if a customer's role does not let these credentials in.
    pub(crate) note: Option<String>,
    /// What makes another command work here: ` --local ./af`.
    place: String,
}

impl Backend {
    /// Opens what `place` says.
    ///
    /// # Errors
    /// If the folder is not one that `init` made, or a variable of the environment is missing or malformed, or
    /// the credentials are none.
    pub(crate) async fn open(place: &Place, surroundings: &Surroundings) -> Result<Self, Problem> {
        let Some(dir) = &place.local else { return Self::aws(surroundings).await };
        let embedded = open_folder(dir, place, Writes::Lasting).await?;
        Ok(Self {
            onboarding: embedded.onboarding(),
            caller: surroundings.person(),
            embedded: Some(embedded),
            note: None,
            place: format!(" --local {}", dir.display()),
        })
    }

    async fn aws(surroundings: &Surroundings) -> Result<Self, Problem> {
        let env = |name: &str| surroundings.variable(name);
        let places = both(LedgerSettings::read(&env), both(BusSettings::read(&env), S3Settings::read(&env)));
        let rest = both(both(sender(&env), portal(&env)), both(partition_format(&env), budgets(&env)));
        let vendor = both(VendorSettings::read(&env), both(SigningSettings::read_if_set(&env), rest));
        let ((ledger, (bus, s3)), (timing, (vendor, (keys, ((sender, portal), (partitions, budgets)))))) =
            both(places, both(timing(&env), vendor))?;
        let services = Services::from_environment(s3).await;
        let clients = services.all();
        let Identity { account, partition, arn } = identity(&clients.sts).await?;
        let Some(region) = clients.region() else {
            return Err(Problem::usage("there is no region", "Set AWS_REGION to the deployment's region."));
        };
        let note = (!arn.contains(&format!(":assumed-role/{}/", vendor.exporter_role))).then(|| {
            format!(
                "These are the credentials of {arn}, and the customers' roles let in {} and nobody else. Verify through the HTTP API, which acts as it, or with a profile that assumes it.",
                vendor.exporter_role
            )
        });
        let onboarding = Onboarding {
            connectors: Arc::new(DynamoLedger::new(clients.dynamodb, ledger.table, DateShift::default())),
            prober: Arc::new(StsProber::new(clients.sts, clients.customers)),
            bus: Arc::new(NotedBus::new(Arc::new(EventBridgeBus::new(clients.events, bus.name)))),
            clock: Arc::new(SystemClock::new()),
            rng: Arc::new(SystemRandomness),
            timing,
            vendor: Vendor {
                account,
                partition,
                region: region.parse::<Region>()?,
                exporter_role: vendor.exporter_role,
                template_url: vendor.template_url,
            },
            signing: keys.map(|keys| signing(&keys, &services)).transpose()?,
            ring: RingCache::default(),
            mail_mode: MailMode::of(sender.is_some(), portal.is_some()),
            partitions,
            budgets,
            public_urls: Some(Arc::new(AnonymousReader::new(Reach::public))),
        };
        Ok(Self {
            onboarding,
            caller: Caller::Operator { name: Caller::name_of(&arn).unwrap_or_default() },
            embedded: None,
            note,
            place: String::new(),
        })
    }

    /// The connector of this ID, with its cursor if it was activated.
    ///
    /// # Errors
    /// If there is none, or the ledger fails.
    pub(crate) async fn view(&self, id: &ConnectorId) -> Result<View, Problem> {
        Ok(self.onboarding.read(&self.caller, id).await?)
    }

    /// A command on connectors that works on the same deployment, to be shown.
    pub(crate) fn command(&self, words: impl Display) -> String {
        here(&format!("auditferry connector {words}"), &self.place)
    }

    /// A problem whose remedy is a command on the same deployment.
    pub(crate) fn problem(&self, problem: Problem) -> Problem {
        problem.here(&self.place)
    }

    /// Stops the stand-ins, if there are any, so that the next command finds the folder free.
    pub(crate) async fn close(self) {
        if let Some(embedded) = self.embedded {
            embedded.stop().await;
        }
    }
}

/// A command with the words that say where, before its options.
pub(crate) fn here(command: &str, place: &str) -> String {
    let (words, options) = command.split_at(command.find(" --").unwrap_or(command.len()));
    format!("{words}{place}{options}")
}

/// Opens the events table that `place` says, to import a tenant's events into, and with it the stand-ins that must
/// live as long.
///
/// # Errors
/// As [`Backend::open`]; or if the table is not one to write the tenant's events to.
pub(crate) async fn open_events(
    place: &Place,
    (tenant, shards): (&TenantId, Shards),
    surroundings: &Surroundings,
) -> Result<(EventsWriter, Option<Embedded>), Problem> {
    if let Some(dir) = &place.local {
        // An import that a power cut takes back is done again.
        let embedded = open_folder(dir, place, Writes::Repeatable).await?;
        let writer = embedded.events();
        if let Err(refused) = writer.check(tenant, shards) {
            embedded.stop().await;
            return Err(not_writable(refused));
        }
        return Ok((writer, Some(embedded)));
    }
    let env = |name: &str| surroundings.variable(name);
    let (layout, s3) = both(events_table(&env), S3Settings::read(&env))?;
    let clients = Clients::from_environment(s3).await;
    let (clock, randomness) = (Arc::new(SystemClock::new()), Arc::new(SystemRandomness));
    let writer = EventsWriter::new(clients.dynamodb, layout, clock, randomness);
    writer.check(tenant, shards).map_err(not_writable)?;
    Ok((writer, None))
}

/// Opens what `place` says, and asks which events table the settings name.
///
/// # Errors
/// As [`Backend::open`]; or if there is no such table.
pub(crate) async fn open_source(
    place: &Place,
    surroundings: &Surroundings,
) -> Result<(Backend, EventsSource), Problem> {
    let backend = Backend::open(place, surroundings).await?;
    let source = if let Some(embedded) = &backend.embedded {
        embedded.source()
    } else {
        let env = |name: &str| surroundings.variable(name);
        let (layout, s3) = both(events_table(&env), S3Settings::read(&env))?;
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

fn not_writable(refused: NotWritable) -> Problem {
    match refused {
        NotWritable::NoPartition(without) => without.into(),
        NotWritable::Index | NotWritable::SortKeyForm => Problem::failed(
            refused.to_string(),
            "Let the product write its events itself, or import into a table of the default form.",
        ),
    }
}

async fn open_folder(dir: &Path, place: &Place, writes: Writes) -> Result<Embedded, Problem> {
    if !Embedded::is_in(dir) {
        let shown = dir.display();
        return Err(Problem::failed(
            format!("{shown} is not a folder of Auditferry"),
            format!("Make one first: auditferry init --local {shown}"),
        ));
    }
    Ok(Embedded::start_with(Some(dir), place.now, writes).await?)
}

impl From<EmbeddedError> for Problem {
    fn from(error: EmbeddedError) -> Self {
        match error {
            EmbeddedError::Stack(error) => error.into(),
            EmbeddedError::Port(error) => error.into(),
            EmbeddedError::Refused(refused) => refused.into(),
            EmbeddedError::Key(error) => Self::failed(
                error.to_string(),
                "The key was made with the folder. Put the file back as it was: another key can't go on signing.",
            ),
        }
    }
}

impl From<WrongSettings> for Problem {
    fn from(wrong: WrongSettings) -> Self {
        Self::usage(
            wrong.to_string(),
            "Set what the deployment's functions have, or work in a folder: --local DIR (make it with `auditferry init --local DIR`)",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_says_where_before_its_options() {
        assert_eq!(
            here("auditferry connector show con_1", " --local ./af"),
            "auditferry connector show con_1 --local ./af"
        );
        assert_eq!(
            here("auditferry connector create --tenant T", " --local d"),
            "auditferry connector create --local d --tenant T"
        );
        assert_eq!(here("auditferry connector list", ""), "auditferry connector list");
    }
}
