//! Everything outside a worker: the table of events, the ledger, the customers' buckets, the clock, and requests that
//! were sent and have not arrived.

use domain::cursor::Cursor;
use domain::names::WorkerId;
use domain::part::{Content, Part, PartNumber};
use domain::protocol::{Mark, ProgressUpdate, ReconcileUpdate, Release, Seal};
use domain::time::Time;

use crate::manifests::StoredManifest;
use crate::setup::{Event, Setup};

/// A set of events, by their numbers in [`Setup::events`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Events(pub u16);

impl Events {
    /// Only this one.
    #[must_use]
    pub const fn only(event: usize) -> Self {
        Self(1 << event)
    }

    /// Whether it is among them.
    #[must_use]
    pub const fn has(self, event: usize) -> bool {
        self.0 & (1 << event) != 0
    }

    /// Both sets.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// How many.
    #[must_use]
    pub const fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// None at all.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// As a staging key. What lies under a staging key never changes, since each attempt has keys of its own: so the
    /// content may as well be the key, and no staging bucket is part of the state.
    #[must_use]
    pub fn staging_key(self) -> String {
        format!("{:04x}", self.0)
    }

    /// What lies under a staging key.
    ///
    /// # Panics
    /// If there is nothing.
    #[must_use]
    pub fn staged(key: &str) -> Self {
        Self(u16::from_str_radix(key, 16).expect("a staging key"))
    }
}

/// What has become of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventState {
    /// Nobody can read it yet.
    Absent,
    /// It became readable then.
    Readable(Time),
    /// TTL has deleted it.
    Deleted,
}

/// What an object in a customer's bucket holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Body {
    /// These events.
    Of(Events),
    /// A heartbeat.
    Heartbeat,
}

/// An object in a customer's bucket.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Object {
    /// Whose part it is: the number of the account.
    pub of: usize,
    /// Of which part.
    pub number: PartNumber,
    /// Its name below the prefix.
    pub name: String,
    /// Its bytes.
    pub body: Body,
}

/// One connector: what the ledger knows of it, and the customer's bucket.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Account {
    /// The cursor.
    pub cursor: Cursor,
    /// Who holds the lease, and until when.
    pub lease: Option<(WorkerId, Time)>,
    /// The records of its parts, by number.
    pub parts: Vec<Part>,
    /// The customer's bucket, in the order of writing.
    pub bucket: Vec<Object>,
    /// The notes in it.
    pub manifests: Vec<StoredManifest>,
    /// Whether the bucket is there and lets us in.
    pub open: bool,
}

/// A request whose sender has given up waiting and that may still arrive.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Request {
    /// A sealing transaction.
    Seal(Box<Seal>),
    /// A write to the bucket.
    Put(Box<Part>),
    /// A mark.
    Mark(Box<Mark>),
    /// A mark that gives the lease back, if it is still this worker's.
    MarkLast(Box<Mark>, Release, Option<WorkerId>),
    /// A note of how far a window is read.
    RecordProgress(ProgressUpdate),
    /// A note of the reconcile.
    RecordReconcile(Box<ReconcileUpdate>),
}

/// Everything outside the workers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct World {
    /// The time.
    pub clock: Time,
    /// The events, as in [`Setup::events`].
    pub events: Vec<EventState>,
    /// The connectors.
    pub accounts: Vec<Account>,
    /// A request under way, and to which account; at most one at a time.
    pub in_flight: Option<(usize, Request)>,
    /// How many faults may still happen; `None`: any number.
    pub faults: Option<u8>,
    /// How often a bucket may still go away.
    pub closings: u8,
    /// Which runs were asked for, one bit each.
    pub runs_requested: u8,
}

impl World {
    /// The world at the first instant.
    #[must_use]
    pub fn new(setup: &Setup) -> Self {
        let account = |cursor| Account {
            cursor,
            lease: None,
            parts: Vec::new(),
            bucket: Vec::new(),
            manifests: Vec::new(),
            open: true,
        };
        Self {
            clock: setup.instants[0],
            events: vec![EventState::Absent; setup.events.len()],
            accounts: setup.connectors().into_iter().map(|(_, cursor)| account(cursor)).collect(),
            in_flight: None,
            faults: setup.faults,
            closings: setup.closings,
            runs_requested: 0,
        }
    }

    /// Whether the event can be read now.
    #[must_use]
    pub fn is_readable(&self, event: usize) -> bool {
        matches!(self.events[event], EventState::Readable(_))
    }

    /// What the table holds of an account for `[from, to)`: what a body that is built at its delivery would be.
    #[must_use]
    pub fn table(&self, events: &[Event], account: usize, from: Time, to: Time) -> Events {
        let lies_there = |event: &Event| event.account == account && from <= event.at && event.at < to;
        let found = events
            .iter()
            .enumerate()
            .filter(|(number, event)| lies_there(event) && self.is_readable(*number));
        found.fold(Events::default(), |set, (number, _)| set.and(Events::only(number)))
    }

    /// A worker is gone: its name means nobody any more, so that the next one can bear it.
    pub fn forget(&mut self, worker: &WorkerId) {
        let gone = WorkerId::new(0, 0);
        for account in &mut self.accounts {
            if account.lease.as_ref().is_some_and(|(owner, _)| owner == worker) {
                account.lease = account.lease.take().map(|(_, until)| (gone.clone(), until));
            }
            for part in account.parts.iter_mut().filter(|part| part.sealed_by == *worker) {
                part.sealed_by = gone.clone();
            }
        }
        match &mut self.in_flight {
            Some((_, Request::Seal(seal))) if seal.part.sealed_by == *worker => seal.part.sealed_by = gone,
            Some((_, Request::MarkLast(_, _, Some(owner)))) if owner == worker => *owner = gone,
            _ => {}
        }
    }
}

/// The bytes that a part's record pins.
#[must_use]
pub fn body_of(part: &Part) -> Body {
    match &part.content {
        Content::Staged { data, .. } => Body::Of(Events::staged(data)),
        Content::Inline(_) => Body::Heartbeat,
    }
}

/// The events that a part holds.
#[must_use]
pub fn events_of(part: &Part) -> Events {
    match body_of(part) {
        Body::Of(events) => events,
        Body::Heartbeat => Events::default(),
    }
}

/// The events that a part's key list names: its own, and in a part of strays those of the parts before it too.
#[must_use]
pub fn keys_of(part: &Part) -> Events {
    match &part.content {
        Content::Staged { keys, .. } => Events::staged(keys),
        Content::Inline(_) => Events::default(),
    }
}
