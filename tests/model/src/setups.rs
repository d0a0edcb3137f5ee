//! The worlds that are explored: small ones in `cargo test`, large ones by the command in `tests/README.md`.

use std::time::Duration;

use crate::setup::{Event, Lease, RunRequest, Setup, at};
use crate::variant::Variant;

/// The worlds of the long form.
#[must_use]
pub fn long() -> Vec<Setup> {
    vec![
        races(2),
        edges(),
        storm(),
        leases(),
        faults(),
        bucket(),
        pieces(),
        late_pieces(),
        late_progress(),
        reconcile(),
        two_reconcile(),
        out_of_order_keys(),
        run_requests(),
        skew(),
        tenants(),
    ]
}

/// The worlds in which a missing check is made up for by another one, and the variant without it.
#[must_use]
pub fn redundant_checks() -> Vec<(Setup, Variant)> {
    vec![
        (races(1), Variant::SealsAnyWatermark),
        (late_pieces(), Variant::SealsAnyWatermark),
        (late_progress(), Variant::RecordsProgressUnconditionally),
        (run_requests(), Variant::RecordsProgressUnconditionally),
    ]
}

/// The worlds of the short form.
#[must_use]
pub fn short() -> Vec<Setup> {
    vec![edge(), one_fault(), quiet(), squall(), skew(), out_of_order_keys(), two_run_requests()]
}

/// Two workers at any time and no lease: `windows` windows, an event on either side of the boundary between
/// two, each readable up to the last instant that is in time.
#[must_use]
pub fn races(events: usize) -> Setup {
    let mut setup = Setup::new("races", "two workers, no lease", &["21:05", "22:05"]);
    setup.workers = 2;
    setup.doubles = true;
    setup.events = vec![Event::new(at("20:59:59.999"), at("21:05")), Event::new(at("21:00"), at("22:05"))];
    setup.events.truncate(events);
    setup
}

/// The same over three windows: the second event is readable so late that only the third one's look-back
/// finds it.
#[must_use]
pub fn edges() -> Setup {
    let mut setup = races(2);
    (setup.name, setup.about) = ("edges", "two workers, no lease, three windows");
    setup.instants.push(at("23:05"));
    setup
}

/// Two workers at any time, no lease, and three faults.
#[must_use]
pub fn storm() -> Setup {
    let mut setup = Setup::new("storm", "two workers, no lease, three faults", &["21:05"]);
    setup.workers = 2;
    setup.doubles = true;
    setup.faults = Some(3);
    setup.events = vec![Event::new(at("20:59:59.999"), at("21:05"))];
    setup
}

/// Two workers at one time, one fault, and a bucket that is unavailable once.
#[must_use]
pub fn squall() -> Setup {
    let mut setup = storm();
    (setup.name, setup.about) = ("squall", "two workers, a fault, a bucket that is unavailable once");
    setup.faults = Some(1);
    setup.closings = 1;
    setup.events.clear();
    setup
}

/// Clocks that are ahead, and an event that becomes readable when a window is due by them alone.
#[must_use]
pub fn skew() -> Setup {
    let mut setup = Setup::new("skew", "clocks 50 s ahead", &["21:05", "22:04:30", "22:05", "23:05"]);
    setup.clock_skew = Duration::from_secs(50);
    setup.doubles = true;
    setup.events = vec![Event::new(at("20:59:59.999"), at("22:04:30"))];
    setup
}

/// Any number of crashes, failures, lost answers and late requests.
#[must_use]
pub fn faults() -> Setup {
    let mut setup = Setup::new("faults", "one worker, any number of faults", &["21:05", "22:05"]);
    setup.doubles = true;
    setup.faults = None;
    setup.events = vec![Event::new(at("20:59:59.999"), at("22:05"))];
    setup
}

/// A bucket that comes and goes while TTL deletes sealed and unsealed events.
#[must_use]
pub fn bucket() -> Setup {
    let mut setup = Setup::new("bucket", "a bucket that comes and goes, TTL", &["21:05", "22:05", "23:05"]);
    setup.faults = Some(1);
    setup.closings = 2;
    let mut event = Event::new(at("20:59:59.999"), at("21:05"));
    event.expires = Some(at("22:05"));
    setup.events = vec![event, Event::new(at("21:00"), at("22:05"))];
    setup
}

/// Parts of one event, in two partitions, and runs that run out of time.
#[must_use]
pub fn pieces() -> Setup {
    let mut setup =
        Setup::new("pieces", "small parts, two shards, runs out of time", &["21:05", "21:20", "22:05"]);
    setup.part_events = 1;
    setup.shards = 2;
    setup.doubles = true;
    setup.workers = 2;
    let mut other = Event::new(at("20:50"), at("21:20"));
    other.shard = 1;
    setup.events = vec![Event::new(at("20:45"), at("21:05")), other];
    setup
}

/// A daily connector with an event that comes later than the look-back.
#[must_use]
pub fn reconcile() -> Setup {
    let mut setup = Setup::new("reconcile", "an event days late", &["21:05", "1T21:05", "2T21:05"]);
    setup.hours = 24;
    setup.doubles = true;
    setup.faults = Some(1);
    setup.events = vec![Event::new(at("22:00"), at("2T21:05"))];
    setup
}

/// Two workers that search for an event that comes a day late.
#[must_use]
pub fn two_reconcile() -> Setup {
    let mut setup = Setup::new("two reconcile", "two workers, an event a day late", &["1T21:05"]);
    setup.hours = 24;
    setup.workers = 2;
    setup.doubles = true;
    setup.events = vec![Event::new(at("22:00"), at("1T21:05"))];
    setup.events[0].readable.0 = at("1T21:05");
    setup
}

/// A daily connector with unparsable keys: one that a window reaches on the third day, one that none does.
#[must_use]
pub fn out_of_order_keys() -> Setup {
    let mut setup = Setup::new("out of order", "unparsable keys", &["1T21:05", "2T21:05", "3T21:05"]);
    setup.hours = 24;
    let out_of_order = |text| {
        let mut out_of_order = Event::new(at(text), at("1T21:05"));
        out_of_order.has_time = false;
        out_of_order.readable.0 = at("1T21:05");
        out_of_order
    };
    setup.events = vec![out_of_order("2T22:00"), out_of_order("9T00:00")];
    setup
}

/// Requested runs, which end a window early.
#[must_use]
pub fn run_requests() -> Setup {
    let mut setup =
        Setup::new("run requests", "run now", &["21:05", "21:25", "21:35", "21:55", "22:05", "23:05"]);
    setup.doubles = true;
    setup.run_requests = vec![
        RunRequest { at: at("21:25"), cut: at("21:20") },
        RunRequest { at: at("21:55"), cut: at("21:50") },
    ];
    setup.events = vec![Event::new(at("20:40"), at("21:05")), Event::new(at("20:35"), at("21:35"))];
    setup
}

/// Two connectors of two tenants; an item of another tenant is under one of them.
#[must_use]
pub fn tenants() -> Setup {
    let mut setup = Setup::new("tenants", "two tenants, a misplaced item", &["21:05", "22:05"]);
    setup.accounts = 2;
    setup.workers = 2;
    let mut other = Event::new(at("20:50"), at("21:05"));
    other.account = 1;
    let mut misplaced = Event::new(at("20:45"), at("21:05"));
    misplaced.foreign = true;
    misplaced.expires = Some(at("21:05"));
    setup.events = vec![misplaced, other];
    setup
}

/// An enforced lease, and workers that sleep longer than it lasts.
#[must_use]
pub fn leases() -> Setup {
    let mut setup =
        Setup::new("leases", "two workers, a lease, one that sleeps", &["21:05", "21:40", "22:05"]);
    setup.lease = Lease::Enforced;
    setup.workers = 2;
    setup.doubles = true;
    setup.events = vec![Event::new(at("20:59:59.999"), at("21:40"))];
    setup
}

/// One worker, an event on either side of the boundary between two windows, each readable up to the last
/// instant that is in time.
#[must_use]
pub fn edge() -> Setup {
    let mut setup = Setup::new("edge", "one worker, an edge between windows", &["21:05", "22:05", "23:05"]);
    setup.events = vec![Event::new(at("20:59:59.999"), at("21:05")), Event::new(at("21:00"), at("22:05"))];
    setup
}

/// The same with one fault of each kind.
#[must_use]
pub fn one_fault() -> Setup {
    let mut setup = Setup::new("one fault", "one worker, one fault", &["21:05", "22:05"]);
    setup.faults = Some(1);
    setup.events = vec![Event::new(at("20:59:59.999"), at("22:05"))];
    setup
}

/// Two workers and one event.
#[must_use]
pub fn race() -> Setup {
    let mut setup = Setup::new("race", "two workers, no lease", &["21:05", "22:05"]);
    setup.workers = 2;
    setup.doubles = true;
    setup.events = vec![Event::new(at("20:59:59.999"), at("22:05"))];
    setup
}

/// A clock on the full hour, and an event that becomes readable in the last instant that is in time.
#[must_use]
pub fn unsettled() -> Setup {
    let mut setup = Setup::new("unsettled", "runs on the hour", &["21:05", "22:00", "22:04", "23:00"]);
    setup.doubles = true;
    setup.events = vec![Event::new(at("20:59:59.999"), at("22:04"))];
    setup
}

/// An event that is readable before its window has settled, and a read that fails or takes long.
#[must_use]
pub fn quiet() -> Setup {
    let mut setup = Setup::new("quiet", "reads that fail or take long", &["20:50", "21:05", "21:20"]);
    setup.faults = Some(1);
    setup.events = vec![Event::new(at("20:45"), at("20:50"))];
    setup
}

/// Two workers, and two late events that make a part each.
#[must_use]
pub fn late_pieces() -> Setup {
    let mut setup = Setup::new("late pieces", "two workers, small parts of late events", &["21:05", "22:05"]);
    setup.workers = 2;
    setup.doubles = true;
    setup.part_events = 1;
    setup.events = vec![Event::new(at("20:57"), at("22:05")), Event::new(at("20:58"), at("22:05"))];
    for event in &mut setup.events {
        event.readable.0 = at("22:05");
    }
    setup
}

/// Small parts, a run out of time, and progress records that arrive late.
#[must_use]
pub fn late_progress() -> Setup {
    let mut setup = pieces();
    (setup.name, setup.about) = ("late progress", "small parts, runs out of time, one fault");
    setup.workers = 1;
    setup.faults = Some(1);
    setup
}

/// Two requested runs, the first of which runs out of time.
#[must_use]
pub fn two_run_requests() -> Setup {
    let mut setup = Setup::new("two requests", "run now, twice", &["21:25", "21:40", "21:55", "22:05"]);
    setup.run_requests = vec![
        RunRequest { at: at("21:25"), cut: at("21:20") },
        RunRequest { at: at("21:55"), cut: at("21:50") },
    ];
    setup.events = vec![Event::new(at("20:40"), at("21:25")), Event::new(at("20:35"), at("21:40"))];
    setup.events[1].readable.0 = at("21:40");
    setup
}
