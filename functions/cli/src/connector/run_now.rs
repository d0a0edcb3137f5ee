//! `connector run`: requests a run now, and on the embedded stand-ins executes it.

use archive::names::ConnectorId;
use archive::part::Part;
use archive::time::Time;
use protocol::cursor::Cursor;
use protocol::delivery_error::Block;
use protocol::machine::{Outcome, Summary};
use sandbox::wiring::Sandbox;
use serde::Serialize;

use super::list::{parts_table, print_table};
use super::options::RunArgs;
use crate::backend::Backend;
use crate::error::{CliError, Exit};
use crate::output::{Output, Style};
use crate::table::counted;

/// The maximum number of runs in sequence, each ended by its deadline. Each makes progress or fails, so this
/// is never reached, but a command must not run forever.
const MAX_RUNS: u32 = 1000;

#[derive(Serialize)]
struct RunOutput {
    connector: ConnectorId,
    /// The end of the requested window.
    cut: Time,
    /// Whether the run was executed, which only the embedded stand-ins do.
    done: bool,
    /// The result of each run.
    runs: Vec<Summary>,
    /// The parts that they sealed, newest first.
    parts: Vec<Part>,
    /// Why delivery is blocked.
    blocked: Option<Block>,
}

/// `connector run`.
pub(crate) async fn run(backend: &Backend, args: &RunArgs, output: Output) -> Result<Exit, CliError> {
    let id = &args.change.connector.id;
    let before = backend.view(id).await?.cursor;
    let (version, key) = (args.change.if_version, args.idempotency_key.as_ref());
    let cut = backend.onboarding.run(&backend.caller, id, version, key).await?;
    // A run can only be requested of an activated connector, which has a cursor.
    let Some(cursor) = before else { return Err(not_activated(id)) };
    let mut result = RunOutput {
        connector: id.clone(),
        cut,
        done: false,
        runs: Vec::new(),
        parts: Vec::new(),
        blocked: None,
    };
    let Some(embedded) = &backend.embedded else {
        output.line(format_args!(
            "a run of {id} up to {cut} is requested; the dispatcher's next tick starts it"
        ));
        output.line(format_args!("Check the result then: {}", backend.command(format_args!("show {id}"))));
        output.object(&result);
        return Ok(Exit::Done);
    };
    result.runs = run_exporter(embedded, id).await?;
    result.done = true;
    let after = backend.view(id).await?.cursor.unwrap_or_else(|| cursor.clone());
    result.parts = sealed_between(backend, id, &cursor, &after).await?;
    result.blocked.clone_from(&after.block);
    print_report(&result, &after, output);
    output.object(&result);
    // Nothing is lost, but the parts are not in the customer's bucket.
    Ok(if result.blocked.is_some() { Exit::Failed } else { Exit::Done })
}

/// Runs the exporter until nothing is left to do.
async fn run_exporter(embedded: &Sandbox, id: &ConnectorId) -> Result<Vec<Summary>, CliError> {
    let mut summaries = Vec::new();
    for _ in 0..MAX_RUNS {
        match embedded.export(std::slice::from_ref(id)).await.remove(id) {
            Some(Outcome::Completed(summary)) => {
                let more = summary.more;
                summaries.push(summary);
                if !more {
                    break;
                }
            }
            Some(Outcome::Failed { error, .. }) => {
                return Err(CliError::failed(
                    format!("the export of {id} failed: {}", error.detail),
                    "Nothing is lost: run it again. If it fails again, set AUDITFERRY_LOG=info and report the log.",
                ));
            }
            Some(Outcome::Busy) => {
                return Err(CliError::failed(
                    format!("another worker holds the lease of {id}, or was killed while holding it"),
                    "Wait until the lease has expired, at most 16 minutes, and run it again.",
                ));
            }
            Some(Outcome::Inactive) | None => return Err(not_activated(id)),
        }
    }
    Ok(summaries)
}

async fn sealed_between(
    backend: &Backend,
    id: &ConnectorId,
    before: &Cursor,
    after: &Cursor,
) -> Result<Vec<Part>, CliError> {
    let sealed = after.next.get().saturating_sub(before.next.get());
    let limit = u32::try_from(sealed).unwrap_or(u32::MAX);
    if limit == 0 {
        return Ok(Vec::new());
    }
    Ok(backend.onboarding.exports(&backend.caller, id, Some(after.next), limit).await?)
}

fn print_report(result: &RunOutput, after: &Cursor, output: Output) {
    if !result.parts.is_empty() {
        print_table(output, &parts_table(&result.parts));
    }
    let delivered: u64 = result.runs.iter().map(|run| run.delivered).sum();
    let events: u64 = result.runs.iter().map(|run| run.events).sum();
    let sealed = result.parts.len() as u64;
    let up_to = after.watermark;
    if sealed + delivered == 0 {
        output
            .line(format_args!("nothing to do: sealed up to {up_to}, and later events have not settled yet"));
    } else {
        let (sealed, events) = (counted(sealed, "part"), counted(events, "event"));
        let delivered = counted(delivered, "part");
        output
            .line(format_args!("{sealed} sealed with {events}, {delivered} delivered; sealed up to {up_to}"));
    }
    if let Some(block) = &result.blocked {
        output.line(output.styled(Style::Failure, format_args!("blocked: {}", block.cause)));
        output.line(format_args!("{} The next attempt is at {} or later.", block.remedy, block.next_attempt));
    }
}

fn not_activated(id: &ConnectorId) -> CliError {
    CliError::failed(
        format!("{id} was never activated"),
        format!("Activate it: auditferry connector activate {id}"),
    )
}
