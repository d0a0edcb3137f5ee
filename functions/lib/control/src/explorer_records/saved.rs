//! Saving, listing, changing and deleting explorations. All people of a tenant share them.
//!
//! With an idempotency key the ID is derived from tenant and key, so two workers with one key save one
//! exploration. A key stands for its exploration also once that is deleted, as long as the record of the
//! deletion is kept, about a day: a request that arrives late brings nothing back.

use archive::names::{IdempotencyKey, TenantId};
use ports::{ExplorationAnswer, PortError};
use protocol::budget::{Budget, BudgetScope, Spending};
use protocol::connector::State;
use protocol::exploration::{
    ExplorationChange, ExplorationId, MAX_EXPLORATIONS, NewExploration, SavedExploration,
};
use sha2::{Digest, Sha256 as Hasher};

use super::{ExplorerCaller, ExplorerRecords, ExplorerRecordsError, require_access};
use crate::budget::BudgetExhaustedError;

/// How many IDs are tried, and how often a change without a version is applied to a newer one.
const MAX_ATTEMPTS: u32 = 4;

/// The exploration after a stored change.
type SavedResult = Result<SavedExploration, ExplorerRecordsError>;

impl ExplorerRecords {
    /// Saves an exploration. With an idempotency key, returns the one that the key has saved already, as it
    /// is by now.
    ///
    /// # Errors
    /// If the caller can't access the tenant, the tenant has no such connector or as many explorations as it
    /// may have, a budget is used up, the key was used with other values or its exploration is deleted, or
    /// the ledger fails.
    pub async fn save(
        &self,
        by: &ExplorerCaller,
        new: NewExploration,
        key: Option<&IdempotencyKey>,
    ) -> SavedResult {
        require_access(by, &new.tenant)?;
        self.require_connector(&new).await?;
        let tenant = new.tenant.clone();
        let request = key.map(|_| new.fingerprint());
        let now = self.clock.now();
        let spends: Vec<_> = self.spending(by, &tenant).into_iter().collect();
        for _ in 0..MAX_ATTEMPTS {
            let id = ExplorationId::new(match key {
                Some(key) => derive_id(&tenant, key),
                None => self.rng.next_u64(),
            });
            let draft = SavedExploration::new(id, new.clone(), request, by.caller().clone(), now);
            match self.saved.create_exploration(&draft, MAX_EXPLORATIONS, &spends).await? {
                ExplorationAnswer::Created => return Ok(draft),
                ExplorationAnswer::Exists if key.is_some() => {
                    // `None`: what the key has saved was deleted a day ago, and its record has just expired.
                    if let Some(replayed) = self.replay(&draft).await? {
                        return Ok(replayed);
                    }
                }
                ExplorationAnswer::Exists => {}
                // A key that has saved something is no new exploration, whatever the limits.
                refused => {
                    let replayed = if key.is_some() { self.replay(&draft).await? } else { None };
                    return replayed.ok_or_else(|| refusal(refused, tenant, &spends));
                }
            }
        }
        let source = "the ID of a new exploration was taken at each attempt";
        Err(PortError::transient("saving an exploration", source).into())
    }

    /// All explorations of a tenant, by name.
    ///
    /// # Errors
    /// If the caller can't access the tenant, or the ledger fails.
    pub async fn list(
        &self,
        by: &ExplorerCaller,
        tenant: &TenantId,
    ) -> Result<Vec<SavedExploration>, ExplorerRecordsError> {
        require_access(by, tenant)?;
        let mut found = self.saved.explorations(tenant).await?;
        found.sort_by_cached_key(|one| (one.name.as_str().to_lowercase(), one.created_at, one.id.clone()));
        Ok(found)
    }

    /// One exploration of a tenant.
    ///
    /// # Errors
    /// If the caller can't access the tenant, it has no such exploration, or the ledger fails.
    pub async fn read(&self, by: &ExplorerCaller, tenant: &TenantId, id: &ExplorationId) -> SavedResult {
        require_access(by, tenant)?;
        let found = self.saved.exploration(tenant, id).await?;
        let found = found.filter(|exploration| exploration.deleted.is_none());
        found.ok_or_else(|| ExplorerRecordsError::NotFound(id.clone()))
    }

    /// Changes an exploration: its name, filter, columns or chart. Idempotent. With a version, only that
    /// version is changed; without one, what is stored by then.
    ///
    /// # Errors
    /// If the caller can't access the tenant, it has no such exploration, someone else was faster, or the
    /// ledger fails.
    pub async fn change(
        &self,
        by: &ExplorerCaller,
        (tenant, id): (&TenantId, &ExplorationId),
        if_match: Option<u64>,
        change: &ExplorationChange,
    ) -> SavedResult {
        let now = self.clock.now();
        for _ in 0..MAX_ATTEMPTS {
            let before = self.read(by, tenant, id).await?;
            let Some(after) = before.changed(change.clone(), now) else { return Ok(before) };
            require_version(&before, if_match)?;
            if self.saved.store_exploration(&after).await? {
                return Ok(after);
            }
            // Another writer was faster, or this very change is stored and its answer was lost.
            let stored = self.read(by, tenant, id).await?;
            if stored == after {
                return Ok(after);
            }
        }
        Err(self.stale(by, tenant, id).await)
    }

    /// Deletes an exploration. Idempotent as long as the record of the deletion is kept.
    ///
    /// # Errors
    /// If the caller can't access the tenant, it has no such exploration, someone else was faster, or the
    /// ledger fails.
    pub async fn delete(
        &self,
        by: &ExplorerCaller,
        (tenant, id): (&TenantId, &ExplorationId),
        if_match: Option<u64>,
    ) -> Result<(), ExplorerRecordsError> {
        require_access(by, tenant)?;
        let now = self.clock.now();
        for _ in 0..MAX_ATTEMPTS {
            let found = self.saved.exploration(tenant, id).await?;
            let before = found.ok_or_else(|| ExplorerRecordsError::NotFound(id.clone()))?;
            let Some(after) = before.delete(by.caller().clone(), now) else { return Ok(()) };
            require_version(&before, if_match)?;
            if self.saved.store_exploration(&after).await? {
                return Ok(());
            }
        }
        Err(self.stale(by, tenant, id).await)
    }

    /// What a key has saved already, if the request is the same.
    async fn replay(
        &self,
        draft: &SavedExploration,
    ) -> Result<Option<SavedExploration>, ExplorerRecordsError> {
        match self.saved.exploration(&draft.tenant, &draft.id).await? {
            None => Ok(None),
            Some(stored) if stored.request != draft.request => {
                Err(ExplorerRecordsError::KeyReused(draft.id.clone()))
            }
            Some(stored) if stored.deleted.is_some() => Err(ExplorerRecordsError::KeyEnded(draft.id.clone())),
            Some(stored) => Ok(Some(stored)),
        }
    }

    /// Refuses a connector that the tenant does not have. Which other tenant has it is never said.
    async fn require_connector(&self, new: &NewExploration) -> Result<(), ExplorerRecordsError> {
        let Some(id) = &new.connector else { return Ok(()) };
        match self.connectors.get(id).await? {
            Some((connector, _)) if connector.tenant == new.tenant && connector.state != State::Deleted => {
                Ok(())
            }
            _ => Err(ExplorerRecordsError::NoConnector(id.clone())),
        }
    }

    /// What a new exploration takes of the tenant's budget of changes: it leaves a record for a day even if
    /// it is deleted at once. `None` if the budget does not limit the caller.
    fn spending(&self, by: &ExplorerCaller, tenant: &TenantId) -> Option<Spending> {
        let party = Budget::Changes.party(by.caller())?;
        Some(Spending {
            budget: Budget::Changes,
            scope: BudgetScope::Tenant(tenant.clone()),
            party,
            amount: 1,
            limit: self.budgets.limit(Budget::Changes),
            now: self.clock.now(),
        })
    }

    /// The error of a change that others were faster than at each attempt.
    async fn stale(
        &self,
        by: &ExplorerCaller,
        tenant: &TenantId,
        id: &ExplorationId,
    ) -> ExplorerRecordsError {
        match self.read(by, tenant, id).await {
            Ok(stored) => ExplorerRecordsError::Stale { id: id.clone(), current: stored.version },
            Err(error) => error,
        }
    }
}

/// Refuses a change of a version that is not the stored one.
fn require_version(before: &SavedExploration, if_match: Option<u64>) -> Result<(), ExplorerRecordsError> {
    match if_match {
        Some(version) if version != before.version => {
            Err(ExplorerRecordsError::Stale { id: before.id.clone(), current: before.version })
        }
        _ => Ok(()),
    }
}

/// The error of a new exploration that is not stored.
fn refusal(answer: ExplorationAnswer, tenant: TenantId, spends: &[Spending]) -> ExplorerRecordsError {
    match spends {
        [spending, ..] if answer == ExplorationAnswer::Exhausted => {
            BudgetExhaustedError::from(spending).into()
        }
        _ => ExplorerRecordsError::Full(tenant),
    }
}

/// 64 bits of a hash over tenant and key. Neither contains the byte between them.
fn derive_id(tenant: &TenantId, key: &IdempotencyKey) -> u64 {
    let mut hasher = Hasher::new();
    hasher.update(tenant.as_str());
    hasher.update([0xff]);
    hasher.update(key.as_str());
    let digest: [u8; 32] = hasher.finalize().into();
    digest.first_chunk().map_or(0, |first| u64::from_be_bytes(*first))
}
