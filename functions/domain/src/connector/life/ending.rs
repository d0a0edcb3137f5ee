//! The end of a connector that was disabled and not taken back: its record says so, and what was staged for it goes.

use std::time::Duration;

use super::DISABLED_RETENTION;
use crate::connector::{Connector, NotAllowedError, State};
use crate::time::Time;

const DAY: Duration = Duration::from_hours(24);
/// For how many days the staged bytes of a connector that is kept no longer are removed again, should the first
/// time have failed.
const CLEANUP_RETRY_PERIOD: Duration = Duration::from_hours(3 * 24);

impl Connector {
    /// The end of a disabled connector's time → deleted.
    ///
    /// # Errors
    /// If it is not disabled, or can still be taken back.
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

    /// Whether it exports no more and can't be taken back: it was disabled, and its time is up, a day ago at least,
    /// so that nobody's clock matters.
    #[must_use]
    pub fn is_expired(&self, now: Time) -> bool {
        let ended = matches!(self.state, State::Disabled | State::Deleted);
        ended && self.disabled_at.is_some_and(|at| now.since(at) > DISABLED_RETENTION + DAY)
    }

    /// When a connector that does not export runs next, which is to end what it has left behind.
    #[must_use]
    pub fn cleanup_due_at(&self, now: Time) -> Time {
        let Some(at) = self.disabled_at else { return Time::LAST };
        let over = at + DISABLED_RETENTION + DAY + Duration::from_secs(1);
        match self.state {
            State::Disabled | State::Deleted if now < over => over,
            State::Disabled => now + DAY,
            State::Deleted if now < over + CLEANUP_RETRY_PERIOD => now + DAY,
            _ => Time::LAST,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::{ConnectorId, ExternalId};

    #[test]
    fn what_can_be_taken_back_is_never_over_and_what_is_over_runs_until_it_is_ended() {
        let external_id = ExternalId::new(1, 2);
        let mut connector =
            Connector::draft(ConnectorId::new(1), "acme".parse().unwrap(), external_id, Time::EPOCH);
        assert_eq!(connector.cleanup_due_at(Time::LAST), Time::LAST);
        connector.disable(Time::EPOCH).unwrap();
        let over = connector.cleanup_due_at(Time::EPOCH);
        let before = over - Duration::from_secs(2);
        assert!(connector.clone().enable(before).is_err(), "its time is up a day before it is over");
        assert!(!connector.is_expired(before) && connector.clone().expire(before).is_err());
        assert_eq!(connector.cleanup_due_at(over), over + DAY, "each day, until it is done");
        connector.expire(over).unwrap();
        assert_eq!((connector.state, connector.is_expired(over)), (State::Deleted, true));
        assert_eq!(connector.cleanup_due_at(over + DAY), over + DAY * 2, "its bytes are looked for again");
        let just_before = over + DAY * 3 - Duration::from_millis(1);
        assert_eq!(connector.cleanup_due_at(just_before), just_before + DAY);
        assert_eq!(connector.cleanup_due_at(over + DAY * 3), Time::LAST);
        assert!(connector.expire(over + DAY).is_err(), "once");
    }
}
