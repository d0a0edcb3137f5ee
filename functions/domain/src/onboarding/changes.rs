//! Changing, which leaves a record.

use std::fmt;
use std::time::Duration;

use super::spending::exhausted_error;
use super::{ChangeResult, ConnectorView, Onboarding, OnboardingError};
use crate::budget::{Budget, BudgetScope, Spending};
use crate::connector::{Caller, Change, Connector, NotAllowedError, Verb};
use crate::cursor::Cursor;
use crate::names::{ConnectorId, IdempotencyKey};
use crate::notice::Notice;
use crate::ports::{RunAnswer, SaveAnswer, Saved};
use crate::time::Time;

/// How often a change without a version of its own is tried against other writers.
const MAX_ATTEMPTS: u32 = 4;
const SECOND: Duration = Duration::from_secs(1);

/// What a deletion takes away.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct DeletionLoss {
    /// Parts that were sealed and never delivered.
    pub undelivered_parts: u64,
    /// Events from this time on were never sealed.
    pub unsealed_from: Option<Time>,
}

impl fmt::Display for DeletionLoss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = self.undelivered_parts;
        write!(f, "sealed parts that were not delivered and would be lost: {parts}")?;
        match self.unsealed_from {
            Some(from) => write!(f, "; events from {from} on would not be exported"),
            None => Ok(()),
        }
    }
}

impl Onboarding {
    /// Stops delivery; sealing goes on.
    ///
    /// # Errors
    /// As the state allows.
    pub async fn pause(&self, caller: &Caller, id: &ConnectorId, if_match: Option<u64>) -> ChangeResult {
        self.change(caller, id, if_match, Verb::Pause, Connector::pause).await
    }

    /// Stops everything, and keeps everything for 30 days.
    ///
    /// # Errors
    /// As the state allows.
    pub async fn disable(&self, caller: &Caller, id: &ConnectorId, if_match: Option<u64>) -> ChangeResult {
        let now = self.clock.now();
        self.change(caller, id, if_match, Verb::Disable, |connector| connector.disable(now)).await
    }

    /// Takes a disabled connector back; it is paused then, or a draft if it never exported.
    ///
    /// # Errors
    /// As the state allows.
    pub async fn enable(&self, caller: &Caller, id: &ConnectorId, if_match: Option<u64>) -> ChangeResult {
        let now = self.clock.now();
        let enabled =
            self.change(caller, id, if_match, Verb::Enable, |connector| connector.enable(now)).await?;
        if enabled.activated_at.is_some() {
            self.run_prepaid(caller, id).await?;
        }
        Ok(enabled)
    }

    /// What a deletion would take away.
    ///
    /// # Errors
    /// As for [`Self::read`].
    pub async fn deletion_loss(
        &self,
        caller: &Caller,
        id: &ConnectorId,
    ) -> Result<DeletionLoss, OnboardingError> {
        let cursor = self.read(caller, id).await?.cursor;
        Ok(DeletionLoss {
            undelivered_parts: cursor.as_ref().map_or(0, |c| c.next.previous().get() - c.delivered.get()),
            unsealed_from: cursor.map(|cursor| cursor.watermark),
        })
    }

    /// Deletes a connector: role and destination are free again, the records stay. What would be lost must be accepted,
    /// and is told with the deletion.
    ///
    /// # Errors
    /// As the state allows; [`OnboardingError::WouldLose`] if something would be lost and `accepts_loss` is not set.
    pub async fn delete(
        &self,
        caller: &Caller,
        id: &ConnectorId,
        if_match: Option<u64>,
        accepts_loss: bool,
    ) -> Result<(Connector, DeletionLoss), OnboardingError> {
        let lost = self.deletion_loss(caller, id).await?;
        if !accepts_loss && lost != DeletionLoss::default() {
            // Nobody should accept a loss only to hear that the state forbids it.
            self.read_version(caller, id, if_match).await?.connector.delete()?;
            return Err(OnboardingError::LossNotAccepted(lost));
        }
        let deleted = self.change(caller, id, if_match, Verb::Delete, Connector::delete).await?;
        Ok((deleted, lost))
    }

    /// Deletes a connector whose 30 days are over; nobody could have taken it back any more.
    ///
    /// # Errors
    /// If they are not over; if the ledger fails.
    pub async fn expire(&self, id: &ConnectorId) -> ChangeResult {
        let now = self.clock.now();
        self.change(&Caller::System, id, None, Verb::Delete, |connector| connector.expire(now)).await
    }

    /// Issues a new external ID; the one in use stays valid until a verification sees the new one work.
    ///
    /// # Errors
    /// As the state allows.
    pub async fn rotate_external_id(
        &self,
        caller: &Caller,
        id: &ConnectorId,
        if_match: Option<u64>,
    ) -> ChangeResult {
        let new = self.new_external_id();
        let apply = |connector: &mut Connector| connector.rotate_external_id(new.clone());
        self.change(caller, id, if_match, Verb::RotateExternalId, apply).await
    }

    /// Asks for a run now, up to now less the settle time, and returns that time. Asked again with the same key, it asks
    /// for none, uses nothing of the budget, and returns what it returned: whoever missed the answer may ask again. The
    /// connector remembers the last key.
    ///
    /// # Errors
    /// If the connector exports nothing, has another version than `if_match`, or too many runs were asked for within the
    /// hour; if the ledger fails.
    pub async fn run(
        &self,
        caller: &Caller,
        id: &ConnectorId,
        if_match: Option<u64>,
        key: Option<&IdempotencyKey>,
    ) -> Result<Time, OnboardingError> {
        let view = self.read_version(caller, id, if_match).await?;
        let spends = self.spending(caller, Budget::Runs, BudgetScope::Connector(id.clone()), 1)?;
        self.request_run(view, key, spends.as_slice()).await
    }

    /// A run that follows from something else that was asked for, which has been spent for.
    pub(super) async fn run_prepaid(&self, caller: &Caller, id: &ConnectorId) -> Result<(), OnboardingError> {
        let view = self.read(caller, id).await?;
        self.request_run(view, None, &[]).await.map(drop)
    }

    async fn request_run(
        &self,
        ConnectorView { connector, cursor }: ConnectorView,
        key: Option<&IdempotencyKey>,
        spends: &[Spending],
    ) -> Result<Time, OnboardingError> {
        let refused = || {
            let (id, state) = (connector.id.clone(), connector.state.as_str());
            NotAllowedError::WrongState { id, state, verb: "run", needs: "active or paused" }
        };
        if !connector.is_exporting() {
            return Err(refused().into());
        }
        let now = self.clock.now();
        let watermark = cursor.map_or(Time::EPOCH, |cursor| cursor.watermark);
        // On a whole second, so that it lies on the grain of every form of sort key.
        let cut = (now - self.timing.settle).floor(SECOND).max(watermark);
        let key = key.map(IdempotencyKey::as_str);
        match self.connectors.request_run(&connector.id, now, cut, key, spends).await? {
            RunAnswer::Requested(cut) => Ok(cut),
            RunAnswer::NotActivated => Err(refused().into()),
            RunAnswer::Exhausted(budget) => Err(exhausted_error(budget, spends)),
        }
    }

    /// Applies a change to what is stored and stores it with its record and with what it uses of the budgets. Without
    /// `if_match` it is applied again to whatever another writer has stored meanwhile.
    pub(super) async fn change(
        &self,
        caller: &Caller,
        id: &ConnectorId,
        if_match: Option<u64>,
        verb: Verb,
        apply: impl Fn(&mut Connector) -> Result<(), NotAllowedError> + Send,
    ) -> ChangeResult {
        let spends = |after: &Connector| self.spends(caller, verb, after);
        Ok(self.change_spending((caller, id, if_match, verb), apply, spends).await?.1)
    }

    /// The same, with other uses of the budgets, which follow from the connector as it will be; returns what it was, too.
    pub(super) async fn change_spending(
        &self,
        (caller, id, if_match, verb): (&Caller, &ConnectorId, Option<u64>, Verb),
        apply: impl Fn(&mut Connector) -> Result<(), NotAllowedError> + Send,
        spends: impl Fn(&Connector) -> Result<Vec<Spending>, OnboardingError> + Send,
    ) -> Result<(Connector, Connector), OnboardingError> {
        for _ in 0..MAX_ATTEMPTS {
            let before = self.read_version(caller, id, if_match).await?.connector;
            let mut after = before.clone();
            apply(&mut after)?;
            if after == before {
                return Ok((before, after));
            }
            let cursor = self.first_cursor(&before, &after);
            let change = self.change_record(caller, verb, Some(before.clone()), &after);
            let spends = spends(&after)?;
            match self.connectors.save(&change, cursor.as_ref(), &spends).await? {
                SaveAnswer::Saved(Saved::Stored) => {
                    self.publish(&change).await;
                    return Ok((before, after));
                }
                SaveAnswer::AlreadyOwned(taken) => return Err(OnboardingError::Taken(taken)),
                SaveAnswer::Exhausted(budget) => return Err(exhausted_error(budget, &spends)),
                SaveAnswer::Saved(Saved::Stale) => {}
            }
        }
        let current = self.read(caller, id).await?.connector.version;
        Err(OnboardingError::Stale { id: id.clone(), current })
    }

    /// The cursor that an activation makes.
    fn first_cursor(&self, before: &Connector, after: &Connector) -> Option<Cursor> {
        let activated_at = after.activated_at.filter(|_| before.activated_at.is_none())?;
        let since = after.start_from.unwrap_or(activated_at);
        let next_run_at = after.window_schedule()?.due(since, None, self.timing.settle);
        Some(Cursor::new(since, activated_at, next_run_at))
    }

    pub(super) fn change_record(
        &self,
        caller: &Caller,
        what: Verb,
        before: Option<Connector>,
        after: &Connector,
    ) -> Change {
        let at = self.clock.now();
        Change { version: after.version, at, by: caller.clone(), what, before, after: after.clone() }
    }

    /// A bus that does not answer undoes nothing: the change is stored, with its record, and that is the truth. What
    /// the bus did not take is told and counted by the bus that the wiring gives (`adapters::noted_bus`).
    pub(super) async fn publish(&self, change: &Change) {
        let notice = Notice::changed(change);
        drop(self.bus.publish(&notice).await);
    }
}
