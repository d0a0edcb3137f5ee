//! What the reader needs from outside.

use std::sync::Arc;
use std::time::Duration;

use archive::fields::EventFields;
use archive::names::WorkerId;
use archive::query::search::Budget;
use archive::time::Time;
use control::portal::Sessions;
use control::portal_events::PortalEvents;
use ports::{Clock, Connectors, DownloadQueue, Downloads, EventMappings, ReaderSessions, Rng, SearchLog};

/// What a download may read that is made at once, unless a test sets another budget.
pub const AT_ONCE: Budget = Budget { blocks: 64, bytes: 32 << 20 };

/// Answers questions about events, and makes the indexes by which it does.
#[derive(Clone)]
pub struct Reader {
    /// The ledger: connectors, cursors and the records of parts.
    pub connectors: Arc<dyn Connectors>,
    /// Looks up the sessions of the portal.
    pub portal: Sessions,
    /// Opens a connector's parts and its tenant's events, and nothing else.
    pub sessions: Arc<dyn ReaderSessions>,
    /// Where each connector's mapping is stored.
    pub mappings: Arc<dyn EventMappings>,
    /// Where it is recorded who searched.
    pub searches: Arc<dyn SearchLog>,
    /// The records of downloads.
    pub downloads: Arc<dyn Downloads>,
    /// Where large downloads wait.
    pub queue: Arc<dyn DownloadQueue>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The source of IDs.
    pub rng: Arc<dyn Rng>,
    /// Who makes downloads: this instance of the function.
    pub worker: WorkerId,
    /// What a download may read that is made while a person waits ([`AT_ONCE`]). A larger one is queued.
    pub at_once: Budget,
    /// What the deployment shows.
    pub shown: PortalEvents,
    /// The deployment's mapping; `None` if it is guessed for each connector.
    pub fields: Option<EventFields>,
    /// How long the bytes of a delivered part are kept; `None` means forever.
    pub staging_retention: Option<Duration>,
    /// How long the events table keeps an event; `None` means forever.
    pub event_retention: Option<Duration>,
    /// Until when there may be events; `None` means now. A copy of a bucket has none after its last window.
    pub events_end: Option<Time>,
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Reader")
    }
}
