//! Questions about a tenant's log: rows, counts, facets, and what the fields are. The reader answers them
//! (`functions/reader`): the API itself can't read an event.

use archive::fields::Field;
use archive::query::counts::Interval;
use archive::query::row::Order;
use archive::time::Time;
use axum::http::StatusCode;
use axum::response::Response;
use control::explorer::{
    COUNTED_FIELDS, CountsRequest, FacetsRequest, MAX_FACET_VALUES, MAX_ROWS, RowsRequest,
};

use serde::Deserialize;

use crate::log::Log;
use crate::parameters::Parameters;
use crate::problem::Problem;
use crate::responses::json;

/// `GET …/events`: a page of rows, each with its proof.
pub(crate) async fn rows(mut log: Log) -> Result<Response, Problem> {
    let query = &mut log.query;
    let filter = query.text("filter").unwrap_or_default();
    let (from, to) = span(query);
    let request = RowsRequest {
        filter,
        from,
        to,
        order: query.one_of("order", &orders()).unwrap_or_default(),
        limit: query.number("limit", 1..=MAX_ROWS),
        cursor: query.text("cursor"),
    };
    let (explorer, asker) = log.finish()?;
    json(StatusCode::OK, &explorer.rows(&asker, request).await?)
}

/// `GET …/events/counts`.
pub(crate) async fn counts(mut log: Log) -> Result<Response, Problem> {
    let query = &mut log.query;
    let intervals = Interval::ALL.map(Interval::as_str).join(", ");
    let filter = query.text("filter").unwrap_or_default();
    let (from, to) = span(query);
    let request = CountsRequest {
        filter,
        from,
        to,
        interval: query.one_of("interval", &intervals).unwrap_or(Interval::Day),
        by: counted(query, "by").and_then(|fields| single(query, "by", &fields)),
        sealing: query.some_of::<Include>("include", "sealing").is_some(),
    };
    let (explorer, asker) = log.finish()?;
    json(StatusCode::OK, &explorer.counts(&asker, request).await?)
}

/// What an answer has beside the counts.
#[derive(PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Include {
    /// How the time is sealed.
    Sealing,
}

/// `GET …/events/facets`.
pub(crate) async fn facets(mut log: Log) -> Result<Response, Problem> {
    let query = &mut log.query;
    let fields = counted(query, "fields");
    let fields = query.require("fields", fields).unwrap_or_default();
    let filter = query.text("filter").unwrap_or_default();
    let (from, to) = span(query);
    let request =
        FacetsRequest { fields, filter, from, to, limit: query.number("limit", 1..=MAX_FACET_VALUES) };
    let (explorer, asker) = log.finish()?;
    json(StatusCode::OK, &explorer.facets(&asker, request).await?)
}

/// `GET …/events/fields`: what the mapping finds in the newest events, and what it doesn't.
pub(crate) async fn fields(log: Log) -> Result<Response, Problem> {
    let (explorer, asker) = log.finish()?;
    json(StatusCode::OK, &explorer.fields(&asker).await?)
}

/// The parameters `from` and `to`, of which the first is the earlier one.
fn span(query: &mut Parameters) -> (Option<Time>, Option<Time>) {
    let (from, to) = (query.text("from"), query.text("to"));
    if let (Some(from), Some(to)) = (from, to)
        && from >= to
    {
        query.reject::<Time>("to", &format!(" is {to}; it must be later than from, which is {from}."));
    }
    (from, to)
}

/// The orders of rows.
pub(crate) fn orders() -> String {
    [Order::Newest, Order::Oldest].map(Order::as_str).join(", ")
}

/// Fields whose values can be counted.
fn counted(query: &mut Parameters, name: &'static str) -> Option<Vec<Field>> {
    let words = COUNTED_FIELDS.map(Field::as_str).join(", ");
    let fields: Vec<Field> = query.some_of(name, &words)?;
    match fields.iter().find(|field| !COUNTED_FIELDS.contains(field)) {
        Some(other) => query.reject(name, &format!(": `{other}` is none of {words}.")),
        None => Some(fields),
    }
}

fn single(query: &mut Parameters, name: &'static str, fields: &[Field]) -> Option<Field> {
    match fields {
        [one] => Some(*one),
        _ => query.reject(name, " names one field."),
    }
}
