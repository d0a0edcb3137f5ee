//! How large a world is, and what may happen in it.

use std::time::Duration;

use domain::connector::{Connector, Destination, Encryption, Shards};
use domain::cursor::Cursor;
use domain::names::{ConnectorId, ExternalId};
use domain::protocol::Timing;
use domain::schedule::Frequency;
use domain::time::Time;

/// The settings of the deployment: the defaults.
pub const TIMING: Timing = Timing { settle: Duration::from_mins(5), look_back: Duration::from_hours(1) };

/// An event that may be written.
#[derive(Debug, Clone)]
pub struct Event {
    /// Whose: the number of the account.
    pub account: usize,
    /// In which of the tenant's partitions.
    pub shard: u8,
    /// Where its key lies in the order of the keys.
    pub at: Time,
    /// Whether its key tells that time; a stray's does not.
    pub has_time: bool,
    /// It lies under this tenant's key and is another tenant's.
    pub foreign: bool,
    /// The first and the last time at which it may become readable. It may also never be written.
    pub readable: (Time, Time),
    /// From when on TTL may delete it.
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

    /// The last moment at which it becomes readable in time: later, only the reconcile finds it.
    #[must_use]
    pub fn in_time_until(&self) -> Time {
        self.at + TIMING.settle + TIMING.look_back
    }
}

/// "Run now", as someone may ask for it once.
#[derive(Debug, Clone, Copy)]
pub struct RunRequest {
    /// When.
    pub at: Time,
    /// Where the window is to end.
    pub cut: Time,
}

/// How workers treat the lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lease {
    /// As the ledger does: a second worker finds it held until it runs out.
    Kept,
    /// Everyone is granted it. Safety must not rest on it, so this is the harder world.
    Ignored,
}

/// One world.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Its name in the report.
    pub name: &'static str,
    /// What it is about, in a line.
    pub about: &'static str,
    /// When the connectors were activated, and the first time they export.
    pub activated_at: Time,
    /// How often they export, in hours.
    pub hours: u8,
    /// How many connectors, each of a tenant of its own.
    pub accounts: usize,
    /// Over how many partitions each tenant's events are spread.
    pub shards: u8,
    /// The times at which the clock stands, in order.
    pub instants: Vec<Time>,
    /// What may be written.
    pub events: Vec<Event>,
    /// How many workers run at a time: one or two.
    pub workers: usize,
    /// A run starts only when its connector is due, or also at any time, as a message that is delivered twice or
    /// late starts it.
    pub doubles: bool,
    /// Items of a page.
    pub page: usize,
    /// Most events of a part.
    pub part_events: u64,
    /// How many crashes, failures, lost answers and requests that land late there may be; `None`: any number.
    pub faults: Option<u8>,
    /// How often the bucket may go away.
    pub closings: u8,
    /// The runs that may be asked for.
    pub run_requests: Vec<RunRequest>,
    /// What the lease is worth.
    pub lease: Lease,
    /// How far the workers' clocks run ahead of the ledger's.
    pub clock_skew: Duration,
}

impl Setup {
    /// One hourly connector, one worker, no event and no fault; the clock stands at the given times of the first day.
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

    /// The settings of each account's connector, and the cursor it gets when it is activated.
    ///
    /// # Panics
    /// Never: the names are well-formed.
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
        let destination = Destination {
            role: role.parse().expect("a role"),
            bucket: format!("audit-log-of-{account}").parse().expect("a bucket"),
            region: "eu-central-1".parse().expect("a region"),
            prefix: "audit".parse().expect("a prefix"),
            encryption: Encryption::Default,
        };
        connector.shards = Shards::try_from(self.shards).expect("a number of shards");
        connector.frequency = Frequency::try_from(self.hours).expect("a frequency");
        connector.connect(destination).expect("a draft can be connected");
        connector.verified(self.activated_at, &id).expect("a destination");
        let since = connector.activate(self.activated_at).expect("a ready connector");
        let grid = connector.grid().expect("an active connector has a grid");
        let next_run_at = grid.due(since, None, TIMING.settle);
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
