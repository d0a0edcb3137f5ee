//! The schedule: at every tick, due connectors are dispatched and exported.

use std::time::Duration;

use archive::names::ConnectorId;
use protocol::machine::{Outcome, Summary};
use sandbox::wiring::Sandbox;
use tokio::time::MissedTickBehavior;

use crate::output::{Output, Style, eprint_line};
use crate::table::counted;

/// Ticks forever. Dropping the future is like a crash, which is safe at any point.
pub(super) async fn run(embedded: &Sandbox, pause: Duration, output: Output) {
    let mut ticks = tokio::time::interval(pause);
    // Missed ticks are delayed, not made up for.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match embedded.tick().await {
            Ok(tick) => {
                index(embedded, &tick.outcomes).await;
                for (id, outcome) in tick.outcomes {
                    if let Some(description) = describe_outcome(&id, &outcome, output) {
                        output.line(format_args!("{}  {description}", embedded.clock().now()));
                    }
                }
            }
            // Claimed connectors become due again by themselves.
            Err(error) => eprint_line(format_args!("a tick failed: {}", error.chain())),
        }
    }
}

/// Makes the indexes of what was sealed, and the downloads that wait. What fails is made at the next tick or
/// question.
async fn index(embedded: &Sandbox, outcomes: &[(ConnectorId, Outcome)]) {
    for (id, outcome) in outcomes {
        if let Outcome::Completed(summary) = outcome
            && summary.sealed > 0
            && let Err(error) = embedded.index(id).await
        {
            eprint_line(format_args!("the index of {id} failed: {}", error.chain()));
        }
    }
    if let Err(error) = embedded.make_downloads().await {
        eprint_line(format_args!("a download failed: {}", error.chain()));
    }
}

/// Describes the outcome of a run; `None` if there was nothing to do.
fn describe_outcome(id: &ConnectorId, outcome: &Outcome, output: Output) -> Option<String> {
    match outcome {
        Outcome::Completed(summary) => {
            describe_summary(summary, output).map(|description| format!("{id}  {description}"))
        }
        Outcome::Failed { error, .. } => {
            Some(format!("{id}  {}: {}", output.styled(Style::Failure, "failed"), error.detail))
        }
        Outcome::Busy | Outcome::Inactive => None,
    }
}

fn describe_summary(summary: &Summary, output: Output) -> Option<String> {
    let sealed =
        format!("{} sealed with {}", counted(summary.sealed, "part"), counted(summary.events, "event"));
    if let Some(block) = &summary.blocked {
        let blocked = output.styled(Style::Failure, "blocked");
        return Some(format!("{sealed}, {blocked}: {} {}", block.cause, block.remedy));
    }
    (summary.sealed + summary.delivered > 0)
        .then(|| format!("{sealed}, {} delivered", counted(summary.delivered, "file")))
}
