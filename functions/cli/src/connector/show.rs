//! `connector show`: does it work, since when, and what is next.

use domain::connector::Connector;
use domain::fault::Block;
use domain::names::ConnectorId;
use serde::Serialize;

use super::health::{Health, Standing};
use crate::backend::Backend;
use crate::output::{Output, Tone};
use crate::problem::{Exit, Problem};
use crate::table::counted;

#[derive(Serialize)]
struct Shown<'a> {
    connector: &'a Connector,
    #[serde(flatten)]
    standing: &'a Standing,
}

/// `connector show`.
pub(crate) async fn show(backend: &Backend, id: &ConnectorId, output: Output) -> Result<Exit, Problem> {
    let (connector, cursor) = backend.connector(id).await?;
    let standing = Standing::of(&connector, cursor.as_ref(), backend.timing, backend.clock.now());
    output.line(headline(&connector, &standing, output));
    for (name, value) in facts(&connector, &standing) {
        output.line(format_args!("  {name:<12}  {value}"));
    }
    if standing.health == Health::Draft {
        let next = next_step(&connector, &backend.place);
        output.line(format_args!("  {:<12}  {next}", "next step"));
    }
    output.object(&Shown { connector: &connector, standing: &standing });
    Ok(Exit::Done)
}

fn headline(connector: &Connector, standing: &Standing, output: Output) -> String {
    let tone = match standing.health {
        Health::Working => Tone::Good,
        Health::Overdue | Health::Blocked => Tone::Bad,
        Health::Draft | Health::Paused => Tone::Strong,
    };
    let word = output.tone(tone, standing.health.as_str());
    let since = match (standing.health, standing.since) {
        (Health::Working | Health::Blocked, Some(since)) => format!(" since {since}"),
        _ => String::new(),
    };
    format!("{} of {} is {word}{since}", connector.id, connector.tenant)
}

fn facts(connector: &Connector, standing: &Standing) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    if let Some(block) = &standing.block {
        facts.extend(blocked(block));
    }
    if let Some(sealed_to) = standing.sealed_to {
        let parts = match (standing.sealed_parts, standing.undelivered_parts) {
            (0, _) => "no part yet".to_owned(),
            (parts, 0) => format!("{}, all delivered", counted(parts, "part")),
            (parts, waiting) => format!("{}, {waiting} not delivered", counted(parts, "part")),
        };
        facts.push(("sealed", format!("up to {sealed_to}, {parts}")));
    }
    if let Some(next_run_at) = standing.next_run_at {
        facts.push(("next run", next_run_at.to_string()));
    }
    facts.push(("every", format!("{} h, {}", connector.frequency.hours(), connector.encoding.suffix())));
    if let Some(to) = &connector.destination {
        facts.push(("bucket", format!("{} in {}, below {}/", to.bucket, to.region, to.prefix.key("events"))));
        facts.push(("role", to.role.to_string()));
    }
    facts.push(("external ID", connector.external_id.to_string()));
    facts
}

/// The command that brings a draft on.
fn next_step(connector: &Connector, place: &str) -> String {
    let id = &connector.id;
    if connector.destination.is_some() {
        format!("auditferry connector activate {id}{place}")
    } else {
        format!("auditferry connector connect {id}{place} --role-arn ARN --bucket BUCKET --region REGION")
    }
}

fn blocked(block: &Block) -> [(&'static str, String); 4] {
    let attempts =
        if block.attempts == 1 { "1 attempt".to_owned() } else { format!("{} attempts", block.attempts) };
    [
        ("at", format!("{} ({})", block.stage.as_str(), block.code)),
        ("cause", block.cause.clone()),
        ("remedy", block.remedy.clone()),
        ("tried again", format!("{}, after {attempts}", block.next_attempt)),
    ]
}
