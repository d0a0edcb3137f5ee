//! The events table, read.

use archive::item::SourceItem;
use archive::names::TenantId;
use archive::sort_key::SortKeyForm;
use async_trait::async_trait;
use protocol::connector::Shards;
use protocol::events_source::EventsSource;
use protocol::machine::Span;

use super::PortError;

/// The vendor's events table, read by partition.
#[async_trait]
pub trait Source: Send + Sync {
    /// Opens one partition of a tenant for reading, in key order, strongly consistent unless through an
    /// index.
    async fn open(
        &self,
        tenant: &TenantId,
        shards: Shards,
        shard: u8,
        span: &Span,
    ) -> Result<Box<dyn PageReader>, PortError>;

    /// Which table this is, and the keys it is read by. Called before each run; the answer may be a minute
    /// old.
    async fn identity(&self) -> Result<EventsSource, PortError>;

    /// The form of the sort keys.
    fn sort_key_form(&self) -> SortKeyForm;
}

/// One partition, page by page.
#[async_trait]
pub trait PageReader: Send {
    /// The next page, in ascending order of the sort key; it may be empty. `None` at the end. It may contain
    /// items slightly outside the span. An item of another partition key is a [`PageError::Foreign`].
    async fn next_page(&mut self) -> Result<Option<Vec<SourceItem>>, PageError>;
}

/// Why a page could not be read.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// The read failed; a page that fails fails the whole read.
    #[error(transparent)]
    Port(#[from] PortError),
    /// An item of another tenant was returned. Nothing of this read may be used.
    #[error("an item with partition key `{found}` was returned where `{expected}` was requested")]
    Foreign {
        /// The partition key of the request.
        expected: String,
        /// The partition key of the returned item.
        found: String,
    },
}
