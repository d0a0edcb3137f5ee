//! `connector`: creates, changes and shows connectors. Every command calls one function of
//! [`domain::onboarding::Onboarding`], as the HTTP API does, and formats the result for a person.

pub(crate) mod args;
mod lifecycle;
mod changes;
mod contacts;
mod create;
mod delete;
mod help;
mod list;
pub(crate) mod options;
mod show;
mod preflight;
mod run_now;

use crate::backend::Backend;
use crate::error::{CliError, Exit};
use crate::context::ProcessContext;
use args::ConnectorCommand;

/// Runs a command on connectors.
pub(crate) async fn run(command: ConnectorCommand, surroundings: &ProcessContext) -> Result<Exit, CliError> {
    let backend = Backend::open(command.target(), surroundings).await?;
    let output = surroundings.output;
    let done = match &command {
        ConnectorCommand::Create(args) => create::create(&backend, args, output).await,
        ConnectorCommand::Setup(args) => create::setup(&backend, &args.id, output).await,
        ConnectorCommand::Connect(args) => create::connect(&backend, args, output).await,
        ConnectorCommand::Update(args) => create::update(&backend, args, output).await,
        ConnectorCommand::Verify(args) => preflight::verify(&backend, args, output).await,
        ConnectorCommand::Activate(args) => lifecycle::activate(&backend, args, output).await,
        ConnectorCommand::Pause(args) => lifecycle::pause(&backend, args, output).await,
        ConnectorCommand::Resume(args) => lifecycle::resume(&backend, args, output).await,
        ConnectorCommand::Disable(args) => lifecycle::disable(&backend, args, output).await,
        ConnectorCommand::Enable(args) => lifecycle::enable(&backend, args, output).await,
        ConnectorCommand::Delete(args) => delete::delete(&backend, args, output).await,
        ConnectorCommand::RotateExternalId(args) => lifecycle::rotate_external_id(&backend, args, output).await,
        ConnectorCommand::Contacts(args) => contacts::contacts(&backend, args, output).await,
        ConnectorCommand::RotateWebhookSecret(args) => {
            contacts::rotate_webhook_secret(&backend, args, output).await
        }
        ConnectorCommand::TestContacts(args) => contacts::test_contacts(&backend, args, output).await,
        ConnectorCommand::List(args) => list::list(&backend, args, output).await,
        ConnectorCommand::Show(args) => show::show(&backend, &args.id, output).await,
        ConnectorCommand::Run(args) => run_now::run(&backend, args, output).await,
        ConnectorCommand::History(args) => list::history(&backend, args, output).await,
        ConnectorCommand::Changes(args) => changes::changes(&backend, args, output).await,
    };
    let done = done.map_err(|problem| backend.with_target(problem));
    backend.close().await;
    done
}
