//! One connector's archive, opened for one request.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use archive::fields::MappingHash;
use archive::part::{Part, PartNumber};
use archive::query::index::MAX_DECODED_BYTES;
use archive::time::Time;
use futures_util::TryStreamExt as _;
use ports::{Clock, Connectors, PortError, ReaderSession};
use protocol::connector::Connector;
use protocol::cursor::Cursor;

use crate::mapping::Mapping;

/// How many records of parts one read requests.
const PAGE: u32 = 100;
/// How many records a request reads one by one. One that needs more will need their neighbours too.
const SINGLE_READS: usize = 8;
/// The most records that are remembered. Each has about 2 KB.
const MAX_RECORDS: usize = 4_000;

/// Until when a request may read.
pub(crate) struct Deadline {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) at: Time,
}

/// One connector's archive, opened for one request.
pub(crate) struct Opened {
    pub(crate) connector: Connector,
    pub(crate) cursor: Cursor,
    pub(crate) session: ReaderSession,
    /// How its events are read.
    pub(crate) mapping: Mapping,
    pub(crate) mapping_hash: MappingHash,
    connectors: Arc<dyn Connectors>,
    deadline: Deadline,
    /// The records that were read. A record never changes but for its delivery.
    records: Mutex<BTreeMap<PartNumber, Part>>,
    /// How many were read one by one.
    single_reads: AtomicUsize,
    /// Held while a page is read, so that reads at once do not all request it.
    paging: tokio::sync::Mutex<()>,
}

impl Opened {
    pub(crate) fn new(
        connector: Connector,
        cursor: Cursor,
        session: ReaderSession,
        mapping: Mapping,
        connectors: Arc<dyn Connectors>,
        deadline: Deadline,
    ) -> Self {
        let mapping_hash = mapping.fields.hash();
        Self {
            connector,
            cursor,
            session,
            mapping,
            mapping_hash,
            connectors,
            deadline,
            records: Mutex::default(),
            single_reads: AtomicUsize::new(0),
            paging: tokio::sync::Mutex::default(),
        }
    }

    /// Whether the time is over in which this request may read.
    pub(crate) fn is_out_of_time(&self) -> bool {
        self.deadline.clock.now() >= self.deadline.at
    }

    /// The newest sealed part.
    pub(crate) const fn newest(&self) -> PartNumber {
        self.cursor.next.previous()
    }

    /// The record of a part.
    pub(crate) async fn part(&self, number: PartNumber) -> Result<Option<Part>, PortError> {
        if let Some(part) = self.cached(number) {
            return Ok(Some(part));
        }
        if self.single_reads.fetch_add(1, Ordering::Relaxed) < SINGLE_READS {
            let found = self.connectors.history(&self.connector.id, Some(number.next()), 1).await?;
            self.remember(&found);
            return Ok(found.into_iter().next().filter(|part| part.number == number));
        }
        let _paging = self.paging.lock().await;
        if let Some(part) = self.cached(number) {
            return Ok(Some(part));
        }
        // Whether a search goes to newer parts or to older ones, each page is read once.
        let last = PartNumber::new(number.get().next_multiple_of(u64::from(PAGE)));
        let page = self.parts_before(last.next()).await?;
        Ok(page.into_iter().find(|part| part.number == number))
    }

    /// A page of records before this number, the newest first.
    pub(crate) async fn parts_before(&self, before: PartNumber) -> Result<Vec<Part>, PortError> {
        let page = self.connectors.history(&self.connector.id, Some(before), PAGE).await?;
        self.remember(&page);
        Ok(page)
    }

    /// All bytes of an index; `None` if it is gone, or larger than one can be.
    pub(crate) async fn index_object(&self, key: &str) -> Result<Option<Vec<u8>>, PortError> {
        let Some(mut stream) = self.session.objects.whole(key).await? else { return Ok(None) };
        let mut all = Vec::new();
        while let Some(bytes) = stream.try_next().await? {
            if (all.len() + bytes.len()) as u64 > MAX_DECODED_BYTES {
                return Ok(None);
            }
            all.extend_from_slice(&bytes);
        }
        Ok(Some(all))
    }

    fn cached(&self, number: PartNumber) -> Option<Part> {
        let records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        records.get(&number).cloned()
    }

    fn remember(&self, parts: &[Part]) {
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        if records.len() + parts.len() > MAX_RECORDS {
            records.clear();
        }
        records.extend(parts.iter().map(|part| (part.number, part.clone())));
    }
}
