//! The simulation's long form: many seeds, each a history of its own, and a table of the faults that
//! occurred.
//!
//! ```text
//! cargo bench -p tests --bench simulation -- --seeds 100000
//! cargo bench -p tests --bench simulation -- --seed 4711
//! ```
//!
//! The second form repeats one seed and prints everything that happened in it. A seed that fails prints the
//! command that repeats it. The short form, and the check that mutants are caught, is `cargo test -p tests
//! --test simulation`.

mod sim;

use std::process::ExitCode;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use sim::{Mutant, simulate, simulate_many};

const USAGE: &str = "usage: simulation [--seeds COUNT] [--from SEED] | --seed SEED [--mutant]";
/// How often progress is printed.
const PROGRESS: Duration = Duration::from_secs(10);

struct Arguments {
    seeds: u64,
    from: u64,
    one: Option<u64>,
    mutant: Option<Mutant>,
}

fn main() -> ExitCode {
    match parse_arguments() {
        Some(Arguments { one: Some(seed), mutant, .. }) => repeat(seed, mutant),
        Some(Arguments { seeds, from, .. }) => run(from, seeds),
        None => {
            eprintln!("{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn parse_arguments() -> Option<Arguments> {
    let mut parsed = Arguments { seeds: 100_000, from: 0, one: None, mutant: None };
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    while let Some(argument) = arguments.next() {
        let value: u64 = arguments.next()?.parse().ok()?;
        match argument.as_str() {
            "--seeds" => parsed.seeds = value,
            "--from" => parsed.from = value,
            "--seed" => parsed.one = Some(value),
            // By its index in the list, without a name: only someone who changes the list repeats one.
            "--mutant" => parsed.mutant = Some(*Mutant::ALL.get(usize::try_from(value).ok()?)?),
            _ => return None,
        }
    }
    Some(parsed)
}

#[expect(clippy::disallowed_methods, reason = "prints how long it takes")]
fn run(from: u64, seeds: u64) -> ExitCode {
    let started = Instant::now();
    let last_printed = Mutex::new(started);
    let total = simulate_many(from, seeds, |total| {
        let mut last_printed = last_printed.lock().expect("no thread panics while it prints");
        if last_printed.elapsed() >= PROGRESS {
            *last_printed = Instant::now();
            eprintln!("{} of {seeds} after {} s", total.seeds, started.elapsed().as_secs());
        }
    });
    println!(
        "seeds {from} to {} in {:.0} s\n\n{}",
        from + seeds - 1,
        started.elapsed().as_secs_f64(),
        total.table()
    );
    for (seed, violations) in &total.failed {
        println!("\nseed {seed} failed:\n{}", violations.join("\n"));
        println!("repeat it: cargo bench -p tests --bench simulation -- --seed {seed}");
    }
    for fault in total.unmet_faults() {
        println!("\nno seed has met: {fault}");
    }
    if total.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn repeat(seed: u64, mutant: Option<Mutant>) -> ExitCode {
    let report = simulate(seed, mutant, true);
    for line in &report.trace {
        println!("{line}");
    }
    if let Some(mutant) = mutant {
        println!("\nmutant: {}", mutant.description());
    }
    println!("\nseed {}, trace {:016x}, {:?}", report.seed, report.hash, report.stats);
    for violation in &report.violations {
        println!("{violation}");
    }
    if report.violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
