//! `--saved`: what a saved exploration has takes the place of options that are not given.

use std::fmt::Display;

use archive::fields::Field;
use archive::query::counts::Interval;
use archive::query::filter::Filter;
use control::explorer::COUNTED_FIELDS;
use protocol::exploration::{Chart, Interval as ChartInterval, SavedExploration};

use super::args::{CountsArgs, SearchArgs};
use super::cells::cell;
use super::kept::Kept;
use crate::error::CliError;

/// The options of a search with the filter of the exploration that they name; its columns and its connector
/// count unless others are given.
pub(super) async fn to_search(kept: &Kept, args: &SearchArgs) -> Result<SearchArgs, CliError> {
    let mut args = args.clone();
    let Some(name) = args.saved.take() else { return Ok(args) };
    let saved = kept.find(&name).await?;
    args.which.filter = filter(kept, &saved)?;
    let is_table_or_csv = !args.form.ndjson && !args.log.target.json;
    if args.form.columns.is_empty() && is_table_or_csv {
        let columns: Result<_, _> = saved.columns.as_slice().iter().map(|name| name.parse()).collect();
        args.form.columns = columns.map_err(|error| unreadable(kept, &saved, "columns", &error))?;
    }
    args.log.connector = args.log.connector.or(saved.connector);
    Ok(args)
}

/// The options of counts with the filter of the exploration that they name; its chart and its connector count
/// unless others are given.
pub(super) async fn to_counts(kept: &Kept, args: &CountsArgs) -> Result<CountsArgs, CliError> {
    let mut args = args.clone();
    let Some(name) = args.saved.take() else { return Ok(args) };
    let saved = kept.find(&name).await?;
    args.which.filter = filter(kept, &saved)?;
    if let Some(chart) = &saved.chart {
        args.interval = args.interval.or(Some(interval(chart)));
        if args.by.is_none() {
            args.by = by(chart).map_err(|error| unreadable(kept, &saved, "chart", &error))?;
        }
    }
    args.log.connector = args.log.connector.or(saved.connector);
    Ok(args)
}

fn filter(kept: &Kept, saved: &SavedExploration) -> Result<Filter, CliError> {
    saved.filter.as_str().parse().map_err(|error| unreadable(kept, saved, "filter", &error))
}

const fn interval(chart: &Chart) -> Interval {
    match chart.interval() {
        ChartInterval::Hour => Interval::Hour,
        ChartInterval::Day => Interval::Day,
        ChartInterval::Week => Interval::Week,
    }
}

/// The field whose values are counted apart.
fn by(chart: &Chart) -> Result<Option<Field>, String> {
    let Some(name) = chart.by() else { return Ok(None) };
    let field = Field::from_name(name).filter(|field| COUNTED_FIELDS.contains(field));
    field.map(Some).ok_or_else(|| format!("the values of `{}` are not counted", cell(name)))
}

fn unreadable(kept: &Kept, saved: &SavedExploration, what: &str, error: &dyn Display) -> CliError {
    CliError::failed(
        format!("the {what} of exploration {} can't be read: {error}", saved.id),
        format!("Save another one: auditferry events saved save{} NAME FILTER", kept.flags),
    )
}
