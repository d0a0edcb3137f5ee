//! `events searches`: who has searched a tenant's log. The tenant sees the same, without operators' names.

use archive::names::ConnectorId;
use archive::time::Time;
use protocol::caller::Caller;
use protocol::exploration::{SearchId, SearchKind, SearchRecord};
use serde::Serialize;

use super::cells::{Widths, cell};
use super::kept::{Kept, person};
use super::saved_args::SearchesArgs;
use crate::error::{CliError, Exit};
use crate::output::Output;

/// A search in the JSON output, with the names of the API.
#[derive(Serialize)]
struct Entry<'a> {
    at: Time,
    by: &'a Caller,
    kind: SearchKind,
    filter: &'a str,
    connector: &'a ConnectorId,
}

impl<'a> From<&'a SearchRecord> for Entry<'a> {
    fn from(search: &'a SearchRecord) -> Self {
        Self {
            at: search.at,
            by: &search.by,
            kind: search.kind,
            filter: search.filter.as_str(),
            connector: &search.connector,
        }
    }
}

#[derive(Serialize)]
struct ListOutput<'a> {
    searches: Vec<Entry<'a>>,
    /// The last search, if there are more: the value for `--before`.
    next: Option<&'a SearchId>,
}

/// `events searches`.
pub(super) async fn searches(kept: &Kept, args: &SearchesArgs, output: Output) -> Result<Exit, CliError> {
    let page = kept.records.searches(&kept.by, &kept.tenant, args.before.as_ref(), args.limit).await?;
    for line in lines(&page.items) {
        output.line(line);
    }
    if let Some(next) = &page.next {
        output.line(format_args!("\nMore: auditferry events searches{} --before {next}", kept.flags));
    }
    output.object(&ListOutput {
        searches: page.items.iter().map(Entry::from).collect(),
        next: page.next.as_ref(),
    });
    Ok(Exit::Done)
}

/// The searches as a table.
pub(super) fn lines(found: &[SearchRecord]) -> Vec<String> {
    if found.is_empty() {
        return vec!["nobody has searched this log".to_owned()];
    }
    let mut rows = vec![["TIME", "BY", "FOR", "FILTER"].map(str::to_owned).to_vec()];
    rows.extend(found.iter().map(|search| {
        let filter = search.filter.as_str();
        vec![
            search.at.to_string(),
            person(&search.by),
            search.kind.as_str().to_owned(),
            if filter.is_empty() { "(all)".to_owned() } else { cell(filter) },
        ]
    }));
    Widths::default().lines(&rows)
}
