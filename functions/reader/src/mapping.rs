//! Which mapping a connector has: what a person has set for it, else the deployment's, else a guess that is
//! made once and stored.

use archive::fields::{EventFields, FieldSetting, guess};
use control::explorer::ExplorerError;
use ports::{PortError, ReaderSession};
use protocol::connector::Connector;
use protocol::cursor::Cursor;
use protocol::exploration::{MappingSource, StoredMapping};

use crate::context::Reader;
use crate::table::newest_events;

const STORING: &str = "storing or reading a mapping";

/// A connector's mapping, and where it comes from.
pub(crate) struct Mapping {
    pub(crate) fields: EventFields,
    pub(crate) origin: Origin,
    /// The name of the preset that it is.
    pub(crate) preset: Option<String>,
}

/// Where a mapping comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A person has set it for this connector.
    Set,
    /// The deployment sets it for all.
    Deployment,
    /// From the connector's events.
    Guessed,
}

impl Origin {
    /// The name in answers.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Set => "set",
            Self::Deployment => "deployment",
            Self::Guessed => "guessed",
        }
    }
}

impl Reader {
    /// The mapping of a connector.
    pub(crate) async fn mapping_of(
        &self,
        connector: &Connector,
        cursor: &Cursor,
        session: &ReaderSession,
    ) -> Result<Mapping, PortError> {
        let stored = self.mappings.mapping(&connector.id).await?;
        let is_set = stored.as_ref().is_some_and(|stored| matches!(stored.source, MappingSource::Set { .. }));
        // A deployment that is set up after the first guess counts before it.
        if !is_set && let Some(fields) = &self.fields {
            return Ok(Mapping { fields: fields.clone(), origin: Origin::Deployment, preset: None });
        }
        if let Some(stored) = stored {
            return parse(stored);
        }
        let now = self.clock.now();
        let sample = newest_events(session, connector, cursor.since, now).await?;
        let guess = guess(sample.events.iter().map(|(_, _, event)| &**event));
        let setting = FieldSetting::Preset(guess.preset);
        if guess.of == 0 {
            // Nothing to guess from: it is guessed again when there is.
            return Ok(Mapping { fields: setting.fields(), origin: Origin::Guessed, preset: None });
        }
        let text = setting.to_string().parse().map_err(|error| PortError::bug(STORING, error))?;
        let preset = Some(guess.preset.to_string());
        let stored = StoredMapping::guess(preset, text, u64::try_from(guess.of).unwrap_or(u64::MAX), now);
        // If a second worker was faster, its guess counts.
        parse(self.mappings.store_guess(&connector.id, &stored).await?)
    }
}

fn parse(stored: StoredMapping) -> Result<Mapping, PortError> {
    let StoredMapping { source, preset, fields, .. } = stored;
    let setting = FieldSetting::parse(fields.as_str()).map_err(|error| PortError::bug(STORING, error))?;
    let setting = setting.ok_or_else(|| PortError::bug(STORING, "a mapping is empty"))?;
    let origin = match source {
        MappingSource::Set { .. } => Origin::Set,
        MappingSource::Guessed { .. } => Origin::Guessed,
    };
    Ok(Mapping { fields: setting.fields(), origin, preset })
}

pub(crate) fn invalid(error: impl std::fmt::Display) -> ExplorerError {
    ExplorerError::Invalid(error.to_string())
}
