//! The portal's links with their sessions, the lists of links, and the visits of operators.
//!
//! | item | `pk` | `sk` | contains |
//! |---|---|---|---|
//! | link | `PORTAL#<link>` | `LINK` | the link and its session, `version` |
//! | entry of a list | `PORTALS#T#<tenant>`, `PORTALS#O` | `LINK#<link>` | nothing: its key names the link |
//! | visit | `PORTALS#T#<tenant>` | `VISIT#<link>` | that this link's operator opened the tenant's pages |
//!
//! A link's ID begins with the time of its creation, so a list is in order of time. Operators' links are in
//! a partition of their own, whatever a tenant is called. The table's time to live (`expires_at`, seconds
//! since 1970) deletes links and entries 90 days after the link's end, and visits after a year. DynamoDB
//! deletes in its own time, so nothing here rests on an item being gone.

use std::collections::BTreeMap;

use archive::names::TenantId;
use async_trait::async_trait;
use ports::{BoxError, Page, PortError, PortalLinks, SpendOutcome};
use protocol::budget::Spending;
use protocol::portal::{LinkId, LinkScope, OperatorVisit, PortalLink};

use super::DynamoLedger;
use super::batch_get::Consistency;
use super::expression::{Check, number, text};
use super::keys::{Item, SK, VERSION};
use super::record_items::{STATE, expiring, key, state, with_state};
use super::write::Put;
use super::write_outcome::TransactionOutcome;
use super::write_requests::MAX_ATTEMPTS;

const CREATING: &str = "storing a new link";
const READING: &str = "reading a link";
const STORING: &str = "storing a link";
const LISTING: &str = "listing links";
const RECORDING: &str = "recording a visit";

/// The sort key of a link's record.
const RECORD: &str = "LINK";
/// The prefixes of the sort keys in a list. All entries come before all visits.
const ENTRY_PREFIX: &str = "LINK#";
const VISIT_PREFIX: &str = "VISIT#";

fn link_key(id: &LinkId) -> Item {
    key(format!("PORTAL#{id}"), RECORD.to_owned())
}

fn list_partition(scope: &LinkScope) -> String {
    match scope {
        LinkScope::Tenant { tenant } => format!("PORTALS#T#{tenant}"),
        LinkScope::Operators => "PORTALS#O".to_owned(),
    }
}

fn entry_key(scope: &LinkScope, id: &LinkId) -> Item {
    key(list_partition(scope), format!("{ENTRY_PREFIX}{id}"))
}

fn visit_key(tenant: &TenantId, link: &LinkId) -> Item {
    let scope = LinkScope::Tenant { tenant: tenant.clone() };
    key(list_partition(&scope), format!("{VISIT_PREFIX}{link}"))
}

/// The item of a link.
fn link_item(what: &'static str, link: &PortalLink) -> Result<Item, PortError> {
    let mut item = with_state(what, expiring(link_key(&link.id), link.kept_until()), link)?;
    item.insert(VERSION.to_owned(), number(link.version));
    Ok(item)
}

impl DynamoLedger {
    /// Whether this very link is stored, in whatever state it is by now.
    async fn is_created(&self, link: &PortalLink) -> Result<bool, PortError> {
        Ok(self.portal_link(&link.id).await?.is_some_and(|stored| stored.secret == link.secret))
    }
}

#[async_trait]
impl PortalLinks for DynamoLedger {
    /// A second attempt finds the record and changes nothing. If the answer of the first was lost, the record
    /// says whether it was committed.
    async fn create_portal_link(
        &self,
        link: &PortalLink,
        spends: &[Spending],
    ) -> Result<SpendOutcome, PortError> {
        let entry = expiring(entry_key(&link.scope, &link.id), link.kept_until());
        let mut writes = vec![
            self.transact_put(Put::if_absent(link_item(CREATING, link)?))?,
            self.transact_put(Put::of(entry))?,
        ];
        for spending in spends {
            writes.push(self.spend_write(spending)?);
        }
        let mut cause: BoxError = "others used the same budget on every attempt".into();
        for _ in 0..MAX_ATTEMPTS {
            match self.transact(CREATING, writes.clone()).await? {
                TransactionOutcome::Committed => return Ok(SpendOutcome::Counted),
                TransactionOutcome::ConditionsFailed(failed) => {
                    return match (self.is_created(link).await?, failed.first()) {
                        (true, _) => Ok(SpendOutcome::Counted),
                        (false, Some(0)) => Err(PortError::bug(CREATING, "another link has this ID")),
                        (false, _) => Ok(SpendOutcome::Exhausted),
                    };
                }
                TransactionOutcome::Conflict(lost) | TransactionOutcome::Unknown(lost) => {
                    if self.is_created(link).await? {
                        return Ok(SpendOutcome::Counted);
                    }
                    cause = lost;
                }
            }
        }
        Err(PortError::transient(CREATING, cause))
    }

    async fn portal_link(&self, id: &LinkId) -> Result<Option<PortalLink>, PortError> {
        let item = self.get_item(READING, link_key(id)).await?;
        item.map(|item| state(READING, item)).transpose()
    }

    /// A second worker that read the same version finds another one, and writes nothing.
    async fn store_portal_link(&self, link: &PortalLink) -> Result<bool, PortError> {
        let before = link.version.saturating_sub(1);
        let put = Put::of(link_item(STORING, link)?).when(Check::Equal(VERSION, number(before)));
        self.try_put(STORING, put).await
    }

    async fn portal_links(
        &self,
        scope: &LinkScope,
        before: Option<&LinkId>,
        limit: u32,
    ) -> Result<Page<PortalLink, LinkId>, PortError> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let end = before.map_or_else(|| VISIT_PREFIX.to_owned(), |before| format!("{ENTRY_PREFIX}{before}"));
        let before = Check::Less(SK, text(end));
        // One more than asked for tells whether more follow.
        let entries = self.newest_of(LISTING, list_partition(scope), before, limit.saturating_add(1)).await?;
        let mut ids = entries.iter().map(listed).collect::<Result<Vec<_>, _>>()?;
        let more = ids.len() > limit;
        ids.truncate(limit);
        let keys = ids.iter().map(link_key).collect();
        let found = self.batch_get(LISTING, keys, &[STATE], Consistency::Strong).await?;
        let mut links = BTreeMap::new();
        for item in found {
            let link: PortalLink = state(LISTING, item)?;
            links.insert(link.id.clone(), link);
        }
        // A record can have been deleted before its entry.
        let items = ids.iter().filter_map(|id| links.remove(id)).collect();
        Ok(Page { items, next: ids.pop().filter(|_| more) })
    }

    /// A second worker finds the record of the first.
    async fn record_visit(&self, visit: &OperatorVisit) -> Result<bool, PortError> {
        let key = expiring(visit_key(&visit.tenant, &visit.link), visit.kept_until());
        let item = with_state(RECORDING, key, visit)?;
        self.try_put(RECORDING, Put::if_absent(item)).await
    }

    async fn visits(&self, tenant: &TenantId, limit: u32) -> Result<Vec<OperatorVisit>, PortError> {
        let scope = LinkScope::Tenant { tenant: tenant.clone() };
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let visits = Check::Greater(SK, text(VISIT_PREFIX));
        let items = self.newest_of(LISTING, list_partition(&scope), visits, limit).await?;
        let visits = items.into_iter().map(|item| state(LISTING, item));
        let mut visits = visits.collect::<Result<Vec<OperatorVisit>, _>>()?;
        visits.sort_by_key(|visit| std::cmp::Reverse(visit.at));
        Ok(visits)
    }
}

/// The link of an entry.
fn listed(entry: &Item) -> Result<LinkId, PortError> {
    let sort = entry.get(SK).and_then(|sort| sort.as_s().ok());
    let id = sort.and_then(|sort| sort.strip_prefix(ENTRY_PREFIX)?.parse().ok());
    id.ok_or_else(|| PortError::bug(LISTING, "an entry names no link"))
}

#[cfg(test)]
mod tests {
    use super::super::keys::PK;
    use super::*;

    /// The deployment's policies name the two prefixes.
    #[test]
    fn no_tenant_is_called_so_that_its_list_is_anothers() {
        let link = LinkId::new("2026-11-30T10:00:00Z".parse().unwrap(), 7);
        let tenants = ["acme", "O", "#O", "acme#", "LINK"].map(|tenant| tenant.parse::<TenantId>().unwrap());
        let mut keys = vec![link_key(&link), entry_key(&LinkScope::Operators, &link)];
        for tenant in tenants {
            keys.push(visit_key(&tenant, &link));
            keys.push(entry_key(&LinkScope::Tenant { tenant }, &link));
        }
        for (index, key) in keys.iter().enumerate() {
            let partition = key[PK].as_s().unwrap();
            assert!(partition.starts_with("PORTAL#") == (index == 0), "{partition}");
            assert!(partition.starts_with("PORTALS#") == (index > 0), "{partition}");
            assert!(!keys[..index].contains(key), "{key:?}");
        }
        assert!(format!("{ENTRY_PREFIX}lnk_").as_str() < VISIT_PREFIX);
    }
}
