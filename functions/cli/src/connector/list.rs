//! `connector list` and `connector history`: the connectors, and the parts of one.

use archive::names::ConnectorId;
use archive::part::{Part, PartNumber};
use control::onboarding::ConnectorOverview;
use ports::ConnectorFilter;
use protocol::connector::Connector;
use protocol::health::Health;
use serde::Serialize;

use super::options::{ListArgs, PagedArgs};
use crate::backend::Backend;
use crate::error::{CliError, Exit};
use crate::output::{Output, Style};
use crate::table::{Column, grouped, table};

#[derive(Serialize)]
struct ListOutput<'a> {
    connectors: Vec<Listed<'a>>,
    /// The ID of the last connector, if there are more: the value for `--after`.
    next: Option<&'a ConnectorId>,
}

/// A connector with its health.
#[derive(Serialize)]
struct Listed<'a> {
    #[serde(flatten)]
    connector: &'a Connector,
    /// `healthy`, `blocked` or `stale`; `None` if it exports nothing.
    health: Option<Health>,
}

impl<'a> Listed<'a> {
    fn of(entry: &'a ConnectorOverview) -> Self {
        Self { connector: &entry.connector, health: entry.status.health }
    }
}

#[derive(Serialize)]
struct HistoryOutput<'a> {
    parts: Vec<Entry<'a>>,
}

/// A part, with its object's name below the prefix.
#[derive(Serialize)]
struct Entry<'a> {
    name: String,
    #[serde(flatten)]
    part: &'a Part,
}

/// `connector list`.
pub(crate) async fn list(backend: &Backend, args: &ListArgs, output: Output) -> Result<Exit, CliError> {
    // Requests one more than it shows, to know whether there are more.
    let (limit, more) = (args.limit as usize, args.limit.saturating_add(1));
    let Backend { onboarding, caller, .. } = backend;
    let filter = ConnectorFilter { tenant: args.tenant.as_ref(), include_deleted: args.all };
    let mut found = onboarding.list(caller, filter, args.after.as_ref(), more).await?;
    let has_more = found.len() > limit;
    found.truncate(limit);
    let connectors = onboarding.with_health(found).await?;
    let next = connectors.last().filter(|_| has_more).map(|last| &last.connector.id);
    let columns = ["CONNECTOR", "TENANT", "STATE", "HEALTH", "EVERY", "FILES", "BUCKET"].map(Column::Left);
    let rows: Vec<[String; 7]> = connectors.iter().map(row).collect();
    if !connectors.is_empty() {
        print_table(output, &table(columns, &rows));
    } else if args.after.is_some() {
        output.line("there are no more connectors");
    } else {
        let command = backend.command("create --tenant TENANT");
        output.line(format_args!("there are no connectors; create one: {command}"));
    }
    if let Some(next) = next {
        output.line(format_args!("\nMore: {}", backend.command(format_args!("list --after {next}"))));
    }
    output.object(&ListOutput { connectors: connectors.iter().map(Listed::of).collect(), next });
    Ok(Exit::Done)
}

fn row(entry: &ConnectorOverview) -> [String; 7] {
    let connector = &entry.connector;
    [
        connector.id.to_string(),
        connector.tenant.escaped(),
        connector.state.as_str().to_owned(),
        entry.status.health.map_or("-", Health::as_str).to_owned(),
        format!("{} h", connector.frequency.hours()),
        connector.encoding.suffix(),
        connector.destination.s3().map_or_else(|| "not connected".to_owned(), |to| to.bucket.to_string()),
    ]
}

/// `connector history`.
pub(crate) async fn history(backend: &Backend, args: &PagedArgs, output: Output) -> Result<Exit, CliError> {
    let before = args.before.map(PartNumber::new);
    let parts = backend.onboarding.exports(&backend.caller, &args.connector.id, before, args.limit).await?;
    if parts.is_empty() {
        output.line("no part has been sealed yet");
    } else {
        print_table(output, &parts_table(&parts));
    }
    let entries = parts.iter().map(|part| Entry { name: part.name(), part }).collect();
    output.object(&HistoryOutput { parts: entries });
    Ok(Exit::Done)
}

/// The lines of a table of parts.
pub(super) fn parts_table(parts: &[Part]) -> Vec<String> {
    use Column::{Left, Right};
    let columns = [
        Right("PART"),
        Left("FROM"),
        Left("TO"),
        Left("KIND"),
        Right("EVENTS"),
        Right("LATE"),
        Right("BYTES"),
        Left("SEALED"),
        Left("DELIVERED"),
    ];
    let rows: Vec<[String; 9]> = parts
        .iter()
        .map(|part| {
            [
                part.number.get().to_string(),
                part.window.from.to_string(),
                part.window.to.to_string(),
                part.kind.as_str().to_owned(),
                grouped(part.events),
                grouped(part.late),
                grouped(part.size),
                part.sealed_at.to_string(),
                part.delivered_at.map_or_else(|| "not yet".to_owned(), |at| at.to_string()),
            ]
        })
        .collect();
    table(columns, &rows)
}

/// Prints a table with emphasized headings.
pub(super) fn print_table(output: Output, lines: &[String]) {
    for (index, line) in lines.iter().enumerate() {
        if index == 0 {
            output.line(output.styled(Style::Bold, line));
        } else {
            output.line(line);
        }
    }
}
