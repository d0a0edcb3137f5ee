//! `events`: brings events into the events table.

pub(crate) mod args;
pub(crate) mod import;
mod lines;
mod parse;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use domain::names::TenantId;
use serde::Serialize;

use crate::backend::open_events;
use crate::output::{Output, aside};
use crate::problem::{Exit, Problem, io};
use crate::surroundings::Surroundings;
use crate::table::counted;
use args::{EventsCommand, ImportArgs};
use import::{Import, Progress, Tally};
pub(crate) use parse::Fields;

/// After as many events a log gets a line.
const MILESTONE: u64 = 100_000;

/// Runs a command on events.
pub(crate) async fn run(command: EventsCommand, surroundings: &Surroundings) -> Result<Exit, Problem> {
    match command {
        EventsCommand::Import(args) => run_import(args, surroundings).await,
    }
}

async fn run_import(args: ImportArgs, surroundings: &Surroundings) -> Result<Exit, Problem> {
    let output = surroundings.output;
    let input = open(&args.file)?;
    let (writer, embedded) = open_events(&args.place, (&args.tenant, args.shards), surroundings).await?;
    let import = Import {
        writer,
        tenant: args.tenant.clone(),
        shards: args.shards,
        fields: Fields { time: args.time_field, id: args.id_field },
    };
    let mut milestones = 0;
    let told = |progress: Progress<'_>| {
        tell(output, &progress);
        if progress.imported / MILESTONE > milestones {
            milestones = progress.imported / MILESTONE;
            output.milestone(format_args!("{} imported", counted(progress.imported, "event")));
        }
    };
    let tally = import.run(input, told).await;
    output.progress_is_over();
    if let Some(embedded) = embedded {
        embedded.stop().await;
    }
    let tally = tally?;
    report(output, &args.tenant, &tally);
    Ok(if tally.bad.is_empty() { Exit::Done } else { Exit::Failed })
}

fn open(file: &Path) -> Result<Box<dyn Read + Send>, Problem> {
    if file.as_os_str() == "-" {
        return Ok(Box::new(std::io::stdin()));
    }
    Ok(Box::new(File::open(file).map_err(io(file.display()))?))
}

fn tell(output: Output, progress: &Progress<'_>) {
    for bad in progress.bad {
        if !output.is_json() {
            output.progress_is_over();
            aside(format_args!("line {}: {}", bad.line, bad.reason));
        }
    }
    output.progress(format_args!("{} imported", counted(progress.imported, "event")));
}

/// What the import's object says.
#[derive(Serialize)]
struct Report<'a> {
    tenant: &'a TenantId,
    #[serde(flatten)]
    tally: &'a Tally,
}

fn report(output: Output, tenant: &TenantId, tally: &Tally) {
    let imported = counted(tally.imported, "event");
    output.line(format_args!("{imported} imported for {}", tenant.shown()));
    if let (Some(first), Some(last)) = (tally.first, tally.last) {
        output.line(format_args!("from {first} to {last}"));
    }
    if tally.repeated > 0 {
        output.line(format_args!("{} repeated an earlier one", counted(tally.repeated, "line")));
    }
    if !tally.bad.is_empty() && !output.is_json() {
        let bad = counted(tally.bad.len() as u64, "line");
        aside(format_args!("error: {bad} could not be imported, as told above"));
        aside("Mend them and import the file again: what is imported already stays as it is.");
    }
    output.object(&Report { tenant, tally });
}
