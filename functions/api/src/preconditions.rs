//! Request headers: `If-Match` with the version of an `ETag`, and `Idempotency-Key`.

use archive::names::IdempotencyKey;
use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::IF_MATCH;
use axum::http::request::Parts;

use crate::Api;
use crate::problem::Problem;

/// The version in `If-Match`; `None` without the header, or with `*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct IfMatch(pub(crate) Option<u64>);

/// No record has this version: versions start at 1.
const NO_SUCH_VERSION: u64 = 0;

impl FromRequestParts<Api> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, Problem> {
        if_match(&parts.headers)
    }
}

/// A well-formed tag that is not ours matches nothing, and neither does a weak one: `If-Match` uses the
/// strong comparison (RFC 9110, section 13.1.1).
fn if_match(headers: &HeaderMap) -> Result<IfMatch, Problem> {
    let mut values = headers.get_all(IF_MATCH).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        let many = headers.contains_key(IF_MATCH);
        return if many { Err(invalid_if_match()) } else { Ok(IfMatch(None)) };
    };
    let text = value.to_str().map_err(|_| invalid_if_match())?.trim();
    if text == "*" {
        return Ok(IfMatch(None));
    }
    let strong = text.strip_prefix("W/").unwrap_or(text);
    let opaque =
        strong.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).ok_or_else(invalid_if_match)?;
    // The characters of a tag (RFC 9110, section 8.8.3); non-ASCII text is rejected above.
    if !opaque.bytes().all(|b| matches!(b, 0x21 | 0x23..=0x7e)) {
        return Err(invalid_if_match());
    }
    let is_ours = strong == text && opaque.bytes().all(|b| b.is_ascii_digit());
    Ok(IfMatch(Some(if is_ours { opaque.parse().unwrap_or(NO_SUCH_VERSION) } else { NO_SUCH_VERSION })))
}

fn invalid_if_match() -> Problem {
    Problem::malformed("If-Match must be one entity tag, as in the ETag header of a response, or *.")
}

/// The `Idempotency-Key`, if the request has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IdempotencyKeyHeader(pub(crate) Option<IdempotencyKey>);

impl FromRequestParts<Api> for IdempotencyKeyHeader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, Problem> {
        idempotency_key(&parts.headers)
    }
}

fn idempotency_key(headers: &HeaderMap) -> Result<IdempotencyKeyHeader, Problem> {
    let mut values = headers.get_all("idempotency-key").iter();
    let Some(value) = values.next() else { return Ok(IdempotencyKeyHeader(None)) };
    let key = value.to_str().unwrap_or_default().parse().ok();
    let Some(key) = key.filter(|_| values.next().is_none()) else {
        let form = "Idempotency-Key must be one value of 1 to 255 visible ASCII characters, such as a UUID.";
        return Err(Problem::malformed(form));
    };
    Ok(IdempotencyKeyHeader(Some(key)))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn parsed(values: &[&str]) -> Result<Option<u64>, ()> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(IF_MATCH, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        if_match(&headers).map(|IfMatch(version)| version).map_err(drop)
    }

    #[test]
    fn our_tag_is_its_version_and_any_other_matches_nothing() {
        assert_eq!(parsed(&[]), Ok(None));
        assert_eq!(parsed(&["*"]), Ok(None));
        assert_eq!(parsed(&["\"7\""]), Ok(Some(7)));
        for other in ["W/\"7\"", "\"seven\"", "\"\"", "\"-1\"", "\"99999999999999999999999\""] {
            assert_eq!(parsed(&[other]), Ok(Some(NO_SUCH_VERSION)), "{other}");
        }
        for bad in [
            &["7"][..],
            &["\"7"],
            &["\"7\", \"8\""],
            &["\"7\"", "\"8\""],
            &[""],
            &["ü"],
            &["\"7 \""],
            &["\"\t\""],
        ] {
            assert_eq!(parsed(bad), Err(()), "{bad:?}");
        }
    }

    #[test]
    fn idempotency_keys_have_a_format() {
        let key = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("idempotency-key", HeaderValue::from_bytes(value.as_bytes()).unwrap());
            idempotency_key(&headers).ok()
        };
        assert_eq!(key("0f8fad5b"), Some(IdempotencyKeyHeader(Some("0f8fad5b".parse().unwrap()))));
        for bad in ["", "a b", "ü", &"k".repeat(256)] {
            assert_eq!(key(bad), None, "{bad}");
        }
    }
}
