//! Executes the seal, and what broken protocols make of it.

use domain::protocol::{Answer, Seal, SealAnswer};

use super::{Execution, Executor};
use crate::variant::Variant;
use crate::worker::Worker;
use crate::world::Request;

impl Executor<'_> {
    pub(super) fn seal(&mut self, worker: &mut Worker, seal: &Seal, deed: Execution) -> Option<Answer> {
        let variant = self.variant;
        let account = &mut self.world.accounts[worker.account];
        let seal = worker.memory.again.take().unwrap_or_else(|| Box::new(seal.clone()));
        if variant == Variant::MovesTheWatermarkFirst && deed == Execution::Done {
            let stands = account.cursor.next == seal.part.number;
            if worker.memory.half {
                worker.memory.half = false;
                account.put_part(seal.part.clone());
                return Some(Answer::Sealed(SealAnswer::Won));
            }
            if stands {
                account.move_cursor(&seal);
                worker.memory.half = true;
                return None;
            }
        }
        let answer = match deed {
            Execution::Done | Execution::AnswerLost => account.seal(&seal, variant),
            Execution::Hangs => {
                self.delay(worker.account, deed, Request::Seal(seal.clone()));
                SealAnswer::Unknown
            }
            _ => SealAnswer::Unknown,
        };
        let answer = if deed == Execution::AnswerLost { SealAnswer::Unknown } else { answer };
        let account = &self.world.accounts[worker.account];
        match (variant, answer) {
            (Variant::SealsAgainWhatItHas, SealAnswer::Refused)
            | (Variant::TakesLostSealForFailed, SealAnswer::Unknown) => {
                let mut again = seal;
                again.watermark_after = again.watermark_after.max(account.cursor.watermark);
                again.watermark_before = account.cursor.watermark;
                again.part.number = account.cursor.next;
                again.part.window.from = again.watermark_before;
                again.part.window.to = again.watermark_after;
                worker.memory.again = Some(again);
                None
            }
            (Variant::TakesLostSealForDone, SealAnswer::Unknown) => Some(Answer::Sealed(SealAnswer::Won)),
            _ => Some(Answer::Sealed(answer)),
        }
    }
}
