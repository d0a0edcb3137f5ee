//! The reader on the stand-ins: in this process, where AWS has a function with a queue.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::{Mutex, PoisonError};

use archive::names::{ConnectorId, TenantId, WorkerId};
use async_trait::async_trait;
use control::portal::Sessions;
use control::portal_events::PortalEvents;
use ports::{DownloadQueue, PortError};
use protocol::exploration::DownloadId;
use reader::Reader;

use super::Sandbox;

/// How many roll-ups are made at once.
const DAYS: usize = 400;

/// Downloads that wait for the reader.
#[derive(Debug, Default)]
pub(super) struct WaitingDownloads(Mutex<VecDeque<(TenantId, DownloadId)>>);

#[async_trait]
impl DownloadQueue for WaitingDownloads {
    async fn send_download(&self, tenant: &TenantId, id: &DownloadId) -> Result<(), PortError> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.push_back((tenant.clone(), id.clone()));
        Ok(())
    }
}

impl WaitingDownloads {
    fn next(&self) -> Option<(TenantId, DownloadId)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }
}

impl Sandbox {
    /// The reader, with its ports on the stand-ins. It shows this of events.
    #[must_use]
    pub fn reader(&self, shown: PortalEvents) -> Reader {
        let (ledger, rng) = (Arc::new(self.ledger()), self.randomness());
        Reader {
            connectors: Arc::clone(&ledger) as _,
            portal: Sessions { links: Arc::clone(&ledger) as _, clock: self.clock() },
            sessions: self.reader_sessions(),
            mappings: Arc::clone(&ledger) as _,
            searches: Arc::clone(&ledger) as _,
            downloads: ledger,
            queue: Arc::clone(&self.downloads) as _,
            clock: self.clock(),
            worker: WorkerId::new(rng.next_u64(), rng.next_u64()),
            rng,
            at_once: reader::AT_ONCE,
            shown,
            fields: None,
            staging_retention: None,
            event_retention: None,
            events_end: None,
        }
    }

    /// Makes the missing indexes of a connector, as the reader does after each sealed part.
    ///
    /// # Errors
    /// If a port fails.
    pub async fn index(&self, id: &ConnectorId) -> Result<(), PortError> {
        self.reader(PortalEvents::Events).index_missing(id, DAYS).await.map(drop)
    }

    /// Makes the downloads that wait.
    ///
    /// # Errors
    /// If a port fails.
    pub async fn make_downloads(&self) -> Result<(), PortError> {
        let reader = self.reader(PortalEvents::Events);
        while let Some((tenant, id)) = self.downloads.next() {
            reader.make_download(&tenant, &id).await?;
        }
        Ok(())
    }
}
