//! Counts what a query asks of S3 and DynamoDB, around the real adapters.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use archive::names::TenantId;
use archive::sort_key::SortKeyForm;
use async_trait::async_trait;
use aws::dynamodb::ledger::DynamoLedger;
use aws::reader::OwnReaderSessions;
use bytes::Bytes;
use futures_util::StreamExt as _;
use ports::{
    ByteStream, PageReader, PortError, ReaderSession, ReaderSessions, Source, StagedObjects, StagedPage,
};
use protocol::connector::{Connector, Shards};
use protocol::events_source::EventsSource;
use protocol::machine::Span;
use serde::{Deserialize, Serialize};
use tests::delegate_port;

/// One strongly consistent read of an item or a page costs a unit for each 4 KB. Source: DynamoDB developer
/// guide, "Read request units".
const UNIT_BYTES: usize = 4096;

/// What was asked so far. A clone counts on.
#[derive(Debug, Clone, Default)]
pub struct Counters(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    gets: AtomicU64,
    lists: AtomicU64,
    bytes: AtomicU64,
    ledger_requests: AtomicU64,
    read_units: AtomicU64,
}

/// What was asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// GET requests of S3, and their bytes.
    pub gets: u64,
    pub bytes: u64,
    /// LIST requests of S3.
    pub lists: u64,
    /// Requests to DynamoDB that read, and their units.
    pub ledger_requests: u64,
    pub read_units: u64,
}

impl Asked {
    /// What was asked since `before`.
    pub const fn since(self, before: Self) -> Self {
        Self {
            gets: self.gets - before.gets,
            bytes: self.bytes - before.bytes,
            lists: self.lists - before.lists,
            ledger_requests: self.ledger_requests - before.ledger_requests,
            read_units: self.read_units - before.read_units,
        }
    }

    /// The average of so many questions.
    pub const fn each(self, questions: u64) -> Self {
        Self {
            gets: self.gets / questions,
            bytes: self.bytes / questions,
            lists: self.lists / questions,
            ledger_requests: self.ledger_requests / questions,
            read_units: self.read_units / questions,
        }
    }

    /// USD by the prices of infra/README.md: 0.0004 for 1,000 GETs, 0.005 for 1,000 LISTs, 0.125 for a
    /// million units read; and 0.625 for a million units written, of which each question writes one: its
    /// record.
    pub fn usd(self) -> f64 {
        let [gets, lists, units] = [self.gets, self.lists, self.read_units].map(|count| count as f64);
        gets * 0.0004 / 1e3 + lists * 0.005 / 1e3 + units * 0.125 / 1e6 + 0.625 / 1e6
    }
}

impl Counters {
    pub fn asked(&self) -> Asked {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let Counts { gets, lists, bytes, ledger_requests, read_units } = &*self.0;
        Asked {
            gets: get(gets),
            bytes: get(bytes),
            lists: get(lists),
            ledger_requests: get(ledger_requests),
            read_units: get(read_units),
        }
    }

    fn ledger(&self, requests: u32, bytes: usize) {
        self.0.ledger_requests.fetch_add(requests.max(1).into(), Ordering::Relaxed);
        let units = bytes.div_ceil(UNIT_BYTES).max(1);
        self.0.read_units.fetch_add(units as u64, Ordering::Relaxed);
    }
}

/// The ledger.
#[derive(Debug, Clone)]
pub struct CountedLedger {
    pub inner: DynamoLedger,
    pub counters: Counters,
}

impl CountedLedger {
    fn read<T: Serialize>(&self, requests: u32, answer: Result<T, PortError>) -> Result<T, PortError> {
        let bytes = answer.as_ref().ok().and_then(|found| serde_json::to_vec(found).ok());
        self.counters.ledger(requests, bytes.unwrap_or_default().len());
        answer
    }
}

delegate_port!(Connectors, CountedLedger, |it| it.inner, |_name, call| match method {
    get(id) => it.read(1, it.inner.get(id).await),
    // The adapter reads pages of at most 100 records.
    history(id, before, limit) => it.read(limit.div_ceil(100), it.inner.history(id, before, limit).await),
    _ => call.await,
});
delegate_port!(EventMappings, CountedLedger, |it| it.inner, |_name, call| match method {
    mapping(id) => it.read(1, it.inner.mapping(id).await),
    _ => call.await,
});
delegate_port!(Consents, CountedLedger, |it| it.inner, |_name, call| match method {
    _ => call.await,
});
delegate_port!(Spender, CountedLedger, |it| it.inner, |_name, call| match method {
    _ => call.await,
});

/// The reader's sessions.
#[derive(Debug, Clone)]
pub struct CountedSessions {
    pub inner: OwnReaderSessions,
    pub counters: Counters,
}

#[async_trait]
impl ReaderSessions for CountedSessions {
    async fn open(&self, connector: &Connector) -> Result<ReaderSession, PortError> {
        let ReaderSession { objects, source } = self.inner.open(connector).await?;
        let objects = CountedObjects { inner: objects, counters: self.counters.clone() };
        let source = CountedSource { inner: source, counters: self.counters.clone() };
        Ok(ReaderSession { objects: Arc::new(objects), source: Arc::new(source) })
    }
}

struct CountedObjects {
    inner: Arc<dyn StagedObjects>,
    counters: Counters,
}

#[async_trait]
impl StagedObjects for CountedObjects {
    async fn range(&self, key: &str, offset: u64, length: u64) -> Result<Option<Bytes>, PortError> {
        self.counters.0.gets.fetch_add(1, Ordering::Relaxed);
        let bytes = self.inner.range(key, offset, length).await?;
        self.counters
            .0
            .bytes
            .fetch_add(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64), Ordering::Relaxed);
        Ok(bytes)
    }

    async fn whole(&self, key: &str) -> Result<Option<ByteStream>, PortError> {
        self.counters.0.gets.fetch_add(1, Ordering::Relaxed);
        let counters = self.counters.clone();
        Ok(self.inner.whole(key).await?.map(|stream| {
            let counted = stream.inspect(move |bytes| {
                let length = bytes.as_ref().map_or(0, |bytes| bytes.len() as u64);
                counters.0.bytes.fetch_add(length, Ordering::Relaxed);
            });
            Box::pin(counted) as ByteStream
        }))
    }

    async fn put(&self, key: &str, bytes: Bytes) -> Result<(), PortError> {
        self.inner.put(key, bytes).await
    }

    async fn list(&self, prefix: &str, start_after: &str) -> Result<StagedPage, PortError> {
        self.counters.0.lists.fetch_add(1, Ordering::Relaxed);
        self.inner.list(prefix, start_after).await
    }

    async fn url(&self, key: &str, file_name: &str) -> Result<String, PortError> {
        self.inner.url(key, file_name).await
    }
}

/// The events table: it has nothing that is not sealed, so each read costs one unit.
struct CountedSource {
    inner: Arc<dyn Source>,
    counters: Counters,
}

#[async_trait]
impl Source for CountedSource {
    async fn open(
        &self,
        tenant: &TenantId,
        shards: Shards,
        shard: u8,
        span: &Span,
    ) -> Result<Box<dyn PageReader>, PortError> {
        self.counters.ledger(1, 1);
        self.inner.open(tenant, shards, shard, span).await
    }

    async fn identity(&self) -> Result<EventsSource, PortError> {
        self.inner.identity().await
    }

    fn sort_key_form(&self) -> SortKeyForm {
        self.inner.sort_key_form()
    }
}
