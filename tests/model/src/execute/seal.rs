//! Executes the seal, and what broken protocols make of it.

use protocol::machine::{Answer, Seal, SealAnswer};

use super::{Execution, Executor};
use crate::variant::Variant;
use crate::worker::Worker;
use crate::world::Request;

impl Executor<'_> {
    pub(super) fn seal(&mut self, worker: &mut Worker, seal: &Seal, execution: Execution) -> Option<Answer> {
        let variant = self.variant;
        let account = &mut self.world.accounts[worker.account];
        let seal = worker.memory.retry.take().unwrap_or_else(|| Box::new(seal.clone()));
        if variant == Variant::MovesTheWatermarkFirst && execution == Execution::Done {
            let unchanged = account.cursor.next == seal.part.number;
            if worker.memory.half {
                worker.memory.half = false;
                account.put_part(seal.part.clone());
                return Some(Answer::Sealed(SealAnswer::Won));
            }
            if unchanged {
                account.move_cursor(&seal);
                worker.memory.half = true;
                return None;
            }
        }
        let answer = match execution {
            Execution::Done | Execution::AnswerLost => account.seal(&seal, variant),
            Execution::Hangs => {
                self.delay(worker.account, execution, Request::Seal(seal.clone()));
                SealAnswer::Unknown
            }
            _ => SealAnswer::Unknown,
        };
        let answer = if execution == Execution::AnswerLost { SealAnswer::Unknown } else { answer };
        let account = &self.world.accounts[worker.account];
        match (variant, answer) {
            (Variant::SealsAgainWhatItHas, SealAnswer::Refused)
            | (Variant::TakesLostSealForFailed, SealAnswer::Unknown) => {
                let mut retry = seal;
                retry.watermark_after = retry.watermark_after.max(account.cursor.watermark);
                retry.watermark_before = account.cursor.watermark;
                retry.part.number = account.cursor.next;
                retry.part.window.from = retry.watermark_before;
                retry.part.window.to = retry.watermark_after;
                worker.memory.retry = Some(retry);
                None
            }
            (Variant::TakesLostSealForDone, SealAnswer::Unknown) => Some(Answer::Sealed(SealAnswer::Won)),
            _ => Some(Answer::Sealed(answer)),
        }
    }
}
