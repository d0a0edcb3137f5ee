//! Guarantees the order of items.

use archive::item::{EventKey, SourceItem};
use ports::PortError;

use super::reader::OPERATION;

/// Returns items in strictly ascending order of their keys. Deduplication relies on this order.
#[derive(Debug)]
pub(super) struct Order {
    /// Whether sort keys may be equal: an index returns such items in no particular order.
    has_ties: bool,
    /// Items with the last sort key of a page: the next page may continue with the same sort key.
    pending: Vec<SourceItem>,
    /// The last key that was returned.
    last: Option<EventKey>,
}

impl Order {
    /// The state before the first page.
    pub(super) const fn new(ties: bool) -> Self {
        Self { has_ties: ties, pending: Vec::new(), last: None }
    }

    /// Adds a page to the pending items and returns those whose order is final.
    pub(super) fn arrange(
        &mut self,
        page: Vec<SourceItem>,
        is_last: bool,
    ) -> Result<Vec<SourceItem>, PortError> {
        let items = if self.has_ties { self.sorted(page, is_last) } else { page };
        let keys = self.last.iter().chain(items.iter().map(|item| &item.key));
        if !keys.is_sorted_by(|before, after| before < after) {
            let source = "two items of a partition came in the wrong order, or one came twice";
            return Err(PortError::bug(OPERATION, source));
        }
        if let Some(item) = items.last() {
            self.last = Some(item.key.clone());
        }
        Ok(items)
    }

    fn sorted(&mut self, page: Vec<SourceItem>, is_last: bool) -> Vec<SourceItem> {
        let mut items = std::mem::take(&mut self.pending);
        items.extend(page);
        if !is_last {
            let open = items.last().map(|item| item.key.sort.clone());
            let closed = items.partition_point(|item| Some(&item.key.sort) < open.as_ref());
            self.pending = items.split_off(closed);
        }
        // Stable, and by the tie breaker within one sort key only: keys in a wrong order stay so and are
        // reported.
        for run in items.chunk_by_mut(|a, b| a.key.sort == b.key.sort) {
            run.sort_by(|a, b| a.key.tie_breaker.cmp(&b.key.tie_breaker));
        }
        items
    }
}

#[cfg(test)]
mod tests {
    use archive::sort_key::SortKey;
    use bytes::Bytes;
    use proptest::prelude::*;

    use super::*;

    fn item(sort: u8, tie: u8) -> SourceItem {
        SourceItem {
            key: EventKey { sort: vec![sort], tie_breaker: vec![tie] },
            sort_key: SortKey::Text(sort.to_string()),
            time: None,
            content: Ok(Bytes::new()),
        }
    }

    #[test]
    fn a_page_out_of_order_fails_the_read() {
        for ties in [false, true] {
            let mut order = Order::new(ties);
            order.arrange(vec![item(1, 0), item(2, 0)], false).unwrap();
            assert!(order.arrange(vec![item(1, 5), item(3, 0)], true).is_err(), "ties: {ties}");
        }
        assert!(Order::new(false).arrange(vec![item(2, 0), item(1, 0)], true).is_err());
        assert!(Order::new(true).arrange(vec![item(1, 3), item(1, 3)], true).is_err());
    }

    #[test]
    fn empty_pages_change_nothing() {
        let mut order = Order::new(true);
        assert!(order.arrange(vec![item(1, 2)], false).unwrap().is_empty());
        assert!(order.arrange(vec![], false).unwrap().is_empty());
        assert_eq!(order.arrange(vec![item(1, 1)], true).unwrap(), [item(1, 1), item(1, 2)]);
    }

    proptest! {
        /// Everything is returned in order, however an index shuffles equal sort keys and wherever pages end.
        #[test]
        fn equal_sort_keys_are_ordered_by_tie_breaker_across_pages(
            keys in prop::collection::btree_set((0u8..5, any::<u8>()), 0..40),
            shuffle in prop::collection::vec(any::<u32>(), 40), page in 1usize..7,
        ) {
            let expected: Vec<SourceItem> = keys.iter().map(|(sort, tie)| item(*sort, *tie)).collect();
            let mut shuffled: Vec<_> = expected.iter().zip(shuffle).collect();
            shuffled.sort_by_key(|(item, random)| (item.key.sort.clone(), *random));
            let items: Vec<SourceItem> = shuffled.iter().map(|(item, _)| (*item).clone()).collect();
            let pages: Vec<Vec<SourceItem>> = items.chunks(page).map(<[SourceItem]>::to_vec).collect();
            let mut order = Order::new(true);
            let mut read = Vec::new();
            for (place, page) in pages.iter().enumerate() {
                read.extend(order.arrange(page.clone(), place + 1 == pages.len()).unwrap());
            }
            prop_assert_eq!(read, expected);
        }
    }
}
