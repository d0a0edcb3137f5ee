//! Time and peak memory of the real exporter for windows of several sizes.
//!
//! ```text
//! cargo build --release -p exporter && cargo bench -p tests --bench windows -- 10000 100000 1000000
//! ```
//!
//! Each size gets a stack and a process of its own: the release binary `exporter`, driven through the Lambda
//! Runtime API with one queue message, reads the events through the real SDK from the embedded DynamoDB, stages,
//! seals and delivers one part. The events are the real ones of `fixtures/`, repeated. What is measured is that
//! process alone: wall and CPU time between message and answer, and its peak resident memory.

mod world;

use std::path::PathBuf;
use std::process::ExitCode;

use world::{Measured, World};

#[tokio::main]
async fn main() -> ExitCode {
    let mut sizes = Vec::new();
    let mut compression = "gzip".to_owned();
    for argument in std::env::args().skip(1) {
        match argument.parse::<usize>() {
            Ok(size @ 1..=1_000_000) => sizes.push(size),
            _ if argument == "--bench" => {}
            _ if ["none", "gzip", "zstd"].contains(&argument.as_str()) => compression = argument,
            _ => {
                eprintln!("usage: windows [none|gzip|zstd] [events, 1 to 1000000]...");
                return ExitCode::from(2);
            }
        }
    }
    if sizes.is_empty() {
        sizes = vec![10_000, 100_000, 1_000_000];
    }
    let exporter = exporter();
    if !exporter.exists() {
        eprintln!("{} is missing; build it first: cargo build --release -p exporter", exporter.display());
        return ExitCode::from(2);
    }
    println!("compression {compression}, {}", exporter.display());
    println!(
        "{:>9}  {:>8}  {:>8}  {:>10}  {:>10}  {:>12}",
        "events", "wall s", "cpu s", "idle MB", "peak MB", "object bytes"
    );
    for size in sizes {
        let world = World::with(size, &compression).await;
        let Measured { wall, cpu, idle_kb, peak_kb, bytes } = world.export(&exporter).await;
        println!(
            "{size:>9}  {wall:>8.2}  {cpu:>8.2}  {:>10.1}  {:>10.1}  {bytes:>12}",
            idle_kb as f64 / 1024.0,
            peak_kb as f64 / 1024.0
        );
    }
    ExitCode::SUCCESS
}

/// The release binary: this program is in the folder `deps` beside it.
fn exporter() -> PathBuf {
    let this = std::env::current_exe().expect("the path of this program");
    this.ancestors().nth(2).expect("a target folder").join("exporter")
}
