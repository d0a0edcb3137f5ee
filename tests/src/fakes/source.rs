//! The events table: items by partition and key, each visible from its own time on, read page by page.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, Mutex};

use archive::item::SourceItem;
use archive::names::TenantId;
use archive::sort_key::{SortKey, SortKeyForm};
use archive::time::Time;
use async_trait::async_trait;
use control::partition::PartitionFormat;
use ports::{Clock, PageError, PageReader, PortError, Source};
use protocol::connector::Shards;
use protocol::events_source::{EventsSource, KeyLayout};
use protocol::machine::Span;

use super::{FakeClock, locked};
use samples::items::{Shape, StoredItem, sort_bytes};

type Key = (String, Vec<u8>);
/// A range of the key order of one partition.
type Range = (Bound<Vec<u8>>, Bound<Vec<u8>>);

/// A fake events table. A clone is the same table.
#[derive(Debug, Clone)]
pub struct FakeSource {
    items: Arc<Mutex<BTreeMap<Key, StoredItem>>>,
    clock: FakeClock,
    form: SortKeyForm,
    numeric: bool,
    page: usize,
    identity: EventsSource,
}

impl FakeSource {
    /// An empty table whose sort keys have this form, with pages of three items and an empty page after each:
    /// DynamoDB may return an empty page and continue after it.
    #[must_use]
    pub fn new(form: SortKeyForm, clock: &FakeClock) -> Self {
        Self {
            items: Arc::default(),
            clock: clock.clone(),
            form,
            numeric: false,
            page: 3,
            identity: identity("events", form),
        }
    }

    /// Another table with this name and the same items, as a mistyped setting would name it.
    #[must_use]
    pub fn named(&self, table: &str) -> Self {
        Self { identity: identity(table, self.form), ..self.clone() }
    }

    /// The same table with pages of this many items.
    #[must_use]
    pub fn with_page_size(self, page: usize) -> Self {
        Self { page, ..self }
    }

    /// The same table with sort keys of type N.
    #[must_use]
    pub fn with_numeric_keys(self) -> Self {
        Self { numeric: true, ..self }
    }

    /// The partition key of a tenant's shard, in the default format.
    ///
    /// # Panics
    /// If the tenant has no partition key in this format.
    #[must_use]
    pub fn partition(tenant: &TenantId, shards: Shards, shard: u8) -> String {
        PartitionFormat::default()
            .key(tenant, shards, shard)
            .expect("a tenant with partition keys of its own")
    }

    /// Stores an item; one with the same key is replaced.
    pub fn store(&self, item: StoredItem) {
        let key = (item.partition.clone(), sort_bytes(&item.sort_key));
        locked(&self.items).insert(key, item);
    }

    /// Stores an event of a tenant with one shard, visible from `visible_at` on.
    pub fn event(&self, tenant: &TenantId, sort_key: &str, json: &str, visible_at: Time) {
        let sort_key =
            if self.numeric { SortKey::Number(sort_key.into()) } else { SortKey::Text(sort_key.into()) };
        let (partition, shape) = (tenant.to_string(), Shape::Text(json.to_owned()));
        self.store(StoredItem { partition_key: partition.clone(), partition, sort_key, shape, visible_at });
    }

    /// Removes all items of a tenant with one shard that are earlier than `before`, as their TTL would.
    pub fn expire(&self, tenant: &TenantId, before: Time) {
        let form = self.form;
        locked(&self.items).retain(|(partition, _), item| {
            partition != tenant.as_str() || !form.is_before(&item.sort_key, before)
        });
    }

    /// Removes one item, if it exists.
    pub fn remove(&self, partition: &str, sort_key: &SortKey) {
        locked(&self.items).remove(&(partition.to_owned(), sort_bytes(sort_key)));
    }

    /// Removes all items whose partition key attribute differs from the partition they are found in.
    pub fn remove_foreign(&self) {
        locked(&self.items).retain(|_, item| item.partition_key == item.partition);
    }

    /// All items, whether visible or not.
    #[must_use]
    pub fn items(&self) -> Vec<StoredItem> {
        locked(&self.items).values().cloned().collect()
    }

    /// The ranges of the key order that a span covers. Both ends are included, as in a `BETWEEN` of DynamoDB.
    fn ranges(&self, span: &Span) -> Vec<Range> {
        let bytes = |text: String| {
            sort_bytes(&if self.numeric { SortKey::Number(text) } else { SortKey::Text(text) })
        };
        let between = |(low, high)| (Bound::Included(bytes(low)), Bound::Included(bytes(high)));
        match span {
            Span::Window(window) => vec![between(self.form.range(window.from, window.to))],
            Span::OutOfOrderKeys { since, until: beyond } => {
                let first = if self.numeric { self.form.first_numeric_time() } else { Time::EPOCH };
                let below = Bound::Excluded(bytes(self.form.bound(first)));
                let mut ranges = vec![(Bound::Included(Vec::new()), below)];
                if !self.numeric {
                    ranges.extend(self.form.gaps(*since).into_iter().skip(1).map(between));
                }
                let from = Bound::Included(bytes(self.form.bound(first.max(*beyond))));
                ranges.push((from, Bound::Unbounded));
                ranges
            }
        }
    }
}

#[async_trait]
impl Source for FakeSource {
    async fn open(
        &self,
        tenant: &TenantId,
        shards: Shards,
        shard: u8,
        span: &Span,
    ) -> Result<Box<dyn PageReader>, PortError> {
        assert!(shard < shards.get(), "shard {shard} of {}", shards.get());
        let mut ranges = self.ranges(span);
        ranges.reverse();
        let partition = Self::partition(tenant, shards, shard);
        Ok(Box::new(Pages { table: self.clone(), partition, ranges, empty_next: false }))
    }

    async fn identity(&self) -> Result<EventsSource, PortError> {
        Ok(self.identity.clone())
    }

    fn sort_key_form(&self) -> SortKeyForm {
        self.form
    }
}

/// Reads the table as it is at the time of each page, as a Query does.
struct Pages {
    table: FakeSource,
    partition: String,
    /// The ranges left to read, the next one last.
    ranges: Vec<Range>,
    empty_next: bool,
}

#[async_trait]
impl PageReader for Pages {
    async fn next_page(&mut self) -> Result<Option<Vec<SourceItem>>, PageError> {
        if std::mem::take(&mut self.empty_next) {
            return Ok(Some(Vec::new()));
        }
        // Ranges without items make one page together, as with the adapter.
        while let Some((low, high)) = self.ranges.pop() {
            let page = self.page(low, high)?;
            if !page.is_empty() {
                return Ok(Some(page));
            }
        }
        Ok(None)
    }
}

impl Pages {
    /// The first page of a range; the rest of it is read next.
    fn page(&mut self, low: Bound<Vec<u8>>, high: Bound<Vec<u8>>) -> Result<Vec<SourceItem>, PageError> {
        let now = self.table.clock.now();
        let mut page = Vec::new();
        let items = locked(&self.table.items);
        let low = low.map(|low| (self.partition.clone(), low));
        for ((partition, sort), item) in items.range((low, Bound::Unbounded)) {
            if *partition != self.partition || !is_below(sort, &high) {
                break;
            }
            if item.visible_at > now {
                continue;
            }
            if item.partition_key != self.partition {
                return Err(PageError::Foreign {
                    expected: self.partition.clone(),
                    found: item.partition_key.clone(),
                });
            }
            page.push(item.read(self.table.form));
            if page.len() == self.table.page {
                self.ranges.push((Bound::Excluded(sort.clone()), high));
                self.empty_next = true;
                break;
            }
        }
        Ok(page)
    }
}

fn is_below(sort: &[u8], high: &Bound<Vec<u8>>) -> bool {
    match high {
        Bound::Included(high) => sort <= high.as_slice(),
        Bound::Excluded(high) => sort < high.as_slice(),
        Bound::Unbounded => true,
    }
}

fn identity(table: &str, form: SortKeyForm) -> EventsSource {
    let layout = KeyLayout {
        index: None,
        partition_key: "pk".into(),
        partition_format: "{tenant}".into(),
        sort_key: "sk".into(),
        sort_key_form: form.name().into(),
    };
    EventsSource { table: table.into(), table_id: None, layout }
}
