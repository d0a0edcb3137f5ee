//! The expiry of a disabled connector: it is recorded as deleted, and its staged objects are removed.

use std::time::Duration;

use archive::time::Time;

use super::DISABLED_RETENTION;
use crate::connector::{Connector, NotAllowedError, State};

const DAY: Duration = Duration::from_hours(24);
/// How long the removal of an expired connector's staged objects is repeated daily, in case the first attempt
/// failed.
const CLEANUP_RETRY_PERIOD: Duration = Duration::from_hours(3 * 24);

impl Connector {
    /// Disabled for longer than the retention → deleted.
    ///
    /// # Errors
    /// If it is not disabled, or can still be enabled.
    pub fn expire(&mut self, now: Time) -> Result<(), NotAllowedError> {
        self.require(&[State::Disabled], "expire", "disabled for more than 30 days")?;
        if !self.is_expired(now) {
            return Err(NotAllowedError::WrongState {
                id: self.id.clone(),
                state: self.state.as_str(),
                verb: "expire",
                needs: "disabled for more than 30 days",
            });
        }
        self.delete()
    }

    /// Whether it no longer exports and can no longer be enabled: it was disabled, and its retention ended at
    /// least a day ago, so that clock differences don't matter.
    #[must_use]
    pub fn is_expired(&self, now: Time) -> bool {
        let ended = matches!(self.state, State::Disabled | State::Deleted);
        ended && self.disabled_at.is_some_and(|at| now.since(at) > DISABLED_RETENTION + DAY)
    }

    /// When a connector that does not export runs next, to clean up what it has left behind.
    #[must_use]
    pub fn cleanup_due_at(&self, now: Time) -> Time {
        let Some(at) = self.disabled_at else { return Time::LAST };
        let expired_at = at + DISABLED_RETENTION + DAY + Duration::from_secs(1);
        match self.state {
            State::Disabled | State::Deleted if now < expired_at => expired_at,
            State::Disabled => now + DAY,
            State::Deleted if now < expired_at + CLEANUP_RETRY_PERIOD => now + DAY,
            _ => Time::LAST,
        }
    }
}

#[cfg(test)]
mod tests {
    use archive::names::{ConnectorId, ExternalId};

    use super::*;

    #[test]
    fn a_connector_never_expires_while_it_can_be_enabled_and_then_runs_until_it_is_cleaned_up() {
        let external_id = ExternalId::new(1, 2);
        let mut connector =
            Connector::draft(ConnectorId::new(1), "acme".parse().unwrap(), external_id, Time::EPOCH);
        assert_eq!(connector.cleanup_due_at(Time::LAST), Time::LAST);
        connector.disable(Time::EPOCH).unwrap();
        let expired_at = connector.cleanup_due_at(Time::EPOCH);
        let before = expired_at - Duration::from_secs(2);
        assert!(connector.clone().enable(before).is_err(), "its time is up a day before it is over");
        assert!(!connector.is_expired(before) && connector.clone().expire(before).is_err());
        assert_eq!(connector.cleanup_due_at(expired_at), expired_at + DAY, "each day, until it is done");
        connector.expire(expired_at).unwrap();
        assert_eq!((connector.state, connector.is_expired(expired_at)), (State::Deleted, true));
        assert_eq!(
            connector.cleanup_due_at(expired_at + DAY),
            expired_at + DAY * 2,
            "its bytes are looked for again"
        );
        let just_before = expired_at + DAY * 3 - Duration::from_millis(1);
        assert_eq!(connector.cleanup_due_at(just_before), just_before + DAY);
        assert_eq!(connector.cleanup_due_at(expired_at + DAY * 3), Time::LAST);
        assert!(connector.expire(expired_at + DAY).is_err(), "once");
    }
}
