//! Makes a file of all events that match, by the same filter as the rows on a screen.
//!
//! A small file is made at once. A large one is queued: the request is stored, and whoever gets its message
//! makes it (`protocol::exploration::download` says what happens if a worker dies).

use archive::names::{TenantId, WorkerId};
use archive::part::PartNumber;
use archive::query::output::{OutputFormat, PartReceipt, Receipt};
use archive::query::row::RowKey;
use archive::query::rows::{Rows, remaining};
use archive::query::search::{Budget, Looking, Reach, Search};
use archive::sha256::Sha256;
use archive::staging_keys::downloads_prefix;
use bytes::Bytes;
use control::explorer::{DownloadAnswer, DownloadRequest, ExplorerError};
use ports::PortError;
use protocol::caller::Caller;
use protocol::exploration::{
    Download, DownloadId, DownloadState, NewDownload, ReadyDownload, Receipt as StoredReceipt,
};

use crate::context::Reader;
use crate::fetch::run;
use crate::file::{FinishedFile, GrowingFile, columns_of};
use crate::mapping::invalid;
use crate::opened::Opened;
use crate::span::span_of;

/// How many rows are read at once, and how many bytes of them.
const ROWS_AT_ONCE: usize = 50_000;
const BYTES_AT_ONCE: usize = 32 << 20;
/// The most columns of a table.
const MAX_COLUMNS: usize = 50;
/// How many files of a tenant may wait or be made at a time. Two requests at once may both be the last one.
const MAX_UNFINISHED: usize = 10;
/// How many of the newest downloads are looked at for that.
const NEWEST: u32 = 100;

/// What has become of a download whose message is gone.
const FAILED: &str = "failed";
const ASK_AGAIN: &str = "it could not be made; ask for it again";

/// A file that was made.
struct Made {
    bytes: Vec<u8>,
    receipt: Receipt,
}

impl Reader {
    /// Makes a small file, or queues a large one.
    pub(crate) async fn start_download(
        &self,
        opened: &Opened,
        caller: &Caller,
        request: &DownloadRequest,
    ) -> Result<DownloadAnswer, ExplorerError> {
        if request.columns.len() > MAX_COLUMNS {
            return Err(invalid(format!("a table has at most {MAX_COLUMNS} columns")));
        }
        let now = self.clock.now();
        let text = serde_json::to_string(request).map_err(|error| bug(error.into()))?;
        let new = NewDownload {
            tenant: opened.connector.tenant.clone(),
            connector: opened.connector.id.clone(),
            request: text.parse().map_err(invalid)?,
        };
        let newest = self.downloads.downloads(&new.tenant, NEWEST).await?;
        if newest.iter().filter(|download| download.is_unfinished(now)).count() >= MAX_UNFINISHED {
            return Err(ExplorerError::TooMuch(format!(
                "{MAX_UNFINISHED} files of this tenant are being made; try again when one is ready"
            )));
        }
        // The file is made before there is a record: whoever dies here leaves nothing behind.
        let made = self.make_file(opened, request, self.at_once).await?;
        let download = Download::new(DownloadId::new(now, self.rng.next_u64()), new, caller.clone(), now);
        if !self.downloads.create_download(&download).await? {
            return Err(PortError::transient("storing a download", "its ID is taken; ask again").into());
        }
        let ended = match made {
            Some(made) => self.claim_and_store(opened, &download, request.format, made).await,
            None => self.queue.send_download(&download.tenant, &download.id).await.map(|()| download.clone()),
        };
        match ended {
            Ok(download) => Ok(self.shown(opened, &download).await?),
            Err(error) => {
                // Nobody has a message of it, so nobody will make it. If this fails too, its time ends it.
                if let Ok(claimed) = download.claim(self.worker(), now)
                    && self.claimed(&claimed).await.is_ok_and(|is_ours| is_ours)
                {
                    self.fail(&claimed, ASK_AGAIN).await.ok();
                }
                Err(error.into())
            }
        }
    }

    async fn claim_and_store(
        &self,
        opened: &Opened,
        download: &Download,
        format: OutputFormat,
        made: Made,
    ) -> Result<Download, PortError> {
        let claim = download.claim(self.worker(), self.clock.now());
        let claimed = claim.map_err(|error| PortError::bug("storing a download", error))?;
        if !self.claimed(&claimed).await? {
            return Err(PortError::bug(
                "storing a download",
                "another worker has a download without a message",
            ));
        }
        self.store(opened, &claimed, format, made).await
    }

    /// Stores a claim. Whether it is ours: if a write had no effect, it may be the answer that was lost.
    async fn claimed(&self, claimed: &Download) -> Result<bool, PortError> {
        if self.downloads.store_download(claimed).await? {
            return Ok(true);
        }
        let stored = self.downloads.download(&claimed.tenant, &claimed.id).await?;
        Ok(stored.is_some_and(|stored| stored == *claimed))
    }

    /// What has become of a download, with a URL if it is ready.
    pub(crate) async fn download_status(
        &self,
        opened: &Opened,
        id: &str,
    ) -> Result<DownloadAnswer, ExplorerError> {
        let none = || ExplorerError::NoDownload(id.chars().take(40).collect());
        let id: DownloadId = id.parse().map_err(|_| none())?;
        let download = self.downloads.download(&opened.connector.tenant, &id).await?;
        let found = download.filter(|download| {
            download.connector == opened.connector.id && download.expires_at > self.clock.now()
        });
        match found {
            Some(download) => Ok(self.shown(opened, &download).await?),
            None => Err(none()),
        }
    }

    /// Makes a queued file. Does nothing if another worker has it or it is finished.
    ///
    /// # Errors
    /// If a port fails: then the message comes back.
    pub async fn make_download(&self, tenant: &TenantId, id: &DownloadId) -> Result<(), PortError> {
        let Some(download) = self.downloads.download(tenant, id).await? else { return Ok(()) };
        let Ok(claimed) = download.claim(self.worker(), self.clock.now()) else { return Ok(()) };
        if !self.claimed(&claimed).await? {
            // Another worker was faster. If it dies, its own message comes back.
            return Ok(());
        }
        let opened = self.open_by_id(&download.connector).await?;
        let Some(opened) = opened.filter(|opened| opened.connector.tenant == *tenant) else {
            return self.fail(&claimed, "its connector is gone").await;
        };
        let request: DownloadRequest =
            serde_json::from_str(download.request.as_str()).map_err(|error| bug(error.into()))?;
        match self.make_file(&opened, &request, Budget::NONE).await {
            Ok(Some(made)) if is_storable(&made.receipt) => {
                self.store(&opened, &claimed, request.format, made).await.map(drop)
            }
            Ok(Some(_)) => self.fail(&claimed, "it has rows of too many parts; use a shorter span").await,
            Ok(None) => self.fail(&claimed, "it would read too much; narrow the filter or the time").await,
            Err(ExplorerError::Port(error)) => Err(error),
            Err(error) => self.fail(&claimed, &error.to_string()).await,
        }
    }

    /// Ends a file that this worker could not make, where no message comes back.
    ///
    /// # Errors
    /// If a port fails: then the record's time ends it.
    pub async fn give_up_download(&self, tenant: &TenantId, id: &DownloadId) -> Result<(), PortError> {
        match self.downloads.download(tenant, id).await? {
            Some(download) => self.fail(&download, ASK_AGAIN).await,
            None => Ok(()),
        }
    }

    async fn fail(&self, claimed: &Download, reason: &str) -> Result<(), PortError> {
        let Some(failed) = claimed.fail(&self.worker(), reason) else { return Ok(()) };
        self.downloads.store_download(&failed).await.map(drop)
    }

    /// Makes the file; `None` if the budget or the time does not suffice.
    async fn make_file(
        &self,
        opened: &Opened,
        request: &DownloadRequest,
        budget: Budget,
    ) -> Result<Option<Made>, ExplorerError> {
        let rows = &request.rows;
        let asked = span_of(rows.from, rows.to)?;
        let snapshot = self.snapshot(opened);
        let mut file = GrowingFile::new(opened, request);
        let mut after: Option<RowKey> = None;
        let mut missing = Vec::new();
        let mut is_whole = true;
        loop {
            let span = remaining(asked, rows.order, after.as_ref());
            let planned = self.plan(opened, snapshot, asked.intersect(rows.filter.span())).await?;
            is_whole &= planned.not_indexed_before.is_none();
            let looking = Looking { filter: rows.filter.clone(), span, order: rows.order, budget };
            let page = Rows::new(rows.order, ROWS_AT_ONCE, after).with_max_bytes(BYTES_AT_ONCE);
            let searched =
                run(opened, Search::new(&looking, &opened.mapping.fields, planned.scope, page)).await?;
            if opened.is_out_of_time() && searched.found.reach != Reach::Whole {
                return Ok(None);
            }
            is_whole &= searched.table_cuts.is_empty() && searched.not_indexed.is_empty();
            missing.extend(searched.found.missing.iter().map(|missing| missing.part));
            missing.extend(searched.not_indexed.iter().map(|(part, _)| *part));
            let page = searched.found.collector.page(searched.found.reach);
            let page = page.map_err(|error| ExplorerError::TooMuch(error.to_string()))?;
            if budget != Budget::NONE && page.next.is_some() {
                return Ok(None);
            }
            for row in page.rows {
                if file.is_full() {
                    return self.finish(opened, request, file, missing, false).await.map(Some);
                }
                file.add(opened, &row)?;
            }
            after = page.next;
            if after.is_none() {
                let is_whole = is_whole && missing.is_empty();
                return self.finish(opened, request, file, missing, is_whole).await.map(Some);
            }
        }
    }

    async fn finish(
        &self,
        opened: &Opened,
        request: &DownloadRequest,
        file: GrowingFile,
        mut missing: Vec<PartNumber>,
        whole: bool,
    ) -> Result<Made, ExplorerError> {
        let FinishedFile { bytes, rows, counts, unsealed_rows } = file.end()?;
        let mut parts = Vec::new();
        for (number, rows) in counts {
            if let Some(part) = opened.part(number).await? {
                parts.push(PartReceipt { number, sha256: part.sha256, rows });
            }
        }
        missing.sort_unstable();
        missing.dedup();
        let asked = span_of(request.rows.from, request.rows.to)?;
        let is_csv = request.format == OutputFormat::Csv;
        let receipt = Receipt {
            tenant: opened.connector.tenant.clone(),
            connector: opened.connector.id.clone(),
            filter: request.rows.filter.clone(),
            from: asked.from,
            to: asked.to,
            order: request.rows.order,
            format: request.format,
            columns: if is_csv { columns_of(request) } else { Vec::new() },
            cells: is_csv.then_some(request.cells),
            mapping: opened.mapping_hash,
            rows,
            whole,
            unsealed_rows,
            parts,
            missing,
            size: bytes.len() as u64,
            sha256: Sha256::of(&bytes),
            made_at: self.clock.now(),
        };
        Ok(Made { bytes, receipt })
    }

    /// Stores a file under a key that no other attempt uses, then its receipt.
    async fn store(
        &self,
        opened: &Opened,
        claimed: &Download,
        format: OutputFormat,
        made: Made,
    ) -> Result<Download, PortError> {
        let prefix = downloads_prefix(&opened.connector.id);
        let key = format!("{prefix}{}/{}.{}", claimed.id, self.worker().as_str(), format.as_str());
        let receipt = serde_json::to_string(&made.receipt).map_err(|error| bug(error.into()))?;
        let receipt = receipt.parse().map_err(|error| PortError::bug("storing a receipt", error))?;
        let ready = ReadyDownload { key: key.clone(), receipt, size: made.receipt.size };
        opened.session.objects.put(&key, Bytes::from(made.bytes)).await?;
        let Some(finished) = claimed.finish(&self.worker(), ready) else { return Ok(claimed.clone()) };
        // If another worker has claimed it since, its file counts, and this one expires.
        self.downloads.store_download(&finished).await?;
        Ok(finished)
    }

    async fn shown(&self, opened: &Opened, download: &Download) -> Result<DownloadAnswer, PortError> {
        let mut answer = DownloadAnswer {
            id: download.id.to_string(),
            state: download.state.as_str().to_owned(),
            reason: None,
            receipt: None,
            url: None,
            kept_until: download.expires_at,
        };
        match &download.state {
            DownloadState::Queued | DownloadState::Running { .. } => {
                if !download.is_unfinished(self.clock.now()) {
                    FAILED.clone_into(&mut answer.state);
                    answer.reason = Some(ASK_AGAIN.to_owned());
                }
            }
            DownloadState::Failed { reason } => answer.reason = Some(reason.clone()),
            DownloadState::Ready(ready) => {
                let receipt: Receipt =
                    serde_json::from_str(ready.receipt.as_str()).map_err(|error| bug(error.into()))?;
                let name = format!("events-{}.{}", receipt.made_at.basic(), receipt.format.as_str());
                answer.url = Some(opened.session.objects.url(&ready.key, &name).await?);
                answer.receipt = Some(receipt);
            }
        }
        Ok(answer)
    }

    fn worker(&self) -> WorkerId {
        self.worker.clone()
    }
}

/// Whether the ledger can store this receipt: it names each part, and an item of `DynamoDB` has at most
/// 400 KB.
fn is_storable(receipt: &Receipt) -> bool {
    serde_json::to_string(receipt).is_ok_and(|text| text.parse::<StoredReceipt>().is_ok())
}

fn bug(error: ports::BoxError) -> PortError {
    PortError::bug("making a download", error)
}
