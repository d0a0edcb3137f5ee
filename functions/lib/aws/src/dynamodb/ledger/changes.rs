//! A change of a connector's settings: the settings, the change record, the first cursor, the budget use and
//! the claims, in one transaction.

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use ports::{BoxError, PortError, SaveAnswer, Saved};
use protocol::budget::{Budget, Spending};
use protocol::connector::Change;
use protocol::cursor::Cursor;

use super::budgets::is_counted;
use super::claims::ClaimOutcome;
use super::expression::{names, number, values};
use super::keys::{self, Item, PK};
use super::write_outcome::{TransactionOutcome, classify_transaction};
use super::{DynamoLedger, records};
use crate::port_error::port_error;

/// How many attempts a change has. Of that many concurrent claims in one bucket, each round commits one.
pub(super) const MAX_ATTEMPTS: u32 = 8;

/// The meaning of a write's condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Guard {
    /// The settings still have the version that the change started from.
    Version,
    /// This much of the budget is left.
    Budget(Budget),
    /// The role is used by no other tenant.
    Role,
    /// The bucket's claims have not changed since they were read.
    Bucket,
}

/// A write and the meaning of its condition.
#[derive(Debug, Clone)]
pub(super) struct GuardedWrite {
    pub(super) guard: Guard,
    pub(super) write: TransactWriteItem,
}

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
            let mut request = self.client.transact_write_items();
            for GuardedWrite { write, .. } in &writes {
                request = request.transact_items(write.clone());
            }
            match classify_transaction(what, request.send().await)? {
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
        Err(PortError::Transient { what, source: cause })
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
        let get = self.client.get_item().table_name(&self.table).consistent_read(true);
        let key = keys::key(&change.after.id, &keys::change(change.version));
        let answer = get.set_key(Some(key)).send().await;
        let answer = answer.map_err(|error| port_error("reading back a change record", error))?;
        answer.item.map(records::parse_change).transpose()
    }

    /// The writes to the connector's own partition.
    fn own_writes(&self, change: &Change, cursor: Option<&Cursor>) -> Result<Vec<GuardedWrite>, PortError> {
        let settings = records::connector_item(&change.after)?;
        let settings = match &change.before {
            None => self.put_if_absent(settings)?,
            // A second worker that read the same version fails.
            Some(before) => Put::builder()
                .table_name(&self.table)
                .set_item(Some(settings))
                .condition_expression("#version = :before")
                .set_expression_attribute_names(Some(names(["version"])))
                .set_expression_attribute_values(Some(values([(":before", number(before.version))])))
                .build()
                .map_err(build_error)?,
        };
        let mut puts = vec![settings, self.put_if_absent(records::change_item(change)?)?];
        if let Some(cursor) = cursor {
            // An active connector always has a cursor, and an existing one is never reset to its start.
            puts.push(self.put_if_absent(records::cursor_item(&change.after.id, cursor)?)?);
        }
        let guarded = |put| GuardedWrite {
            guard: Guard::Version,
            write: TransactWriteItem::builder().put(put).build(),
        };
        Ok(puts.into_iter().map(guarded).collect())
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

    /// A second worker finds the item and fails.
    fn put_if_absent(&self, item: Item) -> Result<Put, PortError> {
        Put::builder()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(#pk)")
            .set_expression_attribute_names(Some(names([PK])))
            .build()
            .map_err(build_error)
    }
}

/// The failed condition with the highest priority: a stale change is stale, whatever else failed.
fn failed_guard(writes: &[GuardedWrite], failed: &[usize]) -> Guard {
    let guards = failed.iter().filter_map(|index| writes.get(*index)).map(|write| write.guard);
    guards.min().unwrap_or(Guard::Bucket)
}

pub(super) fn build_error(source: BuildError) -> PortError {
    PortError::Bug { what: "building a transaction", source: Box::new(source) }
}
