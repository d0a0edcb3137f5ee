//! The long form of `kills`, with many rounds. Without `--profile dev` it uses the release binary, which
//! takes long to build.
//!
//! ```text
//! cargo bench --workspace --profile dev --bench kills -- --rounds 1000
//! ```
//!
//! A failed round prints its number. The moments follow from the seed (`--seed`, default 1) and the speed of
//! the machine, so the same round may pass the next time. The randomness here is the process's; the
//! simulation is the repeatable test.

#![expect(clippy::print_stdout, reason = "its figures are what it is for")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is how a round fails")]

mod kills;
#[expect(dead_code, reason = "other tests need more of it")]
mod world;

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Some((rounds, seed)) = asked() else {
        eprintln!("usage: kills [--rounds COUNT] [--seed SEED]");
        return ExitCode::from(2);
    };
    let tally = kills::rounds(rounds, seed, |tally| {
        if tally.rounds % 50 == 0 {
            eprintln!("{} of {rounds}", tally.rounds);
        }
    })
    .await;
    let kills::Tally { rounds, killed_at_work, with_two, files_before, files, events } = tally;
    println!("{rounds:>8}  processes killed, {killed_at_work} of them before they had answered");
    println!("{with_two:>8}  with a second process at work on the same connector");
    println!("{files:>8}  files, {files_before} of them written before the kill");
    println!("{events:>8}  events, each there once");
    ExitCode::SUCCESS
}

fn asked() -> Option<(u64, u64)> {
    let (mut rounds, mut seed) = (1000, 1);
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    while let Some(argument) = arguments.next() {
        let value = arguments.next()?.parse().ok()?;
        match argument.as_str() {
            "--rounds" => rounds = value,
            "--seed" => seed = value,
            _ => return None,
        }
    }
    Some((rounds, seed))
}
