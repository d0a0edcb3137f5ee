//! `connector`: makes, changes and watches connectors.

pub(crate) mod args;
pub(crate) mod change;
mod health;
mod help;
mod list;
mod show;
mod start;

use crate::backend::Backend;
use crate::problem::{Exit, Problem};
use crate::surroundings::Surroundings;
use args::ConnectorCommand;

/// Runs a command on connectors.
pub(crate) async fn run(command: ConnectorCommand, surroundings: &Surroundings) -> Result<Exit, Problem> {
    let backend = Backend::open(command.place(), surroundings).await?;
    let output = surroundings.output;
    let done = match &command {
        ConnectorCommand::Create(args) => change::create(&backend, args, output).await,
        ConnectorCommand::Connect(args) => change::connect(&backend, args, output).await,
        ConnectorCommand::Activate(args) => change::activate(&backend, &args.id, output).await,
        ConnectorCommand::Pause(args) => change::pause(&backend, &args.id, output).await,
        ConnectorCommand::Resume(args) => change::resume(&backend, &args.id, output).await,
        ConnectorCommand::List(args) => list::list(&backend, args, output).await,
        ConnectorCommand::Show(args) => show::show(&backend, &args.id, output).await,
        ConnectorCommand::Run(args) => start::run(&backend, &args.id, output).await,
        ConnectorCommand::History(args) => list::history(&backend, args, output).await,
    };
    backend.close().await;
    done
}
