//! The events table in DynamoDB: the default one, or a table of the vendor's own layout.
//!
//! `layout` describes the table, `schema` asks DynamoDB what the settings leave open or get wrong, `range`
//! turns spans of time into ranges of keys, `reader` reads page by page, and `page` converts a page's items
//! to events. `order` guarantees their order, `page_size` limits the memory, `number` writes numbers without
//! loss, `key` derives unique keys, and `identity` identifies the table.

mod create;
mod identity;
mod key;
mod layout;
mod number;
mod order;
mod page;
mod page_size;
mod range;
mod reader;
mod schema;
mod write;

use std::sync::Arc;

use archive::names::TenantId;
use archive::sort_key::SortKeyForm;
use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use ports::{PageReader, PortError, Source};
use protocol::connector::Shards;
use protocol::events_source::EventsSource;
use protocol::machine::Span;
use tokio::sync::OnceCell;

pub use create::{create_table, create_table_of};
pub use layout::EventsTable;
pub use page::{ExportedItem, ExportedItemError};
pub use write::{EventsWriter, MAX_BATCH_BYTES, MAX_BATCH_EVENTS, NewEvent, NotWritableError, WriteOutcome};

use self::identity::IdentityCache;
use self::page::QueryContext;
use self::page_size::PageSize;
use self::reader::Reader;
use self::schema::Schema;

/// The events table in DynamoDB.
#[derive(Debug)]
pub struct DynamoSource {
    client: Client,
    layout: Arc<EventsTable>,
    /// Read once per process, and only if needed.
    schema: OnceCell<Arc<Schema>>,
    identity: IdentityCache,
}

impl DynamoSource {
    /// Reads events from a table with this layout.
    #[must_use]
    pub fn new(client: Client, layout: EventsTable) -> Self {
        Self { client, layout: Arc::new(layout), schema: OnceCell::new(), identity: IdentityCache::default() }
    }

    async fn schema(&self) -> Result<Arc<Schema>, PortError> {
        let schema = self.schema.get_or_try_init(|| async {
            let schema = schema::load(&self.client, &self.layout).await?;
            Ok::<_, PortError>(Arc::new(schema))
        });
        schema.await.cloned()
    }
}

#[async_trait]
impl Source for DynamoSource {
    async fn open(
        &self,
        tenant: &TenantId,
        shards: Shards,
        shard: u8,
        span: &Span,
    ) -> Result<Box<dyn PageReader>, PortError> {
        // For the operator to fix: the setting does not fit the tenant or its number of shards.
        let partition = self.layout.partition_format.key(tenant, shards, shard).map_err(|source| {
            PortError::misconfigured("deriving a partition key of the events table", source)
        })?;
        let schema = self.schema().await?;
        let ranges = range::ranges(span, self.layout.sort_key_form, schema.sort_key);
        let context = QueryContext { layout: Arc::clone(&self.layout), schema, partition };
        Ok(Box::new(Reader::new(self.client.clone(), context, ranges, PageSize::of(shards))))
    }

    async fn identity(&self) -> Result<EventsSource, PortError> {
        self.identity.get(&self.client, &self.layout).await
    }

    fn sort_key_form(&self) -> SortKeyForm {
        self.layout.sort_key_form
    }
}
