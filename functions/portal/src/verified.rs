//! A verified copy of a bucket: what the pages over it need, and the result of its verification.

use std::sync::Arc;

use archive::names::{ConnectorId, TenantId};
use archive::time::Time;
use control::explorer::Explorer;
use ports::Clock;
use protocol::caller::Caller;

use crate::assets::Assets;
use crate::brand::Brand;
use crate::components::Tone;

/// A verified copy of a bucket, and who looks at it.
#[derive(Clone)]
pub struct OfflineLog {
    /// Answers questions about it.
    pub explorer: Explorer,
    /// Whoever started the program.
    pub caller: Caller,
    /// Whose log it is, as far as its files say so.
    pub tenant: TenantId,
    /// The connector that wrote it.
    pub connector: ConnectorId,
    /// The beginning of its first window.
    pub since: Time,
    /// The result of its verification.
    pub verdict: Verdict,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The name on the pages: no vendor shows them.
    pub brand: Brand,
}

impl std::fmt::Debug for OfflineLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OfflineLog").field("connector", &self.connector).finish_non_exhaustive()
    }
}

/// The state of the pages.
#[derive(Clone)]
pub(crate) struct Offline {
    pub(crate) log: Arc<OfflineLog>,
    pub(crate) assets: Arc<Assets>,
}

/// The result of a verification, as the pages show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Which of the four it is.
    pub kind: VerdictKind,
    /// The sentence with which `verify` ends.
    pub summary: String,
    /// What was found, a sentence each.
    pub findings: Vec<String>,
    /// What was verified: a folder, or a location in S3.
    pub archive: String,
    /// When.
    pub at: Time,
}

/// The four results of a verification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VerdictKind {
    /// Nothing is missing, changed, added or out of order, and the signer is confirmed.
    Proven,
    /// The same, and the signer is not confirmed.
    Consistent,
    /// It could not be checked as a whole.
    Incomplete,
    /// Something is missing, changed, added or out of order.
    Violated,
}

impl VerdictKind {
    pub(crate) const fn tone(self) -> Tone {
        match self {
            Self::Proven => Tone::Good,
            Self::Consistent | Self::Incomplete => Tone::Warn,
            Self::Violated => Tone::Bad,
        }
    }
}
