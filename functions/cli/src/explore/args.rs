//! The options of the questions about a tenant's log.

use archive::fields::Field;
use archive::names::{ConnectorId, TenantId};
use archive::query::counts::Interval;
use archive::query::filter::Filter;
use archive::query::output::Column;
use archive::query::row::Order;
use archive::time::Time;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use control::explorer::{COUNTED_FIELDS, MAX_FACET_VALUES, USUAL_FACET_VALUES, USUAL_ROWS};

use super::help;
use super::instant::instant;
use crate::target::Target;

/// Whose log is asked.
#[derive(Debug, Clone, Args)]
pub(crate) struct LogArgs {
    /// The tenant whose log is asked
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: TenantId,
    /// Which of its connectors, if it has several
    #[arg(long, value_name = "CONNECTOR")]
    pub(crate) connector: Option<ConnectorId>,
    /// Where the log is.
    #[command(flatten)]
    pub(crate) target: Target,
}

/// Whose records are meant: what is kept of a tenant, for all of its connectors.
#[derive(Debug, Clone, Args)]
pub(crate) struct TenantArgs {
    /// The tenant whose log it is about
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: TenantId,
    /// Where the records are.
    #[command(flatten)]
    pub(crate) target: Target,
}

/// Which events are meant.
#[derive(Debug, Clone, Args)]
pub(crate) struct WhichArgs {
    /// Which events, such as 'action:Get* outcome:failure'; all by default
    #[arg(value_name = "FILTER", default_value = "", hide_default_value = true)]
    pub(crate) filter: Filter,
    /// Only events of this time or later, such as 2026-11-01T08:00:00Z; a date is its midnight, in UTC
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub(crate) from: Option<Time>,
    /// Only events before this time; before a date is before its midnight
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub(crate) to: Option<Time>,
}

/// How events are printed.
#[derive(Debug, Clone, Args)]
pub(crate) struct FormArgs {
    /// Print CSV (RFC 4180): the columns, then part, position and the whole event
    #[arg(long, conflicts_with_all = ["json", "ndjson"])]
    pub(crate) csv: bool,
    /// Print the events, one on each line
    #[arg(long, conflicts_with = "json")]
    pub(crate) ndjson: bool,
    /// The columns of the table or of the CSV: fields, and JSON Pointers such as /userAgent
    #[arg(long, value_name = "COLUMN,…", value_delimiter = ',', conflicts_with_all = ["json", "ndjson"])]
    pub(crate) columns: Vec<Column>,
    /// Leave CSV cells that a spreadsheet would run as formulas unchanged, instead of adding an apostrophe
    #[arg(long, requires = "csv")]
    pub(crate) exact_cells: bool,
}

/// The options of `events search`.
#[derive(Debug, Clone, Args)]
pub(crate) struct SearchArgs {
    /// Which events.
    #[command(flatten)]
    pub(crate) which: WhichArgs,
    /// Use the filter, columns and connector of a saved exploration, by its name or ID
    #[arg(long, value_name = "NAME_OR_ID", conflicts_with = "filter")]
    pub(crate) saved: Option<String>,
    /// Which events come first
    #[arg(long, default_value = "newest", value_parser = words([Order::Newest, Order::Oldest], Order::as_str))]
    pub(crate) order: Order,
    /// Show at most this many events
    #[arg(
        long,
        value_name = "N",
        default_value_t = USUAL_ROWS.into(),
        value_parser = clap::value_parser!(u64).range(1..)
    )]
    pub(crate) limit: u64,
    /// Show all events that match
    #[arg(long, conflicts_with = "limit")]
    pub(crate) all: bool,
    /// Go on after a page: the `next_cursor` that --json has printed for the same filter, times and order
    #[arg(long, value_name = "CURSOR")]
    pub(crate) cursor: Option<String>,
    /// How they are printed.
    #[command(flatten)]
    pub(crate) form: FormArgs,
    /// Whose log.
    #[command(flatten)]
    pub(crate) log: LogArgs,
}

/// The options of `events counts`.
#[derive(Debug, Clone, Args)]
pub(crate) struct CountsArgs {
    /// Which events.
    #[command(flatten)]
    pub(crate) which: WhichArgs,
    /// Use the filter, chart and connector of a saved exploration, by its name or ID
    #[arg(long, value_name = "NAME_OR_ID", conflicts_with = "filter")]
    pub(crate) saved: Option<String>,
    /// How long the intervals are, in UTC: a day by default; a week begins on Monday
    #[arg(long, value_parser = words(Interval::ALL, Interval::as_str))]
    pub(crate) interval: Option<Interval>,
    /// Count each value of this field apart
    #[arg(long, value_name = "FIELD", value_parser = words(COUNTED_FIELDS, Field::as_str))]
    pub(crate) by: Option<Field>,
    /// Whose log.
    #[command(flatten)]
    pub(crate) log: LogArgs,
}

/// The options of `events facets`.
#[derive(Debug, Clone, Args)]
pub(crate) struct FacetsArgs {
    /// Which events.
    #[command(flatten)]
    pub(crate) which: WhichArgs,
    /// Of which fields the values are listed
    #[arg(
        long,
        value_name = "FIELD,…",
        value_delimiter = ',',
        default_value = "action,category,actor,outcome",
        value_parser = words(COUNTED_FIELDS, Field::as_str)
    )]
    pub(crate) fields: Vec<Field>,
    /// How many values of each field
    #[arg(
        long,
        value_name = "N",
        default_value_t = USUAL_FACET_VALUES,
        value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_FACET_VALUES))
    )]
    pub(crate) limit: u32,
    /// Whose log.
    #[command(flatten)]
    pub(crate) log: LogArgs,
}

/// The options of `events fields`.
#[derive(Debug, Clone, Args)]
pub(crate) struct FieldsArgs {
    /// Set the connector's mapping: the name of a preset, JSON Pointers in JSON, or @ and a file of them
    #[arg(long, value_name = "PRESET|JSON|@FILE")]
    pub(crate) set: Option<String>,
    /// Whose log.
    #[command(flatten)]
    pub(crate) log: LogArgs,
}

/// The commands on indexes.
#[derive(Debug, Subcommand)]
pub(crate) enum IndexCommand {
    /// Make the indexes of sealed parts again, by which searches are fast
    #[command(after_help = help::REBUILD)]
    Rebuild(RebuildArgs),
}

impl IndexCommand {
    /// The command's target.
    pub(crate) const fn target(&self) -> &Target {
        match self {
            Self::Rebuild(args) => &args.log.target,
        }
    }
}

/// The options of `index rebuild`.
#[derive(Debug, Clone, Args)]
pub(crate) struct RebuildArgs {
    /// Make those again too that are there
    #[arg(long)]
    pub(crate) all: bool,
    /// Begin with this part
    #[arg(long, value_name = "PART", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) from_part: Option<u64>,
    /// Whose log.
    #[command(flatten)]
    pub(crate) log: LogArgs,
}

/// A parser of these words, which help and completions list.
pub(super) fn words<T: Copy + Send + Sync + 'static, const N: usize>(
    all: [T; N],
    name: fn(T) -> &'static str,
) -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(all.map(name)).try_map(move |given| {
        // The parser before this one takes no other words.
        all.into_iter().find(|one| name(*one) == given).ok_or("is none of the words")
    })
}
