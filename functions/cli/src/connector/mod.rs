//! `connector`: creates, changes and shows connectors. Every command calls one function of
//! [`control::onboarding::Onboarding`], as the HTTP API does, and formats the result for a person.

pub(crate) mod args;
mod changes;
mod contacts;
mod create;
mod delete;
mod help;
mod lifecycle;
mod list;
pub(crate) mod options;
mod preflight;
mod run_now;
mod show;

use args::ConnectorCommand;

use crate::backend::Backend;
use crate::context::ProcessContext;
use crate::error::{CliError, Exit};

/// Runs a command on connectors.
pub(crate) async fn run(command: ConnectorCommand, context: &ProcessContext) -> Result<Exit, CliError> {
    let backend = Backend::open(command.target(), context).await?;
    let output = context.output;
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
        ConnectorCommand::RotateExternalId(args) => {
            lifecycle::rotate_external_id(&backend, args, output).await
        }
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
    let done = done.map_err(|error| backend.with_target(error));
    backend.close().await;
    done
}
