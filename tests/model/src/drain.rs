//! Liveness: from every state, a path on which nothing more goes wrong leads to everything being delivered.
//!
//! There is one such path: buckets come back, requests in flight arrive, workers continue, the dispatcher
//! starts what is due, and the clock moves on only if there is nothing else to do. Each state has one
//! successor on it, so a state is as live as its successor. A path that reaches a state known to be live need
//! not be followed further.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, OnceLock};

use archive::time::Time;

use crate::execute::Execution;
use crate::machine::{Action, Machine, State};
use crate::promises::Promise;
use crate::setup::TIMING;
use crate::world::{EventState, Events, World, events_of};

/// No path is longer than this; one that is goes in a circle.
const MAX_PATH: usize = 1000;

/// The states known to be live, by fingerprint.
#[derive(Debug, Default)]
pub struct LiveStates {
    known: Mutex<HashSet<u64>>,
    /// A state that is not live, and the promise broken at the end of its path. One is enough: then no more
    /// paths are followed.
    dead: OnceLock<(u64, Promise)>,
}

impl Machine {
    /// Follows the path. Returns the promise that is broken at its end: liveness, or, if only events later
    /// than the look-back are missing, the one that these are found all the same.
    ///
    /// # Panics
    /// If a thread has panicked.
    #[must_use]
    pub fn drain(&self, state: &State) -> Option<Promise> {
        let first = fingerprint(state);
        if let Some((dead, promise)) = self.live.dead.get() {
            return (*dead == first).then_some(*promise);
        }
        let mut walked = Vec::new();
        let mut state = state.clone();
        for _ in 0..MAX_PATH {
            let here = fingerprint(&state);
            walked.push(here);
            let mut known = self.live.known.lock().expect("no thread has died");
            if known.contains(&here) || self.is_drained(&state) {
                known.extend(walked);
                return None;
            }
            drop(known);
            state = self.apply(&state, self.fault_free_action(&state));
        }
        let promise = self.broken_at_the_end(&state.world);
        self.live.dead.set((first, promise)).is_ok().then_some(promise)
    }

    fn broken_at_the_end(&self, world: &World) -> Promise {
        let missing = self.missing(world);
        let is_late = |number: &usize| match world.events[*number] {
            EventState::Readable(since) => {
                let event = &self.setup.events[*number];
                !event.has_time || since > event.in_time_until()
            }
            _ => false,
        };
        if !missing.is_empty() && missing.iter().all(is_late) {
            Promise::LateIsAdditive
        } else {
            Promise::Liveness
        }
    }

    /// The next action if nothing goes wrong.
    fn fault_free_action(&self, state: &State) -> Action {
        let world = &state.world;
        if let Some(account) = world.accounts.iter().position(|account| !account.open) {
            return Action::Open(account);
        }
        if world.in_flight.is_some() {
            return Action::Arrive;
        }
        let misplaced = |number: &usize| self.setup.events[*number].foreign && world.is_readable(*number);
        if let Some(event) = (0..world.events.len()).find(misplaced) {
            return Action::Expire(event);
        }
        for (slot, worker) in state.workers.iter().enumerate() {
            if let Some(worker) = worker {
                let starved = worker.reading.as_ref().and_then(|reading| reading.starved().next());
                return Action::Execute(slot, starved.map_or(Execution::Done, Execution::Page));
            }
        }
        let due = |account: &crate::world::Account| account.cursor.next_run_at <= world.clock;
        match world.accounts.iter().position(due) {
            Some(account) => Action::Start(0, account),
            None => Action::Wait(next_time(world)),
        }
    }

    /// The events that can be read and are in no part, without those that the connector does not export.
    fn missing(&self, world: &World) -> Vec<usize> {
        let expected = |number: &usize| {
            let event = &self.setup.events[*number];
            let account = &world.accounts[event.account];
            let sealed = account.parts.iter().fold(Events::default(), |all, part| all.and(events_of(part)));
            let exported = !event.has_time || event.at >= account.cursor.since;
            world.is_readable(*number) && !event.foreign && exported && !sealed.has(*number)
        };
        (0..world.events.len()).filter(expected).collect()
    }

    /// Everything readable is sealed, everything sealed is delivered, and no window is due.
    fn is_drained(&self, state: &State) -> bool {
        let world = &state.world;
        let idle = state.workers.iter().all(Option::is_none) && world.in_flight.is_none();
        idle && self.missing(world).is_empty()
            && world.accounts.iter().zip(&self.connectors).all(|(account, connector)| {
                let cursor = &account.cursor;
                let due = connector
                    .window_schedule()
                    .map(|schedule| schedule.due(cursor.watermark, cursor.cut, TIMING.settle));
                cursor.undelivered().is_none() && due.is_none_or(|due| due > world.clock)
            })
    }
}

fn fingerprint(state: &State) -> u64 {
    let mut hasher = DefaultHasher::new();
    state.hash(&mut hasher);
    hasher.finish()
}

/// When the next run is due.
fn next_time(world: &World) -> Time {
    let runs = world.accounts.iter().map(|account| account.cursor.next_run_at);
    runs.min().unwrap_or(Time::LAST)
}
