//! Writes to the customer's bucket, and the arrival of slow requests.

use archive::part::Part;
use protocol::delivery_error::{DeliveryErrorKind, DeliveryStage};
use protocol::machine::{Answer, Mark, PutAnswer};

use super::{Execution, Executor, fault};
use crate::manifests::signed_again;
use crate::variant::Variant;
use crate::worker::Worker;
use crate::world::{Body, Request, body_of};

impl Executor<'_> {
    pub(super) fn put(&mut self, worker: &mut Worker, part: &Part, execution: Execution) -> Option<Answer> {
        let variant = self.variant;
        if variant == Variant::MarksFirst && execution == Execution::Done && !worker.memory.half {
            let mark =
                Mark { part: part.clone(), at: self.world.clock, published_keys: None, unblock: false };
            let account = &mut self.world.accounts[worker.account];
            account.mark_part(&mark);
            account.move_delivered(&mark);
            worker.memory.half = true;
            return None;
        }
        if variant == Variant::PutsManifestFirst && execution == Execution::Done && !worker.memory.half {
            self.world.accounts[worker.account].put_manifest(part);
            worker.memory.half = true;
            return None;
        }
        worker.memory.half = false;
        let failed = |kind| Answer::Put(Err(fault(DeliveryStage::PutObject, kind)));
        let to = if variant == Variant::KeepsTheBucketOpen { 0 } else { worker.account };
        if !self.world.accounts[to].open {
            return Some(failed(DeliveryErrorKind::Gone));
        }
        Some(match execution {
            Execution::Done => Answer::Put(Ok(self.write(worker.account, to, part))),
            Execution::AnswerLost => {
                self.write(worker.account, to, part);
                failed(DeliveryErrorKind::Unavailable)
            }
            Execution::Expired => failed(DeliveryErrorKind::Expired),
            Execution::Hangs => {
                self.delay(worker.account, execution, Request::Put(Box::new(part.clone())));
                if variant == Variant::TakesLostWriteForDone {
                    Answer::Put(Ok(PutAnswer::Written))
                } else {
                    failed(DeliveryErrorKind::Unavailable)
                }
            }
            _ if variant == Variant::TakesConflictForExists => Answer::Put(Ok(PutAnswer::Exists)),
            _ => failed(DeliveryErrorKind::Conflict),
        })
    }

    /// Puts the manifest of a part whose bytes are in the bucket.
    pub(super) fn put_manifest(&mut self, worker: &Worker, part: &Part, execution: Execution) -> Answer {
        let failed = |kind| Answer::Put(Err(fault(DeliveryStage::PutObject, kind)));
        let account = &mut self.world.accounts[worker.account];
        if !account.open {
            return failed(DeliveryErrorKind::Gone);
        }
        let retry;
        let part = if self.variant == Variant::SignsAgain {
            retry = signed_again(part, self.world.clock);
            &retry
        } else {
            part
        };
        match execution {
            Execution::Done => Answer::Put(Ok(account.put_manifest(part))),
            Execution::AnswerLost => {
                account.put_manifest(part);
                failed(DeliveryErrorKind::Unavailable)
            }
            _ => failed(DeliveryErrorKind::Conflict),
        }
    }

    fn write(&mut self, of: usize, to: usize, part: &Part) -> PutAnswer {
        let body = match body_of(part) {
            Body::Of(_) if self.variant == Variant::RebuildsTheBody => {
                let (from, to) = (part.first.unwrap_or(part.window.from), part.window.to);
                Body::Of(self.world.table(&self.setup.events, of, from.min(part.window.from), to))
            }
            body => body,
        };
        self.world.accounts[to].put_new(of, part, body)
    }

    /// The request in flight arrives.
    pub(crate) fn arrive(&mut self) {
        let Some((number, request)) = self.world.in_flight.take() else { return };
        let variant = self.variant;
        let account = &mut self.world.accounts[number];
        match request {
            Request::Seal(seal) => {
                account.seal(&seal, variant);
            }
            Request::Put(part) => {
                if account.open {
                    self.write(number, number, &part);
                }
            }
            Request::Mark(mark) => {
                account.mark_part(&mark);
                account.move_delivered(&mark);
            }
            Request::MarkLast(mark, release, owner) => {
                account.mark_part(&mark);
                account.move_delivered_and_release(&mark, owner.as_ref(), &release);
            }
            Request::RecordProgress(read) => account.record_progress(&read, variant),
            Request::RecordReconcile(update) => account.record_reconcile(&update),
        }
    }
}
