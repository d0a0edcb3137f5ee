//! Downloads: a file of all events that match, with a receipt that says what it is of. The reader makes the
//! file, and its URL anew with each request.

use archive::names::ConnectorId;
use archive::query::output::{Cells, Column, OutputFormat};
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::header::{HeaderValue, LOCATION};
use axum::http::request::Parts;
use axum::response::Response;
use control::explorer::{DownloadRequest, DownloadStatusRequest, RowsRequest};

use crate::Api;
use crate::body::JsonBody;
use crate::events::orders;
use crate::fields::Fields;
use crate::log::{Log, path_below, segment};
use crate::problem::Problem;
use crate::responses::json;

/// The longest text that may be the ID of a download.
const MAX_ID: usize = 64;

/// The ID in the path. A text that is none is answered as a download that does not exist.
pub(crate) struct PathDownload(String);

impl FromRequestParts<Api> for PathDownload {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let text = segment(parts, api, "download").await;
        text.filter(|text| is_id(text)).map(Self).ok_or_else(Problem::no_such_download)
    }
}

fn is_id(text: &str) -> bool {
    text.len() <= MAX_ID && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// `POST …/events/downloads`. A small file is there at once (201), a large one later (202).
pub(crate) async fn create(log: Log, JsonBody(body): JsonBody) -> Result<Response, Problem> {
    let tenant = log.tenant.clone();
    let (request, connector) = download(body)?;
    let (explorer, asker) = log.finish_with(connector)?;
    let answer = explorer.download(&asker, request).await?;
    let status = if answer.url.is_some() { StatusCode::CREATED } else { StatusCode::ACCEPTED };
    let mut response = json(status, &answer)?;
    let path = path_below(&tenant, &format!("events/downloads/{}", answer.id));
    response.headers_mut().extend(HeaderValue::from_str(&path).ok().map(|path| (LOCATION, path)));
    Ok(response)
}

/// `GET …/events/downloads/{download}`: its receipt and a new URL, once it is complete.
pub(crate) async fn read(log: Log, PathDownload(id): PathDownload) -> Result<Response, Problem> {
    let (explorer, asker) = log.finish()?;
    json(StatusCode::OK, &explorer.download_status(&asker, DownloadStatusRequest { id }).await?)
}

/// The body of a download.
pub(crate) fn download(mut body: Fields) -> Result<(DownloadRequest, Option<ConnectorId>), Problem> {
    let connector = body.text("connector");
    let rows = RowsRequest {
        filter: body.text("filter").unwrap_or_default(),
        from: body.text("from"),
        to: body.text("to"),
        order: body.one_of("order", &orders()).unwrap_or_default(),
        limit: None,
        cursor: None,
    };
    let format = body.one_of("format", &OutputFormat::ALL.map(OutputFormat::as_str).join(", "));
    let format = body.required("format", format);
    let columns: Option<Vec<Column>> = body.text_list("columns");
    let cells: Option<Cells> = body.one_of("cells", "safe, exact");
    let result = body.finish();
    // Without a format the body is invalid, and its errors are the response.
    let Some(format) = format else { return Err(result.err().unwrap_or_else(Problem::no_such_download)) };
    result?;
    let request = DownloadRequest {
        rows,
        format,
        columns: columns.unwrap_or_default(),
        cells: cells.unwrap_or_default(),
    };
    Ok((request, connector))
}
