//! The long form: explores the large worlds to the end and prints the result. With names as arguments, only
//! those worlds.

use std::process::ExitCode;
use std::time::Instant;

use model::explore::{explore, trace};
use model::machine::Machine;
use model::setup::Setup;
use model::setups;
use model::variant::Variant;

fn main() -> ExitCode {
    let names: Vec<String> = std::env::args().skip(1).collect();
    let correct = setups::long().into_iter().map(|setup| (setup, Variant::Correct));
    let worlds = correct.chain(setups::redundant_checks());
    println!("world          |    states |    unique | depth | seconds | what it tests");
    let (mut all, mut all_kept) = (0, true);
    for (setup, variant) in
        worlds.filter(|(setup, _)| names.is_empty() || names.iter().any(|n| n == setup.name))
    {
        let (unique, kept) = run(&setup, variant);
        all += if variant == Variant::Correct { unique } else { 0 };
        all_kept &= kept;
    }
    println!("{all} unique states of the correct protocol, explored to the end");
    if all_kept { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Explores one world: how many states it has, and whether every promise was kept.
#[expect(clippy::disallowed_methods, reason = "prints how long an exploration took")]
fn run(setup: &Setup, variant: Variant) -> (usize, bool) {
    let started = Instant::now();
    let found = explore(Machine::broken(setup.clone(), variant), 2);
    let seconds = started.elapsed().as_secs_f64();
    let about = if variant == Variant::Correct { setup.about.to_owned() } else { format!("{variant:?}") };
    println!(
        "{:14} | {:9} | {:9} | {:5} | {seconds:7.1} | {about}",
        setup.name, found.states, found.unique, found.depth
    );
    let reached: Vec<&str> = found.reached.iter().map(|goal| goal.name()).collect();
    println!("               reached: {}", reached.join(", "));
    for (promise, path) in &found.broken {
        println!("BROKEN: {}\n{}", promise.name(), trace(&Machine::broken(setup.clone(), variant), path));
    }
    (found.unique, found.broken.is_empty())
}
