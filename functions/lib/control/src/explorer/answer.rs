//! What the reader answers. Each row and number has its provenance.

use archive::fields::Field;
use archive::part::{PartNumber, Window};
use archive::query::counts::{Count, Interval};
use archive::query::output::Receipt;
use archive::query::search::Spent;
use archive::time::Time;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use archive::names::ConnectorId;

/// How current an answer is, and how far it reaches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lag {
    /// Whose archive it is.
    pub connector: ConnectorId,
    /// The watermark: everything that was written before it is sealed and signed.
    pub complete_to: Time,
    /// The end of what was read of the events table: what is written from here on is not in the answer.
    pub read_to: Time,
    /// Set if the events table has more unsealed events than one request reads: those that were written from
    /// this time on are not in the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unsealed_from: Option<Time>,
    /// The same for events whose parts are let go: those that were written from this time on are not in the
    /// answer. Ask for a shorter span.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub let_go_from: Option<Time>,
    /// Set if the request's budget was spent: this time has been reached. Ask on from there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub searched_to: Option<Time>,
    /// Set if older parts have no index yet: what was written before this time was not searched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_indexed_before: Option<Time>,
    /// The beginning of the oldest window whose bytes are still kept; `None` before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept_from: Option<Time>,
    /// Set if the bytes of parts from before this time are let go: of these, the answer has what the events
    /// table still has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub let_go_before: Option<Time>,
    /// Parts that match the time but could not be searched.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<MissingAnswer>,
    /// What the answer has cost.
    pub cost: Spent,
}

/// A part that could not be searched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissingAnswer {
    /// Its number.
    pub part: PartNumber,
    /// Its events that were not searched.
    pub events: u64,
    /// `gone` (no longer kept) or `altered` (it differs from what was sealed, and is not shown).
    pub why: String,
}

/// A page of events.
#[derive(Debug, Serialize, Deserialize)]
pub struct RowsAnswer {
    /// How current it is.
    pub lag: Lag,
    /// The rows, in order.
    pub rows: Vec<RowAnswer>,
    /// The cursor of the next page; `None` at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// An event with its fields and its proof.
#[derive(Debug, Serialize, Deserialize)]
pub struct RowAnswer {
    /// Its own time, else the beginning of its window.
    pub time: Time,
    /// The values of the mapped fields but the time. A field without a value is absent.
    pub fields: std::collections::BTreeMap<Field, String>,
    /// The event as it was exported.
    pub event: Box<RawValue>,
    /// Where it is proved.
    pub proof: RowProof,
}

/// Where a row is proved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowProof {
    /// How far the event has come.
    pub state: ProofState,
    /// Its part; absent if it is from the events table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<PartNumber>,
    /// Its position in the part, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<u64>,
    /// The window of the part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// The name of the part's object below the prefix.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether a signed manifest names the part.
    pub signed: bool,
    /// Whether it was found later than its window.
    pub late: bool,
}

/// How far an event has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProofState {
    /// It is in a part that was delivered.
    Delivered,
    /// It is in a sealed part that waits for its delivery.
    Sealed,
    /// It is not sealed yet.
    Unsealed,
    /// The bytes of its part are no longer kept: this is what the events table has.
    LetGo,
}

/// One event with its fields and its proof.
#[derive(Debug, Serialize, Deserialize)]
pub struct EventAnswer {
    /// How current it is.
    pub lag: Lag,
    /// The event.
    pub row: RowAnswer,
}

/// A value with its number of events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValueCount {
    /// The value; `None` for events without one.
    pub value: Option<String>,
    /// How many events.
    pub events: u64,
}

/// Counts by interval and value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountsAnswer {
    /// How current it is.
    pub lag: Lag,
    /// How long the intervals are.
    pub interval: Interval,
    /// The sum of all counts.
    pub total: u64,
    /// How many of them are not sealed yet.
    #[serde(default)]
    pub unsealed: u64,
    /// How many of them only the events table still has, since the bytes of their parts are let go.
    #[serde(default)]
    pub let_go: u64,
    /// The counts, by start and value.
    pub counts: Vec<Count>,
    /// How that time is sealed, if it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealing: Option<Sealing>,
}

/// How a span of time is sealed: what vouches for the numbers of that time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealing {
    /// How many parts close a window in it.
    pub parts: u64,
    /// How many of them a signed manifest names.
    pub signed: u64,
    /// How many of them are delivered.
    pub delivered: u64,
    /// How many of them are heartbeats: nothing happened.
    pub quiet: u64,
    /// How many events in them were found later than their window.
    pub late: u64,
    /// Set if there are more parts than one request looks at: the sums and the intervals begin here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Time>,
    /// Each interval that the connector has exported, in order.
    pub intervals: Vec<SealedInterval>,
}

/// How one interval of a chart is sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedInterval {
    /// Its beginning.
    pub start: Time,
    /// The worst that is true of any of it.
    pub state: SealState,
    /// How many parts close a window in it.
    pub parts: u64,
    /// The events in parts whose window begins in it.
    pub events: u64,
}

/// How some time is sealed, from the best to the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SealState {
    /// Nothing happened, and a signed and delivered heartbeat says so.
    Quiet,
    /// All of it is in delivered parts.
    Delivered,
    /// The end of it is not sealed yet.
    Unsealed,
    /// All of it is sealed, and some of it waits for delivery.
    Waiting,
    /// All of it is sealed, and no signed manifest names some of it.
    Unsigned,
    /// A part of it could not be read: its bytes are gone, or differ from what was sealed.
    Missing,
    /// Some of it is in no part.
    Gap,
}

/// The most frequent values of fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FacetsAnswer {
    /// How current it is.
    pub lag: Lag,
    /// How many events match.
    pub total: u64,
    /// One for each field.
    pub facets: Vec<Facet>,
}

/// The most frequent values of one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facet {
    /// The field.
    pub field: Field,
    /// The most frequent values, the most frequent first.
    pub values: Vec<ValueCount>,
    /// How many different values there are.
    pub different: u64,
    /// How many events have one of the values that are not listed.
    pub others: u64,
}

/// What the mapping finds in the newest events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldsAnswer {
    /// How current it is.
    pub lag: Lag,
    /// Where the mapping comes from: `guessed`, `set` or `deployment`.
    pub source: String,
    /// The preset, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preset: Option<String>,
    /// How many events were looked at.
    pub events: u64,
    /// One for each field.
    pub fields: Vec<FieldAnswer>,
    /// Names at the top of events that no field has, with the number of events that have them.
    pub unmapped: Vec<ValueCount>,
}

/// What the mapping finds for one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldAnswer {
    /// The field.
    pub field: Field,
    /// The JSON Pointers at which it is looked for.
    pub paths: Vec<String>,
    /// How many of the events have it.
    pub events: u64,
    /// Some values.
    pub examples: Vec<String>,
}

/// A file that was made, or is being made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DownloadAnswer {
    /// Identifies it.
    pub id: String,
    /// `queued`, `running`, `ready` or `failed`.
    pub state: String,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What it is of, once it is complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<Receipt>,
    /// Where it can be fetched for 5 minutes, once it is complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Until when the file is kept.
    pub kept_until: Time,
}

/// Which indexes one request made, and where the next one begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RebuildAnswer {
    /// Whose archive it is.
    pub connector: ConnectorId,
    /// The newest part that was sealed when it was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newest: Option<PartNumber>,
    /// How many indexes were made.
    pub made: u64,
    /// How many parts had one already.
    pub present: u64,
    /// How many parts have none, since their bytes are no longer kept.
    pub gone: u64,
    /// The parts whose bytes differ from what was sealed. They have no index, and nothing of them is shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub altered: Vec<PartNumber>,
    /// The part from which the next request goes on; `None` at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<PartNumber>,
}
