//! One command from its words to its exit code.

use std::collections::HashMap;
use std::ffi::OsString;
use std::time::Instant;

use clap::Parser;
use clap::error::ErrorKind;
use tokio::runtime;
use tracing::level_filters::LevelFilter;

use crate::args::{Cli, Command};
use crate::connector;
use crate::demo;
use crate::events;
use crate::init;
use crate::output::{Output, aside};
use crate::problem::{Exit, Problem, io};
use crate::serve;
use crate::source;
use crate::surroundings::Surroundings;
use crate::verify;

/// The variable that asks for the log.
pub(crate) const LOG: &str = "AUDITFERRY_LOG";

/// Runs what the words say.
pub(crate) fn run(words: Vec<OsString>, environment: HashMap<String, String>, began: Instant) -> Exit {
    let no_color = environment.get("NO_COLOR").map(String::as_str);
    let asked_for_json = words.iter().any(|word| word == "--json");
    // Its 2 says that something can't be proven.
    let usage = if words.get(1).is_some_and(|word| word == "verify") { Exit::NotAsked } else { Exit::Usage };
    let cli = match Cli::try_parse_from(words) {
        Ok(cli) => cli,
        Err(error) => return refuse(&error, Output::new(asked_for_json, no_color), usage),
    };
    let output = Output::new(cli.wants_json(), no_color);
    if let Err(problem) = log(environment.get(LOG).map(String::as_str)) {
        output.problem(&problem);
        return usage;
    }
    let surroundings = Surroundings::new(environment, began, output);
    let runtime = match runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            output.problem(&io("the process can't start its threads")(error));
            return Exit::Failed;
        }
    };
    let exit = runtime.block_on(until_interrupted(cli, &surroundings));
    // A thread that waits for stdin must not keep the process.
    runtime.shutdown_background();
    exit
}

/// Every write of every command is conditional or idempotent, so it may be stopped anywhere. `serve` alone is
/// meant to be stopped, and sees to it itself.
async fn until_interrupted(cli: Cli, surroundings: &Surroundings) -> Exit {
    let output = surroundings.output;
    let stops_itself = matches!(cli.command, Some(Command::Serve(_)));
    let result = tokio::select! {
        result = command(cli, surroundings) => result,
        _ = tokio::signal::ctrl_c(), if !stops_itself => {
            output.progress_is_over();
            aside("stopped; what was written is whole, and running the command again does no harm");
            return Exit::Interrupted;
        }
    };
    result.unwrap_or_else(|problem| {
        output.progress_is_over();
        output.problem(&problem);
        problem.exit()
    })
}

async fn command(cli: Cli, surroundings: &Surroundings) -> Result<Exit, Problem> {
    match cli.command {
        None => demo::run(cli.demo, surroundings).await,
        Some(Command::Demo(args)) => demo::run(args, surroundings).await,
        Some(Command::DemoExporter(args)) => demo::exporter_process(args, surroundings).await,
        Some(Command::Serve(args)) => serve::run(args, surroundings).await,
        Some(Command::Init(args)) => init::run(args, surroundings).await,
        Some(Command::Events(command)) => events::run(command, surroundings).await,
        Some(Command::Connector(command)) => connector::run(command, surroundings).await,
        Some(Command::Source(command)) => source::run(command, surroundings).await,
        Some(Command::Verify(args)) => Ok(verify::run(args, surroundings).await),
    }
}

/// Says what clap has to say: help and version are results, anything else is wrong usage.
fn refuse(error: &clap::Error, output: Output, usage: Exit) -> Exit {
    let is_result = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    if output.is_json() && !is_result {
        let text = error.render().to_string();
        let is_advice = |line: &str| line.starts_with("Usage:") || line.starts_with("For more information");
        let message: Vec<&str> = text.lines().take_while(|line| !is_advice(line)).map(str::trim).collect();
        let message = message.join(" ").trim().to_owned();
        let message = message.strip_prefix("error: ").unwrap_or(&message);
        output.problem(&Problem::usage(message, "See the help: the same command with --help instead."));
    } else {
        // Nobody is left to tell if the terminal is gone.
        let _ = error.print();
    }
    if is_result { Exit::Done } else { usage }
}

/// The log of what runs in this process goes to stderr if someone asks for it, and nowhere otherwise: what
/// matters to a person is printed.
fn log(level: Option<&str>) -> Result<(), Problem> {
    let Some(level) = level.filter(|level| !level.is_empty()) else { return Ok(()) };
    let level: LevelFilter = level.parse().map_err(|_| {
        Problem::usage(
            format!("{LOG} is `{level}`"),
            "Set it to error, warn, info, debug or trace, or leave it out.",
        )
    })?;
    tracing_subscriber::fmt().with_max_level(level).with_writer(std::io::stderr).init();
    Ok(())
}
