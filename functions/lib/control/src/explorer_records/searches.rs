//! Who has searched a tenant's log. The tenant sees it, and so do operators.

use std::cmp::Reverse;

use archive::names::TenantId;
use ports::Page;
use protocol::exploration::{SearchId, SearchRecord};

use super::{ExplorerCaller, ExplorerRecords, ExplorerRecordsError, require_access};

impl ExplorerRecords {
    /// At most `limit` searches of a tenant's log before `before`, the newest hour first. Whoever shows them
    /// takes each name by [`protocol::caller::Caller::name_visible_to`].
    ///
    /// # Errors
    /// If the caller can't access the tenant, or the ledger fails.
    pub async fn searches(
        &self,
        by: &ExplorerCaller,
        tenant: &TenantId,
        before: Option<&SearchId>,
        limit: u32,
    ) -> Result<Page<SearchRecord, SearchId>, ExplorerRecordsError> {
        require_access(by, tenant)?;
        let mut page = self.searches.searches(tenant, before, limit).await?;
        // The ledger has them by hour, and within an hour in no order of time.
        page.items.sort_by_key(|search| Reverse(search.at));
        Ok(page)
    }
}
