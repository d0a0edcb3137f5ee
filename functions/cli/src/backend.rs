//! What a command works on: AWS with the operator's credentials, or the embedded stand-ins in a folder.

use std::path::Path;
use std::sync::Arc;

use adapters::clients::Clients;
use adapters::clock::{SystemClock, SystemRandomness};
use adapters::ledger::{DateShift, DynamoLedger};
use adapters::settings::{LedgerSettings, S3Settings, WrongSettings, both, events_table, timing};
use adapters::source::EventsWriter;
use domain::connector::Connector;
use domain::cursor::Cursor;
use domain::names::ConnectorId;
use domain::ports::{Clock, Connectors, Randomness};
use domain::protocol::Timing;
use local::wiring::{Embedded, EmbeddedError};

use crate::args::Place;
use crate::problem::Problem;
use crate::surroundings::Surroundings;

/// The deployment that a command works on.
pub(crate) struct Backend {
    /// Connectors and their records.
    pub(crate) connectors: Arc<dyn Connectors>,
    /// The time, as of which the command works.
    pub(crate) clock: Arc<dyn Clock>,
    /// Chance.
    pub(crate) randomness: Arc<dyn Randomness>,
    /// Settle time and look-back.
    pub(crate) timing: Timing,
    /// The embedded stand-ins, with `--local`.
    pub(crate) embedded: Option<Embedded>,
    /// What the next command on this deployment says: ` --local DIR`, or nothing.
    pub(crate) place: String,
}

impl Backend {
    /// Opens what `place` says.
    ///
    /// # Errors
    /// If the folder is not one that `init` made, or a variable of the environment is missing or malformed.
    pub(crate) async fn open(place: &Place, surroundings: &Surroundings) -> Result<Self, Problem> {
        match &place.local {
            Some(dir) => Ok(Self::embedded(open_folder(dir, place).await?, dir)),
            None => Self::aws(surroundings).await,
        }
    }

    /// On the embedded stand-ins in a folder.
    fn embedded(embedded: Embedded, dir: &Path) -> Self {
        Self {
            connectors: embedded.connectors(),
            clock: embedded.clock(),
            randomness: embedded.randomness(),
            timing: Embedded::timing(),
            embedded: Some(embedded),
            place: format!(" --local {}", dir.display()),
        }
    }

    async fn aws(surroundings: &Surroundings) -> Result<Self, Problem> {
        let env = |name: &str| surroundings.variable(name);
        let settings = both(LedgerSettings::read(&env), both(timing(&env), S3Settings::read(&env)));
        let (ledger, (timing, s3)) = settings?;
        let clients = Clients::from_environment(s3).await;
        Ok(Self {
            connectors: Arc::new(DynamoLedger::new(clients.dynamodb, ledger.table, DateShift::default())),
            clock: Arc::new(SystemClock::new()),
            randomness: Arc::new(SystemRandomness),
            timing,
            embedded: None,
            place: String::new(),
        })
    }

    /// The connector of this ID, with its cursor if it was activated.
    ///
    /// # Errors
    /// If there is none, or the ledger fails.
    pub(crate) async fn connector(&self, id: &ConnectorId) -> Result<(Connector, Option<Cursor>), Problem> {
        self.connectors.get(id).await?.ok_or_else(|| {
            Problem::failed(
                format!("there is no connector {id}"),
                format!("See which there are: auditferry connector list{}", self.place),
            )
        })
    }

    /// Stops the stand-ins, if there are any, so that the next command finds the folder free.
    pub(crate) async fn close(self) {
        if let Some(embedded) = self.embedded {
            embedded.stop().await;
        }
    }
}

/// Opens the events table that `place` says, to import into, and with it the stand-ins that must live as long.
///
/// # Errors
/// As [`Backend::open`]; or if the table is not one to write to.
pub(crate) async fn open_events(
    place: &Place,
    surroundings: &Surroundings,
) -> Result<(EventsWriter, Option<Embedded>), Problem> {
    if let Some(dir) = &place.local {
        let embedded = open_folder(dir, place).await?;
        return Ok((embedded.events(), Some(embedded)));
    }
    let env = |name: &str| surroundings.variable(name);
    let (layout, s3) = both(events_table(&env), S3Settings::read(&env))?;
    let clients = Clients::from_environment(s3).await;
    let (clock, randomness) = (Arc::new(SystemClock::new()), Arc::new(SystemRandomness));
    let writer = EventsWriter::new(clients.dynamodb, layout, clock, randomness);
    writer.check().map_err(|error| {
        Problem::failed(
            error.to_string(),
            "Let the product write its events itself, or import into a table of the default form.",
        )
    })?;
    Ok((writer, None))
}

async fn open_folder(dir: &Path, place: &Place) -> Result<Embedded, Problem> {
    if !Embedded::is_in(dir) {
        let shown = dir.display();
        return Err(Problem::failed(
            format!("{shown} is not a folder of Auditferry"),
            format!("Make one first: auditferry init --local {shown}"),
        ));
    }
    Ok(Embedded::start(Some(dir), place.now).await?)
}

impl From<EmbeddedError> for Problem {
    fn from(error: EmbeddedError) -> Self {
        match error {
            EmbeddedError::Stack(error) => error.into(),
            EmbeddedError::Port(error) => error.into(),
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
