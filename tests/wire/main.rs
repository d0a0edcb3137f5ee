//! The whole deployment on a faulty network, in long. Each round is a deployment of its own, behind proxies
//! that lose, break off, alter, delay and refuse requests and responses. Then the faults stop, and every
//! bucket is compared with the table.
//!
//! ```text
//! cargo bench -p tests --bench wire -- --rounds 50
//! ```
//!
//! A round's faults follow from its seed and from the order of the requests; concurrent ones may come in
//! another order the next time. The short form is `cargo test -p tests --test suite wire`.

mod rounds;
mod world;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, stream};
use rounds::{Round, Tally};
use tests::proxy::Fault;

/// Rounds run at once: a round mostly waits.
const CONCURRENCY: usize = 6;

#[tokio::main]
#[expect(clippy::disallowed_methods, reason = "who waits wants to know how long it takes")]
async fn main() -> ExitCode {
    let Some((rounds, from)) = requested_seeds() else {
        eprintln!("usage: wire [--rounds COUNT] [--from SEED]");
        return ExitCode::from(2);
    };
    let mut menu = Fault::QUICK.to_vec();
    menu.push(Fault::AnswerStalled);
    let began = Instant::now();
    let mut tally = Tally::default();
    // The interval of the schedule.
    let tick = Duration::from_mins(5);
    let round = |seed| Tally::of(Round { seed, menu: &menu, tenants: 20, events_each: 48, tick });
    let mut played = stream::iter((from..from + rounds).map(round)).buffer_unordered(CONCURRENCY);
    while let Some(one) = played.next().await {
        tally.add(one);
        eprintln!("{} of {rounds} after {} s", tally.rounds, began.elapsed().as_secs());
    }
    println!("seeds {from} to {} in {} s", from + rounds - 1, began.elapsed().as_secs());
    let Tally { buckets, files, delivered, lost, double, foreign, .. } = &tally;
    for (count, of) in [
        (buckets, "buckets compared with the table"),
        (files, "files"),
        (delivered, "events delivered"),
        (lost, "events lost"),
        (double, "events duplicated"),
        (foreign, "foreign events"),
    ] {
        println!("{count:>9}  {of}");
    }
    println!("{:>9}  signatures", tally.signatures);
    for (service, requests) in &tally.requests {
        println!("{requests:>9}  requests to {service}");
        for ((_, fault), count) in tally.met.iter().filter(|((of, _), _)| of == service) {
            println!("{count:>9}    {fault}");
        }
    }
    let unmet = tally.met.values().filter(|count| **count == 0).count();
    if unmet > 0 {
        println!("{unmet} faults were never met: play more rounds");
    }
    if *lost + *double + *foreign + unmet == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn requested_seeds() -> Option<(u64, u64)> {
    let (mut rounds, mut from) = (50, 1);
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    while let Some(argument) = arguments.next() {
        let value = arguments.next()?.parse().ok()?;
        match argument.as_str() {
            "--rounds" if value > 0 => rounds = value,
            "--from" => from = value,
            _ => return None,
        }
    }
    Some((rounds, from))
}
