//! A run under way: where it stands, the effect that it waits for, and how far that is carried out.

use std::hash::{Hash, Hasher};
use std::mem::discriminant;
use std::time::Duration;

use domain::names::WorkerId;
use domain::protocol::{Answer, Effect, Input, Limits, PutAnswer, Run, Seal, Snapshot, step};
use domain::time::Time;

use crate::manifests::vendor;
use crate::reading::PartRead;
use crate::setup::TIMING;

/// How long a function runs at most.
const TIME_LIMIT: Duration = Duration::from_mins(15);

/// A run under way. A worker has one place of two, and its name follows from that: when it is gone, what it signed is
/// signed by nobody, and the next one can bear the name. So any number of runs make no more states than there are.
#[derive(Debug, Clone)]
pub struct Worker {
    /// Its place.
    pub place: usize,
    /// Of which account.
    pub account: usize,
    /// Where it stands.
    pub run: Run,
    /// What it waits for.
    pub effect: Effect,
    /// How far the read is, if it waits for one.
    pub reading: Option<PartRead>,
    /// What broken protocols keep that the right one does not. See [`crate::variant`].
    pub memory: Memory,
}

/// What broken protocols keep.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Memory {
    /// The first half of an effect is done that ought to be done as a whole.
    pub half: bool,
    /// A seal to be tried again in another shape.
    pub again: Option<Box<Seal>>,
}

impl Worker {
    /// The name of the worker in this place.
    #[must_use]
    pub fn name(place: usize) -> WorkerId {
        WorkerId::new(0, place as u64 + 1)
    }

    /// A run that begins now.
    ///
    /// # Panics
    /// If it ends before it begins.
    #[must_use]
    pub fn start(place: usize, account: usize, now: Time) -> Self {
        let limits = Limits::between(now, now + TIME_LIMIT);
        let run = Run::new(Self::name(place), vendor(), TIMING, limits);
        let idle =
            Self { place, account, run, effect: Effect::Snapshot, reading: None, memory: Memory::default() };
        idle.on_answer(Answer::Start, now).expect("a run begins with an effect")
    }

    /// The run goes on with an answer; `None` if it is over.
    ///
    /// Waiting and telling the bus change nothing that another worker, or the next run, could see; both are answered
    /// at once, and so is putting the keys. Between them nothing can happen that could not happen right before. Chance
    /// is nothing: a wait of any length may come about, since the clock goes on whenever it likes.
    #[must_use]
    pub fn on_answer(mut self, answer: Answer, now: Time) -> Option<Self> {
        self.reading = None;
        let mut answer = answer;
        loop {
            let (run, effect) = step(self.run, Input { now, random: 0, answer });
            (self.run, self.effect) = (run, effect);
            match self.effect {
                Effect::Finish(_) => return None,
                Effect::Wait(_) | Effect::Publish(_) => answer = Answer::Done,
                Effect::PutKeys(_) => answer = Answer::Put(Ok(PutAnswer::Written)),
                _ => return Some(self),
            }
        }
    }

    /// What a snapshot is answered.
    #[must_use]
    pub fn snapshot(snapshot: Snapshot) -> Answer {
        Answer::Snapshot(Some(Box::new(snapshot)))
    }
}

impl Hash for Worker {
    /// The run's own state holds most effects, so that only those are added that are worked out anew.
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.place, self.account, &self.run, &self.reading, &self.memory).hash(state);
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
