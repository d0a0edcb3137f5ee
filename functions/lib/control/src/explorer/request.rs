//! What can be asked of the log.

use std::time::Duration;

use archive::fields::Field;
use archive::names::{ConnectorId, TenantId};
use archive::part::PartNumber;
use archive::query::Span;
use archive::query::counts::Interval;
use archive::query::filter::{Filter, Term};
use archive::query::output::{Cells, Column, OutputFormat};
use archive::query::row::Order;
use archive::sha256::Sha256;
use archive::time::Time;
use protocol::caller::Caller;
use serde::{Deserialize, Serialize};

use super::{
    CountsAnswer, DownloadAnswer, EventAnswer, ExplorerRefusal, FacetsAnswer, FieldsAnswer, RebuildAnswer,
    RowsAnswer,
};

/// The most rows of a page.
pub const MAX_ROWS: u32 = 200;
/// The rows of a page if none are asked for.
pub const USUAL_ROWS: u32 = 50;

/// The most values of a facet.
pub const MAX_FACET_VALUES: u32 = 1_000;
/// The values of a facet if no number is asked for.
pub const USUAL_FACET_VALUES: u32 = 20;
/// The fields whose values can be counted. Nearly every event has another time and another ID.
pub const COUNTED_FIELDS: [Field; 8] = [
    Field::Action,
    Field::Category,
    Field::Actor,
    Field::Session,
    Field::Target,
    Field::Outcome,
    Field::Ip,
    Field::Tenant,
];

/// A question about one tenant's log.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ExplorerRequest {
    /// What shows who asks. The reader checks it itself.
    pub by: Proof,
    /// Whose log.
    pub tenant: TenantId,
    /// Which of its connectors; `None` if it has one only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connector: Option<ConnectorId>,
    /// The question.
    pub ask: Ask,
}

/// What shows who asks.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// The text of a portal session's secret. The reader looks the session up.
    Session(String),
    /// A caller whom the API's authorizer or IAM has authenticated. The reader compares the tenant with the
    /// connector's.
    Caller(Caller),
}

/// A question.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// A page of events.
    Rows(RowsRequest),
    /// How many events, by interval and value.
    Counts(CountsRequest),
    /// The most frequent values of fields.
    Facets(FacetsRequest),
    /// One event.
    Event(EventRequest),
    /// What the mapping finds in the newest events.
    Fields,
    /// A file of all events that match.
    Download(DownloadRequest),
    /// How far such a file is, and a new URL for it.
    DownloadStatus(DownloadStatusRequest),
    /// Indexes of sealed parts, made again. For the vendor's operators only.
    Rebuild(RebuildRequest),
}

impl Ask {
    /// Whether only the vendor's operators may ask this. The reader checks it.
    #[must_use]
    pub const fn is_for_operators(&self) -> bool {
        matches!(self, Self::Rebuild(_))
    }
}

/// A page of events.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct RowsRequest {
    /// Which events.
    pub filter: Filter,
    /// Only events of this time or later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Time>,
    /// Only events before this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Time>,
    /// In which order.
    #[serde(default)]
    pub order: Order,
    /// How many, at most [`MAX_ROWS`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// The text of the cursor of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// Counts by interval and value.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CountsRequest {
    /// Which events.
    pub filter: Filter,
    /// Only events of this time or later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Time>,
    /// Only events before this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Time>,
    /// How long the intervals are.
    pub interval: Interval,
    /// By the values of which field, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Field>,
    /// Also how that time is sealed.
    #[serde(default)]
    pub sealing: bool,
}

/// One event.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct EventRequest {
    /// Its time.
    pub time: Time,
    /// Which of the events of that time.
    pub place: EventPlace,
}

impl EventRequest {
    /// The instant in which it is searched.
    #[must_use]
    pub fn span(&self) -> Span {
        Span { from: self.time, to: self.time + Duration::from_millis(1) }
    }

    /// The filter of that instant, for the record that somebody has seen it.
    #[must_use]
    pub fn filter(&self) -> Filter {
        let term = Term::during(self.span());
        term.and_then(|term| Filter::default().with(term).ok()).unwrap_or_default()
    }
}

/// What identifies an event among those of the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventPlace {
    /// The part that has it, and its position there, from 0.
    Sealed(PartNumber, u64),
    /// The SHA-256 of its text. So an address of an event that is not sealed yet stays good once it is.
    Text(Sha256),
}

/// The most frequent values of fields.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FacetsRequest {
    /// Which events.
    pub filter: Filter,
    /// Only events of this time or later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Time>,
    /// Only events before this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Time>,
    /// Of which fields.
    pub fields: Vec<Field>,
    /// How many values of each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// A file of all events that match.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DownloadRequest {
    /// Which events, in which order. Limit and cursor are ignored.
    #[serde(flatten)]
    pub rows: RowsRequest,
    /// The format of the file.
    pub format: OutputFormat,
    /// The columns of CSV; empty for the usual ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<Column>,
    /// What becomes of cells like formulas.
    #[serde(default)]
    pub cells: Cells,
}

/// How far a file is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DownloadStatusRequest {
    /// Identifies it, as the answer to [`Ask::Download`] says.
    pub id: String,
}

/// Indexes of sealed parts, made again. One request makes as many as its time allows; the answer says where
/// the next one begins.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct RebuildRequest {
    /// From this part on, the oldest first; from the first one that is kept by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_part: Option<PartNumber>,
    /// Replace the indexes that are there. They are caches, and the same bytes make the same index.
    #[serde(default)]
    pub all: bool,
}

/// What the reader answers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// To [`Ask::Rows`].
    Rows(RowsAnswer),
    /// To [`Ask::Counts`].
    Counts(CountsAnswer),
    /// To [`Ask::Facets`].
    Facets(FacetsAnswer),
    /// To [`Ask::Event`].
    Event(Box<EventAnswer>),
    /// To [`Ask::Fields`].
    Fields(FieldsAnswer),
    /// To [`Ask::Download`] and [`Ask::DownloadStatus`].
    Download(DownloadAnswer),
    /// To [`Ask::Rebuild`].
    Rebuilt(RebuildAnswer),
    /// The question was refused.
    Refused(ExplorerRefusal),
}
