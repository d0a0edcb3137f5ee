//! What the reader needs to answer a query, and how API, portal and command line ask it.
//!
//! Beside the exporter only the reader reads parts, indexes and events. It does so in sessions, and a session
//! serves one connector: on AWS its policy names the connector's objects and its tenant's partition keys, and
//! nothing else.

use std::sync::Arc;
use std::time::Duration;

use archive::names::TenantId;
use async_trait::async_trait;
use bytes::Bytes;
use protocol::connector::Connector;
use protocol::exploration::DownloadId;

use super::{ByteStream, PortError, Source, StagedPage};

/// How long the URL of a download is valid. It is made anew with each click, so it need only outlive the
/// redirect.
pub const DOWNLOAD_URL_LIFETIME: Duration = Duration::from_mins(5);

/// Whether a download may have this name: 1 to 100 ASCII letters, digits, `.`, `-` and `_`. It becomes
/// part of a header.
#[must_use]
pub fn is_plain_file_name(name: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b".-_".contains(&b);
    (1..=100).contains(&name.len()) && name.bytes().all(is_plain)
}

/// The staged objects of one connector: its parts, their indexes, and its downloads. A key of another
/// connector, or of anything else, is a [`PortError::Bug`], and nothing is requested.
#[async_trait]
pub trait StagedObjects: Send + Sync {
    /// The bytes `[offset, offset + length)` of an object. Bytes beyond its end are left out, so the
    /// answer may be shorter, down to none. `None` if there is no such object (any more).
    async fn range(&self, key: &str, offset: u64, length: u64) -> Result<Option<Bytes>, PortError>;

    /// All bytes of an object, as they arrive. `None` if there is no such object (any more).
    async fn whole(&self, key: &str) -> Result<Option<ByteStream>, PortError>;

    /// Stores an index or a download, tagged to expire as a delivered part does. It replaces what had this
    /// key: a second worker that stores the same bytes changes nothing. A key of a part is a
    /// [`PortError::Bug`]: parts are the exporter's.
    async fn put(&self, key: &str, bytes: Bytes) -> Result<(), PortError>;

    /// A page of the keys with the prefix `prefix`, after `start_after`, in order. It may be empty before the
    /// end.
    async fn list(&self, prefix: &str, start_after: &str) -> Result<StagedPage, PortError>;

    /// A URL from which whoever has it can load an object for [`DOWNLOAD_URL_LIFETIME`], as a file of this
    /// name. It is a secret: it must be in no log and no error. Whether there is such an object is not
    /// checked. A name that is not [plain](is_plain_file_name) is a [`PortError::Bug`].
    async fn url(&self, key: &str, file_name: &str) -> Result<String, PortError>;
}

/// Opens sessions that read one connector's data.
#[async_trait]
pub trait ReaderSessions: Send + Sync {
    /// A session of this connector. It may be some minutes old; it stays valid for as long as an invocation
    /// may take, and for a URL's lifetime beyond. [`PortError::Denied`] if the deployment does not allow to
    /// read events.
    async fn open(&self, connector: &Connector) -> Result<ReaderSession, PortError>;
}

/// What a session can read.
#[derive(Clone)]
pub struct ReaderSession {
    /// The connector's staged objects.
    pub objects: Arc<dyn StagedObjects>,
    /// The tenant's partitions of the events table, with the connector's number of shards. Another tenant's,
    /// or another number of shards, is a [`PortError::Bug`].
    pub source: Arc<dyn Source>,
}

impl std::fmt::Debug for ReaderSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReaderSession").finish_non_exhaustive()
    }
}

/// The reader, as its callers see it.
#[async_trait]
pub trait ReaderClient: Send + Sync {
    /// Sends a request and returns the answer, both in the reader's own JSON. An error says that the reader
    /// gave no answer: it is missing or forbidden ([`PortError::Denied`]), busy or out of time
    /// ([`PortError::Transient`]), or it failed ([`PortError::Bug`]). Asking again changes nothing twice.
    async fn ask(&self, request: Vec<u8>) -> Result<Vec<u8>, PortError>;
}

/// The queue in which large downloads wait.
#[async_trait]
pub trait DownloadQueue: Send + Sync {
    /// Sends a download to whoever makes it. It may arrive twice. After a [`PortError::Transient`] it may
    /// have been sent.
    async fn send_download(&self, tenant: &TenantId, id: &DownloadId) -> Result<(), PortError>;
}
