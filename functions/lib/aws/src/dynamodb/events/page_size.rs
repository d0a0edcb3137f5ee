//! Limits the items of a page, so that many partitions in parallel take no more memory than a few.

use protocol::connector::Shards;

/// The memory of the pages of all shards together, bytes as DynamoDB sends them.
const TOTAL_BYTES: usize = 20 << 20;
/// Pages of each shard in memory: the current and the prefetched one.
const PAGES_PER_SHARD: usize = 2;
/// The longest page, bytes: 1 MB of items, plus type names and escaped quotes. Source: DynamoDB API
/// reference, "Query".
const MAX_PAGE_BYTES: usize = 3 << 19;
/// The assumed size of an item until a page was read, bytes: rather too large than too small.
const TYPICAL_ITEM_BYTES: usize = 2 << 10;

/// The page size of one shard.
#[derive(Debug, Clone, Copy)]
pub(super) struct PageSize {
    /// The bytes of a page; `None` if DynamoDB's own limit suffices.
    max_page_bytes: Option<usize>,
    /// The average bytes of an item on the last page.
    item_bytes: usize,
}

impl PageSize {
    /// The page size for that many shards.
    pub(super) fn of(shards: Shards) -> Self {
        let most = TOTAL_BYTES / PAGES_PER_SHARD / usize::from(shards.get()).max(1);
        Self { max_page_bytes: (most < MAX_PAGE_BYTES).then_some(most), item_bytes: TYPICAL_ITEM_BYTES }
    }

    /// Updates the average item size from a page.
    pub(super) const fn observe(&mut self, bytes: usize, items: usize) {
        if let Some(item) = bytes.checked_div(items) {
            self.item_bytes = if item == 0 { 1 } else { item };
        }
    }

    /// The `Limit` of the next Query.
    pub(super) fn limit(&self) -> Option<i32> {
        let items = self.max_page_bytes? / self.item_bytes;
        Some(i32::try_from(items).unwrap_or(i32::MAX).max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_of_all_shards_fit_however_many_there_are() {
        for shards in 1..=64 {
            let mut size = PageSize::of(Shards::try_from(shards).unwrap());
            assert_eq!(size.limit().is_none(), shards <= 6, "{shards}");
            for item in [1, 700, 5_000] {
                size.observe(item * 10, 10);
                let page =
                    size.limit().map_or(MAX_PAGE_BYTES, |items| usize::try_from(items).unwrap() * item);
                assert!(page * 2 * usize::from(shards) <= TOTAL_BYTES, "{shards} shards, items of {item}");
            }
        }
    }

    #[test]
    fn a_page_has_room_for_one_item_whatever_its_size() {
        let mut size = PageSize::of(Shards::try_from(64).unwrap());
        size.observe(600_000, 1);
        assert_eq!(size.limit(), Some(1));
        size.observe(40, 0);
        assert_eq!(size.limit(), Some(1));
    }
}
