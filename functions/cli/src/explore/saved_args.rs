//! The options of `events saved` and `events searches`.

use archive::fields::Field;
use archive::names::TenantId;
use archive::query::filter::Filter;
use archive::query::output::Column;
use clap::{Args, Subcommand};
use control::explorer::COUNTED_FIELDS;
use protocol::exploration::{ExplorationName, Interval, SearchId};

use super::args::{LogArgs, TenantArgs, words};
use super::help;
use crate::target::Target;

/// The commands on saved explorations.
#[derive(Debug, Subcommand)]
pub(crate) enum SavedCommand {
    /// List the tenant's saved explorations
    List(TenantArgs),
    /// Save a filter with its columns and chart, for all people of the tenant
    #[command(after_help = help::SAVE)]
    Save(SaveArgs),
    /// Give one another name
    Rename(RenameArgs),
    /// Delete one
    Delete(DeleteArgs),
}

impl SavedCommand {
    /// Whose explorations.
    pub(crate) const fn tenant(&self) -> &TenantId {
        match self {
            Self::List(of) => &of.tenant,
            Self::Save(args) => &args.log.tenant,
            Self::Rename(args) => &args.of.tenant,
            Self::Delete(args) => &args.of.tenant,
        }
    }

    /// The command's target.
    pub(crate) const fn target(&self) -> &Target {
        match self {
            Self::List(of) => &of.target,
            Self::Save(args) => &args.log.target,
            Self::Rename(args) => &args.of.target,
            Self::Delete(args) => &args.of.target,
        }
    }
}

/// The options of `events saved save`.
#[derive(Debug, Clone, Args)]
pub(crate) struct SaveArgs {
    /// Its name, such as 'Failed logins'
    #[arg(value_name = "NAME")]
    pub(crate) name: ExplorationName,
    /// Which events; all by default
    #[arg(value_name = "FILTER", default_value = "", hide_default_value = true)]
    pub(crate) filter: Filter,
    /// The columns of its rows: fields, and JSON Pointers such as /userAgent
    #[arg(long, value_name = "COLUMN,…", value_delimiter = ',')]
    pub(crate) columns: Vec<Column>,
    /// Save a chart, with bars of this length in UTC
    #[arg(long, value_parser = words([Interval::Hour, Interval::Day, Interval::Week], interval))]
    pub(crate) interval: Option<Interval>,
    /// Split the chart's bars by the values of this field
    #[arg(long, value_name = "FIELD", requires = "interval", value_parser = words(COUNTED_FIELDS, Field::as_str))]
    pub(crate) by: Option<Field>,
    /// Whose log.
    #[command(flatten)]
    pub(crate) log: LogArgs,
}

/// The options of `events saved rename`.
#[derive(Debug, Clone, Args)]
pub(crate) struct RenameArgs {
    /// Its name or its ID, as `events saved list` shows them
    #[arg(value_name = "NAME_OR_ID")]
    pub(crate) saved: String,
    /// The new name
    #[arg(value_name = "NEW_NAME")]
    pub(crate) name: ExplorationName,
    /// Whose explorations.
    #[command(flatten)]
    pub(crate) of: TenantArgs,
}

/// The options of `events saved delete`.
#[derive(Debug, Clone, Args)]
pub(crate) struct DeleteArgs {
    /// Its name or its ID, as `events saved list` shows them
    #[arg(value_name = "NAME_OR_ID")]
    pub(crate) saved: String,
    /// Whose explorations.
    #[command(flatten)]
    pub(crate) of: TenantArgs,
}

/// The options of `events searches`.
#[derive(Debug, Clone, Args)]
pub(crate) struct SearchesArgs {
    /// Maximum number of results
    #[arg(long, value_name = "N", default_value = "50", value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) limit: u32,
    /// Only searches before this one, as --json names it
    #[arg(long, value_name = "SEARCH")]
    pub(crate) before: Option<SearchId>,
    /// Whose log.
    #[command(flatten)]
    pub(crate) of: TenantArgs,
}

/// The word for an interval.
pub(super) const fn interval(interval: Interval) -> &'static str {
    match interval {
        Interval::Hour => "hour",
        Interval::Day => "day",
        Interval::Week => "week",
    }
}
