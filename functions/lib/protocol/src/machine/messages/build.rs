//! What a run reads: the request for a part, and what was found.

use std::hash::{Hash, Hasher};

use archive::encode::Encoded;
use archive::item::Unreadable;
use archive::part::{PartNumber, Window};
use archive::time::Time;

/// Which keys to read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Span {
    /// The keys of a span of event time.
    Window(Window),
    /// The unparsable keys that no window reaches: in a gap before `since`, or from `until` on.
    OutOfOrderKeys {
        /// The connector's first instant, at which its windows begin.
        since: Time,
        /// Later than `since`. Windows reach the keys before this in due course.
        until: Time,
    },
}

/// The parts whose key lists are compared with what is read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Exclude {
    /// Every part whose window ends later than this.
    pub reaching: Option<Time>,
    /// Also this part, whose list names every out-of-order key that was sealed.
    pub out_of_order_in: Option<PartNumber>,
}

/// What to read and stage.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BuildRequest {
    /// The number that the part will get.
    pub number: PartNumber,
    /// Which keys to read.
    pub span: Span,
    /// Events before this are late.
    pub watermark: Time,
    /// The parts whose keys are dropped.
    pub exclude: Exclude,
    /// Stop reading at this time of the worker's clock, between two timestamps.
    pub stop_at: Time,
    /// Which build of the run this is. The staging keys of each build are its own.
    pub build: BuildNumber,
}

/// The number of a build in its run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BuildNumber(u32);

impl BuildNumber {
    /// The number, from 1 on.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// The number of the build after this one.
    pub(crate) const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl Hash for BuildNumber {
    /// Hashes nothing. No decision depends on the number, so a model checker need not distinguish two runs
    /// that differ in nothing else.
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

/// The result of a build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Built {
    /// A part was staged.
    Staged(StagedPart),
    /// A complete read found nothing new. Nothing was staged.
    Nothing,
    /// Time was up before anything new was found. Nothing was staged.
    OutOfTime {
        /// All keys of the span before this were read. Later than the span's start.
        through: Time,
    },
    /// An item of another tenant was read. Nothing was staged.
    TenantMismatch {
        /// What was read, and what was expected.
        detail: String,
    },
}

/// A staged part that is not sealed yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StagedPart {
    /// Where reading stopped before the end, between two timestamps; `None` if the span was read to its end.
    pub cut: Option<Time>,
    /// How many events it contains.
    pub events: u64,
    /// How many of them are earlier than the request's watermark.
    pub late: u64,
    /// How many of them are records of unreadable items.
    pub unreadable: u64,
    /// The first of these items.
    pub first_unreadable: Option<Box<Unreadable>>,
    /// The time of the first event.
    pub first: Option<Time>,
    /// The time of the last event.
    pub last: Option<Time>,
    /// Sizes in bytes and hashes, before and after compression.
    pub encoded: Encoded,
    /// The staging key of the encoded part.
    pub data: String,
    /// The staging key of its key list. If out-of-order keys were read, the list also contains all earlier
    /// ones of those.
    pub keys: String,
}
