//! Reads one partition of the events table page by page, in the order of the keys.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::item::{EventKey, SourceItem};
use domain::ports::{PageError, PageReader, PortError};

use super::layout::EventsTable;
use super::page::{Asked, Page, PageOf};
use super::range::Range;
use super::schema::Schema;
use crate::port_error::port_error;

const WHAT: &str = "reading a page of the events table";

/// One partition, being read. A page is what DynamoDB returns at once, up to 1 MB of items, so memory does not
/// grow with the span.
#[derive(Debug)]
pub(super) struct Reader {
    client: Client,
    asked: Arc<Asked>,
    /// Those still to be read; the first is being read.
    ranges: VecDeque<Range>,
    /// Where the next page of the first range starts.
    start: Option<HashMap<String, AttributeValue>>,
    order: Order,
}

impl Reader {
    /// Before the first page.
    pub(super) fn new(
        client: Client,
        layout: Arc<EventsTable>,
        schema: Arc<Schema>,
        partition: String,
        ranges: Vec<Range>,
    ) -> Self {
        let order = Order { ties: !schema.table_keys.is_empty(), held: Vec::new(), last: None };
        let asked = Arc::new(Asked { layout, schema, partition });
        Self { client, asked, ranges: ranges.into(), start: None, order }
    }

    async fn query(&mut self, range: &Range) -> Result<Page, PageError> {
        let Asked { layout, partition, .. } = self.asked.as_ref();
        let (condition, values) = range.condition();
        let page = PageOf::new(Arc::clone(&self.asked));
        let mut query = self
            .client
            .query()
            .table_name(&layout.table)
            .set_index_name(layout.index.clone())
            // DynamoDB refuses consistent reads of a global index, and what a global index shows may lag.
            .consistent_read(layout.index.is_none())
            .key_condition_expression(format!("#pk = :pk AND {condition}"))
            .expression_attribute_names("#pk", &layout.partition_key)
            .expression_attribute_names("#sk", &layout.sort_key)
            .expression_attribute_values(":pk", AttributeValue::S(partition.clone()))
            .set_exclusive_start_key(self.start.take());
        for (name, value) in values {
            query = query.expression_attribute_values(name, value);
        }
        query.customize().interceptor(page.clone()).send().await.map_err(|error| port_error(WHAT, error))?;
        page.take().unwrap_or_else(|| {
            let source = "the SDK told of success, and no page was read".into();
            Err(PortError::Bug { what: WHAT, source }.into())
        })
    }
}

#[async_trait]
impl PageReader for Reader {
    async fn next_page(&mut self) -> Result<Option<Vec<SourceItem>>, PageError> {
        while let Some(range) = self.ranges.front().cloned() {
            let page = self.query(&range).await?;
            // A page may be empty and still not be the last: only a missing key says that.
            self.start = page.next;
            let is_last = self.start.is_none();
            if is_last {
                self.ranges.pop_front();
            }
            let items = self.order.arrange(page.items, is_last)?;
            // Of the many ranges of strays nearly all are empty: they make one page together.
            if !(items.is_empty() && is_last) {
                return Ok(Some(items));
            }
        }
        Ok(None)
    }
}

/// Sees to it that items are handed out in strictly ascending order of their keys, on which all that drops
/// doubles relies.
#[derive(Debug)]
struct Order {
    /// Whether sort keys may be equal: an index returns such items in no particular order.
    ties: bool,
    /// Items of one sort key at the end of a page, which the next page may go on with.
    held: Vec<SourceItem>,
    /// The last key that was handed out.
    last: Option<EventKey>,
}

impl Order {
    /// What of a page, and of what was held back before, can be handed out.
    fn arrange(&mut self, page: Vec<SourceItem>, is_last: bool) -> Result<Vec<SourceItem>, PortError> {
        let items = if self.ties { self.sorted(page, is_last) } else { page };
        let keys = self.last.iter().chain(items.iter().map(|item| &item.key));
        if !keys.is_sorted_by(|before, after| before < after) {
            let source = "two items of a partition came in the wrong order, or one came twice".into();
            return Err(PortError::Bug { what: WHAT, source });
        }
        if let Some(item) = items.last() {
            self.last = Some(item.key.clone());
        }
        Ok(items)
    }

    fn sorted(&mut self, page: Vec<SourceItem>, is_last: bool) -> Vec<SourceItem> {
        let mut items = std::mem::take(&mut self.held);
        items.extend(page);
        if !is_last {
            let open = items.last().map(|item| item.key.sort.clone());
            let closed = items.partition_point(|item| Some(&item.key.sort) < open.as_ref());
            self.held = items.split_off(closed);
        }
        // Stable and by the tie alone within a sort key: keys that came in a wrong order stay so, and are told.
        for run in items.chunk_by_mut(|a, b| a.key.sort == b.key.sort) {
            run.sort_by(|a, b| a.key.tie.cmp(&b.key.tie));
        }
        items
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use domain::sort_key::SortKey;
    use proptest::prelude::*;

    fn item(sort: u8, tie: u8) -> SourceItem {
        SourceItem {
            key: EventKey { sort: vec![sort], tie: vec![tie] },
            sort_key: SortKey::Text(sort.to_string()),
            time: None,
            content: Ok(Bytes::new()),
        }
    }

    fn order(ties: bool) -> Order {
        Order { ties, held: Vec::new(), last: None }
    }

    #[test]
    fn a_page_out_of_order_fails_the_read() {
        for ties in [false, true] {
            let mut order = order(ties);
            order.arrange(vec![item(1, 0), item(2, 0)], false).unwrap();
            assert!(order.arrange(vec![item(1, 5), item(3, 0)], true).is_err(), "ties: {ties}");
        }
        assert!(order(false).arrange(vec![item(2, 0), item(1, 0)], true).is_err());
        assert!(order(true).arrange(vec![item(1, 3), item(1, 3)], true).is_err());
    }

    #[test]
    fn empty_pages_change_nothing() {
        let mut order = order(true);
        assert!(order.arrange(vec![item(1, 2)], false).unwrap().is_empty());
        assert!(order.arrange(vec![], false).unwrap().is_empty());
        assert_eq!(order.arrange(vec![item(1, 1)], true).unwrap(), [item(1, 1), item(1, 2)]);
    }

    proptest! {
        /// However an index shuffles equal sort keys and wherever the pages break, everything is handed out,
        /// in order.
        #[test]
        fn equal_sort_keys_come_by_tie_across_pages(
            keys in prop::collection::btree_set((0u8..5, any::<u8>()), 0..40), shuffle in prop::collection::vec(any::<u32>(), 40), page in 1usize..7,
        ) {
            let expected: Vec<SourceItem> = keys.iter().map(|(sort, tie)| item(*sort, *tie)).collect();
            let mut shuffled: Vec<_> = expected.iter().zip(shuffle).collect();
            shuffled.sort_by_key(|(item, chance)| (item.key.sort.clone(), *chance));
            let pages: Vec<Vec<SourceItem>> =
                shuffled.chunks(page).map(|page| page.iter().map(|(item, _)| (*item).clone()).collect()).collect();
            let mut order = order(true);
            let mut read = Vec::new();
            for (place, page) in pages.iter().enumerate() {
                read.extend(order.arrange(page.clone(), place + 1 == pages.len()).unwrap());
            }
            prop_assert_eq!(read, expected);
        }
    }
}
