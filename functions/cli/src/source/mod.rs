//! `source`: the events table that the connectors read.

pub(crate) mod args;

use archive::names::{ConnectorId, TenantId};
use archive::time::Time;
use args::{AcceptArgs, SourceCommand};
use control::onboarding::AcceptOutcome;
use ports::ConnectorFilter;
use protocol::events_source::EventsSource;
use serde::Serialize;

use crate::backend::{Backend, open_source};
use crate::context::ProcessContext;
use crate::error::{CliError, Exit};
use crate::output::Output;
use crate::table::{Column, counted, table};

/// The number of connectors per page.
const PAGE_SIZE: u32 = 100;

/// The JSON output: the result for each connector.
#[derive(Serialize)]
struct Report {
    source: EventsSource,
    accepted: Vec<Entry>,
    refused: Vec<Entry>,
    unchanged: u64,
}

/// One connector: the time from which it reads the new source, or why it was refused.
#[derive(Serialize)]
struct Entry {
    connector: ConnectorId,
    tenant: TenantId,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<String>,
}

/// Runs a command on the events table.
pub(crate) async fn run(command: SourceCommand, context: &ProcessContext) -> Result<Exit, CliError> {
    let SourceCommand::Accept(args) = command;
    let (backend, source) = open_source(&args.target, context).await?;
    let done = accept(&backend, source, &args, context.output).await;
    backend.close().await;
    done
}

/// `source accept`. Each connector is one conditional write, so the command can be stopped anywhere and
/// repeated.
async fn accept(
    backend: &Backend,
    source: EventsSource,
    args: &AcceptArgs,
    output: Output,
) -> Result<Exit, CliError> {
    output.line(format_args!("source: {source}"));
    let mut report = Report { source, accepted: Vec::new(), refused: Vec::new(), unchanged: 0 };
    if let Some(id) = &args.connector {
        let tenant = backend.view(id).await?.connector.tenant;
        report.accept(backend, id, tenant, args.from).await?;
    } else {
        let mut after = None;
        loop {
            let filter = ConnectorFilter::default();
            let page = backend.onboarding.list(&backend.caller, filter, after.as_ref(), PAGE_SIZE).await?;
            for connector in &page {
                report.accept(backend, &connector.id, connector.tenant.clone(), args.from).await?;
            }
            match page.last().filter(|_| page.len() >= PAGE_SIZE as usize) {
                Some(last) => after = Some(last.id.clone()),
                None => break,
            }
        }
    }
    report.print(output);
    output.object(&report);
    Ok(if report.refused.is_empty() { Exit::Done } else { Exit::Failed })
}

impl Report {
    async fn accept(
        &mut self,
        backend: &Backend,
        id: &ConnectorId,
        tenant: TenantId,
        from: Time,
    ) -> Result<(), CliError> {
        let connector = id.clone();
        match backend.onboarding.accept_source(&backend.caller, id, &self.source, from).await? {
            AcceptOutcome::From(from) => {
                self.accepted.push(Entry { connector, tenant, from: Some(from), cause: None });
            }
            AcceptOutcome::Unchanged => self.unchanged += 1,
            AcceptOutcome::Refused(gap) => {
                let cause = Some(gap.to_string());
                self.refused.push(Entry { connector, tenant, from: None, cause });
            }
        }
        Ok(())
    }

    fn print(&self, output: Output) {
        let rows: Vec<[String; 4]> = self.accepted.iter().chain(&self.refused).map(row).collect();
        if !rows.is_empty() {
            let columns = ["CONNECTOR", "TENANT", "ANSWER", "READ FROM"].map(Column::Left);
            for line in table(columns, &rows) {
                output.line(line);
            }
        }
        for refused in &self.refused {
            let cause = refused.cause.as_deref().unwrap_or_default();
            output.line(format_args!("{}: {cause}.", refused.connector));
        }
        let (accepted, refused) = (self.accepted.len() as u64, self.refused.len() as u64);
        output.line(format_args!(
            "accepted for {}, refused for {refused}; {} unchanged",
            counted(accepted, "connector"),
            self.unchanged
        ));
    }
}

fn row(entry: &Entry) -> [String; 4] {
    let (answer, from) = match entry.from {
        Some(from) => ("accepted", from.to_string()),
        None => ("refused", "the old source".to_owned()),
    };
    [entry.connector.to_string(), entry.tenant.escaped(), answer.to_owned(), from]
}
