//! A run in progress: its state, the effect that it waits for, and how far that is executed.

use std::hash::{Hash, Hasher};
use std::mem::discriminant;
use std::time::Duration;

use archive::names::WorkerId;
use archive::time::Time;
use protocol::machine::{Answer, Effect, Input, Limits, PutAnswer, Run, Seal, Snapshot, Step, step};

use crate::manifests::vendor;
use crate::reading::PartRead;
use crate::setup::TIMING;

/// The time limit of a function.
const TIME_LIMIT: Duration = Duration::from_mins(15);

/// A run in progress. A worker has one of two slots, which determines its name. When it is gone, nothing
/// signed refers to it, and the next worker can have its name. So any number of runs add no states.
#[derive(Debug, Clone)]
pub struct Worker {
    /// Its slot, 0 or 1.
    pub slot: usize,
    /// The index of its account.
    pub account: usize,
    /// The state of the run.
    pub run: Run,
    /// The effect that it waits for.
    pub effect: Effect,
    /// The progress of the read, if it waits for one.
    pub reading: Option<PartRead>,
    /// What broken protocols remember and the correct one does not. See [`crate::variant`].
    pub memory: Memory,
}

/// What broken protocols remember.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Memory {
    /// The first half of an effect is done that must be done as a whole.
    pub half: bool,
    /// A seal to be tried again in another form.
    pub retry: Option<Box<Seal>>,
}

impl Worker {
    /// The name of the worker in this slot.
    #[must_use]
    pub fn name(slot: usize) -> WorkerId {
        WorkerId::new(0, slot as u64 + 1)
    }

    /// A run that begins now.
    ///
    /// # Panics
    /// If it ends before it begins.
    #[must_use]
    pub fn start(slot: usize, account: usize, now: Time) -> Self {
        let limits = Limits::between(now, now + TIME_LIMIT);
        let run = Run::new(Self::name(slot), vendor(), TIMING, limits);
        let (run, effect) = advance(run, Answer::Start, now).expect("a run begins with an effect");
        Self { slot, account, run, effect, reading: None, memory: Memory::default() }
    }

    /// Continues the run with an answer; `None` if it is over.
    #[must_use]
    pub fn on_answer(self, answer: Answer, now: Time) -> Option<Self> {
        let (run, effect) = advance(self.run, answer, now)?;
        Some(Self { run, effect, reading: None, ..self })
    }

    /// The answer to a snapshot.
    #[must_use]
    pub fn snapshot(snapshot: Snapshot) -> Answer {
        Answer::Snapshot(Some(Box::new(snapshot)))
    }
}

/// Continues a run with an answer; `None` if it is over.
///
/// Waiting and publishing change nothing that another worker, or the next run, could see. Both are answered
/// at once, and so is putting the keys: nothing can happen between them that could not happen right before.
/// The random number is 0: a wait of any length may occur, since the clock moves on at any time.
fn advance(run: Run, answer: Answer, now: Time) -> Option<(Run, Effect)> {
    let (mut run, mut answer) = (run, answer);
    loop {
        match step(run, Input { now, random: 0, answer }) {
            Step::Done(_) => return None,
            Step::Do(next, Effect::Wait(_) | Effect::Publish(_)) => (run, answer) = (next, Answer::Done),
            Step::Do(next, Effect::PutKeys(..)) => {
                (run, answer) = (next, Answer::Put(Ok(PutAnswer::Written)));
            }
            Step::Do(run, effect) => return Some((run, effect)),
        }
    }
}

impl Hash for Worker {
    /// The run's own state contains most effects, so only those are added that are computed anew.
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.slot, self.account, &self.run, &self.reading, &self.memory).hash(state);
        discriminant(&self.effect).hash(state);
        match &self.effect {
            Effect::Mark(mark) => mark.hash(state),
            Effect::MarkLast(mark, release) => (mark, release).hash(state),
            Effect::Block(block) => block.hash(state),
            Effect::RecordProgress(read) => read.hash(state),
            Effect::Release(release) => release.hash(state),
            _ => {}
        }
    }
}
