//! Runs one command, from its arguments to its exit code.

use std::collections::HashMap;
use std::ffi::OsString;
use std::time::Instant;

use archive::files::usage;
use clap::Parser;
use tokio::runtime;
use tracing::level_filters::LevelFilter;

use crate::args::{Cli, Command};
use crate::context::{LOG_VARIABLE, ProcessContext};
use crate::error::{CliError, Exit, io_error};
use crate::output::{Output, eprint_line};
use crate::{connector, demo, events, explore, init, offline, portal, serve, source, verify};

/// Runs the command of these arguments.
pub(crate) fn run(args: Vec<OsString>, environment: HashMap<String, String>, started: Instant) -> Exit {
    let no_color = environment.get("NO_COLOR").map(String::as_str);
    let json_requested = args.iter().any(|arg| arg == "--json");
    // The exit code 2 of a verification means that something can't be proven.
    let verifies = args.get(1).is_some_and(|arg| arg == "verify" || arg == "explore");
    let wrong_usage = if verifies { Exit::VerifyUsage } else { Exit::Usage };
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            let is_result = usage::print(&error, Output::new(json_requested, no_color));
            return if is_result { Exit::Done } else { wrong_usage };
        }
    };
    let output = Output::new(cli.wants_json(), no_color);
    if let Err(error) = init_tracing(environment.get(LOG_VARIABLE).map(String::as_str)) {
        output.error(&error);
        return wrong_usage;
    }
    let context = ProcessContext::new(environment, started, output);
    let runtime = match runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            output.error(&io_error("can't start threads")(error));
            return Exit::Failed;
        }
    };
    let exit = runtime.block_on(until_interrupted(cli, &context));
    // A thread that waits for stdin must not block the exit.
    runtime.shutdown_background();
    exit
}

/// Runs the command until it ends or Ctrl-C. Every write of every command is conditional or idempotent, so it
/// may be stopped anywhere. `serve` and `explore` handle the signal themselves.
async fn until_interrupted(cli: Cli, context: &ProcessContext) -> Exit {
    let output = context.output;
    let stops_itself = matches!(cli.command, Some(Command::Serve(_) | Command::Explore(_)));
    let result = tokio::select! {
        result = run_command(cli, context) => result,
        _ = tokio::signal::ctrl_c(), if !stops_itself => {
            output.clear_progress();
            eprint_line("stopped; completed writes are consistent, and the command can safely be repeated");
            return Exit::Interrupted;
        }
    };
    result.unwrap_or_else(|error| {
        output.clear_progress();
        output.error(&error);
        error.exit()
    })
}

async fn run_command(cli: Cli, context: &ProcessContext) -> Result<Exit, CliError> {
    match cli.command {
        None => demo::run(cli.demo, context).await,
        Some(Command::Demo(args)) => demo::run(args, context).await,
        Some(Command::DemoExporter(args)) => demo::exporter_process(args, context).await,
        Some(Command::Serve(args)) => serve::run(args, context).await,
        Some(Command::Init(args)) => init::run(args, context).await,
        Some(Command::Events(command)) => events::run(command, context).await,
        Some(Command::Index(command)) => explore::index(command, context).await,
        Some(Command::Connector(command)) => connector::run(command, context).await,
        Some(Command::Portal(command)) => portal::run(command, context).await,
        Some(Command::Source(command)) => source::run(command, context).await,
        Some(Command::Verify(args)) => Ok(verify::run(args, context).await),
        Some(Command::Explore(args)) => offline::run(args, context).await,
    }
}

/// Writes this process's log to stderr if the variable is set. By default it is off: whatever matters to a
/// person is printed.
fn init_tracing(level: Option<&str>) -> Result<(), CliError> {
    let Some(level) = level.filter(|level| !level.is_empty()) else { return Ok(()) };
    let level: LevelFilter = level.parse().map_err(|_| {
        CliError::usage(
            format!("{LOG_VARIABLE} is `{level}`"),
            "Set it to error, warn, info, debug or trace, or leave it out.",
        )
    })?;
    tracing_subscriber::fmt().with_max_level(level).with_writer(std::io::stderr).init();
    Ok(())
}
