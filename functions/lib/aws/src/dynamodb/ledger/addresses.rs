//! The ledger's records of a tenant's contacts: whether addresses consent to notices, what each contact was
//! notified of, and how much of its share of notifier time the tenant has used. All of them are in partitions
//! that begin with `ADDRESS#`, the only ones of the ledger that the notifier writes to.
//!
//! | `pk` | `sk` | contains |
//! |---|---|---|
//! | `ADDRESS#<tenant>` | `EMAIL#<address in lower case>` | the consent, with the hash of its link's token |
//! | `ADDRESS#<tenant>` | `NOTIFIED#<connector>#<contact>` | what the contact was last notified of |
//! | `ADDRESS#<tenant>` | `SHARE` | `spent_to`: the share is used up to this time, milliseconds |
//! | `ADDRESS#<tenant>` | `SLOW#<hash of a host>` | `until`: its webhook counts as slow until then |
//! | `ADDRESS##<hash of a token>` | `LINK` | the tenant and address of the link |
//!
//! A tenant whose ID is `#` and a hash shares a partition with a link, but never an item.

use std::time::Duration;

use archive::names::{ConnectorId, EmailAddress, TenantId};
use archive::time::Time;
use async_trait::async_trait;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use control::contacts::fair_share;
use ports::{Consents, NotificationStore, PortError};
use protocol::contacts::{Consent, TokenHash};
use protocol::notification::{ContactKey, NotificationHistory, short_hash};
use serde::{Deserialize, Serialize};

use super::expression::{Check, number, signed, time};
use super::keys::{Item, PK, SK, VERSION};
use super::write::{Put, Update};
use super::write_outcome::condition_met;
use super::{DynamoLedger, records};
use crate::port_error::port_error;

const READING: &str = "reading a contact's record";
const WRITING: &str = "writing a contact's record";
const SPENDING: &str = "using a tenant's share of notifier time";

const PARTITION_PREFIX: &str = "ADDRESS#";
const STATE: &str = "state";
const SPENT_TO: &str = "spent_to";
const UNTIL: &str = "until";
/// How many attempts a use of the share has. An attempt fails if others used time between its two conditional
/// writes.
const MAX_ATTEMPTS: u32 = 8;

/// The tenant and address of a link.
#[derive(Debug, Serialize, Deserialize)]
struct LinkOwner {
    tenant: TenantId,
    address: EmailAddress,
}

fn key(partition: &str, sort: String) -> Item {
    let partition = AttributeValue::S(format!("{PARTITION_PREFIX}{partition}"));
    Item::from([(PK.to_owned(), partition), (SK.to_owned(), AttributeValue::S(sort))])
}

fn address_key(tenant: &TenantId, address: &EmailAddress) -> Item {
    key(tenant.as_str(), format!("EMAIL#{}", address.folded()))
}

fn contact_key((tenant, connector): (&TenantId, &ConnectorId), contact: &ContactKey) -> Item {
    key(tenant.as_str(), format!("NOTIFIED#{connector}#{}", contact.as_str()))
}

fn host_key(tenant: &TenantId, host: &str) -> Item {
    key(tenant.as_str(), format!("SLOW#{}", short_hash(host)))
}

fn share_key(tenant: &TenantId) -> Item {
    key(tenant.as_str(), "SHARE".to_owned())
}

fn link_key(token: &TokenHash) -> Item {
    key(&format!("#{}", token.as_str()), "LINK".to_owned())
}

impl DynamoLedger {
    async fn get_state<T: serde::de::DeserializeOwned>(&self, key: Item) -> Result<Option<T>, PortError> {
        let item = self.get_item(READING, key).await?;
        let state = item.and_then(|mut item| item.remove(STATE));
        state.map(|state| records::from_attribute(READING, state)).transpose()
    }

    /// A second worker that read the same version finds another one, and writes nothing.
    async fn put_state<T: Serialize>(
        &self,
        mut item: Item,
        state: &T,
        version: u64,
    ) -> Result<bool, PortError> {
        item.insert(STATE.to_owned(), records::attribute(WRITING, state)?);
        item.insert(VERSION.to_owned(), number(version));
        let put = match version.saturating_sub(1) {
            0 => Put::if_absent(item),
            before => Put::of(item).when(Check::Equal(VERSION, number(before))),
        };
        self.try_put(WRITING, put).await
    }

    /// Adds the cost to `spent_to`, if that is at or after `now` and not too far ahead. Of two at once the
    /// second adds after the first: DynamoDB computes the sum.
    async fn spend_after_last(
        &self,
        tenant: &TenantId,
        cost: u64,
        now: Time,
    ) -> Result<Option<Time>, PortError> {
        let latest = now + fair_share::MAX_RESERVATION;
        let update = Update::on(share_key(tenant))
            .increase(SPENT_TO, number(cost))
            .when(Check::Between(SPENT_TO, [millis(now), millis(latest)]));
        match self.update(update).return_values(ReturnValue::UpdatedOld).send().await {
            Ok(answer) => {
                let before = answer.attributes.as_ref().and_then(|item| item.get(SPENT_TO));
                let begins =
                    before.and_then(|value| value.as_n().ok()?.parse().ok()).and_then(Time::from_millis);
                begins.map(Some).ok_or_else(|| PortError::bug(SPENDING, "no time was returned"))
            }
            answer => condition_met(SPENDING, answer).map(|_| None),
        }
    }

    /// Starts from `now`, if nothing beyond it is used. Of two at once one succeeds, and the other adds after
    /// it.
    async fn spend_from_now(&self, tenant: &TenantId, cost: u64, now: Time) -> Result<bool, PortError> {
        let (after, latest) = (now + Duration::from_millis(cost), now + fair_share::MAX_RESERVATION);
        let update = Update::on(share_key(tenant)).set(SPENT_TO, millis(after)).when_any([
            Check::Absent(SPENT_TO),
            Check::Less(SPENT_TO, millis(now)),
            Check::Greater(SPENT_TO, millis(latest)),
        ]);
        self.try_update(SPENDING, update).await
    }
}

fn millis(time: Time) -> AttributeValue {
    signed(time.millis())
}

#[async_trait]
impl Consents for DynamoLedger {
    async fn consent(&self, tenant: &TenantId, address: &EmailAddress) -> Result<Option<Consent>, PortError> {
        self.get_state(address_key(tenant, address)).await
    }

    async fn store_consent(&self, tenant: &TenantId, permission: &Consent) -> Result<bool, PortError> {
        self.put_state(address_key(tenant, &permission.address), permission, permission.version).await
    }

    /// A second write stores the same item.
    async fn store_link(
        &self,
        token: &TokenHash,
        tenant: &TenantId,
        address: &EmailAddress,
    ) -> Result<(), PortError> {
        let link = LinkOwner { tenant: tenant.clone(), address: address.clone() };
        let mut item = link_key(token);
        item.insert(STATE.to_owned(), records::attribute(WRITING, &link)?);
        self.try_put(WRITING, Put::of(item)).await.map(drop)
    }

    async fn link(&self, token: &TokenHash) -> Result<Option<(TenantId, EmailAddress)>, PortError> {
        let link: Option<LinkOwner> = self.get_state(link_key(token)).await?;
        Ok(link.map(|link| (link.tenant, link.address)))
    }
}

#[async_trait]
impl NotificationStore for DynamoLedger {
    async fn notification_history(
        &self,
        connector: (&TenantId, &ConnectorId),
        contact: &ContactKey,
    ) -> Result<Option<NotificationHistory>, PortError> {
        self.get_state(contact_key(connector, contact)).await
    }

    async fn store_notification_history(
        &self,
        connector: (&TenantId, &ConnectorId),
        contact: &ContactKey,
        notified: &NotificationHistory,
    ) -> Result<bool, PortError> {
        self.put_state(contact_key(connector, contact), notified, notified.version).await
    }

    async fn spend_time(&self, tenant: &TenantId, cost: Duration, now: Time) -> Result<Time, PortError> {
        let cost = u64::try_from(cost.as_millis()).unwrap_or(u64::MAX);
        for _ in 0..MAX_ATTEMPTS {
            if let Some(begins) = self.spend_after_last(tenant, cost, now).await? {
                return Ok(begins);
            }
            if self.spend_from_now(tenant, cost, now).await? {
                return Ok(now);
            }
        }
        Err(PortError::transient(SPENDING, "others came first on every attempt"))
    }

    /// DynamoDB computes the difference, so two at once both count.
    async fn refund_time(&self, tenant: &TenantId, unused: Duration) -> Result<(), PortError> {
        let unused = i64::try_from(unused.as_millis()).unwrap_or_default();
        let update =
            Update::on(share_key(tenant)).increase(SPENT_TO, signed(-unused)).when(Check::Exists(SPENT_TO));
        self.try_update(SPENDING, update).await.map(drop)
    }

    async fn slow_until(&self, tenant: &TenantId, host: &str) -> Result<Option<Time>, PortError> {
        let get = self.client.get_item().table_name(&self.table).set_key(Some(host_key(tenant, host)));
        let answer = get.send().await.map_err(|error| port_error(READING, error))?;
        let until = answer.item.as_ref().and_then(|item| item.get(UNTIL)).and_then(|value| value.as_s().ok());
        until.map(|until| until.parse().map_err(|error| PortError::bug(READING, error))).transpose()
    }

    async fn store_slow_until(
        &self,
        tenant: &TenantId,
        host: &str,
        until: Option<Time>,
    ) -> Result<(), PortError> {
        // Removes only the attribute, so that the notifier needs no permission to delete.
        let update = Update::on(host_key(tenant, host)).set_or_remove(UNTIL, until.map(time));
        self.try_update(WRITING, update).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_lies_where_the_notifier_may_write_and_none_is_anothers() {
        let (acme, token): (TenantId, TokenHash) =
            ("acme".parse().unwrap(), serde_json::from_str(r#""0f""#).unwrap());
        let other: TenantId = "#0f".parse().unwrap();
        let address: EmailAddress = "A@acme.example".parse().unwrap();
        let (connector, contact) = (ConnectorId::new(7), ContactKey::of_address(&address));
        let mut keys = Vec::new();
        for tenant in [&acme, &other] {
            keys.push(address_key(tenant, &address));
            keys.push(contact_key((tenant, &connector), &contact));
            keys.push(host_key(tenant, "hooks.acme.example"));
            keys.push(share_key(tenant));
        }
        keys.push(link_key(&token));
        for (index, key) in keys.iter().enumerate() {
            assert!(key[PK].as_s().unwrap().starts_with(PARTITION_PREFIX));
            assert!(!keys[..index].contains(key), "{key:?}");
        }
        assert_eq!(address_key(&acme, &"a@ACME.example".parse().unwrap()), address_key(&acme, &address));
    }
}
