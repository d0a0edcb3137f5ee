//! Who has searched a tenant's log, and the downloads of it.
//!
//! | item | `pk` | `sk` | contains |
//! |---|---|---|---|
//! | search | `EXPLORE#T#<tenant>` | `SEARCH#<hour>-<hash>` | who searched for what, the first in an hour |
//! | download | `EXPLORE#T#<tenant>` | `DOWNLOAD#<download>` | the download, `version` |
//!
//! Saved explorations are in the same partition (`explorations.rs`). The table's time to live (`expires_at`)
//! deletes a search after a year and a download after a day. DynamoDB deletes in its own time, so nothing
//! here rests on an item being gone.

use archive::names::TenantId;
use async_trait::async_trait;
use ports::{Downloads, Page, PortError, SearchLog};
use protocol::exploration::{Download, DownloadId, SearchId, SearchRecord};

use super::DynamoLedger;
use super::explorations::explorer_partition;
use super::expression::{Check, number, text};
use super::keys::{Item, SK, VERSION};
use super::record_items::{expiring, key, state, with_state};
use super::write::Put;

const RECORDING: &str = "recording a search";
const LISTING_SEARCHES: &str = "listing searches";
const CREATING: &str = "storing a new download";
const READING: &str = "reading a download";
const STORING: &str = "storing a download";
const LISTING: &str = "listing downloads";

const SEARCH_PREFIX: &str = "SEARCH#";
const DOWNLOAD_PREFIX: &str = "DOWNLOAD#";
/// Sorts before each ID, and after each.
const BEFORE_IDS: &str = " ";
const AFTER_IDS: &str = "~";

fn download_key(tenant: &TenantId, id: &DownloadId) -> Item {
    key(explorer_partition(tenant), format!("{DOWNLOAD_PREFIX}{id}"))
}

fn download_item(what: &'static str, download: &Download) -> Result<Item, PortError> {
    let key = download_key(&download.tenant, &download.id);
    let mut item = with_state(what, expiring(key, download.kept_until()), download)?;
    item.insert(VERSION.to_owned(), number(download.version));
    Ok(item)
}

#[async_trait]
impl SearchLog for DynamoLedger {
    /// A second worker finds the record of the first.
    async fn record_search(&self, search: &SearchRecord) -> Result<bool, PortError> {
        let key = key(explorer_partition(&search.tenant), format!("{SEARCH_PREFIX}{}", search.id()));
        let item = with_state(RECORDING, expiring(key, search.kept_until()), search)?;
        self.try_put(RECORDING, Put::if_absent(item)).await
    }

    async fn searches(
        &self,
        tenant: &TenantId,
        before: Option<&SearchId>,
        limit: u32,
    ) -> Result<Page<SearchRecord, SearchId>, PortError> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let end = before.map_or(AFTER_IDS, SearchId::as_str);
        let span = [BEFORE_IDS, end].map(|id| text(format!("{SEARCH_PREFIX}{id}")));
        // `BETWEEN` includes its end, and one more than asked for shows whether more follow.
        let surplus = 1 + usize::from(before.is_some());
        let partition = explorer_partition(tenant);
        let check = Check::Between(SK, span);
        let items = self.newest_of(LISTING_SEARCHES, partition, check, limit.saturating_add(surplus)).await?;
        let found = items.into_iter().map(|item| state(LISTING_SEARCHES, item));
        let mut found = found.collect::<Result<Vec<SearchRecord>, _>>()?;
        found.retain(|search| before.is_none_or(|before| search.id() < *before));
        let more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| more).map(SearchRecord::id);
        Ok(Page { items: found, next })
    }
}

#[async_trait]
impl Downloads for DynamoLedger {
    /// A second attempt finds the record and changes nothing.
    async fn create_download(&self, download: &Download) -> Result<bool, PortError> {
        if self.try_put(CREATING, Put::if_absent(download_item(CREATING, download)?)).await? {
            return Ok(true);
        }
        let stored = self.download(&download.tenant, &download.id).await?;
        Ok(stored.is_some_and(|stored| stored.is_of_request(download)))
    }

    async fn download(&self, tenant: &TenantId, id: &DownloadId) -> Result<Option<Download>, PortError> {
        let item = self.get_item(READING, download_key(tenant, id)).await?;
        item.map(|item| state(READING, item)).transpose()
    }

    /// A second worker that read the same version finds another one, and writes nothing.
    async fn store_download(&self, download: &Download) -> Result<bool, PortError> {
        let before = download.version.saturating_sub(1);
        let put = Put::of(download_item(STORING, download)?).when(Check::Equal(VERSION, number(before)));
        self.try_put(STORING, put).await
    }

    async fn downloads(&self, tenant: &TenantId, limit: u32) -> Result<Vec<Download>, PortError> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let span = [BEFORE_IDS, AFTER_IDS].map(|id| text(format!("{DOWNLOAD_PREFIX}{id}")));
        let span = Check::Between(SK, span);
        let items = self.newest_of(LISTING, explorer_partition(tenant), span, limit).await?;
        items.into_iter().map(|item| state(LISTING, item)).collect()
    }
}

#[cfg(test)]
mod tests {
    use archive::time::Time;

    use super::*;

    #[test]
    fn a_query_of_downloads_finds_every_download_and_nothing_else() {
        let id = DownloadId::new(Time::LAST, u64::MAX);
        let key = download_key(&"acme".parse().unwrap(), &id)[SK].as_s().unwrap().clone();
        assert!(*key > *format!("{DOWNLOAD_PREFIX}{BEFORE_IDS}"));
        assert!(*key < *format!("{DOWNLOAD_PREFIX}{AFTER_IDS}"));
        assert!("COUNT" < DOWNLOAD_PREFIX && key.as_str() < "SAVED#" && "SAVED#~" < SEARCH_PREFIX);
    }
}
