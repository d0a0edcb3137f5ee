//! Measures how fast `events import` fills the table of a folder, and how fast it recognizes existing events.
//! The reference is a loop that only writes the same events in the same transactions: the embedded stand-in's
//! maximum.
//!
//! ```text
//! cargo bench --workspace --profile dev --bench import -- --events 100000
//! ```
//!
//! Without `--profile dev` it measures the release binary, which takes long to build. The best of three
//! rounds counts.

#![expect(clippy::print_stdout, reason = "it prints measurements")]
#![expect(clippy::unwrap_used, reason = "a benchmark may panic")]
#![expect(clippy::disallowed_methods, reason = "a measurement needs a clock")]

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use archive::names::TenantId;
use aws::dynamodb::events::{EventsWriter, MAX_BATCH_EVENTS, NewEvent, WriteOutcome};
use futures_util::{StreamExt, stream};
use protocol::connector::Shards;
use sandbox::Durability;
use sandbox::wiring::Sandbox;
use serde_json::Value;

const ROUNDS: usize = 3;
/// The same number of batches in flight as the import has.
const MAX_IN_FLIGHT: usize = 8;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let count = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => Some(100_000),
        ["--events", count] => count.parse().ok(),
        _ => None,
    };
    let Some(count) = count else {
        eprintln!("usage: import [--events COUNT]");
        return ExitCode::from(2);
    };
    let events = events(count);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("events.ndjson");
    let mut lines = std::io::BufWriter::new(std::fs::File::create(&file).unwrap());
    for event in &events {
        writeln!(lines, "{}", event.body()).unwrap();
    }
    lines.into_inner().unwrap();
    let [mut import, mut again, mut alone] = [Duration::MAX; 3];
    for _ in 0..ROUNDS {
        let folder = Folder::new();
        import = import.min(imported(&folder, &file, "imported", count));
        again = again.min(imported(&folder, &file, "already_there", count));
        alone = alone.min(written(&events).await);
    }
    for (what, time) in [("events import", import), ("the same again", again), ("writing alone", alone)] {
        let rate = u128::try_from(count).unwrap_or_default() * 1000 / time.as_millis().max(1);
        println!("{rate:>8}  events a second: {what}, {count} events in {} ms", time.as_millis());
    }
    ExitCode::SUCCESS
}

/// The real events repeated, each with a unique ID.
fn events(count: usize) -> Vec<NewEvent> {
    let trail =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/cloudtrail-2023-07-10.ndjson.gz");
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(std::fs::File::open(trail).unwrap()).read_to_string(&mut text).unwrap();
    let templates: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let event = |(number, mut event): (usize, Value)| {
        let id = format!("{number:08}");
        let time = event.get("eventTime").and_then(Value::as_str).unwrap().parse().unwrap();
        event.as_object_mut().unwrap().insert("eventID".into(), id.clone().into());
        NewEvent::new(time, id, event.to_string())
    };
    templates.into_iter().cycle().take(count).enumerate().map(event).collect()
}

/// The duration of an import by the program, including its start and end.
fn imported(folder: &Folder, file: &Path, what: &str, count: usize) -> Duration {
    let started = Instant::now();
    let args = ["events", "import", "--tenant", "acme", "--time-field", "eventTime", "--id-field", "eventID"];
    let mut command = Command::new(env!("CARGO_BIN_EXE_auditferry"));
    let output =
        command.args(args).arg("--local").args([folder.path.as_path(), file]).arg("--json").env_clear();
    let output = output.stderr(Stdio::inherit()).output().unwrap();
    let took = started.elapsed();
    let output: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.get(what), Some(&count.into()), "{output}");
    took
}

/// The duration of the reference loop.
async fn written(events: &[NewEvent]) -> Duration {
    let folder = Folder::new();
    let embedded = Sandbox::start_with(Some(&folder.path), None, Durability::NoSync).await.unwrap();
    let writer: EventsWriter = embedded.events();
    let tenant: TenantId = "acme".parse().unwrap();
    let started = Instant::now();
    let batches = stream::iter(events.chunks(MAX_BATCH_EVENTS));
    batches
        .map(|batch| writer.write(&tenant, Shards::ONE, batch))
        .buffer_unordered(MAX_IN_FLIGHT)
        .for_each(|written| async {
            assert!(written.unwrap().iter().all(|outcome| *outcome == WriteOutcome::Written));
        })
        .await;
    let took = started.elapsed();
    embedded.stop().await;
    took
}

/// A folder created by `init`.
struct Folder {
    path: PathBuf,
    _dir: tempfile::TempDir,
}

impl Folder {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("af");
        let created =
            Command::new(env!("CARGO_BIN_EXE_auditferry")).arg("init").arg("--local").arg(&path).output();
        assert!(created.unwrap().status.success());
        Self { path, _dir: dir }
    }
}
