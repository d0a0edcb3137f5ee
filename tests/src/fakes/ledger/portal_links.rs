//! The portal's links, and the visits of operators.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use archive::names::TenantId;
use async_trait::async_trait;
use ports::{Page, PortError, PortalLinks, SpendOutcome};
use protocol::budget::Spending;
use protocol::portal::{LinkId, LinkScope, OperatorVisit, PortalLink};

use super::FakeLedger;

#[derive(Debug, Default)]
pub(super) struct PortalRecords {
    links: BTreeMap<LinkId, PortalLink>,
    visits: BTreeMap<(TenantId, LinkId), OperatorVisit>,
}

impl FakeLedger {
    /// Removes a link, as the table's time to live does.
    pub fn expire_portal_link(&self, id: &LinkId) {
        self.table().portal.links.remove(id);
    }
}

#[async_trait]
impl PortalLinks for FakeLedger {
    async fn create_portal_link(
        &self,
        link: &PortalLink,
        spends: &[Spending],
    ) -> Result<SpendOutcome, PortError> {
        let mut table = self.table();
        match table.portal.links.get(&link.id) {
            Some(stored) if stored.secret == link.secret => return Ok(SpendOutcome::Counted),
            Some(_) => return Err(PortError::bug("storing a new link", "another link has this ID")),
            None => {}
        }
        if table.spend_all(spends).is_err() {
            return Ok(SpendOutcome::Exhausted);
        }
        table.portal.links.insert(link.id.clone(), link.clone());
        Ok(SpendOutcome::Counted)
    }

    async fn portal_link(&self, id: &LinkId) -> Result<Option<PortalLink>, PortError> {
        Ok(self.table().portal.links.get(id).cloned())
    }

    async fn store_portal_link(&self, link: &PortalLink) -> Result<bool, PortError> {
        let mut table = self.table();
        let stored = table.portal.links.get_mut(&link.id);
        let Some(stored) = stored.filter(|stored| stored.version + 1 == link.version) else {
            return Ok(false);
        };
        *stored = link.clone();
        Ok(true)
    }

    async fn portal_links(
        &self,
        scope: &LinkScope,
        before: Option<&LinkId>,
        limit: u32,
    ) -> Result<Page<PortalLink, LinkId>, PortError> {
        let table = self.table();
        let of_scope = table.portal.links.values().rev().filter(|link| link.scope == *scope);
        let mut older = of_scope.filter(|link| before.is_none_or(|before| link.id < *before));
        let items: Vec<_> = older.by_ref().take(limit as usize).cloned().collect();
        let more = older.next().is_some();
        let next = items.last().filter(|_| more).map(|link| link.id.clone());
        Ok(Page { items, next })
    }

    async fn record_visit(&self, visit: &OperatorVisit) -> Result<bool, PortError> {
        let mut table = self.table();
        let key = (visit.tenant.clone(), visit.link.clone());
        let is_first = !table.portal.visits.contains_key(&key);
        table.portal.visits.entry(key).or_insert_with(|| visit.clone());
        Ok(is_first)
    }

    async fn visits(&self, tenant: &TenantId, limit: u32) -> Result<Vec<OperatorVisit>, PortError> {
        let table = self.table();
        let of_tenant = table.portal.visits.values().rev().filter(|visit| visit.tenant == *tenant);
        let mut visits: Vec<_> = of_tenant.take(limit as usize).cloned().collect();
        visits.sort_by_key(|visit| Reverse(visit.at));
        Ok(visits)
    }
}
