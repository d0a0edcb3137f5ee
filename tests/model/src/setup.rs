//! How large a world is, and what may happen in it.

use std::time::Duration;

use archive::frequency::Frequency;
use archive::names::{ConnectorId, ExternalId};
use archive::time::Time;
use protocol::connector::{Connector, Encryption, S3Destination, Shards};
use protocol::cursor::Cursor;
use protocol::machine::Timing;

/// The default settings of a deployment.
pub const TIMING: Timing = Timing { settle: Duration::from_mins(5), look_back: Duration::from_hours(1) };

/// An event that may be written.
#[derive(Debug, Clone)]
pub struct Event {
    /// The index of the account that owns it.
    pub account: usize,
    /// The tenant's partition that it is in.
    pub shard: u8,
    /// The position of its key in the sort order.
    pub at: Time,
    /// Whether its key contains that time; an out-of-order key does not.
    pub has_time: bool,
    /// It is under this tenant's key and belongs to another tenant.
    pub foreign: bool,
    /// The first and the last time at which it may become readable. It may also never be written.
    pub readable: (Time, Time),
    /// The time from which TTL may delete it.
    pub expires: Option<Time>,
}

impl Event {
    /// An event of the first account, in its first partition, readable from its own time to `until`.
    #[must_use]
    pub fn new(at: Time, until: Time) -> Self {
        Self {
            account: 0,
            shard: 0,
            at,
            has_time: true,
            foreign: false,
            readable: (at, until),
            expires: None,
        }
    }

    /// The last instant at which it becomes readable in time: later, only the reconcile finds it.
    #[must_use]
    pub fn in_time_until(&self) -> Time {
        self.at + TIMING.settle + TIMING.look_back
    }
}

/// A "run now" that someone may request once.
#[derive(Debug, Clone, Copy)]
pub struct RunRequest {
    /// When it is requested.
    pub at: Time,
    /// Where the window ends then.
    pub cut: Time,
}

/// How the lease behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lease {
    /// As in the ledger: a second worker finds it taken until it expires.
    Enforced,
    /// Every worker gets it. Safety must not depend on the lease, so this is the harder world.
    Ignored,
}

/// A world to explore, with bounds on what may happen in it.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Its name in the report.
    pub name: &'static str,
    /// What it tests, in one line.
    pub about: &'static str,
    /// When the connectors were activated, and the first time they export.
    pub activated_at: Time,
    /// The frequency in hours.
    pub hours: u8,
    /// How many connectors, each of a tenant of its own.
    pub accounts: usize,
    /// How many partitions each tenant's events are spread over.
    pub shards: u8,
    /// The values of the clock, in order.
    pub instants: Vec<Time>,
    /// What may be written.
    pub events: Vec<Event>,
    /// How many workers run at a time: one or two.
    pub workers: usize,
    /// A run also starts at any time, as for a message that is delivered twice or late; otherwise only when
    /// its connector is due.
    pub doubles: bool,
    /// The most items of a page of the source.
    pub page: usize,
    /// The most events of a part.
    pub part_events: u64,
    /// The most crashes, failures, lost answers and late requests; `None` for any number.
    pub faults: Option<u8>,
    /// How often the bucket may become unavailable.
    pub closings: u8,
    /// The runs that may be requested.
    pub run_requests: Vec<RunRequest>,
    /// How the lease behaves.
    pub lease: Lease,
    /// How far the workers' clocks are ahead of the ledger's.
    pub clock_skew: Duration,
}

impl Setup {
    /// One hourly connector, one worker, no event and no fault. The clock takes the given values of the first
    /// day.
    #[must_use]
    pub fn new(name: &'static str, about: &'static str, instants: &[&str]) -> Self {
        Self {
            name,
            about,
            activated_at: at("20:30"),
            hours: 1,
            accounts: 1,
            shards: 1,
            instants: instants.iter().map(|text| at(text)).collect(),
            events: Vec::new(),
            workers: 1,
            doubles: false,
            page: 1,
            part_events: 100,
            faults: Some(0),
            closings: 0,
            run_requests: Vec::new(),
            lease: Lease::Ignored,
            clock_skew: Duration::ZERO,
        }
    }

    /// The settings of each account's connector, and its cursor at activation.
    ///
    /// # Panics
    /// Never: the names are valid.
    #[must_use]
    pub fn connectors(&self) -> Vec<(Connector, Cursor)> {
        (0..self.accounts as u64).map(|account| self.connector(account)).collect()
    }

    fn connector(&self, account: u64) -> (Connector, Cursor) {
        let tenant = format!("tenant-{account}").parse().expect("a tenant ID");
        let id = ExternalId::new(account, account);
        let mut connector =
            Connector::draft(ConnectorId::new(account), tenant, id.clone(), self.activated_at);
        let role = format!("arn:aws:iam::20000000000{account}:role/auditferry/Delivery");
        let destination = S3Destination {
            role: role.parse().expect("a role"),
            bucket: format!("audit-log-of-{account}").parse().expect("a bucket"),
            region: "eu-central-1".parse().expect("a region"),
            prefix: "audit".parse().expect("a prefix"),
            encryption: Encryption::Default,
        };
        connector.shards = Shards::try_from(self.shards).expect("a number of shards");
        connector.frequency = Frequency::try_from(self.hours).expect("a frequency");
        connector.connect(destination).expect("a draft can be connected");
        connector.mark_verified(self.activated_at, &id).expect("a destination");
        let since = connector.activate(self.activated_at).expect("a ready connector");
        let schedule = connector.window_schedule().expect("an active connector has a window schedule");
        let next_run_at = schedule.due(since, None, TIMING.settle);
        (connector, Cursor::new(since, self.activated_at, next_run_at))
    }
}

/// A time of the first day, `20:45`, `20:45:00.001`, or of a later one, `1T20:45`.
///
/// # Panics
/// If it has another form.
#[must_use]
pub fn at(text: &str) -> Time {
    let (day, time) = text.split_once('T').unwrap_or(("0", text));
    let day: u64 = day.parse().expect("a day");
    let seconds = if time.len() == 5 { ":00" } else { "" };
    let time: Time = format!("2026-11-20T{time}{seconds}Z").parse().expect("a time");
    time + Duration::from_secs(day * 86_400)
}
