//! The long form of the backlog test: a thousand connectors whose buckets were missing for a week.
//!
//! ```text
//! cargo bench -p tests --bench backlog
//! cargo bench -p tests --bench backlog -- --connectors 100 --days 30
//! ```
//!
//! The real code makes the calls. Assumptions: each call takes 30 ms, ten functions run concurrently, and
//! each has ten connectors. The short form is `cargo test -p tests --test suite backlog`.

mod drain;

use std::process::ExitCode;
use std::time::Instant;

use drain::{DrainResult, Load, drain};

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::disallowed_methods, reason = "it reports its own duration")]
async fn main() -> ExitCode {
    let Some((connectors, days)) = parse_args() else {
        eprintln!("usage: backlog [--connectors COUNT] [--days COUNT]");
        return ExitCode::from(2);
    };
    let started = Instant::now();
    let result = drain(connectors, days).await;
    let DrainResult { waiting, draining, waited, half_after, all_after, longest_run, delivered, files } =
        result;
    println!("{connectors:>9}  connectors, their buckets missing for {days} days");
    println!("{waited:>9}  parts waited when the buckets existed again");
    println!("{files:>9}  files, {delivered} events: none lost, duplicated or foreign");
    println!("{:>9}  minutes until half of the connectors had everything", half_after.as_secs() / 60);
    println!("{:>9}  minutes until all had", all_after.as_secs() / 60);
    println!("{:>9}  seconds, the longest run of a connector", longest_run.as_secs());
    print_calls("while the buckets were missing", &waiting);
    print_calls("after the repair", &draining);
    println!("{:>9}  seconds on this machine", started.elapsed().as_secs());
    println!("{:>9}  MB at most, with all tables and buckets in it", peak_kb() / 1024);
    ExitCode::SUCCESS
}

fn print_calls(when: &str, load: &Load) {
    println!("{:>9}  runs {when}, and their calls:", load.runs);
    for (name, count) in &load.calls {
        println!("{count:>9}    {name}");
    }
}

/// The peak memory of this process, in KB.
fn peak_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("the status of this process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("its peak");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

fn parse_args() -> Option<(usize, u32)> {
    let (mut connectors, mut days) = (1000, 7);
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    while let Some(argument) = arguments.next() {
        let value: u32 = arguments.next()?.parse().ok().filter(|value| *value > 0)?;
        match argument.as_str() {
            "--connectors" => connectors = value as usize,
            "--days" => days = value,
            _ => return None,
        }
    }
    Some((connectors, days))
}
