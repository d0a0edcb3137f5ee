//! A download that the reader builds from its queue.
//!
//! A message of the queue may arrive twice, and a worker may die at any point, so the record decides:
//!
//! | a worker dies | what follows |
//! |---|---|
//! | before its claim | the message arrives again, and the download is still queued |
//! | after its claim | nobody builds it for [`DOWNLOAD_RUN_LIMIT`]; then whoever gets the message claims it |
//! | after its object is written | the same; the object is named by no record, and expires |
//! | after it has finished | the message arrives again, and is refused as finished |
//!
//! A worker that was only slow finds another version when it finishes, and its result is dropped. Each
//! attempt writes to a key of its own, so it can't replace the bytes of a receipt that another has stored.

use std::time::Duration;

use archive::names::{ConnectorId, TenantId, WorkerId};
use archive::time::Time;
use serde::{Deserialize, Serialize};

use super::{DownloadId, DownloadRequest, Receipt};
use crate::caller::Caller;

/// How long after its request a download can be fetched.
pub const DOWNLOAD_LIFETIME: Duration = Duration::from_hours(24);

/// How long a worker has for a download: as long as a Lambda function can run (Lambda developer guide,
/// "Lambda quotas"). After that another one may claim it.
pub const DOWNLOAD_RUN_LIMIT: Duration = Duration::from_mins(15);

/// How long after its request a message of it may come back: five times after half an hour (the queue in
/// `template.yaml`). After that nobody makes it.
const DOWNLOAD_QUEUE_LIMIT: Duration = Duration::from_hours(3);

/// The longest stored reason of a failure, in characters.
const MAX_REASON_LEN: usize = 1_000;

/// What a person requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDownload {
    /// Whose events it contains.
    pub tenant: TenantId,
    /// The connector whose events it contains.
    pub connector: ConnectorId,
    /// What it contains.
    pub request: DownloadRequest,
}

/// A file that can be fetched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadyDownload {
    /// Its key in the staging bucket.
    pub key: String,
    /// What it was made of.
    pub receipt: Receipt,
    /// Its size in bytes.
    pub size: u64,
}

/// How far a download has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum DownloadState {
    /// No worker has it yet.
    Queued,
    /// A worker builds it.
    Running {
        /// Since when.
        since: Time,
        /// The worker.
        by: WorkerId,
    },
    /// It can be fetched.
    Ready(ReadyDownload),
    /// It can't be built.
    Failed {
        /// Why, for whoever requested it.
        reason: String,
    },
}

impl DownloadState {
    /// The name in answers.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running { .. } => "running",
            Self::Ready(_) => "ready",
            Self::Failed { .. } => "failed",
        }
    }
}

/// The record of a download.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Download {
    /// Its ID.
    pub id: DownloadId,
    /// Incremented by every transition, from 1: a write is conditional on the previous one.
    pub version: u64,
    /// Whose events it contains.
    pub tenant: TenantId,
    /// The connector whose events it contains.
    pub connector: ConnectorId,
    /// Who requested it. Tenants don't see which of the vendor's people it was ([`Caller::name_visible_to`]).
    pub by: Caller,
    /// What it contains.
    pub request: DownloadRequest,
    /// How far it has come.
    pub state: DownloadState,
    /// When it was requested.
    pub created_at: Time,
    /// Until when it can be fetched, exclusive.
    pub expires_at: Time,
}

/// Why a worker must not build a download.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ClaimRefusal {
    /// Another worker builds it.
    #[error("another worker builds this download; if it stops, it can be claimed from {until} on")]
    Running {
        /// When it can be claimed, unless it is finished by then.
        until: Time,
    },
    /// It is ready, or has failed.
    #[error("this download is finished")]
    Finished,
    /// Nobody can fetch it any more.
    #[error("this download expired at {0}")]
    Expired(Time),
}

impl Download {
    /// A new one, requested at `now`.
    #[must_use]
    pub fn new(id: DownloadId, new: NewDownload, by: Caller, now: Time) -> Self {
        let NewDownload { tenant, connector, request } = new;
        Self {
            id,
            version: 1,
            tenant,
            connector,
            by,
            request,
            state: DownloadState::Queued,
            created_at: now,
            expires_at: now + DOWNLOAD_LIFETIME,
        }
    }

    /// Claimed by a worker at `now`. If storing that has no effect, the worker reads the record again: it has
    /// the claim if [`Self::is_claimed_by`] says so, since then only the answer was lost.
    ///
    /// # Errors
    /// The reason why it must not build it.
    pub fn claim(&self, worker: WorkerId, now: Time) -> Result<Self, ClaimRefusal> {
        if now >= self.expires_at {
            return Err(ClaimRefusal::Expired(self.expires_at));
        }
        match &self.state {
            DownloadState::Ready(_) | DownloadState::Failed { .. } => Err(ClaimRefusal::Finished),
            DownloadState::Running { since, .. } if now < *since + DOWNLOAD_RUN_LIMIT => {
                Err(ClaimRefusal::Running { until: *since + DOWNLOAD_RUN_LIMIT })
            }
            DownloadState::Queued | DownloadState::Running { .. } => {
                Ok(self.next(DownloadState::Running { since: now, by: worker }))
            }
        }
    }

    /// Whether this worker builds it.
    #[must_use]
    pub fn is_claimed_by(&self, worker: &WorkerId) -> bool {
        matches!(&self.state, DownloadState::Running { by, .. } if by == worker)
    }

    /// Finished by a worker; `None` if it is not this worker's any more.
    #[must_use]
    pub fn finish(&self, worker: &WorkerId, ready: ReadyDownload) -> Option<Self> {
        self.is_claimed_by(worker).then(|| self.next(DownloadState::Ready(ready)))
    }

    /// Given up by a worker; `None` if it is not this worker's any more.
    #[must_use]
    pub fn fail(&self, worker: &WorkerId, reason: &str) -> Option<Self> {
        let reason = || reason.chars().take(MAX_REASON_LEN).collect();
        self.is_claimed_by(worker).then(|| self.next(DownloadState::Failed { reason: reason() }))
    }

    /// Whether a worker may still make it at `now`.
    #[must_use]
    pub fn is_unfinished(&self, now: Time) -> bool {
        let is_open = matches!(self.state, DownloadState::Queued | DownloadState::Running { .. });
        is_open && now < self.created_at + DOWNLOAD_QUEUE_LIMIT
    }

    /// Whether this is a later state of a new download, so that one whose answer was lost is recognized.
    #[must_use]
    pub fn is_of_request(&self, new: &Self) -> bool {
        self.id == new.id
            && self.tenant == new.tenant
            && self.connector == new.connector
            && self.by == new.by
            && self.request == new.request
            && self.created_at == new.created_at
    }

    /// Until when the record is kept: its request may name persons, so no longer than the file itself. The
    /// record of the search stays.
    #[must_use]
    pub const fn kept_until(&self) -> Time {
        self.expires_at
    }

    fn next(&self, state: DownloadState) -> Self {
        Self { version: self.version + 1, state, ..self.clone() }
    }
}
