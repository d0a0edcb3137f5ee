//! The reader's answers, as the document describes them.

use std::collections::BTreeMap;

use archive::fields::{Field, MappingHash};
use archive::names::{ConnectorId, TenantId};
use archive::part::{PartNumber, Window};
use archive::query::counts::{Count, Interval};
use archive::query::filter::Filter;
use archive::query::output::{Cells, Column, OutputFormat, PartReceipt, Receipt};
use archive::query::row::Order;
use archive::query::search::Spent;
use archive::sha256::Sha256;
use archive::time::Time;
use control::explorer::{
    CountsAnswer, DownloadAnswer, Facet, FacetsAnswer, FieldAnswer, FieldsAnswer, Lag, MissingAnswer,
    ProofState, RowAnswer, RowProof, RowsAnswer, SealState, SealedInterval, Sealing, ValueCount,
};
use serde_json::value::RawValue;

use super::structs::foreign;
use crate::wire::described;

foreign! {
    /// How current an answer is, and how far it reaches.
    Lag as "Lag" {
        /// Whose archive it is.
        connector: ConnectorId,
        /// The watermark: everything that was written before it is sealed and signed.
        complete_to: Time,
        /// The end of what was read of the events table. What is written from here on is not in the answer.
        read_to: Time,
        /// Present if the events table has more unsealed events than one request reads: those that were
        /// written from this time on are not in the answer.
        #[optional]
        unsealed_from: Option<Time>,
        /// The same for events whose parts are let go. Ask for a shorter span.
        #[optional]
        let_go_from: Option<Time>,
        /// Present if the question would read more than one request may: the answer reaches to this time. Ask
        /// on from there.
        #[optional]
        searched_to: Option<Time>,
        /// Present if older parts have no index yet: what was written before this time was not searched.
        #[optional]
        not_indexed_before: Option<Time>,
        /// The beginning of what is kept; missing before the first part.
        #[optional]
        kept_from: Option<Time>,
        /// Present if parts from before this time are no longer kept: of these, the answer has what the
        /// events table still has.
        #[optional]
        let_go_before: Option<Time>,
        /// Parts that match the time, and could not be searched. Missing if there are none.
        #[optional]
        missing: Vec<MissingAnswer>,
        /// What the answer has cost.
        cost: Spent,
    }
}

foreign! {
    MissingAnswer as "MissingPart" {
        part: PartNumber,
        /// How many events of it were not searched.
        events: u64,
        /// `gone`: it is no longer kept; `altered`: it differs from what was sealed, and is not shown;
        /// `not_indexed`: it has no index yet.
        why: String,
    }
}

foreign! {
    Spent {
        /// How many summaries of a day were read.
        days: u64,
        /// How many indexes of parts were read.
        indexes: u64,
        /// How many blocks of events were read.
        blocks: u64,
        /// How many stored bytes these blocks have.
        bytes: u64,
    }
}

foreign! {
    RowsAnswer as "EventPage" {
        lag: Lag,
        rows: Vec<RowAnswer>,
        /// Cursor of the next page; missing on the last page.
        #[optional]
        next_cursor: Option<String>,
    }
}

foreign! {
    RowAnswer as "EventRow" {
        /// The event's own time, else the beginning of its part's window.
        time: Time,
        fields: BTreeMap<Field, String>,
        event: Box<RawValue>,
        proof: RowProof,
    }
}

foreign! {
    /// Where a row is proved. An event that is not in a part has no part, position, window and name.
    RowProof as "RowProof" {
        /// `delivered`: its part is in the tenant's bucket; `sealed`: its part is signed and waits for its
        /// delivery; `unsealed`: it is not sealed yet; `let_go`: its part is no longer kept, and the events
        /// table still has the event.
        state: ProofState,
        #[optional]
        part: Option<PartNumber>,
        /// The event's position in its part, from 0.
        #[optional]
        position: Option<u64>,
        #[optional]
        window: Option<Window>,
        /// The name of the part's object below the prefix.
        #[optional]
        name: Option<String>,
        /// A signed manifest names the part.
        signed: bool,
        /// It was found later than its window.
        late: bool,
    }
}

foreign! {
    CountsAnswer as "EventCounts" {
        lag: Lag,
        interval: Interval,
        /// The sum of all counts.
        total: u64,
        /// How many of them are not sealed yet.
        unsealed: u64,
        /// How many of them only the events table still has, since the bytes of their parts are let go.
        let_go: u64,
        counts: Vec<Count>,
        /// How that time is sealed; only with `include=sealing`.
        #[optional]
        sealing: Option<Sealing>,
    }
}

foreign! {
    /// What vouches for the numbers of a span of time.
    Sealing as "Sealing" {
        /// How many parts close a window in it.
        parts: u64,
        /// How many of them a signed manifest names.
        signed: u64,
        /// How many of them are delivered.
        delivered: u64,
        /// How many of them are heartbeats: nothing happened.
        quiet: u64,
        /// How many events in them were found later than their window.
        late: u64,
        /// Present if there are more parts than one request looks at: sums and intervals begin here.
        #[optional]
        from: Option<Time>,
        /// Each interval that the connector has exported, in order.
        intervals: Vec<SealedInterval>,
    }
}

foreign! {
    SealedInterval as "SealedInterval" {
        /// Its beginning.
        start: Time,
        /// The worst that is true of any of it. `quiet`: nothing happened, and a delivered heartbeat says so;
        /// `delivered`; `unsealed`: its end is not sealed yet; `waiting`: some of it waits for delivery;
        /// `unsigned`: no signed manifest names some of it;
        /// `missing`: a part could not be read; `gap`: some of it is in no part.
        state: SealState,
        /// How many parts close a window in it.
        parts: u64,
        /// The events in parts whose window begins in it.
        events: u64,
    }
}

foreign! {
    Count as "EventCount" {
        /// The beginning of its interval; 1970 if there is only one, `whole`.
        start: Time,
        /// Null for events without a value, or if values are not counted apart.
        value: Option<String>,
        events: u64,
    }
}

foreign! {
    FacetsAnswer as "EventFacets" {
        lag: Lag,
        /// How many events match.
        total: u64,
        facets: Vec<Facet>,
    }
}

foreign! {
    Facet as "EventFacet" {
        field: Field,
        /// The most frequent one first.
        values: Vec<ValueCount>,
        /// How many different values there are.
        different: u64,
        /// How many events have a value that is not listed.
        others: u64,
    }
}

foreign! {
    ValueCount as "ValueCount" {
        /// Null for events without a value.
        value: Option<String>,
        events: u64,
    }
}

foreign! {
    FieldsAnswer as "EventFields" {
        lag: Lag,
        /// `guessed` from the first events and stored, `set` for the connector, or the `deployment`'s.
        source: String,
        /// The name of the mapping, if it is a preset.
        #[optional]
        preset: Option<String>,
        /// How many events were looked at.
        events: u64,
        fields: Vec<FieldAnswer>,
        /// Names at the top of events that no field has.
        unmapped: Vec<ValueCount>,
    }
}

foreign! {
    FieldAnswer as "EventField" {
        field: Field,
        /// The JSON Pointers (RFC 6901) at which it is looked for, in this order.
        paths: Vec<String>,
        /// How many of the events have it.
        events: u64,
        examples: Vec<String>,
    }
}

foreign! {
    DownloadAnswer as "Download" {
        id: String,
        state: String => {"enum": ["queued", "running", "ready", "failed"]},
        /// Why it failed.
        #[optional]
        reason: Option<String>,
        #[optional]
        receipt: Option<Receipt>,
        /// Whoever has it can load the file, for five minutes.
        #[optional]
        url: Option<String> => {"format": "uri"},
        kept_until: Time,
    }
}

foreign! {
    /// What a file is of: enough to make it again, and to check it against the signed manifests.
    Receipt as "Receipt" {
        tenant: TenantId,
        connector: ConnectorId,
        filter: Filter,
        from: Time,
        to: Time,
        order: Order,
        format: OutputFormat,
        #[optional]
        columns: Vec<Column>,
        #[optional]
        cells: Option<Cells>,
        /// Identifies the mapping by which fields were read.
        mapping: MappingHash,
        rows: u64,
        /// It has all rows that match. If not, it ends where a limit was reached.
        whole: bool,
        /// How many rows are from the events table: no manifest vouches for them.
        unsealed_rows: u64,
        /// The parts that rows are from.
        parts: Vec<PartReceipt>,
        /// Parts that could not be searched. Missing if there are none.
        #[optional]
        missing: Vec<PartNumber>,
        /// Bytes of the file.
        size: u64,
        /// Of the file's bytes.
        sha256: Sha256,
        made_at: Time,
    }
}

foreign! {
    PartReceipt {
        number: PartNumber,
        /// Of the part's object, as in its manifest.
        sha256: Sha256,
        /// How many rows are from it.
        rows: u64,
    }
}
