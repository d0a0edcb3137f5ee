//! `events saved`: lists, saves, renames and deletes explorations. `applied` uses one.

use archive::names::ConnectorId;
use archive::time::Time;
use protocol::caller::Caller;
use protocol::exploration::{
    Chart, Columns, ExplorationChange, ExplorationId, ExplorationName, FilterText, NewExploration,
    SavedExploration,
};
use serde::Serialize;

use super::cells::{Widths, cell};
use super::kept::{Kept, person};
use super::saved_args::{DeleteArgs, RenameArgs, SaveArgs, SavedCommand, interval};
use crate::error::{CliError, Exit};
use crate::output::Output;

/// An exploration in the JSON output, with the names of the API.
#[derive(Serialize)]
struct Entry<'a> {
    id: &'a ExplorationId,
    version: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    connector: Option<&'a ConnectorId>,
    name: &'a ExplorationName,
    filter: &'a FilterText,
    columns: &'a Columns,
    #[serde(skip_serializing_if = "Option::is_none")]
    chart: Option<&'a Chart>,
    created_by: &'a Caller,
    created_at: Time,
    changed_at: Time,
}

impl<'a> From<&'a SavedExploration> for Entry<'a> {
    fn from(saved: &'a SavedExploration) -> Self {
        Self {
            id: &saved.id,
            version: saved.version,
            connector: saved.connector.as_ref(),
            name: &saved.name,
            filter: &saved.filter,
            columns: &saved.columns,
            chart: saved.chart.as_ref(),
            created_by: &saved.created_by,
            created_at: saved.created_at,
            changed_at: saved.changed_at,
        }
    }
}

#[derive(Serialize)]
struct ListOutput<'a> {
    explorations: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Deleted<'a> {
    deleted: &'a ExplorationId,
}

/// Runs a command on saved explorations.
pub(super) async fn run(kept: &Kept, command: &SavedCommand, output: Output) -> Result<Exit, CliError> {
    match command {
        SavedCommand::List(_) => {
            let found = kept.records.list(&kept.by, &kept.tenant).await?;
            for line in lines(&found, &kept.flags) {
                output.line(line);
            }
            output.object(&ListOutput { explorations: found.iter().map(Entry::from).collect() });
        }
        SavedCommand::Save(args) => {
            let saved = save(kept, args).await?;
            let id = &saved.id;
            output.line(format_args!("exploration {id} is saved as `{}`", cell(saved.name.as_str())));
            output.line(format_args!("Use it: auditferry events search{} --saved {id}", kept.flags));
            output.object(&Entry::from(&saved));
        }
        SavedCommand::Rename(args) => {
            let saved = rename(kept, args).await?;
            output.line(format_args!("exploration {} is named `{}`", saved.id, cell(saved.name.as_str())));
            output.object(&Entry::from(&saved));
        }
        SavedCommand::Delete(args) => {
            let id = delete(kept, args).await?;
            output.line(format_args!("exploration {id} is deleted"));
            output.object(&Deleted { deleted: &id });
        }
    }
    Ok(Exit::Done)
}

/// The explorations as a table.
pub(super) fn lines(found: &[SavedExploration], flags: &str) -> Vec<String> {
    if found.is_empty() {
        let save = format!("auditferry events saved save{flags} NAME FILTER");
        return vec![format!("no exploration is saved; save one: {save}")];
    }
    let mut rows =
        vec![["NAME", "FILTER", "COLUMNS", "CHART", "BY", "CHANGED", "ID"].map(str::to_owned).to_vec()];
    rows.extend(found.iter().map(|saved| {
        vec![
            cell(saved.name.as_str()),
            if saved.filter.as_str().trim().is_empty() {
                "(all)".to_owned()
            } else {
                cell(saved.filter.as_str())
            },
            cell(&saved.columns.as_slice().join(",")),
            saved.chart.as_ref().map(chart).unwrap_or_default(),
            person(&saved.created_by),
            saved.changed_at.to_string(),
            saved.id.to_string(),
        ]
    }));
    Widths::default().lines(&rows)
}

/// A chart in words: `day by actor`.
fn chart(chart: &Chart) -> String {
    let by = chart.by().map(|by| format!(" by {}", cell(by))).unwrap_or_default();
    format!("{}{by}", interval(chart.interval()))
}

pub(super) async fn save(kept: &Kept, args: &SaveArgs) -> Result<SavedExploration, CliError> {
    let columns: Vec<String> = args.columns.iter().map(ToString::to_string).collect();
    let by = args.by.map(|field| field.as_str().to_owned());
    let new = NewExploration {
        tenant: kept.tenant.clone(),
        connector: args.log.connector.clone(),
        name: args.name.clone(),
        filter: args.filter.to_string().parse()?,
        columns: columns.try_into()?,
        chart: args.interval.map(|interval| Chart::new(interval, by, Vec::new())).transpose()?,
    };
    Ok(kept.records.save(&kept.by, new, None).await?)
}

pub(super) async fn rename(kept: &Kept, args: &RenameArgs) -> Result<SavedExploration, CliError> {
    let found = kept.find(&args.saved).await?;
    let change = ExplorationChange { name: Some(args.name.clone()), ..ExplorationChange::default() };
    Ok(kept.records.change(&kept.by, (&kept.tenant, &found.id), None, &change).await?)
}

pub(super) async fn delete(kept: &Kept, args: &DeleteArgs) -> Result<ExplorationId, CliError> {
    let found = kept.find(&args.saved).await?;
    // What is deleted is what was found: somebody may have changed it since.
    kept.records.delete(&kept.by, (&kept.tenant, &found.id), Some(found.version)).await?;
    Ok(found.id)
}
