//! The Lambda functions around the real code: ticks that start a dispatcher, a queue whose messages start
//! exporters, time limits, and the handling of a batch when its function has returned or died.

use std::sync::Arc;
use std::time::Duration;

use archive::names::ConnectorId;
use dispatcher::Watchdog;
use exporter::{Exporter, export};
use ports::MetricsSink;
use protocol::machine::{InternalErrorKind, Outcome};
use protocol::metrics::MetricRecord;
use serde_json::json;
use tests::functions;
use tests::lambda::{message_id, sqs_event};
use tokio::task::JoinHandle;

use super::agenda::{AgendaItem, Message};
use super::fault::Fault;
use super::mutants::Mutant;
use super::ports::Worker;
use super::world::World;

/// As the template sets them.
const DISPATCHER_LIMIT: Duration = Duration::from_mins(4);
const VISIBILITY: Duration = Duration::from_mins(90);
const MAX_RECEIVE_COUNT: u32 = 5;

/// A function in progress.
#[derive(Debug)]
struct Running {
    worker: usize,
    process: JoinHandle<Answer>,
    messages: Vec<Message>,
}

/// What a function returns.
#[derive(Debug)]
enum Answer {
    Ticked,
    /// For each message, whether it failed.
    Batch(Vec<bool>),
    Run(Outcome),
}

#[derive(Debug)]
pub(crate) struct Functions {
    world: Arc<World>,
    running: Vec<Running>,
    visible: Vec<Message>,
    pub(crate) runs: u64,
}

impl Functions {
    pub(crate) fn new(world: Arc<World>) -> Self {
        Self { world, running: Vec::new(), visible: Vec::new(), runs: 0 }
    }

    /// Whether none is in progress and no message is visible.
    pub(crate) fn are_idle(&self) -> bool {
        self.running.is_empty() && self.visible.is_empty()
    }

    fn add_worker(&self) -> Worker {
        let world = Arc::clone(&self.world);
        let ignores_leases = draw_fault(&world, Fault::LeaseIgnored);
        world.engine.count(Fault::LeaseIgnored, u64::from(ignores_leases));
        let number = world.engine.add_worker(0);
        Worker { world, number, ignores_leases }
    }

    pub(crate) fn tick(&mut self) {
        let worker = self.add_worker();
        let deadline = self.world.engine.now() + DISPATCHER_LIMIT;
        let number = worker.number;
        let (ledger, queue, clock) = (worker.clone(), worker.clone(), worker.clone());
        let ports = functions::dispatcher_ports(ledger, queue, clock, worker.clone());
        let watchdog = functions::watchdog(worker.clone(), worker.clone(), worker);
        let watchdog = Watchdog { timing: self.world.plan.timing, ..watchdog };
        let metrics = PanicSink(Arc::clone(&self.world));
        self.world.engine.log(format_args!("worker {number} starts, a dispatcher"));
        // On this thread for good: the compiler can't prove that this future is `Send`.
        let process = tokio::task::spawn_local(async move {
            drop(dispatcher::tick(&ports, &watchdog, &metrics, deadline).await);
            Answer::Ticked
        });
        self.start(number, process, Vec::new(), DISPATCHER_LIMIT);
    }

    /// A message has become visible.
    pub(crate) fn message(&mut self, message: Message) {
        self.visible.push(message);
        self.world.engine.at(self.world.engine.now(), AgendaItem::Poll);
    }

    /// Receives messages from the queue and starts an exporter with them.
    pub(crate) fn poll(&mut self) {
        if self.visible.is_empty() {
            return;
        }
        let most = self.world.plan.batch.min(self.visible.len());
        let mut messages: Vec<Message> = self.visible.drain(..most).collect();
        for message in &mut messages {
            message.receives += 1;
        }
        if !self.visible.is_empty() {
            self.world.engine.at(self.world.engine.now(), AgendaItem::Poll);
        }
        let busy = |message: &Message| {
            let on = |running: &Running| running.messages.iter().any(|m| m.connector == message.connector);
            self.running.iter().any(on)
        };
        let doubled = messages.iter().filter(|message| busy(message)).count();
        self.world.engine.count(Fault::TwoWorkers, doubled as u64);
        self.runs += messages.len() as u64;
        self.export(messages);
    }

    fn export(&mut self, messages: Vec<Message>) {
        let worker = self.add_worker();
        let number = worker.number;
        let limit = self.world.plan.time_limit;
        let ids: Vec<ConnectorId> = messages.iter().map(|message| message.connector.clone()).collect();
        self.world.engine.log(format_args!("worker {number} starts, an exporter for {ids:?}"));
        let deadline = self.world.engine.clock_of(number) + limit;
        let exporter = exporter(worker);
        // A batch's answer says little; the outcome of a run says what failed. Half of the batches of one
        // message are run directly.
        let alone = ids.len() == 1 && self.world.engine.draw(|rng| rng.per_mille(500));
        let world = Arc::clone(&self.world);
        let process = if alone {
            tokio::spawn(async move { Answer::Run(export(&exporter, &ids[0], deadline).await) })
        } else {
            tokio::spawn(async move {
                let bodies: Vec<_> = ids.iter().map(message_body).collect();
                let batch = serde_json::from_value(sqs_event(&bodies)).expect("a batch of SQS");
                let answer = exporter::batch::handle(&exporter, &PanicSink(world), batch, deadline).await;
                let failed: Vec<String> =
                    answer.batch_item_failures.into_iter().map(|error| error.item_identifier).collect();
                Answer::Batch((0..ids.len()).map(|n| failed.contains(&message_id(n))).collect())
            })
        };
        self.start(number, process, messages, limit);
    }

    fn start(&mut self, worker: usize, process: JoinHandle<Answer>, messages: Vec<Message>, limit: Duration) {
        self.world.engine.started(worker, process.abort_handle());
        self.world.engine.at(self.world.engine.now() + limit, AgendaItem::TimeLimit { worker });
        self.running.push(Running { worker, process, messages });
    }

    /// Kills a function at its time limit, unless it is frozen: then it wakes up later and continues, which
    /// is worse.
    pub(crate) fn time_limit(&self, worker: usize) {
        let is_running = |running: &&Running| running.worker == worker;
        if self.running.iter().find(is_running).is_some() && !self.world.engine.is_frozen(worker) {
            self.world.engine.count(Fault::OutOfTime, 1);
            self.world.engine.log(format_args!("worker {worker} is killed at its time limit"));
            self.world.engine.kill(worker);
        }
    }

    /// Collects the functions that have ended, and the messages that the dispatcher has sent.
    pub(crate) async fn reap(&mut self) {
        let mut index = 0;
        while let Some(running) = self.running.get(index) {
            if !running.process.is_finished() {
                index += 1;
                continue;
            }
            let Running { worker, process, messages } = self.running.remove(index);
            let answer = process.await;
            self.ended(worker, answer, messages);
        }
        for connector in self.world.queue.receive() {
            self.sent(&connector);
        }
    }

    fn ended(&self, worker: usize, answer: Result<Answer, tokio::task::JoinError>, messages: Vec<Message>) {
        let failed = match answer {
            Ok(Answer::Ticked) => Vec::new(),
            Ok(Answer::Batch(failed)) => failed,
            Ok(Answer::Run(outcome)) => {
                self.world.engine.log(format_args!("worker {worker} ends: {}", describe(&outcome)));
                vec![self.check_outcome(&outcome)]
            }
            Err(error) if error.is_panic() => {
                self.world.truth().violation(format!("a function panicked: {error}"));
                vec![true; messages.len()]
            }
            // It has died, and SQS received no answer.
            Err(_) => vec![true; messages.len()],
        };
        for (message, failed) in messages.into_iter().zip(failed) {
            if failed && message.receives < MAX_RECEIVE_COUNT {
                let again = self.world.engine.now() + VISIBILITY;
                self.world.engine.at(again, AgendaItem::Message(message));
            }
        }
    }

    /// Whether a run failed. Some errors must never occur, whatever goes wrong outside.
    fn check_outcome(&self, outcome: &Outcome) -> bool {
        let Outcome::Failed { error, .. } = outcome else { return false };
        let explained = match error.kind {
            InternalErrorKind::InvariantViolated
            | InternalErrorKind::Rejected
            | InternalErrorKind::SourceChanged => false,
            InternalErrorKind::TenantMismatch => self.world.plan.has(Fault::ForeignItem),
            InternalErrorKind::ClockSkew => {
                self.world.plan.has(Fault::ClockForward) || self.world.plan.has(Fault::ClockBack)
            }
            InternalErrorKind::NoProgress | InternalErrorKind::Port | InternalErrorKind::SigningFailed => {
                true
            }
        };
        if !explained {
            self.world.truth().violation(format!("a run failed without a cause: {error:?}"));
        }
        true
    }

    /// The queue has accepted a message: it arrives at least once, soon or late.
    fn sent(&self, connector: &ConnectorId) {
        let world = &self.world;
        let copies = 1 + u64::from(draw_fault(world, Fault::MessageDuplicated));
        world.engine.count(Fault::MessageDuplicated, copies - 1);
        for _ in 0..copies {
            let delayed = draw_fault(world, Fault::MessageDelayed);
            world.engine.count(Fault::MessageDelayed, u64::from(delayed));
            let most = if delayed { 3_600_000 } else { 2_000 };
            let delay = Duration::from_millis(world.engine.draw(|rng| rng.between(0, most)));
            let message = Message { connector: connector.clone(), receives: 0 };
            world.engine.at(world.engine.now() + delay, AgendaItem::Message(message));
        }
    }
}

/// Draws whether this fault occurs now.
pub(crate) fn draw_fault(world: &World, fault: Fault) -> bool {
    let rate = world.plan.rate(fault);
    rate > 0 && world.injects_faults() && world.engine.draw(|rng| rng.per_mille(rate))
}

fn exporter(worker: Worker) -> Exporter {
    let mut timing = worker.world.plan.timing;
    match worker.world.mutant {
        Some(Mutant::NoLookBack) => timing.look_back = Duration::ZERO,
        Some(Mutant::NoSettling) => timing.settle = Duration::ZERO,
        _ => {}
    }
    let part_limits = worker.world.plan.limits;
    let ports = exporter::Ports {
        runs: Arc::new(worker.clone()),
        source: Arc::new(worker.clone()),
        staging: Arc::new(worker.clone()),
        customers: Arc::new(worker.clone()),
        signing: super::keys::signing(&worker),
        bus: Arc::new(worker.clone()),
        clock: Arc::new(worker.clone()),
        randomness: Arc::new(worker),
    };
    // Without onboarding: its weekly verification waits by the runtime's clock, and a simulation has only its
    // own.
    Exporter { timing, part_limits, ..functions::exporter(ports) }
}

fn message_body(id: &ConnectorId) -> String {
    json!({ "connector_id": id.as_str() }).to_string()
}

fn describe(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Completed(summary) => {
            format!("{} sealed, {} delivered, more: {}", summary.sealed, summary.delivered, summary.more)
        }
        Outcome::Busy => "busy".into(),
        Outcome::Inactive => "inactive".into(),
        Outcome::Failed { error, .. } => format!("{error:?}"),
    }
}

/// A metrics sink that reports panics. A batch hides a run that panicked among its failures; its metrics
/// don't. Other tests check all other metrics.
struct PanicSink(Arc<World>);

impl MetricsSink for PanicSink {
    fn record(&self, record: &MetricRecord) {
        let panicked = record.metrics.iter().any(|metric| metric.name == "RunsPanicked" && metric.value > 0);
        if panicked {
            self.0.truth().violation("a run panicked".into());
        }
    }
}
