//! The simulation's short form, and the checks on the simulation itself: the same seed gives the same
//! history, and mutants are caught. The long form is in `main.rs`.

mod sim;

use sim::{Mutant, simulate, simulate_many};

/// Two idle cores need less than a minute for these in the dev profile.
const SEEDS: u64 = 1000;
/// Every mutant must be caught within this many seeds.
const MUTANT_SEEDS: u64 = 200;

#[test]
fn no_event_is_lost_duplicated_or_mixed_up_under_any_fault() {
    let total = simulate_many(0, SEEDS, |_| ());
    println!("{}", total.table());
    if let Some((seed, violations)) = total.failed.first() {
        let violations = violations.join("\n");
        panic!(
            "seed {seed}: {violations}\nrepeat it: cargo bench -p tests --bench simulation -- --seed {seed}"
        );
    }
    assert_eq!(total.seeds, SEEDS);
    assert_eq!(total.unmet_faults(), [""; 0], "no seed has met these faults");
}

#[test]
fn the_same_seed_gives_the_same_history() {
    for seed in 1000..1020 {
        let (first, second) = (simulate(seed, None, true), simulate(seed, None, true));
        let differ = first.trace.iter().zip(&second.trace).find(|(first, second)| first != second);
        assert_eq!(differ, None, "seed {seed}");
        assert_eq!((first.hash, first.trace.len()), (second.hash, second.trace.len()), "seed {seed}");
        assert_eq!((first.stats, &first.faults), (second.stats, &second.faults), "seed {seed}");
        assert!(first.hash != simulate(seed + 1000, None, false).hash, "another seed gives another history");
    }
}

#[test]
fn every_mutant_is_caught() {
    for mutant in Mutant::ALL {
        let caught = (0..MUTANT_SEEDS).find_map(|seed| {
            let violations = simulate(seed, Some(*mutant), false).violations;
            violations.into_iter().next().map(|violation| (seed, violation))
        });
        let (seed, violation) =
            caught.unwrap_or_else(|| panic!("not caught in {MUTANT_SEEDS} seeds: {}", mutant.description()));
        let violation: String = violation.chars().take(160).collect();
        println!("{}: seed {seed}: {violation}", mutant.description());
    }
}
