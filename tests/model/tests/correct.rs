//! The protocol keeps every promise in every state of the small worlds. The large ones are explored by `cargo
//! run --release -p model`.

use model::coverage::CoverageGoal;
use model::explore::{explore, trace};
use model::machine::Machine;
use model::setup::Setup;
use model::setups;

/// Explores to the end, and returns the coverage goals that were reached.
fn keeps_every_promise(setup: &Setup) -> Vec<CoverageGoal> {
    let found = explore(Machine::correct(setup.clone()), 1);
    for (promise, path) in &found.broken {
        println!("{}:\n{}", promise.name(), trace(&Machine::correct(setup.clone()), path));
    }
    assert!(found.broken.is_empty(), "broken in {}: {:?}", setup.name, found.broken);
    println!("{}: {} states, {} unique, depth {}", setup.name, found.states, found.unique, found.depth);
    found.reached
}

#[test]
fn every_promise_holds_in_every_small_world() {
    let reached: Vec<CoverageGoal> = setups::short().iter().flat_map(keeps_every_promise).collect();
    // A world in which nothing happens keeps every promise too.
    let unreached: Vec<&str> = CoverageGoal::ALL
        .into_iter()
        .filter(|goal| !reached.contains(goal))
        .map(CoverageGoal::name)
        .collect();
    assert!(unreached.is_empty(), "never reached: {unreached:?}");
}
