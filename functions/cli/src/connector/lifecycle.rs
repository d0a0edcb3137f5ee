//! The commands of a connector's lifecycle: `activate`, `pause`, `resume`, `disable`, `enable`,
//! `rotate-external-id`.

use archive::time::Time;
use control::preflight::PreflightProgress;
use protocol::connector::{Connector, State};
use protocol::cursor::Cursor;
use serde::Serialize;

use super::args::ChangeArgs;
use super::preflight;
use crate::backend::Backend;
use crate::error::{CliError, Exit};
use crate::output::Output;
use crate::table::counted;

/// The JSON output of a command that changed a connector: its settings.
#[derive(Serialize)]
pub(super) struct ChangeOutput<'a> {
    connector: &'a Connector,
    /// The time from which events are exported, after an activation.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<Time>,
    /// The time of the next run, after an activation or a resume.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_run_at: Option<Time>,
}

impl<'a> ChangeOutput<'a> {
    pub(super) const fn settings(connector: &'a Connector) -> Self {
        Self { connector, since: None, next_run_at: None }
    }
}

/// `connector activate`.
pub(crate) async fn activate(backend: &Backend, args: &ChangeArgs, output: Output) -> Result<Exit, CliError> {
    let id = &args.connector.id;
    preflight::start_progress(output);
    let on_progress = |progress: PreflightProgress<'_>| preflight::report_progress(progress, output);
    let done = backend.onboarding.activate(&backend.caller, id, args.if_version, on_progress).await;
    output.clear_progress();
    let connector = preflight::ensure_verified(backend, done, output)?;
    let mut changed = ChangeOutput::settings(&connector);
    if let Some(Cursor { since, next_run_at, .. }) = backend.view(id).await?.cursor {
        output.line(format_args!("{id} is active and exports events from {since} on"));
        output.line(format_args!("the first run is due at {next_run_at}"));
        (changed.since, changed.next_run_at) = (Some(since), Some(next_run_at));
    }
    output.object(&changed);
    Ok(Exit::Done)
}

/// `connector resume`.
pub(crate) async fn resume(backend: &Backend, args: &ChangeArgs, output: Output) -> Result<Exit, CliError> {
    let id = &args.connector.id;
    preflight::start_progress(output);
    let on_progress = |progress: PreflightProgress<'_>| preflight::report_progress(progress, output);
    let done = backend.onboarding.resume(&backend.caller, id, args.if_version, on_progress).await;
    output.clear_progress();
    let connector = preflight::ensure_verified(backend, done, output)?;
    let mut changed = ChangeOutput::settings(&connector);
    output.line(format_args!("{id} is active again"));
    if let Some(cursor) = backend.view(id).await?.cursor {
        let waiting = cursor.next.previous().get().saturating_sub(cursor.delivered.get());
        if waiting > 0 {
            let parts = counted(waiting, "part");
            output.line(format_args!(
                "{parts} waited and will be delivered with the next run, which is due now"
            ));
        }
        changed.next_run_at = Some(cursor.next_run_at);
    }
    output.object(&changed);
    Ok(Exit::Done)
}

/// `connector pause`.
pub(crate) async fn pause(backend: &Backend, args: &ChangeArgs, output: Output) -> Result<Exit, CliError> {
    let id = &args.connector.id;
    let connector = backend.onboarding.pause(&backend.caller, id, args.if_version).await?;
    output.line(format_args!("{id} is paused: events are sealed on schedule, but not delivered"));
    output.object(&ChangeOutput::settings(&connector));
    Ok(Exit::Done)
}

/// `connector disable`.
pub(crate) async fn disable(backend: &Backend, args: &ChangeArgs, output: Output) -> Result<Exit, CliError> {
    let id = &args.connector.id;
    let connector = backend.onboarding.disable(&backend.caller, id, args.if_version).await?;
    output.line(format_args!(
        "{id} is disabled: nothing is read or delivered, and everything is kept for 30 days"
    ));
    output.line(format_args!("\nTo enable it again: {}", backend.command(format_args!("enable {id}"))));
    output.object(&ChangeOutput::settings(&connector));
    Ok(Exit::Done)
}

/// `connector enable`.
pub(crate) async fn enable(backend: &Backend, args: &ChangeArgs, output: Output) -> Result<Exit, CliError> {
    let id = &args.connector.id;
    let connector = backend.onboarding.enable(&backend.caller, id, args.if_version).await?;
    let (description, next) = match connector.state {
        State::Paused => {
            ("is paused: it seals the events since it was disabled, and delivers after resume", "resume")
        }
        _ => ("is a draft again, since it never exported", "activate"),
    };
    output.line(format_args!("{id} {description}"));
    output.line(format_args!("\nNext: {}", backend.command(format_args!("{next} {id}"))));
    output.object(&ChangeOutput::settings(&connector));
    Ok(Exit::Done)
}

/// `connector rotate-external-id`.
pub(crate) async fn rotate_external_id(
    backend: &Backend,
    args: &ChangeArgs,
    output: Output,
) -> Result<Exit, CliError> {
    let id = &args.connector.id;
    let connector = backend.onboarding.rotate_external_id(&backend.caller, id, args.if_version).await?;
    let new = connector.external_ids().next().map(ToString::to_string).unwrap_or_default();
    output.line(format_args!("{id} has the new external ID {new}; the old one works until this one does"));
    let stack = control::setup::stack_name(id);
    output.line(format_args!(
        "The customer sets the parameter ExternalId of its stack ({stack}, created by the link) to it."
    ));
    output.line(format_args!(
        "For manual policies or Terraform: {}",
        backend.command(format_args!("setup {id}"))
    ));
    output.line(format_args!("Then: {}", backend.command(format_args!("verify {id}"))));
    output.object(&ChangeOutput::settings(&connector));
    Ok(Exit::Done)
}
