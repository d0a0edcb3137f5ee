//! The lifecycle: which transitions a connector allows, and when.
//!
//! Pausing never loses events: sealing continues, because sealed events can no longer expire in the events
//! table, and only delivery waits. Disabling stops both. Enabled again within 30 days, the connector
//! continues from its watermark and catches up with whatever the events table still contains.

mod expiry;

use std::time::Duration;

use archive::names::ExternalId;
use archive::time::Time;

use super::{Connector, Destination, NotAllowedError, S3Destination, State};

/// How long everything of a disabled connector is kept.
pub const DISABLED_RETENTION: Duration = Duration::from_hours(30 * 24);

impl Connector {
    /// Sets or changes the destination, which makes it unverified: a ready connector becomes a draft again,
    /// and an active one pauses until the new destination passes.
    ///
    /// # Errors
    /// If it is disabled or deleted.
    pub fn connect(&mut self, destination: S3Destination) -> Result<(), NotAllowedError> {
        use State::{Active, Draft, Paused, Ready};
        self.require(&[Draft, Ready, Active, Paused], "connect", "draft, ready, active or paused")?;
        if self.destination.s3() == Some(&destination) {
            return Ok(());
        }
        self.destination = Destination::S3(destination);
        self.verified_at = None;
        self.transition(if matches!(self.state, Active | Paused) { Paused } else { Draft });
        Ok(())
    }

    /// Records that the destination has passed the connection check with external ID `by`. If that is the
    /// next one, the previous one is retired.
    ///
    /// # Errors
    /// If it has no destination, or is disabled or deleted.
    pub fn mark_verified(&mut self, now: Time, by: &ExternalId) -> Result<(), NotAllowedError> {
        self.destination_to_verify()?;
        if self.next_external_id.as_ref() == Some(by) {
            self.external_id = by.clone();
            self.next_external_id = None;
        }
        self.verified_at = Some(now);
        self.transition(if self.state == State::Draft { State::Ready } else { self.state });
        Ok(())
    }

    /// The destination, if it can be verified now.
    ///
    /// # Errors
    /// If it has no destination, or is disabled or deleted.
    pub fn destination_to_verify(&self) -> Result<&S3Destination, NotAllowedError> {
        use State::{Active, Draft, Paused, Ready};
        self.require(&[Draft, Ready, Active, Paused], "verify", "draft, ready, active or paused")?;
        self.destination.s3().ok_or_else(|| NotAllowedError::NoDestination(self.id.clone()))
    }

    /// Records that the destination is not safe to write to, because its role trusts any caller. Delivery
    /// stops.
    pub fn refuse_destination(&mut self) {
        self.verified_at = None;
        self.transition(match self.state {
            State::Active => State::Paused,
            State::Ready => State::Draft,
            state => state,
        });
    }

    /// Ready → active. Returns the time from which events are exported.
    ///
    /// # Errors
    /// If it is not ready, or its start is in the future.
    pub fn activate(&mut self, now: Time) -> Result<Time, NotAllowedError> {
        if self.state == State::Draft {
            return Err(match self.destination {
                Destination::None => NotAllowedError::NoDestination(self.id.clone()),
                Destination::S3(_) => NotAllowedError::NotVerified(self.id.clone()),
            });
        }
        self.require(&[State::Ready], "activate", "ready")?;
        let since = self.start_from.unwrap_or(now);
        if since > now {
            return Err(NotAllowedError::StartInFuture(since));
        }
        self.activated_at = Some(now);
        self.transition(State::Active);
        Ok(since)
    }

    /// Active → paused.
    ///
    /// # Errors
    /// If it is not active.
    pub fn pause(&mut self) -> Result<(), NotAllowedError> {
        self.require(&[State::Active], "pause", "active")?;
        self.transition(State::Paused);
        Ok(())
    }

    /// Paused → active.
    ///
    /// # Errors
    /// If it is not paused, or its destination is not verified.
    pub fn resume(&mut self) -> Result<(), NotAllowedError> {
        self.require(&[State::Paused], "resume", "paused")?;
        if self.verified_at.is_none() {
            return Err(NotAllowedError::NotVerified(self.id.clone()));
        }
        self.transition(State::Active);
        Ok(())
    }

    /// Any state but deleted → disabled; everything is kept for 30 days.
    ///
    /// # Errors
    /// If it is already disabled or deleted.
    pub fn disable(&mut self, now: Time) -> Result<(), NotAllowedError> {
        use State::{Active, Draft, Paused, Ready};
        self.require(&[Draft, Ready, Active, Paused], "disable", "draft, ready, active or paused")?;
        self.disabled_at = Some(now);
        self.transition(State::Disabled);
        Ok(())
    }

    /// Disabled → paused if it ever exported, else draft. To continue it must be verified, and resumed or
    /// activated.
    ///
    /// # Errors
    /// If it is not disabled, or was disabled more than 30 days ago.
    pub fn enable(&mut self, now: Time) -> Result<(), NotAllowedError> {
        self.require(&[State::Disabled], "enable", "disabled")?;
        if let Some(at) = self.disabled_at.filter(|at| now.since(*at) > DISABLED_RETENTION) {
            return Err(NotAllowedError::RetentionExpired { id: self.id.clone(), at });
        }
        self.disabled_at = None;
        self.verified_at = None;
        self.transition(if self.activated_at.is_some() { State::Paused } else { State::Draft });
        Ok(())
    }

    /// → deleted. Only the records are left; the customer loses undelivered parts.
    ///
    /// # Errors
    /// If it is still exporting, or already deleted.
    pub fn delete(&mut self) -> Result<(), NotAllowedError> {
        use State::{Disabled, Draft, Ready};
        self.require(&[Draft, Ready, Disabled], "delete", "draft, ready or disabled")?;
        self.transition(State::Deleted);
        Ok(())
    }

    /// Issues a new external ID. The current one stays valid until the new one is seen to work.
    ///
    /// # Errors
    /// If it is disabled or deleted.
    pub fn rotate_external_id(&mut self, new: ExternalId) -> Result<(), NotAllowedError> {
        use State::{Active, Draft, Paused, Ready};
        self.require(
            &[Draft, Ready, Active, Paused],
            "rotate-external-id",
            "draft, ready, active or paused",
        )?;
        self.next_external_id = Some(new);
        self.transition(self.state);
        Ok(())
    }

    fn transition(&mut self, state: State) {
        self.state = state;
        self.version += 1;
    }

    fn require(
        &self,
        states: &[State],
        verb: &'static str,
        needs: &'static str,
    ) -> Result<(), NotAllowedError> {
        if states.contains(&self.state) {
            return Ok(());
        }
        Err(NotAllowedError::WrongState { id: self.id.clone(), state: self.state.as_str(), verb, needs })
    }
}

#[cfg(test)]
mod tests;
