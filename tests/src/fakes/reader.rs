//! The reader's sessions, over the fake staging bucket and the fake events table.

use std::sync::Arc;

use archive::names::{ConnectorId, TenantId};
use archive::sort_key::SortKeyForm;
use archive::staging_keys::{is_readable_for, is_writable_for};
use async_trait::async_trait;
use bytes::Bytes;
use ports::{
    ByteStream, PageReader, PortError, ReaderSession, ReaderSessions, Source, StagedObjects, StagedPage,
    Staging as _, is_plain_file_name,
};
use protocol::connector::{Connector, Shards};
use protocol::events_source::EventsSource;
use protocol::machine::Span;

use super::{FakeSource, FakeStaging};

const USING: &str = "using a session";

/// Fake sessions. A clone opens the same.
#[derive(Debug, Clone)]
pub struct FakeReaderSessions {
    staging: FakeStaging,
    source: FakeSource,
}

impl FakeReaderSessions {
    /// Sessions that read this bucket and this table.
    #[must_use]
    pub fn new(staging: &FakeStaging, source: &FakeSource) -> Self {
        Self { staging: staging.clone(), source: source.clone() }
    }
}

#[async_trait]
impl ReaderSessions for FakeReaderSessions {
    async fn open(&self, connector: &Connector) -> Result<ReaderSession, PortError> {
        let (tenant, shards) = (connector.tenant.clone(), connector.shards);
        let objects = Objects { staging: self.staging.clone(), connector: connector.id.clone() };
        let source = OfTenant { source: self.source.clone(), tenant, shards };
        Ok(ReaderSession { objects: Arc::new(objects), source: Arc::new(source) })
    }
}

struct Objects {
    staging: FakeStaging,
    connector: ConnectorId,
}

impl Objects {
    fn readable(&self, key: &str) -> Result<Option<Bytes>, PortError> {
        check(is_readable_for(&self.connector, key))?;
        Ok(self.staging.object(key))
    }
}

fn check(is_own: bool) -> Result<(), PortError> {
    is_own.then_some(()).ok_or_else(|| PortError::bug(USING, "it is not for this connector"))
}

#[async_trait]
impl StagedObjects for Objects {
    async fn range(&self, key: &str, offset: u64, length: u64) -> Result<Option<Bytes>, PortError> {
        let bytes = self.readable(key)?;
        Ok(bytes.map(|bytes| {
            let at = |place: u64| usize::try_from(place).map_or(bytes.len(), |place| place.min(bytes.len()));
            bytes.slice(at(offset)..at(offset.saturating_add(length)))
        }))
    }

    async fn whole(&self, key: &str) -> Result<Option<ByteStream>, PortError> {
        match self.readable(key)? {
            Some(_) => self.staging.read(key).await.map(Some),
            None => Ok(None),
        }
    }

    async fn put(&self, key: &str, bytes: Bytes) -> Result<(), PortError> {
        check(is_writable_for(&self.connector, key))?;
        self.staging.corrupt(key, bytes);
        self.staging.mark_expirable(key).await
    }

    async fn list(&self, prefix: &str, start_after: &str) -> Result<StagedPage, PortError> {
        check(is_readable_for(&self.connector, prefix))?;
        self.staging.list(prefix, start_after).await
    }

    async fn url(&self, key: &str, file_name: &str) -> Result<String, PortError> {
        check(is_readable_for(&self.connector, key) && is_plain_file_name(file_name))?;
        Ok(format!("https://staging.example/{key}?as={file_name}"))
    }
}

struct OfTenant {
    source: FakeSource,
    tenant: TenantId,
    shards: Shards,
}

#[async_trait]
impl Source for OfTenant {
    async fn open(
        &self,
        tenant: &TenantId,
        shards: Shards,
        shard: u8,
        span: &Span,
    ) -> Result<Box<dyn PageReader>, PortError> {
        check(*tenant == self.tenant && shards == self.shards)?;
        self.source.open(tenant, shards, shard, span).await
    }

    async fn identity(&self) -> Result<EventsSource, PortError> {
        self.source.identity().await
    }

    fn sort_key_form(&self) -> SortKeyForm {
        self.source.sort_key_form()
    }
}
