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

#![expect(clippy::print_stdout, reason = "it prints its results")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is how a round fails")]

mod kills;
#[expect(dead_code, reason = "other tests need more of it")]
mod world;

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Some((rounds, seed)) = arguments() else {
        eprintln!("usage: kills [--rounds COUNT] [--seed SEED]");
        return ExitCode::from(2);
    };
    let stats = kills::rounds(rounds, seed, |stats| {
        if stats.rounds % 50 == 0 {
            eprintln!("{} of {rounds}", stats.rounds);
        }
    })
    .await;
    let kills::KillStats { rounds, killed_before_reply, with_second_worker, files_before, files, events } =
        stats;
    println!("{rounds:>8}  processes killed, {killed_before_reply} of them before their response");
    println!("{with_second_worker:>8}  with a second process on the same connector");
    println!("{files:>8}  files, {files_before} of them written before the kill");
    println!("{events:>8}  events, each delivered once");
    ExitCode::SUCCESS
}

fn arguments() -> Option<(u64, u64)> {
    let (mut rounds, mut seed) = (1000, 1);
    let mut args = std::env::args().skip(1).filter(|argument| argument != "--bench");
    while let Some(argument) = args.next() {
        let value = args.next()?.parse().ok()?;
        match argument.as_str() {
            "--rounds" => rounds = value,
            "--seed" => seed = value,
            _ => return None,
        }
    }
    Some((rounds, seed))
}
