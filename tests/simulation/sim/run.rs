//! One simulation, from its seed to its report.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use archive::time::Time;
use protocol::cursor::Cursor;
use tests::fixtures::at;

use super::agenda::AgendaItem;
use super::checker::{CheckStats, check_all, needs_reconcile};
use super::engine::{Engine, Next};
use super::fault::{Counts, Fault};
use super::functions::{Functions, draw_fault};
use super::injection::draw_outcome;
use super::mutants::Mutant;
use super::plan::{Length, Plan};
use super::world::World;
use super::{actor_plans, actors, events};

const HOUR: Duration = Duration::from_hours(1);
/// The interval of the schedule.
const TICK: Duration = Duration::from_mins(5);
/// The interval of the checks whether everything is done.
const CHECK_INTERVAL: Duration = Duration::from_mins(30);
/// After this time no worker from the fault phase is alive: the longest freeze, and a run.
const WORKER_LIFETIME: Duration = Duration::from_hours(4);

/// The result of a simulation.
#[derive(Debug, Clone)]
pub(crate) struct Report {
    pub(crate) seed: u64,
    /// The broken promises; empty if all were kept.
    pub(crate) violations: Vec<String>,
    pub(crate) stats: CheckStats,
    pub(crate) faults: Counts,
    /// The number of calls of all ports.
    pub(crate) calls: u64,
    /// The number of messages that were processed.
    pub(crate) runs: u64,
    /// How long it took by its own clock.
    pub(crate) simulated: Duration,
    /// The hash of everything that happened, in order.
    pub(crate) hash: u64,
    /// Everything that happened, if the trace was kept.
    pub(crate) trace: Vec<String>,
}

/// Runs the simulation of a seed. With a mutant, one port breaks the protocol.
pub(crate) fn simulate(seed: u64, mutant: Option<Mutant>, keep_trace: bool) -> Report {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let simulation = async { Simulation::new(seed, mutant, keep_trace).run(seed).await };
    tokio::task::LocalSet::new().block_on(&runtime, simulation)
}

struct Simulation {
    world: Arc<World>,
    engine: Arc<Engine>,
    functions: Functions,
    began: Time,
    calm: Option<Calm>,
}

/// The phase after all faults.
struct Calm {
    since: Time,
    /// How many passes each connector's reconcile must have completed, once that is known.
    passes: Option<Vec<u32>>,
}

impl Simulation {
    fn new(seed: u64, mutant: Option<Mutant>, keep_trace: bool) -> Self {
        let engine = Arc::new(Engine::new(seed, at("2026-02-27T00:00:00Z"), keep_trace));
        let offset = engine.draw(|rng| rng.between(0, 3 * 24 * 3_600_000));
        engine.wall.advance(Duration::from_millis(offset));
        let plan = engine.draw(Plan::draw);
        let (usual, slow_of_thousand, slow) = plan.pace;
        engine.set_pace(usual, slow_of_thousand, slow);
        let began = engine.now();
        let world = Arc::new(World::new(Arc::clone(&engine), plan, mutant));
        events::write(&world);
        actor_plans::plan(&world);
        engine.at(began.floor(TICK) + TICK, AgendaItem::Tick);
        engine.at(began + world.plan.fault_phase, AgendaItem::StopFaults);
        Self { functions: Functions::new(Arc::clone(&world)), world, engine, began, calm: None }
    }

    async fn run(mut self, seed: u64) -> Report {
        let mut stats = CheckStats::default();
        loop {
            self.engine.settle().await;
            self.functions.reap().await;
            if !self.world.truth().violations.is_empty() {
                break;
            }
            match self.engine.next() {
                None => {
                    self.world.truth().violation("nothing is left to do, but not everything is done".into())
                }
                Some(Next::Call(call)) => {
                    if let Some(outcome) = draw_outcome(&self.world, call) {
                        self.engine.log(format_args!("worker {} {}: {outcome:?}", call.worker, call.name));
                        self.engine.grant(call, outcome);
                    }
                }
                Some(Next::Item(AgendaItem::CheckDone)) => {
                    if self.is_done() {
                        stats = check_all(&self.world);
                        break;
                    }
                }
                Some(Next::Item(item)) => self.handle(item),
            }
        }
        let violations = std::mem::take(&mut self.world.truth().violations);
        let (faults, calls, hash, trace) = self.engine.end();
        let simulated = self.engine.now().since(self.began);
        Report { seed, violations, stats, faults, calls, runs: self.functions.runs, simulated, hash, trace }
    }

    fn handle(&mut self, item: AgendaItem) {
        match item {
            AgendaItem::Tick => self.tick(),
            AgendaItem::TickAgain => self.functions.tick(),
            AgendaItem::Message(message) => self.functions.message(message),
            AgendaItem::Poll => self.functions.poll(),
            AgendaItem::TimeLimit { worker } => self.functions.time_limit(worker),
            AgendaItem::Step(step) if self.calm.is_none() => actors::perform(&self.world, step),
            AgendaItem::Step(_) | AgendaItem::CheckDone => {}
            AgendaItem::StopFaults => self.calm(),
        }
    }

    /// A tick for which no connector is due starts no dispatcher: it would do nothing.
    fn tick(&mut self) {
        self.engine.at(self.engine.now() + TICK, AgendaItem::Tick);
        let now = self.engine.now();
        let cursors = self.cursors();
        if cursors.iter().all(|cursor| cursor.next_run_at > now) {
            return;
        }
        if draw_fault(&self.world, Fault::TickMissed) {
            self.engine.count(Fault::TickMissed, 1);
            return;
        }
        self.functions.tick();
        if draw_fault(&self.world, Fault::TickDoubled) {
            self.engine.count(Fault::TickDoubled, 1);
            let again = Duration::from_millis(self.engine.draw(|rng| rng.between(0, 3000)));
            self.engine.at(now + again, AgendaItem::TickAgain);
        }
    }

    fn cursors(&self) -> Vec<Cursor> {
        self.world.ids.iter().map(|id| self.world.ledger.cursor(id)).collect()
    }

    fn calm(&mut self) {
        self.engine.log(format_args!("faults stop"));
        self.world.injects_faults.store(false, Ordering::Relaxed);
        self.engine.set_pace(50, 0, 1);
        actors::restore_all(&self.world);
        self.calm = Some(Calm { since: self.engine.now(), passes: None });
        self.engine.at(self.engine.now() + CHECK_INTERVAL, AgendaItem::CheckDone);
    }

    /// Whether everything that was promised must be there by now. Taking too long is a violation of its own.
    fn is_done(&mut self) -> bool {
        let cursors = self.cursors();
        let now = self.engine.now();
        let weeks = self.world.plan.length == Length::Weeks;
        let reconcile = needs_reconcile(&self.world);
        let Some(calm) = &mut self.calm else { return false };
        if calm.passes.is_none() && now >= calm.since + WORKER_LIFETIME {
            calm.passes = Some(cursors.iter().map(|cursor| passes(cursor, weeks)).collect());
        }
        let reconciled = match &calm.passes {
            None => !reconcile,
            Some(expected) => {
                !reconcile
                    || cursors
                        .iter()
                        .zip(expected)
                        .all(|(cursor, expected)| cursor.reconcile.passes >= *expected)
            }
        };
        let to = self.world.truth().items.iter().filter_map(|item| item.time).max().unwrap_or(self.began);
        let to = to.max(calm.since) + self.world.plan.timing.look_back + Duration::from_secs(1);
        let is_behind = |cursor: &&Cursor| {
            cursor.watermark < to || cursor.undelivered().is_some() || cursor.block.is_some()
        };
        if reconciled && self.functions.are_idle() && !cursors.iter().any(|cursor| is_behind(&cursor)) {
            return true;
        }
        let limit = match (self.world.plan.length, reconcile) {
            (Length::Weeks, _) => HOUR * 24 * 18,
            (_, true) => HOUR * 96,
            (_, false) => HOUR * 20,
        };
        if now > calm.since + limit {
            let idle = self.functions.are_idle();
            let cursors: Vec<&Cursor> = cursors.iter().filter(is_behind).collect();
            let violation = format!(
                "not done {limit:?} after the faults: idle {idle}, reconciled {reconciled}, {cursors:#?}"
            );
            self.world.truth().violation(violation);
        }
        self.engine.at(now + CHECK_INTERVAL, AgendaItem::CheckDone);
        false
    }
}

/// How many passes will be complete after the first one that begins from now on; with `weeks`, after the
/// first that reads 32 days back.
fn passes(cursor: &Cursor, weeks: bool) -> u32 {
    let first = cursor.reconcile.passes + u32::from(cursor.reconcile.resume_at.is_some());
    let expected = if weeks { first + (6 - first % 7) } else { first };
    expected + 1
}
