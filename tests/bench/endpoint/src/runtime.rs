//! Lambda's Runtime API: every client of the benchmark is a function, and receives one invocation at a time.
//!
//! Source: AWS Lambda developer guide, "Using the Lambda runtime API".

use std::io;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hyper::Request;
use hyper::body::Incoming;
use hyper::header::{HeaderMap, HeaderValue};

use crate::answer::{Answer, empty, text};
use crate::body;
use crate::control::Control;

const FUNCTION: &str = "arn:aws:lambda:us-east-1:111111111111:function:auditferry";
const TIME_LIMIT: Duration = Duration::from_mins(15);

pub(crate) async fn answer(control: &Control, request: Request<Incoming>) -> io::Result<Answer> {
    let path = request.uri().path().to_owned();
    match path.rsplit('/').next() {
        Some("next") => next(control).await,
        Some(last @ ("response" | "error")) => {
            let answer = body(request).await?;
            control.answered(last == "response", &answer).await;
            Ok(empty(202))
        }
        _ => Ok(empty(404)),
    }
}

#[expect(clippy::disallowed_methods, reason = "it plays Lambda, which sets deadlines by the system clock")]
async fn next(control: &Control) -> io::Result<Answer> {
    let Some(event) = control.next_event().await else { return Ok(empty(410)) };
    let mut answer = text(200, "application/json", event);
    let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + TIME_LIMIT;
    let headers: &mut HeaderMap = answer.headers_mut();
    headers.insert(
        "lambda-runtime-aws-request-id",
        HeaderValue::from_static("8476a536-e9f4-11e8-9739-2dfe598c3fcd"),
    );
    headers.insert("lambda-runtime-invoked-function-arn", HeaderValue::from_static(FUNCTION));
    let deadline = HeaderValue::from_str(&deadline.as_millis().to_string()).map_err(io::Error::other)?;
    headers.insert("lambda-runtime-deadline-ms", deadline);
    Ok(answer)
}
