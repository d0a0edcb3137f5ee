//! `events`: imports events into the events table.
//!
//! `inputs` finds the files, `open` detects their compression, `reader` splits them into objects, which `classifier`
//! classifies. `import` writes the batches (`batch`), and `stats` and `report` summarize the result.

pub(crate) mod args;
mod batch;
pub(crate) mod import;
pub(crate) mod inputs;
mod classifier;
mod open;
mod reader;
mod recent_keys;
mod report;
pub(crate) mod stats;

use std::time::Duration;

use domain::import::KeyFields;

use crate::backend::open_events;
use crate::output::eprint_line;
use crate::error::{CliError, Exit};
use crate::context::ProcessContext;
use crate::table::counted;
use args::{EventsCommand, ImportArgs};
use import::{Import, Progress};
use inputs::Inputs;
use stats::ImportStats;

/// The number of events between two progress lines in a log.
const LOG_EVERY: u64 = 100_000;
/// The minimum time between two updates of the progress line on a terminal.
const REFRESH_INTERVAL: Duration = Duration::from_millis(250);

/// Runs a command on events.
pub(crate) async fn run(command: EventsCommand, surroundings: &ProcessContext) -> Result<Exit, CliError> {
    match command {
        EventsCommand::Import(args) => run_import(args, surroundings).await,
    }
}

async fn run_import(args: ImportArgs, surroundings: &ProcessContext) -> Result<Exit, CliError> {
    let output = surroundings.output;
    let inputs = Inputs::find(&args.files)?;
    let (writer, embedded) = open_events(&args.target, (&args.tenant, args.shards), surroundings).await?;
    let import = Import {
        writer,
        tenant: args.tenant.clone(),
        shards: args.shards,
        keys: KeyFields::new(&args.time_field, &args.id_field, args.time_form),
    };
    let (size, began) = (inputs.size(), surroundings.elapsed());
    let (mut milestones, mut shown) = (0, None);
    let report = |progress: Progress<'_>| {
        if !progress.rejected.is_empty() && !output.is_json() {
            output.clear_progress();
            progress.rejected.iter().for_each(eprint_line);
        }
        let now = surroundings.elapsed();
        if shown.is_none_or(|shown| now.saturating_sub(shown) >= REFRESH_INTERVAL) {
            shown = Some(now);
            output.progress(report::progress(&progress, size, now.saturating_sub(began)));
        }
        if progress.events / LOG_EVERY > milestones {
            milestones = progress.events / LOG_EVERY;
            output.log_progress(format_args!("{} imported", counted(progress.events, "event")));
        }
    };
    let tally = import.run(inputs, report).await;
    output.clear_progress();
    if let Some(embedded) = embedded {
        embedded.stop().await;
    }
    conclude(&tally?, &args, surroundings)
}

fn conclude(tally: &ImportStats, args: &ImportArgs, surroundings: &ProcessContext) -> Result<Exit, CliError> {
    // If the only file can't be read, that is the error.
    if let ([unread], 1) = (tally.unread_files.as_slice(), tally.files) {
        if !surroundings.output.is_json() {
            report::print_hint(tally);
        }
        let imported = counted(tally.imported + tally.already_there, "event");
        let before = if tally.imported + tally.already_there > 0 || unread.reason.contains("read on behind") {
            format!("; {imported} imported before")
        } else {
            String::new()
        };
        let message = format!("{} {}{before}", unread.file, unread.reason);
        return Err(CliError::failed(message, unread.remedy.clone()));
    }
    report::report(surroundings.output, &args.tenant, tally);
    Ok(if tally.is_complete() { Exit::Done } else { Exit::Failed })
}
