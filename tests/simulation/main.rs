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

use sim::{Mutant, many, simulate};

const USAGE: &str = "usage: simulation [--seeds COUNT] [--from SEED] | --seed SEED [--broken]";
/// How often progress is printed.
const PROGRESS: Duration = Duration::from_secs(10);

/// The command line.
struct Asked {
    seeds: u64,
    from: u64,
    one: Option<u64>,
    mutant: Option<Mutant>,
}

fn main() -> ExitCode {
    match asked() {
        Some(Asked { one: Some(seed), mutant, .. }) => repeat(seed, mutant),
        Some(Asked { seeds, from, .. }) => run(from, seeds),
        None => {
            eprintln!("{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn asked() -> Option<Asked> {
    let mut asked = Asked { seeds: 100_000, from: 0, one: None, mutant: None };
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    while let Some(argument) = arguments.next() {
        let value: u64 = arguments.next()?.parse().ok()?;
        match argument.as_str() {
            "--seeds" => asked.seeds = value,
            "--from" => asked.from = value,
            "--seed" => asked.one = Some(value),
            // By its index in the list, without a name: only someone who changes the list repeats one.
            "--broken" => asked.mutant = Some(*Mutant::ALL.get(usize::try_from(value).ok()?)?),
            _ => return None,
        }
    }
    Some(asked)
}

#[expect(clippy::disallowed_methods, reason = "who waits wants to know how long it takes")]
fn run(from: u64, seeds: u64) -> ExitCode {
    let began = Instant::now();
    let told = Mutex::new(began);
    let total = many(from, seeds, |total| {
        let mut told = told.lock().expect("nobody panics while telling");
        if told.elapsed() >= PROGRESS {
            *told = Instant::now();
            eprintln!("{} of {seeds} after {} s", total.seeds, began.elapsed().as_secs());
        }
    });
    println!(
        "seeds {from} to {} in {:.0} s\n\n{}",
        from + seeds - 1,
        began.elapsed().as_secs_f64(),
        total.table()
    );
    for (seed, violations) in &total.failed {
        println!("\nseed {seed} failed:\n{}", violations.join("\n"));
        println!("repeat it: cargo bench -p tests --bench simulation -- --seed {seed}");
    }
    for words in total.unmet() {
        println!("\nno seed has met: {words}");
    }
    if total.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn repeat(seed: u64, mutant: Option<Mutant>) -> ExitCode {
    let report = simulate(seed, mutant, true);
    for line in &report.trace {
        println!("{line}");
    }
    if let Some(mutant) = mutant {
        println!("\nbroken on purpose: {}", mutant.description());
    }
    println!("\nseed {}, trace {:016x}, {:?}", report.seed, report.hash, report.figures);
    for violation in &report.flaws {
        println!("{violation}");
    }
    if report.flaws.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
