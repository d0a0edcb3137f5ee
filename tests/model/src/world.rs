//! Everything outside a worker: the events table, the ledger, the customers' buckets, the clock, and requests
//! in flight.

use archive::names::WorkerId;
use archive::part::{Content, Part, PartNumber};
use archive::time::Time;
use protocol::cursor::Cursor;
use protocol::machine::{Mark, ProgressUpdate, ReconcileUpdate, Release, Seal};

use crate::manifests::StoredManifest;
use crate::setup::{Event, Setup};

/// A set of events, by their indexes in [`Setup::events`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Events(pub u16);

impl Events {
    /// A set of this one event.
    #[must_use]
    pub const fn only(event: usize) -> Self {
        Self(1 << event)
    }

    /// Whether the event is in the set.
    #[must_use]
    pub const fn has(self, event: usize) -> bool {
        self.0 & (1 << event) != 0
    }

    /// The union of both sets.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The number of events.
    #[must_use]
    pub const fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// Whether the set is empty.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The set as a staging key. The object of a staging key never changes, since each attempt has its own
    /// keys. So the content can be the key, and no staging bucket is part of the state.
    #[must_use]
    pub fn staging_key(self) -> String {
        format!("{:04x}", self.0)
    }

    /// The content of a staging key.
    ///
    /// # Panics
    /// If it is not a staging key.
    #[must_use]
    pub fn staged(key: &str) -> Self {
        Self(u16::from_str_radix(key, 16).expect("a staging key"))
    }
}

/// The state of an event in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventState {
    /// Nobody can read it yet.
    Absent,
    /// It became readable at this time.
    Readable(Time),
    /// TTL has deleted it.
    Deleted,
}

/// The content of an object in a customer's bucket.
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
    /// The index of the account whose part it is.
    pub of: usize,
    /// The number of the part.
    pub number: PartNumber,
    /// Its name below the prefix.
    pub name: String,
    /// Events or a heartbeat.
    pub body: Body,
}

/// One connector: what the ledger stores of it, and the customer's bucket.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Account {
    /// The connector's cursor.
    pub cursor: Cursor,
    /// The owner of the lease, and when it expires.
    pub lease: Option<(WorkerId, Time)>,
    /// The records of its parts, by number.
    pub parts: Vec<Part>,
    /// The objects in the customer's bucket, in the order of writing.
    pub bucket: Vec<Object>,
    /// The manifests in the bucket.
    pub manifests: Vec<StoredManifest>,
    /// Whether the bucket exists and can be accessed.
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
    /// A mark that also releases the lease, if it is still this worker's.
    MarkLast(Box<Mark>, Release, Option<WorkerId>),
    /// A record of how far a window is read.
    RecordProgress(ProgressUpdate),
    /// A record of the reconcile's progress.
    RecordReconcile(Box<ReconcileUpdate>),
}

/// Everything outside the workers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct World {
    /// The ledger's clock.
    pub clock: Time,
    /// The state of each event, as in [`Setup::events`].
    pub events: Vec<EventState>,
    /// The connectors.
    pub accounts: Vec<Account>,
    /// A request in flight, and its account; at most one at a time.
    pub in_flight: Option<(usize, Request)>,
    /// How many faults may still occur; `None` for any number.
    pub faults: Option<u8>,
    /// How often a bucket may still become unavailable.
    pub closings: u8,
    /// Which runs were requested, one bit each.
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

    /// What the table contains of an account for `[from, to)`: the content of a body that is built at its
    /// delivery.
    #[must_use]
    pub fn table(&self, events: &[Event], account: usize, from: Time, to: Time) -> Events {
        let is_in_range = |event: &Event| event.account == account && from <= event.at && event.at < to;
        let found = events
            .iter()
            .enumerate()
            .filter(|(number, event)| is_in_range(event) && self.is_readable(*number));
        found.fold(Events::default(), |set, (number, _)| set.and(Events::only(number)))
    }

    /// A worker is gone. Its name is removed everywhere, so that the next one can have it.
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

/// The content that a part's record stores.
#[must_use]
pub fn body_of(part: &Part) -> Body {
    match &part.content {
        Content::Staged { data, .. } => Body::Of(Events::staged(data)),
        Content::Inline(_) => Body::Heartbeat,
    }
}

/// The events of a part.
#[must_use]
pub fn events_of(part: &Part) -> Events {
    match body_of(part) {
        Body::Of(events) => events,
        Body::Heartbeat => Events::default(),
    }
}

/// The events in a part's key list: its own, and for out-of-order keys those of the parts before it too.
#[must_use]
pub fn keys_of(part: &Part) -> Events {
    match &part.content {
        Content::Staged { keys, .. } => Events::staged(keys),
        Content::Inline(_) => Events::default(),
    }
}
