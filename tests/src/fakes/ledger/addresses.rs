//! Records of contacts: the addresses' consent, and the notifier's state.

use std::collections::BTreeMap;
use std::time::Duration;

use archive::names::{ConnectorId, EmailAddress, TenantId};
use archive::time::Time;
use async_trait::async_trait;
use control::contacts::fair_share;
use ports::{Consents, NotificationStore, PortError};
use protocol::caller::Caller;
use protocol::connector::Connector;
use protocol::contacts::{Consent, TokenHash};
use protocol::notification::{ContactKey, NotificationHistory};

use super::FakeLedger;

/// By tenant, and by address, contact or host.
#[derive(Debug, Default)]
pub(super) struct ContactRecords {
    permissions: BTreeMap<(TenantId, String), Consent>,
    links: BTreeMap<TokenHash, (TenantId, EmailAddress)>,
    notified: BTreeMap<(TenantId, ConnectorId, ContactKey), NotificationHistory>,
    spent_to: BTreeMap<TenantId, Time>,
    slow: BTreeMap<(TenantId, String), Time>,
}

impl FakeLedger {
    /// Confirms the addresses of a connector, as an operator does who has the consent by contract.
    pub fn confirm(&self, connector: &Connector) {
        let by = Caller::Operator { name: "ops".into() };
        for address in connector.contacts.emails.iter() {
            let permissions = &mut self.table().contacts.permissions;
            let key = (connector.tenant.clone(), address.folded());
            let before = permissions.get(&key).cloned().unwrap_or_else(|| Consent::unknown(address.clone()));
            if let Ok(Some(after)) = before.confirm_by_contract(&by, connector.created_at) {
                permissions.insert(key, after);
            }
        }
    }
}

#[async_trait]
impl Consents for FakeLedger {
    async fn consent(&self, tenant: &TenantId, address: &EmailAddress) -> Result<Option<Consent>, PortError> {
        Ok(self.table().contacts.permissions.get(&(tenant.clone(), address.folded())).cloned())
    }

    async fn store_consent(&self, tenant: &TenantId, consent: &Consent) -> Result<bool, PortError> {
        let mut table = self.table();
        let key = (tenant.clone(), consent.address.folded());
        let stored = table.contacts.permissions.get(&key).map_or(0, |stored| stored.version);
        let is_next = stored + 1 == consent.version;
        if is_next {
            table.contacts.permissions.insert(key, consent.clone());
        }
        Ok(is_next)
    }

    async fn store_link(
        &self,
        token: &TokenHash,
        tenant: &TenantId,
        address: &EmailAddress,
    ) -> Result<(), PortError> {
        self.table().contacts.links.insert(token.clone(), (tenant.clone(), address.clone()));
        Ok(())
    }

    async fn link(&self, token: &TokenHash) -> Result<Option<(TenantId, EmailAddress)>, PortError> {
        Ok(self.table().contacts.links.get(token).cloned())
    }
}

#[async_trait]
impl NotificationStore for FakeLedger {
    async fn notification_history(
        &self,
        (tenant, connector): (&TenantId, &ConnectorId),
        contact: &ContactKey,
    ) -> Result<Option<NotificationHistory>, PortError> {
        let key = (tenant.clone(), connector.clone(), contact.clone());
        Ok(self.table().contacts.notified.get(&key).cloned())
    }

    async fn store_notification_history(
        &self,
        (tenant, connector): (&TenantId, &ConnectorId),
        contact: &ContactKey,
        notified: &NotificationHistory,
    ) -> Result<bool, PortError> {
        let mut table = self.table();
        let key = (tenant.clone(), connector.clone(), contact.clone());
        let stored = table.contacts.notified.get(&key).map_or(0, |stored| stored.version);
        let is_next = stored + 1 == notified.version;
        if is_next {
            table.contacts.notified.insert(key, notified.clone());
        }
        Ok(is_next)
    }

    async fn spend_time(&self, tenant: &TenantId, cost: Duration, now: Time) -> Result<Time, PortError> {
        let mut table = self.table();
        let spent_to = table.contacts.spent_to.get(tenant).copied();
        let in_range = now..=now + fair_share::MAX_RESERVATION;
        let begins = spent_to.filter(|spent_to| in_range.contains(spent_to)).unwrap_or(now);
        table.contacts.spent_to.insert(tenant.clone(), begins + cost);
        Ok(begins)
    }

    async fn refund_time(&self, tenant: &TenantId, unused: Duration) -> Result<(), PortError> {
        if let Some(spent_to) = self.table().contacts.spent_to.get_mut(tenant) {
            *spent_to = *spent_to - unused;
        }
        Ok(())
    }

    async fn slow_until(&self, tenant: &TenantId, host: &str) -> Result<Option<Time>, PortError> {
        Ok(self.table().contacts.slow.get(&(tenant.clone(), host.to_owned())).copied())
    }

    async fn store_slow_until(
        &self,
        tenant: &TenantId,
        host: &str,
        until: Option<Time>,
    ) -> Result<(), PortError> {
        let (mut table, key) = (self.table(), (tenant.clone(), host.to_owned()));
        match until {
            Some(until) => table.contacts.slow.insert(key, until),
            None => table.contacts.slow.remove(&key),
        };
        Ok(())
    }
}
