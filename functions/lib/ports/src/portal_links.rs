//! The records of the portal's links.

use archive::names::TenantId;
use async_trait::async_trait;
use protocol::budget::Spending;
use protocol::portal::{LinkId, LinkScope, OperatorVisit, PortalLink};

use super::{Page, PortError, SpendOutcome};

/// Stores links with their sessions, and the visits of operators. All reads are consistent: a revoked link
/// opens nothing from the moment that its revocation is stored.
#[async_trait]
pub trait PortalLinks: Send + Sync {
    /// Stores a new link and its entry in the list of its scope, and spends the budgets, in one transaction.
    /// If a budget would be exceeded, nothing is written. Storing the same link again (its answer was lost)
    /// changes and spends nothing.
    async fn create_portal_link(
        &self,
        link: &PortalLink,
        spends: &[Spending],
    ) -> Result<SpendOutcome, PortError>;

    /// The link with this ID.
    async fn portal_link(&self, id: &LinkId) -> Result<Option<PortalLink>, PortError>;

    /// Stores a transition of a link if the stored version is the previous one. `false` if another writer was
    /// faster, or an earlier attempt of this very write whose answer was lost: read it again then.
    async fn store_portal_link(&self, link: &PortalLink) -> Result<bool, PortError>;

    /// At most `limit` links of a scope, newest first, older than `before`. They are kept for 90 days after
    /// their end.
    async fn portal_links(
        &self,
        scope: &LinkScope,
        before: Option<&LinkId>,
        limit: u32,
    ) -> Result<Page<PortalLink, LinkId>, PortError>;

    /// Records that an operator opened a tenant's pages. The first record of a link and tenant stays; `false`
    /// if there was one already.
    async fn record_visit(&self, visit: &OperatorVisit) -> Result<bool, PortError>;

    /// At most `limit` visits of operators to a tenant's pages: those by the newest links, the newest visit
    /// first.
    async fn visits(&self, tenant: &TenantId, limit: u32) -> Result<Vec<OperatorVisit>, PortError>;
}
