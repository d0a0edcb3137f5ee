//! `events`: imports events into the events table. Its questions about a log are in `crate::explore`.
//!
//! `inputs` finds the files, `open` detects their compression, `reader` splits them into objects, which
//! `classifier` classifies. `import` writes the batches (`batch`), and `stats` and `report` summarize the
//! result.

pub(crate) mod args;
mod batch;
mod classifier;
pub(crate) mod import;
pub(crate) mod inputs;
mod open;
mod reader;
mod recent_keys;
mod report;
pub(crate) mod stats;

use std::time::Duration;

use archive::import::KeyFields;
use args::{EventsCommand, ImportArgs};
use import::{Import, Progress};
use inputs::Inputs;
use stats::ImportStats;

use crate::backend::open_events;
use crate::context::ProcessContext;
use crate::error::{CliError, Exit};
use crate::explore::{self, Question};
use crate::output::eprint_line;
use crate::table::counted;

/// The number of events between two progress lines in a log.
const LOG_EVERY: u64 = 100_000;
/// The minimum time between two updates of the progress line on a terminal.
const REFRESH_INTERVAL: Duration = Duration::from_millis(250);

/// Runs a command on events.
pub(crate) async fn run(command: EventsCommand, context: &ProcessContext) -> Result<Exit, CliError> {
    match command {
        EventsCommand::Import(args) => run_import(args, context).await,
        EventsCommand::Search(args) => explore::ask(Question::Search(&args), context).await,
        EventsCommand::Counts(args) => explore::ask(Question::Counts(&args), context).await,
        EventsCommand::Facets(args) => explore::ask(Question::Facets(&args), context).await,
        EventsCommand::Fields(args) => explore::ask(Question::Fields(&args), context).await,
        EventsCommand::Saved(command) => explore::ask(Question::Saved(&command), context).await,
        EventsCommand::Searches(args) => explore::ask(Question::Searches(&args), context).await,
    }
}

async fn run_import(args: ImportArgs, context: &ProcessContext) -> Result<Exit, CliError> {
    let output = context.output;
    let inputs = Inputs::find(&args.files)?;
    let (writer, embedded) = open_events(&args.target, (&args.tenant, args.shards), context).await?;
    let import = Import {
        writer,
        tenant: args.tenant.clone(),
        shards: args.shards,
        keys: KeyFields::new(&args.time_field, &args.id_field, args.time_form),
    };
    let (size, started) = (inputs.size(), context.elapsed());
    let (mut milestones, mut refreshed_at) = (0, None);
    let report = |progress: Progress<'_>| {
        if !progress.rejected.is_empty() && !output.is_json() {
            output.clear_progress();
            progress.rejected.iter().for_each(eprint_line);
        }
        let now = context.elapsed();
        if refreshed_at.is_none_or(|refreshed_at| now.saturating_sub(refreshed_at) >= REFRESH_INTERVAL) {
            refreshed_at = Some(now);
            output.progress(report::progress(&progress, size, now.saturating_sub(started)));
        }
        if progress.events / LOG_EVERY > milestones {
            milestones = progress.events / LOG_EVERY;
            output.log_progress(format_args!("{} imported", counted(progress.events, "event")));
        }
    };
    let stats = import.run(inputs, report).await;
    output.clear_progress();
    if let Some(embedded) = embedded {
        embedded.stop().await;
    }
    conclude(&stats?, &args, context)
}

fn conclude(stats: &ImportStats, args: &ImportArgs, context: &ProcessContext) -> Result<Exit, CliError> {
    // If the only file can't be read, that is the error.
    if let ([unread], 1) = (stats.unread_files.as_slice(), stats.files) {
        if !context.output.is_json() {
            report::print_hint(stats);
        }
        let imported = counted(stats.imported + stats.already_there, "event");
        let before = if stats.imported + stats.already_there > 0 || unread.reason.contains("read after line")
        {
            format!("; {imported} imported before")
        } else {
            String::new()
        };
        let message = format!("{} {}{before}", unread.file, unread.reason);
        return Err(CliError::failed(message, unread.remedy.clone()));
    }
    report::report(context.output, &args.tenant, stats);
    Ok(if stats.is_complete() { Exit::Done } else { Exit::Failed })
}
