//! Accepting a new events table, connector by connector, on an operator's word.

use super::{ConnectorView, Onboarding, OnboardingError};
use crate::connector::Caller;
use crate::events_source::{Acceptance, EventsSource, SourceChange, SourceGapError};
use crate::names::ConnectorId;
use crate::time::Time;

/// How often an acceptance is tried against runs that seal meanwhile.
const MAX_ATTEMPTS: u32 = 4;

/// What became of an acceptance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AcceptOutcome {
    /// From now on the connector is read from the new source, and nothing before this.
    From(Time),
    /// It has sealed nothing yet, or is read from there already.
    Unchanged,
    /// Events would be lost; nothing was changed.
    Refused(SourceGapError),
}

impl Onboarding {
    /// Accepts the source for a connector that remembers another one, from `from` on. Done again it changes nothing.
    ///
    /// # Errors
    /// If the caller is no operator, there is no such connector, runs moved it four times over, or the ledger fails.
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
