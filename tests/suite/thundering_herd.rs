//! The thundering herd at the full hour, when all connectors are due at once: how fast exports start, and
//! which of them wait for how long.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use archive::names::ConnectorId;
use archive::time::Time;
use async_trait::async_trait;
use dispatcher::{CLAIM_DURATION, Dispatched, Ports, RateLimiter, dispatch};
use ports::Clock as _;
use ports::{Claim, ClaimAnswer, DUE_SHARDS, DueConnectors, DuePage, PortError, Queue, due_shard};
use tests::fakes::{FakeClock, SeededRng};
use tests::fixtures::at;

const MINUTE: Duration = Duration::from_secs(60);
const SECOND: Duration = Duration::from_secs(1);
/// Half of an account's STS requests per second.
const HALF_STS_LIMIT: usize = 300;
/// The ledger's page size.
const PAGE: usize = 100;
/// The duration of a claim: a busy dispatcher sends a thousand connectors a second.
const CLAIMING: Duration = Duration::from_millis(1);

/// A ledger that only knows the due times, its queue, and the clock that both advance.
#[derive(Clone)]
struct World {
    clock: FakeClock,
    /// By partition and time, as in the index.
    due: Arc<Mutex<BTreeSet<(u8, Time, ConnectorId)>>>,
    /// Until when each is claimed, and when an exporter receives its message.
    claimed: Arc<Mutex<BTreeMap<ConnectorId, Time>>>,
    starts: Arc<Mutex<Vec<(ConnectorId, Time)>>>,
    /// How many claims the table accepts a second, and how many it has accepted in the current one.
    write_capacity: Option<u32>,
    writes: Arc<Mutex<(Time, u32)>>,
}

#[async_trait]
impl DueConnectors for World {
    async fn due(&self, shard: u8, now: Time, after: Option<&Claim>) -> Result<DuePage, PortError> {
        let due = locked(&self.due);
        let from = after.map_or((shard, Time::EPOCH, ConnectorId::new(0)), |claim| {
            (shard, claim.next_run_at, claim.id.clone())
        });
        let following = due.range(from.clone()..).filter(|entry| after.is_none() || **entry != from);
        let mut due = following.take_while(|(of, at, _)| *of == shard && *at <= now);
        let page = due
            .by_ref()
            .take(PAGE)
            .map(|(_, seen, id)| Claim { id: id.clone(), next_run_at: *seen })
            .collect();
        Ok(DuePage::new(page, due.next().is_some()))
    }

    async fn claim(&self, claim: &Claim, until: Time) -> Result<ClaimAnswer, PortError> {
        self.clock.advance(CLAIMING);
        if !self.try_consume_write() {
            return Ok(ClaimAnswer::Throttled);
        }
        let shard = due_shard(&claim.id);
        let mut due = locked(&self.due);
        if !due.remove(&(shard, claim.next_run_at, claim.id.clone())) {
            return Ok(ClaimAnswer::AlreadyClaimed);
        }
        due.insert((shard, until, claim.id.clone()));
        locked(&self.claimed).insert(claim.id.clone(), until);
        Ok(ClaimAnswer::Claimed)
    }

    async fn release_claim(&self, claim: &Claim, _: Time) -> Result<(), PortError> {
        panic!("the queue accepts all: {claim:?}")
    }
}

#[async_trait]
impl Queue for World {
    async fn send(&self, batch: &[ConnectorId], delay: Duration) -> Result<Vec<ConnectorId>, PortError> {
        assert!(delay <= MINUTE * 15, "SQS allows no longer delay");
        let start = self.clock.now() + Duration::from_secs(delay.as_secs());
        locked(&self.starts).extend(batch.iter().map(|id| (id.clone(), start)));
        Ok(Vec::new())
    }
}

impl World {
    fn at(now: Time) -> Self {
        Self {
            clock: FakeClock::at(now),
            due: Arc::default(),
            claimed: Arc::default(),
            starts: Arc::default(),
            write_capacity: None,
            writes: Arc::new(Mutex::new((now, 0))),
        }
    }

    /// The same, on a table that accepts so many claims a second and throttles the others.
    fn with_write_capacity(self, most_writes: u32) -> Self {
        Self { write_capacity: Some(most_writes), ..self }
    }

    fn try_consume_write(&self) -> bool {
        let second = self.clock.now().floor(SECOND);
        let mut writes = locked(&self.writes);
        if writes.0 != second {
            *writes = (second, 0);
        }
        writes.1 += 1;
        self.write_capacity.is_none_or(|limit| writes.1 <= limit)
    }

    /// Adds connectors of these IDs that are due at that time.
    fn with(self, ids: std::ops::Range<u64>, due_at: Time) -> Self {
        let due = ids.map(ConnectorId::new).map(|id| (due_shard(&id), due_at, id));
        locked(&self.due).extend(due);
        self
    }

    async fn tick(&self, rate_limiter: &RateLimiter) -> Dispatched {
        let ports = Ports {
            due: Arc::new(self.clone()),
            queue: Arc::new(self.clone()),
            clock: Arc::new(self.clock.clone()),
            randomness: Arc::new(SeededRng::new(7)),
            rate_limiter: rate_limiter.clone(),
        };
        // The time that the template gives the dispatcher, less the watchdog's share.
        dispatch(&ports, self.clock.now() + MINUTE * 3).await.unwrap()
    }

    /// Ticks at this interval until no connector is due. Returns the number of ticks.
    async fn ticks(&self, every: Duration, rate_limiter: impl Fn() -> RateLimiter) -> u32 {
        let began = self.clock.now();
        for tick in 0.. {
            self.clock.set(began + every * tick);
            if !self.tick(&rate_limiter()).await.more {
                return tick + 1;
            }
        }
        unreachable!("the herd is not endless")
    }

    fn starts(&self) -> Vec<(ConnectorId, Time)> {
        locked(&self.starts).clone()
    }

    fn last_start(&self) -> Time {
        self.starts().into_iter().map(|(_, start)| start).max().unwrap()
    }

    /// The maximum number of exports that start in one second.
    fn peak_per_second(&self) -> usize {
        let mut seconds = BTreeMap::<Time, usize>::new();
        for (_, start) in self.starts() {
            *seconds.entry(start.floor(SECOND)).or_default() += 1;
        }
        seconds.into_values().max().unwrap_or_default()
    }

    /// Each connector starts once, and stays claimed for as long as a run from there may take.
    fn assert_each_once(&self, connectors: u64) {
        let starts = self.starts();
        let once: BTreeSet<_> = starts.iter().map(|(id, _)| id).collect();
        assert_eq!((once.len() as u64, starts.len() as u64), (connectors, connectors));
        let claimed = locked(&self.claimed);
        // Rounding takes a second of the five minutes that a claim outlasts the longest run.
        assert!(starts.iter().all(|(id, start)| claimed[id] + SECOND * 2 >= *start + CLAIM_DURATION));
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap()
}

fn full_hour() -> Time {
    at("2026-11-20T21:05:00Z")
}

/// A new table accepts fewer writes than a busy dispatcher sends. No tick fails for it, each connector starts
/// once, and the ticks report how often they were throttled.
#[tokio::test]
async fn a_table_that_throttles_claims_fails_no_tick_and_everyone_is_started_once() {
    let hour = at("2026-11-20T20:05:00Z");
    let world = World::at(hour).with(0..3_000, hour).with_write_capacity(700);
    let mut throttled = 0;
    for tick in 0.. {
        world.clock.set(hour + MINUTE * 5 * tick);
        throttled += world.tick(&RateLimiter::default()).await.throttled;
        if locked(&world.due).iter().all(|(_, due_at, _)| *due_at > hour) {
            break;
        }
    }
    assert!(throttled > 500, "{throttled}");
    let starts = world.starts();
    let once: BTreeSet<&ConnectorId> = starts.iter().map(|(id, _)| id).collect();
    assert_eq!((starts.len(), once.len()), (3_000, 3_000));
}

/// At any fraction of a second.
#[tokio::test]
async fn ten_connectors_do_not_wait_and_fifty_wait_for_a_second_at_most() {
    for (connectors, wait) in [(10, Duration::ZERO), (50, SECOND)] {
        for began in [0, 500, 950, 999].map(|ms| full_hour() + Duration::from_millis(ms)) {
            let world = World::at(began).with(0..connectors, full_hour());
            assert_eq!(world.ticks(MINUTE * 5, RateLimiter::default).await, 1);
            world.assert_each_once(connectors);
            let last = world.last_start();
            let sent = began + CLAIMING * u32::try_from(connectors).unwrap();
            assert!(last <= sent + wait, "{connectors} from {began}: {last}");
        }
    }
}

#[tokio::test]
async fn a_hundred_thousand_start_within_seven_minutes_and_at_half_the_limit() {
    let world = World::at(full_hour()).with(0..100_000, full_hour());
    assert_eq!(world.ticks(MINUTE * 5, RateLimiter::default).await, 1);
    world.assert_each_once(100_000);
    assert!(world.peak_per_second() <= HALF_STS_LIMIT, "{}", world.peak_per_second());
    let last = world.last_start();
    assert!(last <= full_hour() + MINUTE * 7, "{last}");
}

/// What a tick can't schedule is left to the next one, which schedules it after the first one's, however soon
/// it runs.
#[tokio::test]
async fn what_is_left_to_the_next_tick_starts_after_the_first_ones() {
    for minutes in [1, 5, 10] {
        let world = World::at(full_hour()).with(0..200_000, full_hour());
        let rate_limiter = RateLimiter::default();
        assert!(world.ticks(MINUTE * minutes, || rate_limiter.clone()).await > 1);
        world.assert_each_once(200_000);
        assert!(world.peak_per_second() <= HALF_STS_LIMIT, "{} at {minutes} min", world.peak_per_second());
        let last = world.last_start();
        assert!(last <= full_hour() + MINUTE * 15, "{last}");
    }
}

/// A new process does not know what the previous one has scheduled.
#[tokio::test]
async fn two_processes_that_know_nothing_of_each_other_stay_below_the_whole_limit() {
    let world = World::at(full_hour()).with(0..200_000, full_hour());
    world.ticks(MINUTE * 5, RateLimiter::default).await;
    world.assert_each_once(200_000);
    assert!(world.peak_per_second() <= HALF_STS_LIMIT * 2, "{}", world.peak_per_second());
}

/// An on-demand run, or a retry, at any millisecond: it starts with the tick that finds it.
#[tokio::test]
async fn an_on_demand_run_does_not_wait_behind_the_herd() {
    let asked_at = full_hour() - Duration::from_millis(1);
    let world = World::at(full_hour()).with(0..90_000, full_hour()).with(90_000..90_200, asked_at);
    world.ticks(MINUTE * 5, RateLimiter::default).await;
    world.assert_each_once(90_200);
    assert!(world.peak_per_second() <= HALF_STS_LIMIT, "{}", world.peak_per_second());
    let on_demand: BTreeSet<_> = (90_000..90_200).map(ConnectorId::new).collect();
    // The tick itself takes 90 s to reach the last of them.
    let last =
        world.starts().into_iter().filter(|(id, _)| on_demand.contains(id)).map(|(_, start)| start).max();
    assert!(last.unwrap() <= full_hour() + SECOND * 100, "{last:?}");
}

/// If more are due than can be sent, each partition comes first now and then.
#[tokio::test]
async fn no_partition_is_always_the_last() {
    let mut first = BTreeSet::new();
    for minute in 0..u32::from(DUE_SHARDS) {
        let now = full_hour() + MINUTE * minute;
        let world = World::at(now).with(0..500, full_hour());
        world.tick(&RateLimiter::default()).await;
        first.insert(due_shard(&world.starts()[0].0));
    }
    assert_eq!(first.len(), usize::from(DUE_SHARDS));
}
