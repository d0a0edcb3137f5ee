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
use rounds::{Round, RoundStats};
use tests::proxy::Fault;

/// Rounds run at once: a round mostly waits.
const CONCURRENCY: usize = 6;

#[tokio::main]
#[expect(clippy::disallowed_methods, reason = "prints how long it takes")]
async fn main() -> ExitCode {
    let Some((rounds, from)) = requested_seeds() else {
        eprintln!("usage: wire [--rounds COUNT] [--from SEED]");
        return ExitCode::from(2);
    };
    let mut menu = Fault::QUICK.to_vec();
    menu.push(Fault::ResponseStalled);
    let started = Instant::now();
    let mut total = RoundStats::default();
    // The interval of the schedule.
    let tick = Duration::from_mins(5);
    let round = |seed| RoundStats::of(Round { seed, menu: &menu, tenants: 20, events_each: 48, tick });
    let mut results = stream::iter((from..from + rounds).map(round)).buffer_unordered(CONCURRENCY);
    while let Some(stats) = results.next().await {
        total.add(stats);
        eprintln!("{} of {rounds} after {} s", total.rounds, started.elapsed().as_secs());
    }
    println!("seeds {from} to {} in {} s", from + rounds - 1, started.elapsed().as_secs());
    let RoundStats { buckets, files, delivered, lost, double, foreign, .. } = &total;
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
    println!("{:>9}  signatures", total.signatures);
    for (service, requests) in &total.requests {
        println!("{requests:>9}  requests to {service}");
        for ((_, fault), count) in total.met.iter().filter(|((of, _), _)| of == service) {
            println!("{count:>9}    {fault}");
        }
    }
    let unmet = total.met.values().filter(|count| **count == 0).count();
    if unmet > 0 {
        println!("{unmet} faults never occurred: run more rounds");
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
