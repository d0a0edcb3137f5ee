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
mod tests {
    use archive::names::ConnectorId;

    use super::*;
    use crate::connector::Encryption;

    type Step = (&'static str, fn(&mut Connector) -> Result<(), NotAllowedError>);

    const NOW: Time = Time::LAST;

    fn destination(bucket: &str) -> S3Destination {
        S3Destination {
            role: "arn:aws:iam::222222222222:role/auditferry/AuditferryDelivery".parse().unwrap(),
            bucket: bucket.parse().unwrap(),
            region: "eu-central-1".parse().unwrap(),
            prefix: "audit".parse().unwrap(),
            encryption: Encryption::Default,
        }
    }

    fn draft() -> Connector {
        let id = ExternalId::new(1, 2);
        let mut draft = Connector::draft(ConnectorId::new(1), "acme".parse().unwrap(), id, Time::EPOCH);
        draft.connect(destination("acme-audit")).unwrap();
        draft
    }

    const STEPS: [Step; 9] = [
        ("verify", |c| c.mark_verified(NOW, &c.external_id.clone())),
        ("activate", |c| c.activate(NOW).map(drop)),
        ("pause", Connector::pause),
        ("resume", Connector::resume),
        ("connect", |c| c.connect(destination("other-audit"))),
        ("disable", |c| c.disable(NOW)),
        ("enable", |c| c.enable(NOW)),
        ("delete", Connector::delete),
        ("rotate", |c| c.rotate_external_id(ExternalId::new(5, 6))),
    ];

    /// The state after each transition from each state; `-` where it is not allowed.
    #[test]
    fn every_transition_leads_to_the_expected_state() {
        let reach: [(&str, &[usize]); 6] = [
            ("draft", &[]),
            ("ready", &[0]),
            ("active", &[0, 1]),
            ("paused", &[0, 1, 2]),
            ("disabled", &[0, 1, 5]),
            ("deleted", &[7]),
        ];
        let mut table = String::new();
        for (state, path) in reach {
            let mut from = draft();
            for step in path {
                STEPS[*step].1(&mut from).unwrap();
            }
            assert_eq!(from.state.as_str(), state);
            for (name, step) in STEPS {
                let mut after = from.clone();
                let end = step(&mut after).map_or("-", |()| after.state.as_str());
                table += &[state, name, end].join(" ");
                table.push('\n');
                assert!(
                    end == "-" || after.version == from.version + 1,
                    "{state} {name}: a change counts once"
                );
            }
        }
        insta::assert_snapshot!(table);
    }

    #[test]
    fn a_new_destination_gets_no_delivery_before_it_is_verified() {
        let mut connector = draft();
        assert_eq!(connector.activate(NOW), Err(NotAllowedError::NotVerified(connector.id.clone())));
        connector.mark_verified(NOW, &connector.external_id.clone()).unwrap();
        connector.activate(NOW).unwrap();
        connector.connect(destination("other-audit")).unwrap();
        assert_eq!((connector.state, connector.verified_at), (State::Paused, None));
        assert_eq!(connector.resume(), Err(NotAllowedError::NotVerified(connector.id.clone())));
        connector.mark_verified(NOW, &connector.external_id.clone()).unwrap();
        connector.resume().unwrap();
        assert_eq!(connector.state, State::Active);
    }

    #[test]
    fn a_connector_starts_now_or_earlier_and_never_in_the_future() {
        let now = Time::EPOCH + DISABLED_RETENTION;
        let mut ready = draft();
        ready.mark_verified(now, &ready.external_id.clone()).unwrap();
        let later = now + Duration::from_millis(1);
        for (start_from, since) in [
            (None, Ok(now)),
            (Some(Time::EPOCH), Ok(Time::EPOCH)),
            (Some(now), Ok(now)),
            (Some(later), Err(NotAllowedError::StartInFuture(later))),
        ] {
            assert_eq!(Connector { start_from, ..ready.clone() }.activate(now), since);
        }
    }

    #[test]
    fn an_unsafe_destination_stops_delivery() {
        let mut connector = draft();
        let seen = connector.external_id.clone();
        connector.mark_verified(NOW, &seen).unwrap();
        connector.refuse_destination();
        assert_eq!((connector.state, connector.verified_at), (State::Draft, None));
        connector.mark_verified(NOW, &seen).unwrap();
        connector.activate(NOW).unwrap();
        let version = connector.version;
        connector.refuse_destination();
        assert_eq!((connector.state, connector.verified_at), (State::Paused, None));
        assert_eq!(connector.version, version + 1);
        connector.disable(NOW).unwrap();
        connector.refuse_destination();
        assert_eq!(connector.state, State::Disabled);
    }

    #[test]
    fn the_old_external_id_is_retired_only_when_the_new_one_has_worked() {
        let mut connector = draft();
        let (old, new) = (connector.external_id.clone(), ExternalId::new(5, 6));
        connector.rotate_external_id(new.clone()).unwrap();
        connector.mark_verified(NOW, &old).unwrap();
        assert_eq!(connector.external_ids().collect::<Vec<_>>(), [&new, &old]);
        connector.mark_verified(NOW, &new).unwrap();
        assert_eq!(connector.external_ids().collect::<Vec<_>>(), [&new]);
    }

    #[test]
    fn a_disabled_connector_can_be_enabled_for_thirty_days() {
        let mut connector = draft();
        connector.disable(Time::EPOCH).unwrap();
        let late = Time::EPOCH + DISABLED_RETENTION + Duration::from_millis(1);
        assert!(matches!(connector.clone().enable(late), Err(NotAllowedError::RetentionExpired { .. })));
        connector.enable(Time::EPOCH + DISABLED_RETENTION).unwrap();
        assert_eq!(connector.state, State::Draft);
    }
}
