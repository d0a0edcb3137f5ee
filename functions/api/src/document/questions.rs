//! The words and texts of questions about a log, and of their answers.

use std::collections::BTreeMap;

use archive::fields::{Field, MappingHash, Preset};
use archive::query::counts::Interval;
use archive::query::filter::{Filter, MAX_CHARACTERS};
use archive::query::output::{Cells, Column, OutputFormat};
use archive::query::row::Order;
use control::explorer::{COUNTED_FIELDS, ProofState, SealState};
use protocol::exploration::{
    Chart, Columns, ExplorationId, ExplorationName, FilterText, Interval as ChartInterval, SearchKind,
};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::values::words;
use crate::schema::{Components, Schema, whole};
use crate::views::{FieldsAsSet, FieldsSource};
use crate::wire::described;

words! {
    Interval: Hour Day Week Whole;
    ChartInterval: Hour Day Week;
    SearchKind: Rows Counts Facets Fields Download;
    FieldsSource: Guessed Set None;
    Order: Newest Oldest;
    OutputFormat: Csv Ndjson Json;
    ProofState: Delivered Sealed Unsealed LetGo;
    SealState: Quiet Delivered Unsealed Waiting Unsigned Missing Gap;
    Field: Time Id Action Category Actor Session Target Outcome Ip Tenant;
}

/// A field whose values can be counted.
pub(super) struct CountedField;

impl Schema for CountedField {
    fn schema(_: &mut Components) -> Value {
        json!({"type": "string", "enum": COUNTED_FIELDS})
    }
}

described! {
    /// A chart over time.
    impl () for (Chart) as "Chart" {
        /// How much time one bar stands for, in UTC; a week begins on Monday.
        interval: ChartInterval,
        /// Splits the bars by the values of this field.
        #[optional]
        by: CountedField,
        /// What it draws: first bars, then a line. Different names of 1 to 256 characters.
        #[optional]
        series: Vec<String> => {
            "items": {"type": "string", "minLength": 1, "maxLength": Chart::MAX_NAME_LEN, "pattern": r"\S"},
            "maxItems": Chart::MAX_SERIES,
            "uniqueItems": true,
        },
    }
}

impl Schema for Columns {
    fn schema(components: &mut Components) -> Value {
        json!({
            "description": "The columns of the rows; empty for the usual ones.",
            "type": "array",
            "items": components.refer::<Column>(),
            "maxItems": Self::MAX,
            "uniqueItems": true,
        })
    }
}

impl Schema for ExplorationId {
    const NAME: Option<&'static str> = Some("ExplorationId");
    fn schema(_: &mut Components) -> Value {
        json!({"type": "string", "pattern": whole(Self::PATTERN)})
    }
}

impl Schema for ExplorationName {
    fn schema(_: &mut Components) -> Value {
        json!({
            "description": "Visible characters. Two explorations may have the same name.",
            "type": "string",
            "minLength": 1,
            "maxLength": Self::MAX_LEN,
        })
    }
}

/// A stored filter was parsed before.
impl Schema for FilterText {
    const NAME: Option<&'static str> = Filter::NAME;
    fn schema(components: &mut Components) -> Value {
        Filter::schema(components)
    }
}

impl Schema for FieldsAsSet {
    fn schema(components: &mut Components) -> Value {
        let names = Preset::ALL.map(Preset::as_str).join(", ");
        json!({
            "description": format!(
                "The name of a preset ({names}), or for each field that events have the JSON Pointers at which \
                 it is: one or a list, of which the first with a value counts. The outcome may have rules."
            ),
            "anyOf": [
                {"type": "string"},
                {"type": "object", "propertyNames": components.refer::<Field>(), "minProperties": 1},
            ],
            "examples": ["cloudtrail", {"time": "/at", "actor": ["/user/name", "/user/id"], "outcome": "/status"}],
        })
    }
}

/// What becomes of cells that a spreadsheet would run.
impl Schema for Cells {
    fn schema(_: &mut Components) -> Value {
        let words = [Self::Safe, Self::Exact].map(|cells| match cells {
            Self::Safe => "safe",
            Self::Exact => "exact",
        });
        json!({
            "description": "`safe`: a cell that a spreadsheet would run has an apostrophe in front; `exact`: \
                            every cell is as it is.",
            "type": "string",
            "enum": words,
        })
    }
}

/// The values of the mapped fields but the time; a field without a value is absent.
impl Schema for BTreeMap<Field, String> {
    fn schema(components: &mut Components) -> Value {
        json!({
            "description": "The values of the mapped fields but the time; a field without a value is missing.",
            "type": "object",
            "propertyNames": components.refer::<Field>(),
            "additionalProperties": {"type": "string"},
            "examples": [{"action": "ConsoleLogin", "actor": "ana@acme.example", "outcome": "failure"}],
        })
    }
}

impl Schema for RawValue {
    fn schema(_: &mut Components) -> Value {
        json!({"description": "The event as it was exported, byte for byte.", "type": "object"})
    }
}

impl Schema for MappingHash {
    fn schema(_: &mut Components) -> Value {
        json!({"type": "string", "pattern": "^[0-9a-f]{16}$"})
    }
}

impl Schema for Column {
    fn schema(_: &mut Components) -> Value {
        json!({
            "description": "The name of a field, or a JSON Pointer (RFC 6901).",
            "type": "string",
            "examples": ["actor", "/userAgent"],
        })
    }
}

impl Schema for Filter {
    const NAME: Option<&'static str> = Some("Filter");
    fn schema(_: &mut Components) -> Value {
        json!({
            "description": "Terms separated by white space, all of which an event must pass. `actor:ana`; \
                            `actor:ana,bob` (one of them); `-actor:ana` (not); `action:console*` (`*` is any \
                            characters); `actor:*` (has one); `outcome:success`, `failure` or `unknown`; \
                            `ip:10.0.0.0/8`; `time:2026-11-01..2026-11-20`, `time:>=2026-11-01T08:00` (UTC); \
                            `/userIdentity/type:Root` (a JSON Pointer); `signin` or `\"two words\"` (a text \
                            in any name or value). Quotes are around values with white space, comma, quote or \
                            colon. Case is ignored. The qualifiers are time, id, action, category, actor, \
                            session, target, outcome, ip and tenant.",
            "type": "string",
            "maxLength": MAX_CHARACTERS,
            "examples": ["action:ConsoleLogin outcome:failure", "-actor:ci-* ip:10.0.0.0/8"],
        })
    }
}
