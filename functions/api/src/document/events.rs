//! Questions about a tenant's log, as the document describes them.

use archive::query::filter::Filter;
use archive::query::row::Order;
use control::explorer::{
    CountsAnswer, FacetsAnswer, FieldsAnswer, MAX_FACET_VALUES, MAX_ROWS, RowsAnswer, USUAL_FACET_VALUES,
    USUAL_ROWS,
};
use serde_json::{Value, json};

use super::operation::{EVENTS, Operation};
use super::questions::CountedField;
use super::values::GivenTime;
use crate::schema::{Components, Schema as _};

pub(super) fn rows(operation: Operation) -> Operation {
    which(operation.about(EVENTS, "searchEvents", "Search a tenant's log"))
        .description(
            "A page of events, each with the fields that the deployment maps and with its proof: part, \
             position, and whether it is delivered, sealed, or not sealed yet. Pages neither skip nor repeat \
             an event while parts are sealed. `lag` says how current the page is, and what was not searched.",
        )
        .query_of::<Order>("order", "By default `newest`.")
        .query("limit", "Maximum number of events on the page.", &number(MAX_ROWS, USUAL_ROWS))
        .query(
            "cursor",
            "The `next_cursor` of the previous page. Opaque, and only for the same filter, times, order and \
             connector.",
            &json!({"type": "string"}),
        )
        .answer::<RowsAnswer>(200, "A page.")
}

pub(super) fn counts(operation: Operation) -> Operation {
    which(operation.about(EVENTS, "countEvents", "Count events by interval and value"))
        .description(
            "Exact, or it says since when: an interval that is not complete is left out, and \
             `lag.searched_to` is where the complete ones begin.",
        )
        .query(
            "interval",
            "How long the intervals are, in UTC; a week begins on Monday. By default `day`.",
            &json!({"type": "string", "enum": ["hour", "day", "week", "whole"], "default": "day"}),
        )
        .query_of::<CountedField>("by", "Count each value of this field apart.")
        .query(
            "include",
            "With `sealing`, the answer also says how that time is sealed: in how many parts, and for each \
             interval whether it is delivered, quiet, waiting, missing, or not sealed yet.",
            &json!({"type": "string", "enum": ["sealing"]}),
        )
        .answer::<CountsAnswer>(200, "The counts, by start and value. Intervals without events are missing.")
}

pub(super) fn facets(operation: Operation) -> Operation {
    which(operation.about(EVENTS, "listFacets", "List the most frequent values of fields"))
        .description("Each number is that of a filter: adding the value to the filter leaves so many events.")
        .parameter(json!({
            "name": "fields",
            "in": "query",
            "required": true,
            "description": "One or several fields, separated by commas.",
            "style": "form",
            "explode": false,
            "schema": {
                "type": "array",
                "minItems": 1,
                "uniqueItems": true,
                "items": CountedField::schema(&mut Components::default()),
            },
        }))
        .query("limit", "Maximum number of values of each.", &number(MAX_FACET_VALUES, USUAL_FACET_VALUES))
        .answer::<FacetsAnswer>(200, "One facet for each field, in the order of the request.")
}

pub(super) fn fields(operation: Operation) -> Operation {
    operation
        .about(EVENTS, "readFields", "Read what the mapping finds in the newest events")
        .description(
            "Where time, actor, action and the other fields are looked for, how many of the newest events \
             have them, with examples, and which names at the top of events no field has. A filter can name \
             those too, by their JSON Pointers.",
        )
        .shared_parameter("Connector")
        .answer::<FieldsAnswer>(200, "The fields.")
}

/// Which events: the parameters that rows, counts and facets have in common.
fn which(operation: Operation) -> Operation {
    operation
        .query_of::<Filter>("filter", "Which events, percent-encoded; by default all.")
        .query_of::<GivenTime>("from", "Only events of this time or later.")
        .query_of::<GivenTime>("to", "Only events before this time.")
        .shared_parameter("Connector")
}

fn number(maximum: u32, default: u32) -> Value {
    json!({"type": "integer", "minimum": 1, "maximum": maximum, "default": default})
}
