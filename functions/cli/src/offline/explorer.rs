//! The reader over an archive: the very reader of a deployment, with its ports filled from verified files.

use std::sync::Arc;

use archive::fields::EventFields;
use archive::names::{ConnectorId, TenantId};
use archive::verify::archive::Archive;
use async_trait::async_trait;
use control::explorer::{Asker, Explorer, Proof};
use control::portal::Sessions;
use control::portal_events::PortalEvents;
use ports::{Clock, EventMappings as _, PortError, ReaderSession, ReaderSessions, Rng};
use protocol::caller::Caller;
use protocol::connector::Connector;
use protocol::exploration::DownloadId;
use reader::Reader;
use tokio::sync::mpsc;
use tokio::sync::mpsc::UnboundedReceiver;

use super::cache::Cache;
use super::file_links::FileLinks;
use super::guess::guess_mapping;
use super::ledger::ArchiveLedger;
use super::no_table::NoTable;
use super::objects::ArchiveObjects;
use super::parts::VerifiedParts;
use super::records::{MemoryRecords, NoSearchLog, WaitingDownloads};
use super::server::Files;

/// What an explorer of an archive is made of.
pub(super) struct Sources {
    /// The archive that was verified.
    pub(super) archive: Arc<dyn Archive>,
    /// The parts that the verification accepts.
    pub(super) parts: VerifiedParts,
    /// Where indexes and downloads are written.
    pub(super) cache: Cache,
    /// Whose events these are.
    pub(super) tenant: TenantId,
    /// Where the fields are in an event; `None` if it is to be guessed.
    pub(super) fields: Option<EventFields>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) rng: Arc<dyn Rng>,
}

/// The explorer of one archive.
pub(super) struct OfflineExplorer {
    /// Answers questions, for [`Self::asker`] only.
    pub(super) explorer: Explorer,
    pub(super) tenant: TenantId,
    pub(super) connector: ConnectorId,
    pub(super) parts: Arc<VerifiedParts>,
    pub(super) cache: Arc<Cache>,
    pub(super) clock: Arc<dyn Clock>,
    objects: ArchiveObjects,
    reader: Arc<Reader>,
    waiting: UnboundedReceiver<(TenantId, DownloadId)>,
}

impl OfflineExplorer {
    /// Opens the explorer, and guesses the mapping if none is given.
    ///
    /// # Errors
    /// If an archive's file or the cache fails.
    pub(super) async fn open(sources: Sources) -> Result<Self, PortError> {
        let Sources { archive, parts, cache, tenant, fields, clock, rng } = sources;
        let (parts, cache) = (Arc::new(parts), Arc::new(cache));
        cache.forget_stale(&parts).map_err(|error| PortError::transient("cleaning the cache", error))?;
        let links = Arc::new(FileLinks::new(Arc::clone(&clock), Arc::clone(&rng)));
        let objects = ArchiveObjects { archive, parts: Arc::clone(&parts), cache: Arc::clone(&cache), links };
        let records = Arc::new(MemoryRecords::default());
        let connector = parts.connector.clone();
        if fields.is_none()
            && let Some(guess) = guess_mapping(&objects, clock.now()).await?
        {
            records.store_guess(&connector, &guess).await?;
        }
        let ledger = Arc::new(ArchiveLedger::new(Arc::clone(&parts), tenant.clone()));
        let (queue, waiting) = mpsc::unbounded_channel();
        let reader = Arc::new(Reader {
            connectors: Arc::clone(&ledger) as _,
            portal: Sessions { links: ledger, clock: Arc::clone(&clock) },
            sessions: Arc::new(OneSession(objects.clone())),
            mappings: Arc::clone(&records) as _,
            searches: Arc::new(NoSearchLog),
            downloads: records,
            queue: Arc::new(WaitingDownloads(queue)),
            clock: Arc::clone(&clock),
            worker: rng.worker_id(),
            rng,
            at_once: reader::AT_ONCE,
            shown: PortalEvents::Events,
            fields,
            staging_retention: None,
            event_retention: None,
            events_end: Some(parts.cursor().watermark),
        });
        let explorer = Explorer::new(Some(Arc::clone(&reader) as _));
        Ok(Self { explorer, tenant, connector, parts, cache, clock, objects, reader, waiting })
    }

    /// Whoever has the archive asks as its operator.
    pub(super) fn asker(&self, operator: Caller) -> Asker {
        let connector = Some(self.connector.clone());
        Asker { by: Proof::Caller(operator), tenant: self.tenant.clone(), connector }
    }

    /// The downloads, for whoever serves them.
    pub(super) fn files(&self) -> Files {
        Files { links: Arc::clone(&self.objects.links), objects: Arc::new(self.objects.clone()) }
    }

    /// Queues every download, as if each were large.
    #[cfg(test)]
    pub(super) fn limit_downloads_at_once(&mut self) {
        let budget = archive::query::search::Budget { blocks: 0, bytes: 0 };
        self.reader = Arc::new(Reader { at_once: budget, ..(*self.reader).clone() });
        self.explorer = Explorer::new(Some(Arc::clone(&self.reader) as _));
    }

    /// Makes the downloads that wait, each once it is asked for; ends with the reader.
    pub(super) async fn make_downloads(&mut self) {
        while let Some((tenant, id)) = self.waiting.recv().await {
            // No queue brings the message back.
            if let Err(error) = self.reader.make_download(&tenant, &id).await {
                tracing::error!(download.id = %id, error = error.chain(), "failed to make a download");
                if let Err(error) = self.reader.give_up_download(&tenant, &id).await {
                    tracing::error!(download.id = %id, error = error.chain(), "failed to end a download");
                }
            }
        }
    }
}

/// The session of the archive's connector.
struct OneSession(ArchiveObjects);

#[async_trait]
impl ReaderSessions for OneSession {
    async fn open(&self, _: &Connector) -> Result<ReaderSession, PortError> {
        Ok(ReaderSession { objects: Arc::new(self.0.clone()), source: Arc::new(NoTable) })
    }
}
