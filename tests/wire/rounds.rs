//! Rounds on a faulty network: some hours full of faults, then the faults stop and time goes on until
//! everything due is delivered, and every bucket is compared with the table.

use std::collections::BTreeMap;
use std::time::Duration;

use tests::fixtures::at;
use tests::proxy::{Fault, Service};

use super::world::World;

/// After the faults stop, everything that waits must be done within this many ticks.
const MAX_TICKS: usize = 144;

/// The parameters of a round.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Round<'a> {
    pub(crate) seed: u64,
    pub(crate) menu: &'a [Fault],
    pub(crate) tenants: usize,
    pub(crate) events_each: usize,
    /// How far a tick moves the clock.
    pub(crate) tick: Duration,
}

/// The counts of rounds.
#[derive(Debug, Default)]
pub(crate) struct RoundStats {
    pub(crate) rounds: u64,
    pub(crate) buckets: usize,
    pub(crate) files: usize,
    pub(crate) delivered: usize,
    pub(crate) lost: usize,
    pub(crate) double: usize,
    pub(crate) foreign: usize,
    pub(crate) signatures: u64,
    pub(crate) requests: BTreeMap<Service, u64>,
    pub(crate) met: BTreeMap<(Service, Fault), u64>,
}

impl RoundStats {
    /// Runs a round and returns its counts. Lost, duplicated and foreign events are counted, and are no
    /// panic.
    ///
    /// # Panics
    /// If a connector is not done long after the faults stop, or a bucket contains what no bucket may.
    pub(crate) async fn of(round: Round<'_>) -> Self {
        let mut world = World::start(round.seed, round.menu).await;
        world.populate(round.tenants, round.events_each).await;
        // Both hours with events are closed and settled then.
        let end = at("2023-07-10T14:10:00Z");
        while world.now() < end {
            world.advance(round.tick);
            world.tick().await;
        }
        world.stop_faults();
        let end_of_events = at("2023-07-10T14:00:00Z");
        let mut ticks = 0;
        loop {
            let cursors = world.cursors().await;
            let done = |cursor: &protocol::cursor::Cursor| {
                cursor.undelivered().is_none() && cursor.watermark >= end_of_events && cursor.block.is_none()
            };
            if cursors.iter().all(done) {
                break;
            }
            assert!(ticks < MAX_TICKS, "seed {}: not done in time, {cursors:#?}", round.seed);
            ticks += 1;
            world.advance(round.tick);
            world.tick().await;
        }
        let mut stats = Self { rounds: 1, ..Self::default() };
        stats.check(&world, round.seed);
        stats
    }

    /// Adds the counts of other rounds.
    pub(crate) fn add(&mut self, other: Self) {
        self.rounds += other.rounds;
        self.buckets += other.buckets;
        self.files += other.files;
        self.delivered += other.delivered;
        self.lost += other.lost;
        self.double += other.double;
        self.foreign += other.foreign;
        self.signatures += other.signatures;
        for (service, count) in other.requests {
            *self.requests.entry(service).or_default() += count;
        }
        for (met, count) in other.met {
            *self.met.entry(met).or_default() += count;
        }
    }

    fn check(&mut self, world: &World, seed: u64) {
        for verdict in world.verdicts() {
            let violations = (verdict.missing.len(), verdict.duplicates.len(), verdict.foreign.len());
            if violations != (0, 0, 0) {
                eprintln!("seed {seed}, (missing, twice, foreign): {verdict:#?}");
            }
            self.buckets += 1;
            self.files += verdict.parts;
            self.delivered += verdict.delivered;
            self.lost += violations.0;
            self.double += violations.1;
            self.foreign += violations.2;
        }
        self.signatures += world.signatures();
        for proxy in &world.proxies {
            *self.requests.entry(proxy.service()).or_default() += proxy.requests();
            for (fault, count) in proxy.fault_counts() {
                *self.met.entry((proxy.service(), fault)).or_default() += count;
            }
        }
    }
}
