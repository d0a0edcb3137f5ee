//! The faults, by name, and how often each occurred. A fault is counted when it takes effect, not when it is
//! planned, so the report shows what the seeds have really been through.

macro_rules! faults {
    ($($(#[$doc:meta])* $fault:ident: $description:literal,)+) => {
        /// A kind of fault.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Fault { $($(#[$doc])* $fault,)+ }

        impl Fault {
            /// All kinds, in the order of the report.
            pub(crate) const ALL: &[Self] = &[$(Self::$fault,)+];

            /// Its description in the report.
            pub(crate) const fn description(self) -> &'static str {
                match self { $(Self::$fault => $description,)+ }
            }
        }
    };
}

faults! {
    /// The work was done.
    AnswerLost: "answer lost, the work was done",
    /// The work was not done.
    RequestLost: "answer lost, the work was not done",
    /// The SDK's own retry of a request that succeeded: a seal is refused, a put is answered with 412.
    OwnSecondTry: "retry refused because the first try succeeded, answer lost",
    Throttled: "DynamoDB or KMS throttled a request",
    PageFails: "page failed in the middle of a read",
    PartialPage: "page split in two, with an empty one between",
    SlowDown: "503 SlowDown from S3 or STS",
    Conflict: "409, the object not written",
    ConflictWritten: "409, but the object was written",
    /// Not injected, only counted: it follows from other faults.
    Exists: "412, the object existed already",
    Expired: "credentials expired during the run",
    BodyBreaks: "staged object cut off in mid-body",
    CrashBefore: "worker died right before a call took effect",
    CrashAfter: "worker died right after a call took effect",
    Frozen: "worker frozen for an hour or more between two calls",
    /// Counted when a function is killed at its time limit.
    OutOfTime: "function ran out of time and was killed",
    /// Counted when two live functions work on one connector.
    TwoWorkers: "two workers on one connector at once",
    LeaseIgnored: "worker with every lease granted",
    ClockForward: "worker's clock jumped forward",
    ClockBack: "worker's clock jumped back",
    TickMissed: "tick missed",
    TickDoubled: "tick delivered twice",
    MessageDuplicated: "message delivered twice",
    MessageDelayed: "message delayed by up to an hour",
    QueueRefuses: "queue refused entries of a batch",
    BusDown: "bus rejected a notice",
    KeyUnavailable: "signing key unreachable",
    KeyReplaced: "signing key replaced, with a hand-over",
    Late: "event readable late, within the look-back",
    VeryLate: "event readable later than the look-back",
    UnparsableKey: "unparsable key",
    Unreadable: "item that is not an event",
    ForeignItem: "item of another tenant in a partition",
    TtlDelete: "items deleted by TTL",
    BucketDeleted: "bucket deleted and re-created by its owner",
    BucketTakenOver: "bucket re-created by another account",
    RoleRemoved: "role removed and restored",
    RoleChanged: "role with another external ID or another prefix",
    Paused: "connector paused and resumed",
    Moved: "connector moved to another prefix",
    EncodingChanged: "frequency, format or compression changed",
    Rotated: "external ID rotated",
    RunRequested: "run requested out of schedule",
}

/// How often each fault took effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Counts(Vec<u64>);

impl Default for Counts {
    fn default() -> Self {
        Self(vec![0; Fault::ALL.len()])
    }
}

impl Counts {
    pub(crate) fn add(&mut self, fault: Fault, times: u64) {
        self.0[fault as usize] += times;
    }

    pub(crate) fn of(&self, fault: Fault) -> u64 {
        self.0[fault as usize]
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            *mine += theirs;
        }
    }
}
