//! A change of a connector's settings: the settings, the change record, the first cursor, the budget use and
//! the claims, in one transaction.

use ports::{BoxError, PortError, SaveAnswer, Saved};
use protocol::budget::{Budget, Spending};
use protocol::connector::Change;
use protocol::cursor::Cursor;

use super::budgets::is_counted;
use super::claims::ClaimOutcome;
use super::expression::{Check, number};
use super::guard::{Guard, GuardedWrite, failed_guard};
use super::keys::{self, VERSION};
use super::write::Put;
use super::write_outcome::TransactionOutcome;
use super::write_requests::MAX_ATTEMPTS;
use super::{DynamoLedger, records};

impl DynamoLedger {
    /// Of two workers that change the same version one commits. The other fails on the settings' version, and
    /// the answer is `Stale`.
    pub(super) async fn commit_change(
        &self,
        what: &'static str,
        change: &Change,
        cursor: Option<&Cursor>,
        spends: &[Spending],
    ) -> Result<SaveAnswer, PortError> {
        let mut own = self.own_writes(change, cursor)?;
        own.extend(self.budget_writes(change, spends)?);
        let mut cause: BoxError = "other claims in the same bucket came first on every attempt".into();
        for _ in 0..MAX_ATTEMPTS {
            let mut writes = own.clone();
            match self.claim_writes(change).await? {
                ClaimOutcome::Writes(claims) => writes.extend(claims),
                ClaimOutcome::AlreadyOwned(owned) => {
                    return self.resolve_refusal(change, SaveAnswer::AlreadyOwned(owned)).await;
                }
            }
            let requested = writes.iter().map(|GuardedWrite { write, .. }| write.clone()).collect();
            match self.transact(what, requested).await? {
                TransactionOutcome::Committed => return Ok(SaveAnswer::Saved(Saved::Stored)),
                TransactionOutcome::ConditionsFailed(failed) => match failed_guard(&writes, &failed) {
                    Guard::Version => {
                        return self.resolve_refusal(change, SaveAnswer::Saved(Saved::Stale)).await;
                    }
                    Guard::Budget(budget) => {
                        return self.resolve_refusal(change, SaveAnswer::Exhausted(budget)).await;
                    }
                    Guard::Role => {
                        let owned = SaveAnswer::AlreadyOwned(protocol::connector::OwnedResource::Role);
                        return self.resolve_refusal(change, owned).await;
                    }
                    Guard::Bucket => {}
                },
                // Unknown whether it was committed. If it was, its record exists, now or once the next
                // attempt has failed.
                TransactionOutcome::Conflict(lost) | TransactionOutcome::Unknown(lost) => {
                    if self.recorded_change(change).await?.as_ref() == Some(change) {
                        return Ok(SaveAnswer::Saved(Saved::Stored));
                    }
                    cause = lost;
                }
            }
        }
        Err(PortError::transient(what, cause))
    }

    /// The meaning of a failed condition. If the record of this version is ours, an earlier attempt was
    /// committed and its response lost. If it is someone else's, they were faster, whichever condition
    /// failed. If there is none, `answer` is returned.
    async fn resolve_refusal(&self, change: &Change, answer: SaveAnswer) -> Result<SaveAnswer, PortError> {
        Ok(match self.recorded_change(change).await? {
            Some(recorded) if recorded == *change => SaveAnswer::Saved(Saved::Stored),
            Some(_) => SaveAnswer::Saved(Saved::Stale),
            None => answer,
        })
    }

    /// The record of the version that a change creates.
    async fn recorded_change(&self, change: &Change) -> Result<Option<Change>, PortError> {
        let key = keys::key(&change.after.id, &keys::change(change.version));
        let item = self.get_item("reading back a change record", key).await?;
        item.map(records::parse_change).transpose()
    }

    /// The writes to the connector's own partition.
    fn own_writes(&self, change: &Change, cursor: Option<&Cursor>) -> Result<Vec<GuardedWrite>, PortError> {
        let settings = records::connector_item(&change.after)?;
        let settings = match &change.before {
            None => Put::if_absent(settings),
            // A second worker that read the same version fails.
            Some(before) => Put::of(settings).when(Check::Equal(VERSION, number(before.version))),
        };
        // A second worker finds the record of this version and fails.
        let mut puts = vec![settings, Put::if_absent(records::change_item(change)?)];
        if let Some(cursor) = cursor {
            // An active connector always has a cursor, and an existing one is never reset to its start.
            puts.push(Put::if_absent(records::cursor_item(&change.after.id, cursor)?));
        }
        let guarded = |put| Ok(GuardedWrite { guard: Guard::Version, write: self.transact_put(put)? });
        puts.into_iter().map(guarded).collect()
    }

    /// The writes to the budget counters: what the change uses, and how many connectors the tenant has.
    fn budget_writes(&self, change: &Change, spends: &[Spending]) -> Result<Vec<GuardedWrite>, PortError> {
        let mut writes = Vec::new();
        for spending in spends {
            writes.push(GuardedWrite {
                guard: Guard::Budget(spending.budget),
                write: self.spend_write(spending)?,
            });
        }
        let (before, after) = (change.before.as_ref().is_some_and(is_counted), is_counted(&change.after));
        let is_limited = spends.iter().any(|spending| spending.budget == Budget::Connectors);
        // A transaction may write an item only once.
        if before != after && !is_limited {
            let write = self.connector_count_write(&change.after.tenant, after)?;
            writes.push(GuardedWrite { guard: Guard::Version, write });
        }
        Ok(writes)
    }
}
