//! Explores a machine, and reports what was found.

use std::fmt::Write as _;

use stateright::{Checker, HasDiscoveries, Model};

use crate::coverage::CoverageGoal;
use crate::machine::{Action, Machine};
use crate::promises::Promise;

/// The result of an exploration.
#[derive(Debug)]
pub struct Exploration {
    /// How many states were reached, with repetitions.
    pub states: usize,
    /// How many distinct states were reached.
    pub unique: usize,
    /// The largest number of steps to a state on its shortest path.
    pub depth: usize,
    /// Broken promises, and a path to each.
    pub broken: Vec<(Promise, Vec<Action>)>,
    /// The coverage goals that were reached.
    pub reached: Vec<CoverageGoal>,
}

/// Explores everything, or until a promise is broken.
#[must_use]
pub fn explore(machine: Machine, threads: usize) -> Exploration {
    explore_until(machine, threads, HasDiscoveries::AnyFailures)
}

/// Explores everything, or until this promise is broken; others may be broken before it.
#[must_use]
pub fn explore_for(machine: Machine, threads: usize, promise: Promise) -> Exploration {
    explore_until(machine, threads, HasDiscoveries::AllOf([promise.name()].into()))
}

fn explore_until(machine: Machine, threads: usize, end: HasDiscoveries) -> Exploration {
    let checker = machine.checker().threads(threads).finish_when(end);
    let checker = checker.spawn_bfs().join();
    let mut discoveries = checker.discoveries();
    let mut broken = Vec::new();
    for promise in Promise::ALL {
        broken.extend(discoveries.remove(promise.name()).map(|path| (promise, path.into_actions())));
    }
    let reached =
        CoverageGoal::ALL.into_iter().filter(|goal| discoveries.contains_key(goal.name())).collect();
    Exploration {
        states: checker.state_count(),
        unique: checker.unique_state_count(),
        depth: checker.max_depth(),
        broken,
        reached,
    }
}

/// A path through the states, one line for each step: the action, and the effect that each worker waits for
/// after it.
#[must_use]
pub fn trace(machine: &Machine, path: &[Action]) -> String {
    let mut text = String::new();
    let Some(mut state) = machine.init_states().pop() else { return text };
    for action in path {
        state = machine.apply(&state, *action);
        let waits = state.workers.iter().enumerate().filter_map(|(slot, worker)| {
            let effect = format!("{:?}", worker.as_ref()?.effect);
            Some(format!("{slot}: {}", effect.split(['(', ' ']).next().unwrap_or_default()))
        });
        let cursor = &state.world.accounts[0].cursor;
        let waits: Vec<String> = waits.collect();
        let _ = writeln!(
            text,
            "{action:?}  →  {}  next {} W {} delivered {}",
            waits.join(", "),
            cursor.next.get(),
            cursor.watermark,
            cursor.delivered.get()
        );
    }
    text
}
