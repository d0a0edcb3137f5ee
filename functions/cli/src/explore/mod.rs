//! Questions about a tenant's log: `events search`, `counts`, `facets` and `fields`, and `index rebuild`. The
//! reader answers them, as it does for the HTTP API. What is kept beside the log needs no reader: `events
//! saved`, `events searches`, and `events fields --set`.

mod applied;
pub(crate) mod args;
mod cells;
mod counts;
mod facets;
mod fields;
pub(crate) mod help;
mod instant;
mod kept;
mod lag;
mod mapping;
mod rebuild;
mod rows;
mod saved;
pub(crate) mod saved_args;
mod search;
mod searches;
#[cfg(test)]
mod tests;

use control::explorer::{Asker, Explorer, Proof};

use args::{CountsArgs, FacetsArgs, FieldsArgs, IndexCommand, LogArgs, RebuildArgs, SearchArgs};
use kept::Kept;
use saved_args::{SavedCommand, SearchesArgs};

use crate::backend::Backend;
use crate::context::ProcessContext;
use crate::error::{CliError, Exit};
use crate::output::{Output, eprint_line};
use crate::reader;

/// A question about a log, or what is kept beside it.
#[derive(Debug)]
pub(crate) enum Question<'a> {
    Search(&'a SearchArgs),
    Counts(&'a CountsArgs),
    Facets(&'a FacetsArgs),
    Fields(&'a FieldsArgs),
    Saved(&'a SavedCommand),
    Searches(&'a SearchesArgs),
}

/// A tenant's log, and who asks.
struct Log {
    explorer: Explorer,
    asker: Asker,
    /// The options that name the log, for commands that are suggested.
    flags: String,
}

impl Log {
    /// # Errors
    /// If no reader is set.
    fn of(args: &LogArgs, backend: &Backend) -> Result<Self, CliError> {
        let LogArgs { tenant, connector, .. } = args;
        let named = connector.as_ref().map(|id| format!(" --connector {id}")).unwrap_or_default();
        let flags = format!("{} --tenant {}{named}", backend.target_flag(), tenant.escaped());
        let by = Proof::Caller(backend.caller.clone());
        let asker = Asker { by, tenant: tenant.clone(), connector: connector.clone() };
        let explorer = backend.explorer.clone().ok_or_else(reader::not_set)?;
        Ok(Self { explorer, asker, flags })
    }
}

/// Asks a question.
pub(crate) async fn ask(question: Question<'_>, context: &ProcessContext) -> Result<Exit, CliError> {
    let target = match &question {
        Question::Search(args) => &args.log.target,
        Question::Counts(args) => &args.log.target,
        Question::Facets(args) => &args.log.target,
        Question::Fields(args) => &args.log.target,
        Question::Saved(command) => command.target(),
        Question::Searches(args) => &args.of.target,
    };
    let backend = Backend::open(target, context).await?;
    let done = answer(question, &backend, context.output).await;
    let done = done.map_err(|error| backend.with_target(error));
    backend.close().await;
    done
}

async fn answer(question: Question<'_>, backend: &Backend, output: Output) -> Result<Exit, CliError> {
    match question {
        Question::Search(args) => {
            let args = applied::to_search(&Kept::of(&args.log.tenant, backend), args).await?;
            search::search(&Log::of(&args.log, backend)?, &args, output).await
        }
        Question::Counts(args) => {
            let args = applied::to_counts(&Kept::of(&args.log.tenant, backend), args).await?;
            counts::counts(&Log::of(&args.log, backend)?, &args, output).await
        }
        Question::Facets(args) => facets::facets(&Log::of(&args.log, backend)?, args, output).await,
        Question::Fields(args) => match &args.set {
            Some(setting) => {
                let kept = Kept::of(&args.log.tenant, backend);
                mapping::set((backend, &kept), args, setting, output).await
            }
            None => fields::fields(&Log::of(&args.log, backend)?, output).await,
        },
        Question::Saved(command) => saved::run(&Kept::of(command.tenant(), backend), command, output).await,
        Question::Searches(args) => {
            searches::searches(&Kept::of(&args.of.tenant, backend), args, output).await
        }
    }
}

/// Runs a command on indexes.
pub(crate) async fn index(command: IndexCommand, context: &ProcessContext) -> Result<Exit, CliError> {
    let IndexCommand::Rebuild(args) = command;
    let backend = Backend::open(&args.log.target, context).await?;
    let done = rebuilt(&args, &backend, context.output).await;
    let done = done.map_err(|error| backend.with_target(error));
    backend.close().await;
    done
}

async fn rebuilt(args: &RebuildArgs, backend: &Backend, output: Output) -> Result<Exit, CliError> {
    rebuild::rebuild(&Log::of(&args.log, backend)?, args, output).await
}

/// Says on stderr what an answer leaves out.
fn print_notes(notes: &[String]) {
    notes.iter().for_each(eprint_line);
}
