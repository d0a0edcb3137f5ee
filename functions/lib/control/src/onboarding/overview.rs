//! Overviews of many connectors, with the health of each.
//!
//! A list has settings only, and health follows from the cursor. Cursors and newest files are read in
//! batches, so an overview of a hundred connectors is a handful of requests, not hundreds.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use archive::names::{ConnectorId, TenantId};
use archive::time::Time;
use ports::{ConnectorFilter, LastFile};
use protocol::caller::Caller;
use protocol::connector::{Connector, State};
use protocol::health::{Health, Status};
use protocol::watch::SweepCursor;

use super::create::require_operator;
use super::{Onboarding, OnboardingError};

/// How many connectors of one tenant an overview shows at most.
const MAX_OF_TENANT: u32 = 200;
/// How many pages of the index one survey reads at most. A page has up to 500 connectors.
const MAX_PAGES: u32 = 4;

/// A connector in an overview.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectorOverview {
    /// Its settings.
    pub connector: Connector,
    /// Its status. An overview reads no manifest, so `delivered_manifest` is none.
    pub status: Status,
    /// Its newest delivered file.
    pub last_file: Option<LastFile>,
}

/// Connectors of all tenants, those in trouble first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survey {
    /// What was found.
    pub connectors: Vec<ConnectorOverview>,
    /// Where to go on, if the bound of one survey ended it. What follows may be in more trouble.
    pub next: Option<SweepCursor>,
}

impl Onboarding {
    /// All connectors of a tenant that are not deleted, with their health, those in trouble first.
    ///
    /// # Errors
    /// If the caller can't access the tenant, or the ledger fails.
    pub async fn overview(
        &self,
        caller: &Caller,
        tenant: &TenantId,
    ) -> Result<Vec<ConnectorOverview>, OnboardingError> {
        let filter = ConnectorFilter { tenant: Some(tenant), ..ConnectorFilter::default() };
        let connectors = self.list(caller, filter, None, MAX_OF_TENANT).await?;
        Ok(by_trouble(self.with_health(connectors).await?))
    }

    /// The connectors of all tenants, those in trouble first. With `search` those with this ID, and those
    /// whose tenant or bucket contains the text. Reads at most 2,000 connectors, from `after` on.
    ///
    /// # Errors
    /// If the caller is no operator, or the ledger fails.
    pub async fn survey(
        &self,
        caller: &Caller,
        search: &str,
        after: Option<&SweepCursor>,
    ) -> Result<Survey, OnboardingError> {
        require_operator(caller, "the connectors of all tenants")?;
        if let Ok(id) = search.parse::<ConnectorId>() {
            let found = self.connectors.get(&id).await?.into_iter().map(|(connector, _)| connector).collect();
            return Ok(Survey { connectors: self.with_health(found).await?, next: None });
        }
        let mut found = BTreeMap::new();
        // One tenant's connectors lie together, so a whole ID is found however many tenants there are.
        if let Some(tenant) = search.parse::<TenantId>().ok().filter(|_| after.is_none()) {
            let filter = ConnectorFilter { tenant: Some(&tenant), ..ConnectorFilter::default() };
            let of_tenant = self.connectors.list(filter, None, MAX_OF_TENANT).await?;
            found.extend(of_tenant.into_iter().map(|connector| (connector.id.clone(), connector)));
        }
        let (mut next, wanted) = (after.cloned(), search.to_lowercase());
        for _ in 0..MAX_PAGES {
            let page = self.connectors.scan(next.as_ref()).await?;
            let matching = page
                .items
                .into_iter()
                .filter(|connector| connector.state != State::Deleted && matches(connector, &wanted));
            found.extend(matching.map(|connector| (connector.id.clone(), connector)));
            next = page.next;
            if next.is_none() {
                break;
            }
        }
        let connectors = by_trouble(self.with_health(found.into_values().collect()).await?);
        Ok(Survey { connectors, next })
    }

    /// Connectors with their health, in the same order. Cursors are read in batches, whoever owns them: the
    /// caller has been given the connectors.
    ///
    /// # Errors
    /// If the ledger fails.
    pub async fn with_health(
        &self,
        connectors: Vec<Connector>,
    ) -> Result<Vec<ConnectorOverview>, OnboardingError> {
        let active = connectors.iter().filter(|connector| connector.activated_at.is_some());
        let ids: Vec<_> = active.map(|connector| connector.id.clone()).collect();
        let mut progress = self.connectors.progress(&ids).await?;
        let now = self.clock.now();
        let overview = |connector: Connector| {
            let progress = progress.remove(&connector.id);
            let cursor = progress.as_ref().map(|progress| &progress.cursor);
            let status = Status::of(&connector, cursor, None, self.timing, now);
            let last_file = progress.and_then(|progress| progress.last_file);
            ConnectorOverview { connector, status, last_file }
        };
        Ok(connectors.into_iter().map(overview).collect())
    }
}

fn by_trouble(mut connectors: Vec<ConnectorOverview>) -> Vec<ConnectorOverview> {
    connectors.sort_by_cached_key(|entry| (trouble(entry), entry.connector.id.clone()));
    connectors
}

fn matches(connector: &Connector, wanted: &str) -> bool {
    let bucket = connector.destination.s3().map(|to| to.bucket.as_str());
    [Some(connector.tenant.as_str()), bucket]
        .into_iter()
        .flatten()
        .any(|text| text.to_lowercase().contains(wanted))
}

/// The order of an overview: what must be fixed first, and of that what has lasted longest. Among healthy
/// connectors the newest come first, since somebody may be setting them up.
fn trouble(entry: &ConnectorOverview) -> (u8, Time, Reverse<Time>) {
    let since = entry.status.since.unwrap_or(Time::EPOCH);
    let created = Reverse(entry.connector.created_at);
    match (entry.status.health, entry.connector.state) {
        (Some(Health::Blocked), _) => (0, since, created),
        (Some(Health::Stale), _) => (1, since, created),
        (_, State::Paused) => (2, Time::EPOCH, created),
        (_, State::Ready) => (3, Time::EPOCH, created),
        (_, State::Active) => (4, Time::EPOCH, created),
        (_, State::Draft) => (5, Time::EPOCH, created),
        (_, State::Disabled | State::Deleted) => (6, Time::EPOCH, created),
    }
}
