//! Where the fields are in a connector's events, as an operator sets it in place of the guess.
//!
//! The keys of indexes have the mapping's hash in them, so the reader makes them anew after a change, which
//! reads all parts again. Therefore tenants see the mapping, and operators set it.

use archive::fields::{EventFieldsError, FieldSetting};
use archive::names::ConnectorId;
use ports::PortError;
use protocol::caller::Caller;
use protocol::connector::State;
use protocol::exploration::{MappingText, StoredMapping};

use super::{ExplorerCaller, ExplorerRecords};

const SETTING: &str = "setting a mapping of fields";
/// How often a mapping is set in place of a newer one.
const MAX_ATTEMPTS: u32 = 4;

/// Why a mapping was neither read nor set.
#[derive(Debug, thiserror::Error)]
pub enum MappingError {
    /// There is no such connector, or it is another tenant's.
    #[error("connector {0} does not exist")]
    NotFound(ConnectorId),
    /// Only an operator may do this.
    #[error("only an operator may set where the fields of events are")]
    Forbidden,
    /// The text is empty. A mapping can be replaced, not removed.
    #[error("the text is empty; write the name of a preset, such as cloudtrail, or a mapping in JSON")]
    Empty,
    /// The text is neither a preset's name nor a mapping.
    #[error(transparent)]
    Invalid(#[from] EventFieldsError),
    /// An internal error of a port.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl ExplorerRecords {
    /// The mapping of a connector; `None` if none is set, and none was guessed yet.
    ///
    /// # Errors
    /// If the caller has no such connector, or the ledger fails.
    pub async fn mapping(
        &self,
        by: &ExplorerCaller,
        connector: &ConnectorId,
    ) -> Result<Option<StoredMapping>, MappingError> {
        self.require_own(by, connector).await?;
        Ok(self.mappings.mapping(connector).await?)
    }

    /// Sets the mapping of a connector: the name of a preset, or a mapping in JSON, as in `EVENT_FIELDS`.
    /// Idempotent. Of two people at once, the last one's counts.
    ///
    /// # Errors
    /// If the caller has no such connector or is no operator, the text is no mapping, or the ledger fails.
    pub async fn set_mapping(
        &self,
        by: &ExplorerCaller,
        connector: &ConnectorId,
        text: &str,
    ) -> Result<StoredMapping, MappingError> {
        self.require_own(by, connector).await?;
        if !matches!(by.caller(), Caller::Operator { .. }) {
            return Err(MappingError::Forbidden);
        }
        let setting = FieldSetting::parse(text)?.ok_or(MappingError::Empty)?;
        let preset = setting.preset().map(|preset| preset.to_string());
        // A parsed mapping is far shorter than what can be stored.
        let fields: MappingText =
            setting.to_string().parse().map_err(|error| PortError::bug(SETTING, error))?;
        let now = self.clock.now();
        for _ in 0..MAX_ATTEMPTS {
            let stored = self.mappings.mapping(connector).await?;
            let by = by.caller().clone();
            let after = StoredMapping::set(stored.as_ref(), preset.clone(), fields.clone(), by, now);
            match (after, stored) {
                (Some(after), _) => {
                    if self.mappings.store_mapping(connector, &after).await? {
                        return Ok(after);
                    }
                    // Another writer was faster, or this very mapping is stored and its answer was lost.
                }
                (None, Some(stored)) => return Ok(stored),
                (None, None) => return Err(PortError::bug(SETTING, "a new mapping changes nothing").into()),
            }
        }
        let source = "others set another mapping at each attempt";
        Err(PortError::transient(SETTING, source).into())
    }

    /// Refuses a connector that the caller can't access. Whether another tenant has it is never said.
    async fn require_own(&self, by: &ExplorerCaller, id: &ConnectorId) -> Result<(), MappingError> {
        match self.connectors.get(id).await? {
            Some((connector, _))
                if by.caller().can_access(&connector.tenant) && connector.state != State::Deleted =>
            {
                Ok(())
            }
            _ => Err(MappingError::NotFound(id.clone())),
        }
    }
}
