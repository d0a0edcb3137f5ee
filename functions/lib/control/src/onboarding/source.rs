//! Accepting a new events table, connector by connector, by an operator's decision.

use archive::names::ConnectorId;
use archive::time::Time;
use protocol::caller::Caller;
use protocol::events_source::{Acceptance, EventsSource};
use protocol::source_change::{SourceChange, SourceGapError};

use super::{ConnectorView, Onboarding, OnboardingError};

/// The maximum number of attempts against concurrent runs.
const MAX_ATTEMPTS: u32 = 4;

/// The result of an acceptance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AcceptOutcome {
    /// The connector reads the new source from this time on, and nothing earlier from it.
    From(Time),
    /// It has sealed nothing yet, or reads from that source already.
    Unchanged,
    /// Events would be lost; nothing was changed.
    Refused(SourceGapError),
}

impl Onboarding {
    /// Accepts the source, from `from` on, for a connector whose cursor names another one. Idempotent.
    ///
    /// # Errors
    /// If the caller is not an operator, the connector does not exist, concurrent runs moved it at each
    /// attempt, or the ledger fails.
    pub async fn accept_source(
        &self,
        caller: &Caller,
        id: &ConnectorId,
        source: &EventsSource,
        from: Time,
    ) -> Result<AcceptOutcome, OnboardingError> {
        let Caller::Operator { name } = caller else {
            return Err(OnboardingError::Forbidden("the source of the events"));
        };
        for _ in 0..MAX_ATTEMPTS {
            let ConnectorView { connector, cursor } = self.read(caller, id).await?;
            let Some(cursor) = cursor else { return Ok(AcceptOutcome::Unchanged) };
            let acceptance = Acceptance { from, at: self.clock.now(), by: name.clone() };
            let change = match SourceChange::accepting(source, &cursor, acceptance) {
                Ok(Some(change)) => change,
                Ok(None) => return Ok(AcceptOutcome::Unchanged),
                Err(gap) => return Ok(AcceptOutcome::Refused(gap)),
            };
            if self.connectors.change_source(&connector.id, &change).await? {
                return Ok(AcceptOutcome::From(change.after.accepted.map_or(from, |accepted| accepted.from)));
            }
        }
        let current = self.read(caller, id).await?.connector.version;
        Err(OnboardingError::Stale { id: id.clone(), current })
    }
}
