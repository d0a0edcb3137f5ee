//! `connector list` and `connector history`: many connectors, and many parts of one.

use domain::connector::Connector;
use domain::part::{Part, PartNumber};
use serde::Serialize;

use super::args::{HistoryArgs, ListArgs};
use crate::backend::Backend;
use crate::output::{Output, Tone};
use crate::problem::{Exit, Problem};
use crate::table::{Column, grouped, table};

#[derive(Serialize)]
struct Listed<'a> {
    connectors: &'a [Connector],
}

#[derive(Serialize)]
struct History<'a> {
    parts: Vec<Entry<'a>>,
}

/// A part, with the object's name below the prefix.
#[derive(Serialize)]
struct Entry<'a> {
    name: String,
    #[serde(flatten)]
    part: &'a Part,
}

/// `connector list`.
pub(crate) async fn list(backend: &Backend, args: &ListArgs, output: Output) -> Result<Exit, Problem> {
    let connectors = backend.connectors.list(args.tenant.as_ref()).await?;
    let columns = ["CONNECTOR", "TENANT", "STATE", "EVERY", "FILES", "BUCKET"].map(Column::Left);
    let rows: Vec<[String; 6]> = connectors.iter().map(row).collect();
    if connectors.is_empty() {
        output.line(format_args!(
            "there are no connectors; make one: auditferry connector create{} --tenant TENANT",
            backend.place
        ));
    } else {
        print(output, &table(columns, &rows));
    }
    output.object(&Listed { connectors: &connectors });
    Ok(Exit::Done)
}

fn row(connector: &Connector) -> [String; 6] {
    [
        connector.id.to_string(),
        connector.tenant.to_string(),
        connector.state.as_str().to_owned(),
        format!("{} h", connector.frequency.hours()),
        connector.encoding.suffix().to_owned(),
        connector.destination.as_ref().map_or_else(|| "not connected".to_owned(), |to| to.bucket.to_string()),
    ]
}

/// `connector history`.
pub(crate) async fn history(backend: &Backend, args: &HistoryArgs, output: Output) -> Result<Exit, Problem> {
    backend.connector(&args.id).await?;
    let before = args.before.map(PartNumber::new);
    let parts = backend.connectors.history(&args.id, before, args.limit).await?;
    if parts.is_empty() {
        output.line("no part was sealed yet");
    } else {
        print(output, &parts_table(&parts));
    }
    let entries = parts.iter().map(|part| Entry { name: part.name(), part }).collect();
    output.object(&History { parts: entries });
    Ok(Exit::Done)
}

/// Parts as a table.
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

/// A table, with its headings set off.
pub(super) fn print(output: Output, lines: &[String]) {
    for (place, line) in lines.iter().enumerate() {
        if place == 0 {
            output.line(output.tone(Tone::Strong, line));
        } else {
            output.line(line);
        }
    }
}
