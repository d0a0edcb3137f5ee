//! Changes of a connector, each with its record.

use std::fmt;
use std::time::Duration;

use archive::names::{ConnectorId, IdempotencyKey};
use archive::time::Time;
use ports::{RunAnswer, SaveAnswer, Saved};
use protocol::budget::{Budget, BudgetScope, Spending};
use protocol::caller::Caller;
use protocol::connector::{Change, Connector, NotAllowedError, Verb};
use protocol::cursor::Cursor;
use protocol::notice::Notice;

use super::spending::exhausted_error;
use super::{ChangeResult, ConnectorView, Onboarding, OnboardingError};

/// The maximum number of attempts of a change without `if_match` against concurrent writers.
const MAX_ATTEMPTS: u32 = 4;
const SECOND: Duration = Duration::from_secs(1);

/// What a deletion would lose.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct DeletionLoss {
    /// The number of sealed parts that were never delivered.
    pub undelivered_parts: u64,
    /// Events from this time on were never sealed.
    pub unsealed_from: Option<Time>,
}

impl fmt::Display for DeletionLoss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = self.undelivered_parts;
        write!(f, "undelivered sealed parts that would be lost: {parts}")?;
        match self.unsealed_from {
            Some(from) => write!(f, "; events from {from} on would not be exported"),
            None => Ok(()),
        }
    }
}

impl Onboarding {
    /// Stops delivery; sealing continues.
    ///
    /// # Errors
    /// If the state does not allow it, the version is not `if_match`, or the ledger fails.
    pub async fn pause(&self, caller: &Caller, id: &ConnectorId, if_match: Option<u64>) -> ChangeResult {
        self.change(caller, id, if_match, Verb::Pause, Connector::pause).await
    }

    /// Stops everything, and keeps everything for 30 days.
    ///
    /// # Errors
    /// As for [`Self::pause`].
    pub async fn disable(&self, caller: &Caller, id: &ConnectorId, if_match: Option<u64>) -> ChangeResult {
        let now = self.clock.now();
        self.change(caller, id, if_match, Verb::Disable, |connector| connector.disable(now)).await
    }

    /// Enables a disabled connector again; it becomes paused, or a draft if it never exported.
    ///
    /// # Errors
    /// As for [`Self::pause`].
    pub async fn enable(&self, caller: &Caller, id: &ConnectorId, if_match: Option<u64>) -> ChangeResult {
        let now = self.clock.now();
        let enabled =
            self.change(caller, id, if_match, Verb::Enable, |connector| connector.enable(now)).await?;
        if enabled.activated_at.is_some() {
            self.run_prepaid(caller, id).await?;
        }
        Ok(enabled)
    }

    /// What a deletion would lose.
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

    /// Deletes a connector: role and destination are released, the records stay. The caller must accept what
    /// would be lost, which is returned.
    ///
    /// # Errors
    /// As for [`Self::pause`]; [`OnboardingError::LossNotAccepted`] if something would be lost and
    /// `accepts_loss` is not set.
    pub async fn delete(
        &self,
        caller: &Caller,
        id: &ConnectorId,
        if_match: Option<u64>,
        accepts_loss: bool,
    ) -> Result<(Connector, DeletionLoss), OnboardingError> {
        let lost = self.deletion_loss(caller, id).await?;
        if !accepts_loss && lost != DeletionLoss::default() {
            // A caller should not accept a loss only to learn that the state forbids the deletion.
            self.read_version(caller, id, if_match).await?.connector.delete()?;
            return Err(OnboardingError::LossNotAccepted(lost));
        }
        let deleted = self.change(caller, id, if_match, Verb::Delete, Connector::delete).await?;
        Ok((deleted, lost))
    }

    /// Deletes a connector whose 30 days are over and that can no longer be enabled.
    ///
    /// # Errors
    /// If they are not over; if the ledger fails.
    pub async fn expire(&self, id: &ConnectorId) -> ChangeResult {
        let now = self.clock.now();
        self.change(&Caller::System, id, None, Verb::Delete, |connector| connector.expire(now)).await
    }

    /// Issues a new external ID; the current one stays valid until a connection check passes with the new
    /// one.
    ///
    /// # Errors
    /// As for [`Self::pause`].
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

    /// Requests a run now, up to now less the settle time, and returns that time. A repeated request with the
    /// same key changes nothing, spends no budget, and returns the same time, so it is safe to retry. The
    /// connector stores only the last key.
    ///
    /// # Errors
    /// If the connector exports nothing, its version is not `if_match`, or the budget of runs is used up; if
    /// the ledger fails.
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

    /// A run that follows from another operation, which has paid for it.
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
        // A whole second, so that every form of sort key can express it.
        let cut = (now - self.timing.settle).floor(SECOND).max(watermark);
        let key = key.map(IdempotencyKey::as_str);
        match self.connectors.request_run(&connector.id, now, cut, key, spends).await? {
            RunAnswer::Requested(cut) => Ok(cut),
            RunAnswer::NotActivated => Err(refused().into()),
            RunAnswer::Exhausted(budget) => Err(exhausted_error(budget, spends)),
        }
    }

    /// Applies a change to the stored connector and stores it with its record and its spending. Without
    /// `if_match` it is applied again to whatever a concurrent writer has stored.
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

    /// The same, with spending that depends on the changed connector. Returns the connector before and after.
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
                SaveAnswer::AlreadyOwned(resource) => return Err(OnboardingError::AlreadyOwned(resource)),
                SaveAnswer::Exhausted(budget) => return Err(exhausted_error(budget, &spends)),
                SaveAnswer::Saved(Saved::Stale) => {}
            }
        }
        let current = self.read(caller, id).await?.connector.version;
        Err(OnboardingError::Stale { id: id.clone(), current })
    }

    /// The cursor that an activation creates.
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

    /// An unavailable bus undoes nothing: the change is stored with its record, which is authoritative. The
    /// bus adapter logs and counts what was not published (`aws::eventbridge::observed_bus`).
    pub(super) async fn publish(&self, change: &Change) {
        let notice = Notice::changed(change);
        drop(self.bus.publish(&notice).await);
    }
}
