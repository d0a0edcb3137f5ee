//! JSON bodies. Their fields are read by [`crate::fields`], which reports all errors at once.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use serde_json::Value;

use crate::Api;
use crate::fields::Fields;
use crate::problem::Problem;

/// A JSON object as the body.
#[derive(Debug)]
pub(crate) struct JsonBody(pub(crate) Fields);

impl FromRequest<Api> for JsonBody {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Problem> {
        let is_json = is_json(request.headers());
        let bytes = read_bytes(request, api).await?;
        if !is_json {
            return Err(Problem::unsupported_media_type());
        }
        parse_object(&bytes).map(Self)
    }
}

/// No body, or an empty JSON object: for requests without input.
#[derive(Debug)]
pub(crate) struct EmptyBody;

impl FromRequest<Api> for EmptyBody {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Problem> {
        let is_json = is_json(request.headers());
        let bytes = read_bytes(request, api).await?;
        if bytes.is_empty() {
            return Ok(Self);
        }
        if !is_json {
            return Err(Problem::unsupported_media_type());
        }
        parse_object(&bytes)?.finish()?;
        Ok(Self)
    }
}

/// The middleware has already read it and limited its size.
async fn read_bytes(request: Request, api: &Api) -> Result<Bytes, Problem> {
    Bytes::from_request(request, api).await.map_err(|_| Problem::malformed("The body is incomplete."))
}

/// `application/json`, with charset UTF-8 if one is given.
fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut parts = content_type.split(';').map(str::trim);
    let is_json = parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"));
    is_json
        && parts.filter_map(|parameter| parameter.split_once('=')).all(|(name, value)| {
            !name.eq_ignore_ascii_case("charset") || value.trim_matches('"').eq_ignore_ascii_case("utf-8")
        })
}

fn parse_object(bytes: &[u8]) -> Result<Fields, Problem> {
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(fields)) => Ok(Fields::new(fields)),
        Ok(_) => Err(Problem::malformed("The body must be a JSON object.")),
        // The position, but not the parser's message, which may quote the body.
        Err(error) => Err(Problem::malformed(format!(
            "The body is not valid JSON: see line {}, column {}.",
            error.line(),
            error.column()
        ))),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn only_json_in_utf_8_is_accepted_as_json() {
        let accepted = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(value));
            is_json(&headers)
        };
        for good in
            ["application/json", "Application/JSON; charset=UTF-8", "application/json;charset=\"utf-8\""]
        {
            assert!(accepted(good), "{good}");
        }
        for bad in ["", "text/json", "application/json5", "application/json; charset=latin1", "text/plain"] {
            assert!(!accepted(bad), "{bad}");
        }
        assert!(!is_json(&HeaderMap::new()));
    }
}
