//! The explorer over a large archive: how long an answer takes, how much memory and money.
//!
//! ```text
//! tests/explorer/run                     200,000 events
//! tests/explorer/run --full              10,000,000 events
//! cargo bench -p tests --bench explorer -- --dir FOLDER --events 200000 --json figures.json
//! ```
//!
//! Made from real events, over 90 days in 2,160 parts, straight into staging bucket and ledger of the
//! embedded stand-ins. This process is the stand-ins and makes the archive and its indexes; a second one has
//! the reader alone, and asks. Each answer is compared with what was counted while the events were made.

mod ask;
mod counted;
mod indexes;
mod limits;
mod make;
mod meter;
mod questions;
mod truth;
mod world;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;

use ask::{Asking, StandIns};
use counted::Counters;
use limits::Figures;
use meter::Meter;
use sandbox::Durability;
use sandbox::wiring::Sandbox;
use serde::Serialize;
use serde::de::DeserializeOwned;
use truth::Truth;
use world::World;

/// Whose archive it is.
const TENANT: &str = "acme";
const USAGE: &str =
    "usage: explorer --dir FOLDER [--events COUNT] [--times COUNT] [--only TEXT] [--json FILE] [--no-limits]";

struct Args {
    dir: PathBuf,
    events: u64,
    /// How often each kind of question is asked.
    times: u64,
    /// Only kinds of questions whose name has this text.
    only: Option<String>,
    json: Option<PathBuf>,
    has_limits: bool,
    /// This process asks.
    asks: bool,
}

fn main() -> ExitCode {
    let Some(args) = parse_args() else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    if args.asks {
        // As the function of AWS Lambda does.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let (stand_ins, truth) = (stand_ins(), args.dir.join(TRUTH));
        let asking = runtime.block_on(ask::ask(&stand_ins, &truth, args.times, args.only.as_deref()));
        println!("{}", serde_json::to_string(&asking).expect("JSON"));
        return ExitCode::SUCCESS;
    }
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let figures = runtime.block_on(run(&args));
    if let Some(file) = &args.json {
        std::fs::write(file, serde_json::to_vec_pretty(&figures).expect("JSON")).expect("a file");
    }
    let missed = limits::missed(&figures, args.has_limits && !cfg!(debug_assertions));
    missed.iter().for_each(|missed| eprintln!("missed: {missed}"));
    if missed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

const TRUTH: &str = "truth.json";
const INDEXES: &str = "indexes.json";

async fn run(args: &Args) -> Figures {
    let world = Arc::new(World::new(args.events));
    let now = questions::asked_at();
    let sandbox =
        Sandbox::start_with(Some(&args.dir), Some(now), Durability::NoSync).await.expect("stand-ins");
    let meter = Meter::start();
    let made: Option<Truth> = read(&args.dir.join(TRUTH));
    let made_seconds = if made.is_some() { 0.0 } else { 1.0 };
    let truth = match made {
        Some(truth) => truth,
        None => store(&args.dir.join(TRUTH), make::make(&sandbox, Arc::clone(&world)).await),
    };
    let made_seconds = made_seconds * meter.ms() / 1e3;
    assert_eq!(truth.events, args.events, "this folder has another archive");
    let environment = sandbox.environment();
    let indexes = match read(&args.dir.join(INDEXES)) {
        Some(indexes) => indexes,
        None => {
            let reader = ask::reader(&stand_ins_of(|name| find(&environment, name)), &Counters::default());
            let made = indexes::make_all(&reader, &truth.connector, &args.dir).await;
            store(&args.dir.join(INDEXES), made)
        }
    };
    let alone = tokio::task::spawn_blocking(move || indexes::alone(&world)).await.expect("an index");
    Figures {
        events: truth.events,
        parts: truth.windows.len() as u64,
        stored_bytes: truth.stored_bytes,
        raw_bytes: truth.raw_bytes,
        made_seconds,
        indexes,
        alone,
        asking: ask_in_another_process(args, environment).await,
    }
}

async fn ask_in_another_process(args: &Args, environment: Vec<(&'static str, String)>) -> Asking {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.arg("--ask").arg("--dir").arg(&args.dir).args(["--times", &args.times.to_string()]);
    command.args(args.only.iter().flat_map(|only| ["--only", only]));
    command.envs(environment).stderr(Stdio::inherit());
    let output = tokio::task::spawn_blocking(move || command.output()).await.expect("a thread");
    let output = output.expect("a process");
    assert!(output.status.success(), "an answer was wrong");
    serde_json::from_slice(&output.stdout).expect("figures")
}

#[expect(clippy::disallowed_methods, reason = "the stand-ins' addresses come by the environment")]
fn stand_ins() -> StandIns {
    stand_ins_of(|name| std::env::var(name).expect("the environment of the sandbox"))
}

fn stand_ins_of(value: impl Fn(&str) -> String) -> StandIns {
    StandIns {
        dynamodb: value("AWS_ENDPOINT_URL_DYNAMODB"),
        s3: value("AWS_ENDPOINT_URL_S3"),
        sts: value("AWS_ENDPOINT_URL_STS"),
        key: value("AWS_ACCESS_KEY_ID"),
        secret: value("AWS_SECRET_ACCESS_KEY"),
    }
}

fn find(environment: &[(&'static str, String)], name: &str) -> String {
    let found = environment.iter().find(|(of, _)| *of == name);
    found.map(|(_, value)| value.clone()).expect("a variable of the sandbox")
}

fn read<T: DeserializeOwned>(file: &Path) -> Option<T> {
    serde_json::from_slice(&std::fs::read(file).ok()?).expect("figures of this version")
}

fn store<T: Serialize>(file: &Path, made: T) -> T {
    std::fs::write(file, serde_json::to_vec(&made).expect("JSON")).expect("a file");
    made
}

fn parse_args() -> Option<Args> {
    let mut args = Args {
        dir: PathBuf::new(),
        events: 200_000,
        times: 20,
        only: None,
        json: None,
        has_limits: true,
        asks: false,
    };
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--dir" => args.dir = arguments.next()?.into(),
            "--events" => args.events = arguments.next()?.parse().ok().filter(|count| *count >= 50_000)?,
            "--times" => args.times = arguments.next()?.parse().ok().filter(|count| *count > 0)?,
            "--only" => args.only = Some(arguments.next()?),
            "--json" => args.json = Some(arguments.next()?.into()),
            "--no-limits" => args.has_limits = false,
            "--ask" => args.asks = true,
            _ => return None,
        }
    }
    (!args.dir.as_os_str().is_empty()).then_some(args)
}
