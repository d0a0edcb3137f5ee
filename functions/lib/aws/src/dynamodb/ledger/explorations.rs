//! The explorations that a tenant's people save, and their number.
//!
//! | item | `pk` | `sk` | contains |
//! |---|---|---|---|
//! | exploration | `EXPLORE#T#<tenant>` | `SAVED#<exploration>` | the exploration, `version` |
//! | their number | `EXPLORE#T#<tenant>` | `COUNT` | `saved`, those that are not deleted |
//!
//! Searches and downloads are in the same partition (`explorer_log.rs`). No function may delete an item, so a
//! deleted exploration is a record without what it searched for, which the table's time to live
//! (`expires_at`) deletes after a day. DynamoDB deletes in its own time, so nothing here rests on an item
//! being gone.

use archive::names::TenantId;
use async_trait::async_trait;
use aws_sdk_dynamodb::types::TransactWriteItem;
use ports::{BoxError, ExplorationAnswer, PortError, SavedExplorations};
use protocol::budget::Spending;
use protocol::exploration::{ExplorationId, SavedExploration};

use super::DynamoLedger;
use super::expression::{Check, number, signed, text};
use super::keys::{Item, SK, VERSION};
use super::record_items::{expiring, key, state, with_state};
use super::write::{Put, Update};
use super::write_outcome::TransactionOutcome;
use super::write_requests::MAX_ATTEMPTS;

const CREATING: &str = "storing a new exploration";
const READING: &str = "reading an exploration";
const STORING: &str = "storing an exploration";
const DELETING: &str = "deleting an exploration";
const LISTING: &str = "listing explorations";

/// The attribute of the number.
const SAVED: &str = "saved";
const SAVED_PREFIX: &str = "SAVED#";
/// Sorts after each ID.
const AFTER_IDS: &str = "~";

/// The partition of all that a tenant's explorer stores. No prefix of another partition is its prefix.
pub(super) fn explorer_partition(tenant: &TenantId) -> String {
    format!("EXPLORE#T#{tenant}")
}

fn exploration_key(tenant: &TenantId, id: &ExplorationId) -> Item {
    key(explorer_partition(tenant), format!("{SAVED_PREFIX}{id}"))
}

fn exploration_item(what: &'static str, exploration: &SavedExploration) -> Result<Item, PortError> {
    let key = exploration_key(&exploration.tenant, &exploration.id);
    let mut item = with_state(what, key, exploration)?;
    item.insert(VERSION.to_owned(), number(exploration.version));
    Ok(match exploration.kept_until() {
        Some(until) => expiring(item, until),
        None => item,
    })
}

/// The write of a transition.
fn transition(what: &'static str, exploration: &SavedExploration) -> Result<Put, PortError> {
    let before = exploration.version.saturating_sub(1);
    Ok(Put::of(exploration_item(what, exploration)?).when(Check::Equal(VERSION, number(before))))
}

fn count(tenant: &TenantId) -> Update {
    Update::on(key(explorer_partition(tenant), "COUNT".to_owned()))
}

impl DynamoLedger {
    /// Counts one more, up to `limit`. Of two workers at once the second sees the first's.
    fn count_exploration(&self, tenant: &TenantId, limit: u32) -> Result<TransactWriteItem, PortError> {
        let room = Check::AtMost(SAVED, signed(i64::from(limit) - 1));
        self.transact_update(count(tenant).add(SAVED, number(1)).when_any([Check::Absent(SAVED), room]))
    }

    /// Deletes by a transaction that also frees the place. If an answer is lost, the record says whether this
    /// deletion is stored. A second worker that read the same version finds another one, and frees nothing.
    async fn delete_exploration(&self, exploration: &SavedExploration) -> Result<bool, PortError> {
        let writes = vec![
            self.transact_put(transition(DELETING, exploration)?)?,
            self.transact_update(count(&exploration.tenant).add(SAVED, signed(-1)))?,
        ];
        let mut cause: BoxError = "others wrote to the same items on every attempt".into();
        for _ in 0..MAX_ATTEMPTS {
            match self.transact(DELETING, writes.clone()).await? {
                TransactionOutcome::Committed => return Ok(true),
                TransactionOutcome::ConditionsFailed(_) => return Ok(false),
                TransactionOutcome::Conflict(lost) | TransactionOutcome::Unknown(lost) => {
                    let stored = self.exploration(&exploration.tenant, &exploration.id).await?;
                    if stored.as_ref() == Some(exploration) {
                        return Ok(true);
                    }
                    cause = lost;
                }
            }
        }
        Err(PortError::transient(DELETING, cause))
    }
}

#[async_trait]
impl SavedExplorations for DynamoLedger {
    /// A second worker finds the record of the first, and the number with it. If an answer is lost, the
    /// record says whether this creation was committed.
    async fn create_exploration(
        &self,
        exploration: &SavedExploration,
        limit: u32,
        spends: &[Spending],
    ) -> Result<ExplorationAnswer, PortError> {
        let mut writes = vec![
            self.transact_put(Put::if_absent(exploration_item(CREATING, exploration)?))?,
            self.count_exploration(&exploration.tenant, limit)?,
        ];
        for spending in spends {
            writes.push(self.spend_write(spending)?);
        }
        let mut cause: BoxError = "others saved explorations of this tenant on every attempt".into();
        for _ in 0..MAX_ATTEMPTS {
            let (failed, lost) = match self.transact(CREATING, writes.clone()).await? {
                TransactionOutcome::Committed => return Ok(ExplorationAnswer::Created),
                TransactionOutcome::ConditionsFailed(failed) => (failed, None),
                TransactionOutcome::Conflict(lost) | TransactionOutcome::Unknown(lost) => {
                    (Vec::new(), Some(lost))
                }
            };
            match self.exploration(&exploration.tenant, &exploration.id).await? {
                Some(stored) if stored.is_of_creation(exploration) => return Ok(ExplorationAnswer::Created),
                Some(_) => return Ok(ExplorationAnswer::Exists),
                None => {}
            }
            match lost {
                Some(lost) => cause = lost,
                None if failed.contains(&1) => return Ok(ExplorationAnswer::Full),
                // The other exploration has expired between the two requests.
                None if failed.first() == Some(&0) => {}
                None => return Ok(ExplorationAnswer::Exhausted),
            }
        }
        Err(PortError::transient(CREATING, cause))
    }

    async fn exploration(
        &self,
        tenant: &TenantId,
        id: &ExplorationId,
    ) -> Result<Option<SavedExploration>, PortError> {
        let item = self.get_item(READING, exploration_key(tenant, id)).await?;
        item.map(|item| state(READING, item)).transpose()
    }

    /// A second worker that read the same version finds another one, and writes nothing.
    async fn store_exploration(&self, exploration: &SavedExploration) -> Result<bool, PortError> {
        if exploration.deleted.is_some() {
            return self.delete_exploration(exploration).await;
        }
        self.try_put(STORING, transition(STORING, exploration)?).await
    }

    async fn explorations(&self, tenant: &TenantId) -> Result<Vec<SavedExploration>, PortError> {
        let saved = [SAVED_PREFIX.to_owned(), format!("{SAVED_PREFIX}{AFTER_IDS}")];
        let saved = Check::Between(SK, saved.map(text));
        let items = self.newest_of(LISTING, explorer_partition(tenant), saved, usize::MAX).await?;
        let found = items.into_iter().rev().map(|item| state(LISTING, item));
        let found = found.collect::<Result<Vec<SavedExploration>, _>>()?;
        Ok(found.into_iter().filter(|exploration| exploration.deleted.is_none()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::super::keys::PK;
    use super::*;

    /// The deployment's policies name this prefix.
    #[test]
    fn every_tenant_has_a_partition_of_its_own() {
        let id = ExplorationId::new(7);
        let tenants = ["acme", "acme#", "#acme", "T#acme"].map(|id| id.parse::<TenantId>().unwrap());
        let mut partitions: Vec<_> =
            tenants.iter().map(|tenant| exploration_key(tenant, &id)[PK].clone()).collect();
        assert!(partitions.iter().all(|key| key.as_s().unwrap().starts_with("EXPLORE#T#")));
        partitions.dedup();
        assert_eq!(partitions.len(), tenants.len());
        assert!(format!("{SAVED_PREFIX}{id}") < format!("{SAVED_PREFIX}{AFTER_IDS}"));
    }
}
