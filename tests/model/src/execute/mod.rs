//! Executes the effects of a worker on the world, with every possible outcome: done, refused, done with a
//! lost answer, or still in flight when the worker has given up waiting.

mod bucket;
mod seal;

use std::time::Duration;

use archive::time::Time;
use protocol::delivery_error::{DeliveryError, DeliveryErrorKind, DeliveryStage};
use protocol::machine::{Answer, Effect, InternalError, InternalErrorKind, LeaseAnswer, Snapshot};

use crate::manifests::sign;
use crate::reading::PartRead;
use crate::setup::{Lease, Setup};
use crate::variant::Variant;
use crate::worker::Worker;
use crate::world::{Request, World};

/// The outcome of an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Execution {
    /// It is done, and answered.
    Done,
    /// The next page of this partition is read.
    Page(usize),
    /// It is not done, and the worker learns that something failed.
    Fails,
    /// It is done, and the answer is lost.
    AnswerLost,
    /// Only the first of its two writes is done, and then something failed.
    Half,
    /// It is in flight, and the worker has given up waiting. It may arrive at any time.
    Hangs,
    /// The credentials have expired.
    Expired,
}

impl Execution {
    /// Whether it is one of the faults that a setup counts.
    #[must_use]
    pub const fn is_fault(self) -> bool {
        !matches!(self, Self::Done | Self::Page(_))
    }
}

/// Adds every possible outcome of the worker's effect to `found`.
pub fn executions(worker: &Worker, world: &World, found: &mut Vec<Execution>) {
    match (&worker.effect, &worker.reading) {
        (Effect::Build(..), Some(reading)) => found.extend(reading.starved().map(Execution::Page)),
        _ => found.push(Execution::Done),
    }
    if world.faults == Some(0) {
        return;
    }
    found.push(Execution::Fails);
    let hangs = world.in_flight.is_none().then_some(Execution::Hangs);
    match &worker.effect {
        // A manifest that is late, or whose credentials have expired, behaves like the part's own write,
        // which is covered.
        Effect::Lease { .. } | Effect::Block(_) | Effect::Release(_) | Effect::PutManifest(..) => {
            found.push(Execution::AnswerLost);
        }
        Effect::Seal(_) | Effect::RecordProgress(_) | Effect::RecordReconcile(_) => {
            found.push(Execution::AnswerLost);
            found.extend(hangs);
        }
        Effect::Mark(_) | Effect::MarkLast(..) => {
            found.extend([Execution::AnswerLost, Execution::Half]);
            found.extend(hangs);
        }
        Effect::Put(_) => {
            found.extend([Execution::AnswerLost, Execution::Expired]);
            found.extend(hangs);
        }
        _ => {}
    }
}

/// Executes one effect of a worker on the world.
pub(crate) struct Executor<'a> {
    pub(crate) setup: &'a Setup,
    pub(crate) variant: Variant,
    pub(crate) connectors: &'a [protocol::connector::Connector],
    pub(crate) world: &'a mut World,
}

impl Executor<'_> {
    fn clock(&self) -> Time {
        self.variant.clock(self.world.clock) + self.setup.clock_skew
    }

    /// Executes the effect; `None` if the run is over.
    pub(crate) fn execute(&mut self, mut worker: Worker, execution: Execution) -> Option<Worker> {
        if execution.is_fault() {
            self.world.faults = self.world.faults.map(|left| left - 1);
        }
        let effect = self.variant.alter_effect(&worker, &self.world.accounts[worker.account].cursor);
        let Some(answer) = self.answer(&mut worker, &effect, execution) else { return Some(worker) };
        let now = self.clock();
        let name = Worker::name(worker.slot);
        let mut next = worker.on_answer(answer, now);
        // If nothing can fail any more, signing is not observable.
        if let (Some(Effect::Sign(request)), Some(0)) =
            (next.as_ref().map(|worker| &worker.effect), self.world.faults)
        {
            let signed = Answer::Signed(Box::new(sign(request)));
            next = next.and_then(|worker| worker.on_answer(signed, now));
        }
        if next.is_none() {
            self.world.forget(&name);
        }
        next
    }

    /// The answer; `None` while the effect is only partly executed.
    fn answer(&mut self, worker: &mut Worker, effect: &Effect, execution: Execution) -> Option<Answer> {
        let done = execution == Execution::Done || execution == Execution::AnswerLost;
        let failed = || Answer::Failed(InternalError::new(InternalErrorKind::Port, "the call failed"));
        let number = worker.account;
        let name = Worker::name(worker.slot);
        let (now, variant) = (self.clock(), self.variant);
        let date = self.world.clock.floor(Duration::from_secs(1));
        let answered = |answer: Answer| Some(if execution == Execution::Done { answer } else { failed() });
        let account = &mut self.world.accounts[number];
        match effect {
            Effect::Build(_, request) => self.build(worker, request, execution),
            Effect::Sign(request) => answered(Answer::Signed(Box::new(sign(request)))),
            Effect::Seal(seal) => self.seal(worker, seal, execution),
            Effect::Put(delivery) => self.put(worker, &delivery.part, execution),
            Effect::PutManifest(delivery, _) => Some(self.put_manifest(worker, &delivery.part, execution)),
            Effect::Lease { until } => {
                let granted = match self.setup.lease {
                    Lease::Enforced if done => account.lease(&name, now, *until),
                    _ => LeaseAnswer::Granted,
                };
                answered(Answer::Leased(granted))
            }
            Effect::Snapshot => {
                let connector = self.connectors[number].clone();
                let schedule = connector.window_schedule();
                // If all clocks agree, the date would only multiply the states.
                let server_time = (!self.setup.clock_skew.is_zero()).then_some(date);
                let snapshot = Snapshot { connector, cursor: account.cursor.clone(), server_time };
                answered(Worker::snapshot(variant.alter_snapshot(snapshot, schedule)))
            }
            Effect::ReadBack(part) | Effect::Load(part) => {
                answered(Answer::Part(account.part(*part).cloned().map(Box::new)))
            }
            Effect::Open(..) => {
                let fault = |kind| Answer::Opened(Err(fault(DeliveryStage::AssumeRole, kind)));
                Some(match execution {
                    Execution::Done if account.open => Answer::Opened(Ok(())),
                    Execution::Done => fault(DeliveryErrorKind::Denied),
                    _ => fault(DeliveryErrorKind::Unavailable),
                })
            }
            Effect::Mark(mark) => {
                if done || execution == Execution::Half {
                    account.mark_part(mark);
                }
                if done {
                    account.move_delivered(mark);
                }
                self.delay(number, execution, Request::Mark(mark.clone()));
                answered(Answer::Done)
            }
            Effect::MarkLast(mark, release) => {
                let owner = (self.setup.lease == Lease::Enforced).then_some(name);
                if done || execution == Execution::Half {
                    account.mark_part(mark);
                }
                if done {
                    account.move_delivered(mark);
                    account.release(owner.as_ref(), release);
                }
                self.delay(number, execution, Request::MarkLast(mark.clone(), *release, owner));
                answered(Answer::Done)
            }
            Effect::Block(block) => {
                if done {
                    account.block((**block).clone());
                }
                answered(Answer::Done)
            }
            Effect::RecordProgress(read) => {
                if done {
                    account.record_progress(read, variant);
                }
                self.delay(number, execution, Request::RecordProgress(*read));
                answered(Answer::Done)
            }
            Effect::RecordReconcile(update) => {
                if done {
                    account.record_reconcile(update);
                }
                self.delay(number, execution, Request::RecordReconcile(update.clone()));
                answered(Answer::Done)
            }
            Effect::Release(release) => {
                if done {
                    let owner = (self.setup.lease == Lease::Enforced).then_some(&name);
                    account.release(owner, release);
                }
                answered(Answer::Done)
            }
            Effect::Wait(_) | Effect::Publish(_) | Effect::PutKeys(..) => answered(Answer::Done),
        }
    }

    fn delay(&mut self, account: usize, execution: Execution, request: Request) {
        if execution == Execution::Hangs {
            self.world.in_flight = Some((account, request));
        }
    }

    fn build(
        &mut self,
        worker: &mut Worker,
        request: &protocol::machine::BuildRequest,
        execution: Execution,
    ) -> Option<Answer> {
        let (setup, number) = (self.setup, worker.account);
        let now = self.clock();
        if execution == Execution::Fails && self.variant != Variant::TakesFailedPageForEnd {
            return Some(Answer::Failed(InternalError::new(InternalErrorKind::Port, "the call failed")));
        }
        let Some(mut reading) = worker.reading.take() else {
            worker.reading = Some(PartRead::begin(setup, &self.world.accounts[number], request));
            return None;
        };
        let foreign = if let Execution::Page(shard) = execution {
            reading.page(setup, self.world, number, request, shard, self.variant)
        } else {
            reading.end();
            None
        };
        let built = foreign.or_else(|| reading.merge(setup, request, now));
        worker.reading = Some(reading);
        let built = match built? {
            protocol::machine::Built::OutOfTime { .. } if self.variant == Variant::TakesCutForQuiet => {
                protocol::machine::Built::Nothing
            }
            built => built,
        };
        Some(Answer::Built(Box::new(built)))
    }
}

fn fault(stage: DeliveryStage, kind: DeliveryErrorKind) -> DeliveryError {
    DeliveryError { stage, kind, code: format!("{kind:?}"), message: String::new() }
}
