//! Saved explorations as resources: save, list, read, change, delete. All people of a tenant share them, and
//! no reader is needed for them.

use std::str::FromStr;

use archive::fields::Field;
use archive::names::{ConnectorId, TenantId};
use archive::query::filter::{Filter, FilterError};
use archive::query::output::Column;
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::header::{HeaderValue, LOCATION};
use axum::http::request::Parts;
use axum::response::Response;
use control::explorer::COUNTED_FIELDS;
use protocol::caller::Caller;
use protocol::exploration::{
    Chart, Columns, ExplorationChange, ExplorationId, ExplorationName, FilterText, Interval, NewExploration,
    SavedExploration,
};

use crate::Api;
use crate::body::{EmptyBody, JsonBody};
use crate::fields::Fields;
use crate::log::{TenantRecords, path_below, segment};
use crate::preconditions::{IdempotencyKeyHeader, IfMatch};
use crate::problem::Problem;
use crate::responses::{json, json_with_etag};
use crate::views::{DeletedExploration, ExplorationList, ExplorationView};

/// The ID in the path. A text that is none is answered as an exploration that does not exist.
pub(crate) struct PathExploration(ExplorationId);

impl FromRequestParts<Api> for PathExploration {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let text = segment(parts, api, "exploration").await;
        let id = text.and_then(|text| text.parse().ok());
        id.map(Self).ok_or_else(Problem::no_such_exploration)
    }
}

/// `POST /v1/tenants/{tenant}/explorations`.
pub(crate) async fn create(
    kept: TenantRecords,
    IdempotencyKeyHeader(key): IdempotencyKeyHeader,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    let TenantRecords { records, query, tenant, by } = kept;
    query.finish()?;
    let new = new_exploration(body, tenant.clone())?;
    let saved = records.save(&by, new, key.as_ref()).await?;
    let mut response = answer(StatusCode::CREATED, &saved, by.caller())?;
    let path = path_below(&tenant, &format!("explorations/{}", saved.id));
    response.headers_mut().extend(HeaderValue::from_str(&path).ok().map(|path| (LOCATION, path)));
    Ok(response)
}

/// `GET /v1/tenants/{tenant}/explorations`, all of them, by name.
pub(crate) async fn list(kept: TenantRecords) -> Result<Response, Problem> {
    let TenantRecords { records, query, tenant, by } = kept;
    query.finish()?;
    let found = records.list(&by, &tenant).await?;
    let explorations = found.iter().map(|saved| ExplorationView::of(saved, by.caller())).collect();
    json(StatusCode::OK, &ExplorationList { explorations })
}

/// `GET /v1/tenants/{tenant}/explorations/{exploration}`.
pub(crate) async fn read(
    kept: TenantRecords,
    PathExploration(id): PathExploration,
) -> Result<Response, Problem> {
    let TenantRecords { records, query, tenant, by } = kept;
    query.finish()?;
    answer(StatusCode::OK, &records.read(&by, &tenant, &id).await?, by.caller())
}

/// `PATCH /v1/tenants/{tenant}/explorations/{exploration}`. What is left out stays.
pub(crate) async fn update(
    kept: TenantRecords,
    PathExploration(id): PathExploration,
    IfMatch(version): IfMatch,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    let TenantRecords { records, query, tenant, by } = kept;
    query.finish()?;
    let change = change(body)?;
    let changed = records.change(&by, (&tenant, &id), version, &change).await?;
    answer(StatusCode::OK, &changed, by.caller())
}

/// `DELETE /v1/tenants/{tenant}/explorations/{exploration}`. A repeated request changes nothing.
pub(crate) async fn delete(
    kept: TenantRecords,
    PathExploration(id): PathExploration,
    IfMatch(version): IfMatch,
    _: EmptyBody,
) -> Result<Response, Problem> {
    let TenantRecords { records, query, tenant, by } = kept;
    query.finish()?;
    records.delete(&by, (&tenant, &id), version).await?;
    json(StatusCode::OK, &DeletedExploration { deleted: &id })
}

fn answer(status: StatusCode, saved: &SavedExploration, reader: &Caller) -> Result<Response, Problem> {
    json_with_etag(status, saved.version, &ExplorationView::of(saved, reader))
}

/// The body of a new exploration.
pub(crate) fn new_exploration(mut body: Fields, tenant: TenantId) -> Result<NewExploration, Problem> {
    let name: Option<ExplorationName> = body.required_text("name");
    let filter: Option<TypedFilter> = body.text("filter");
    let columns = columns(&mut body);
    let chart = chart(&mut body);
    let connector: Option<ConnectorId> = body.text("connector");
    let result = body.finish();
    // Without a name the body is invalid, and its errors are the response.
    let Some(name) = name else { return Err(result.err().unwrap_or_else(Problem::no_such_exploration)) };
    result?;
    let filter = filter.map(|TypedFilter(text)| text).unwrap_or_default();
    Ok(NewExploration { tenant, connector, name, filter, columns: columns.unwrap_or_default(), chart })
}

/// The body of a change. A chart that is `null` is removed.
pub(crate) fn change(mut body: Fields) -> Result<ExplorationChange, Problem> {
    let change = ExplorationChange {
        name: body.text("name"),
        filter: body.text("filter").map(|TypedFilter(text)| text),
        columns: columns(&mut body),
        chart: if body.is_removed("chart") { Some(None) } else { chart(&mut body).map(Some) },
    };
    body.finish().map(|()| change)
}

/// The text of a filter, as its author has written it.
struct TypedFilter(FilterText);

impl FromStr for TypedFilter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, FilterError> {
        // A filter is not longer than what can be stored, so nothing is cut.
        text.parse::<Filter>().map(|_| Self(FilterText::cut(text)))
    }
}

fn columns(body: &mut Fields) -> Option<Columns> {
    let columns: Vec<Column> = body.text_list("columns")?;
    let names: Vec<String> = columns.iter().map(ToString::to_string).collect();
    body.accept("columns", Columns::try_from(names))
}

fn chart(body: &mut Fields) -> Option<Chart> {
    body.object("chart", |chart| {
        let interval = chart.one_of::<Interval>("interval", "hour, day, week");
        let interval = chart.required("interval", interval);
        let words = COUNTED_FIELDS.map(Field::as_str).join(", ");
        let by = match chart.one_of::<Field>("by", &words) {
            Some(field) if !COUNTED_FIELDS.contains(&field) => {
                chart.reject("by", &format!("must be one of {words}"))
            }
            by => by,
        };
        let series: Option<Vec<String>> = chart.text_list("series");
        let by = by.map(|field| field.as_str().to_owned());
        chart.accept("series", Chart::new(interval?, by, series.unwrap_or_default()))
    })
}
