//! The simulation's short form, and the proof that it is one: the same seed gives the same history, and mistakes are
//! noticed. The long form is in `main.rs`.

mod sim;

use sim::{Broken, simulate, simulate_many};

/// So many that two idle cores need less than a minute in the dev profile.
const SEEDS: u64 = 1000;
/// Within so many seeds every mistake must be noticed.
const MUTANT_SEEDS: u64 = 200;

#[test]
fn nothing_is_lost_nothing_is_twice_and_nothing_is_mixed_whatever_breaks() {
    let total = simulate_many(0, SEEDS, |_| ());
    println!("{}", total.table());
    if let Some((seed, flaws)) = total.failed.first() {
        let flaws = flaws.join("\n");
        panic!("seed {seed}: {flaws}\nrepeat it: cargo bench -p tests --bench simulation -- --seed {seed}");
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
        assert!(first.hash != simulate(seed + 1000, None, false).hash, "another seed is another history");
    }
}

#[test]
fn every_mistake_is_noticed() {
    for broken in Broken::ALL {
        let noticed = (0..MUTANT_SEEDS).find_map(|seed| {
            let flaws = simulate(seed, Some(*broken), false).violations;
            flaws.into_iter().next().map(|flaw| (seed, flaw))
        });
        let (seed, flaw) =
            noticed.unwrap_or_else(|| panic!("not noticed in {MUTANT_SEEDS} seeds: {}", broken.words()));
        let flaw: String = flaw.chars().take(160).collect();
        println!("{}: seed {seed}: {flaw}", broken.words());
    }
}
