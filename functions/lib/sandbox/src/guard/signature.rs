//! `SigV4` in the header `Authorization`, for servers without their own check: the database and the event
//! bus. S3 and STS use the check of `s3s`.
//!
//! Only what the AWS SDKs send here is supported: a signature in the header, over a whole body and a path
//! without a query. Everything else is rejected.
//!
//! Source: AWS IAM user guide, "Create a signed AWS API request".

use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::response::Response;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

use super::rejection::aws_json;
use crate::sessions::{Principal, Sessions};

/// The maximum difference between a request's time and the server's.
const MAX_SKEW: SignedDuration = SignedDuration::from_mins(15);
/// The headers that must be signed; otherwise a signature could be reused for another request.
const REQUIRED_SIGNED_HEADERS: [&str; 3] = ["host", "x-amz-date", "x-amz-target"];

/// Why a signature is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SignatureError {
    /// There is no signature.
    Missing,
    /// The signature can't be parsed, or does not cover the required headers.
    Incomplete,
    /// The access key is not of this start.
    UnknownKey,
    /// The signature does not match this request and key.
    Mismatch,
    /// The request's time is too far from the server's.
    ClockSkew,
    /// The signature is valid, but of a session of a customer's role, which has no permissions here.
    NotVendor,
}

impl SignatureError {
    /// The error response, with AWS's message.
    pub(crate) fn response(self) -> Response {
        let (code, message) = match self {
            Self::Missing => {
                ("MissingAuthenticationTokenException", "Request is missing Authentication Token")
            }
            Self::Incomplete => (
                "IncompleteSignatureException",
                "The header Authorization must have Credential, SignedHeaders (with host, x-amz-date and \
                 x-amz-target) and Signature, and the request no query.",
            ),
            Self::UnknownKey => {
                ("UnrecognizedClientException", "The security token included in the request is invalid.")
            }
            Self::Mismatch => (
                "InvalidSignatureException",
                "The request signature we calculated does not match the signature you provided. Check your \
                 AWS Secret Access Key and signing method.",
            ),
            Self::ClockSkew => {
                ("InvalidSignatureException", "Signature expired: its time is over 15 minutes from now.")
            }
            Self::NotVendor => (
                "AccessDeniedException",
                "The session of a customer's role is not authorized to perform this.",
            ),
        };
        aws_json(StatusCode::BAD_REQUEST, code, message)
    }
}

struct Authorization<'a> {
    access_key: &'a str,
    date: &'a str,
    region: &'a str,
    service: &'a str,
    signed_headers: &'a str,
    signature: Vec<u8>,
}

impl<'a> Authorization<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let fields = text.strip_prefix("AWS4-HMAC-SHA256")?;
        let (mut credential, mut signed_headers, mut signature) = (None, None, None);
        for field in fields.split(',') {
            let (name, value) = field.trim().split_once('=')?;
            match name {
                "Credential" => credential = Some(value),
                "SignedHeaders" => signed_headers = Some(value),
                "Signature" => signature = hex::decode(value).ok(),
                _ => return None,
            }
        }
        let mut scope = credential?.split('/');
        let (access_key, date, region, service, end) =
            (scope.next()?, scope.next()?, scope.next()?, scope.next()?, scope.next()?);
        let is_whole = end == "aws4_request" && scope.next().is_none();
        is_whole.then_some(Self {
            access_key,
            date,
            region,
            service,
            signed_headers: signed_headers?,
            signature: signature?,
        })
    }
}

/// Checks that the vendor's keys of this start have signed a request to this service.
///
/// # Errors
/// Why it is rejected. Which part of a signature is wrong is never revealed.
pub(crate) fn check(
    parts: &Parts,
    body: &[u8],
    service: &str,
    sessions: &Sessions,
    now: Timestamp,
) -> Result<(), SignatureError> {
    let header = parts.headers.get(AUTHORIZATION).ok_or(SignatureError::Missing)?;
    let signed = header.to_str().ok().and_then(Authorization::parse).ok_or(SignatureError::Incomplete)?;
    let covers = |name: &str| signed.signed_headers.split(';').any(|covered| covered == name);
    if signed.service != service
        || parts.uri.query().is_some()
        || !REQUIRED_SIGNED_HEADERS.iter().all(|name| covers(name))
    {
        return Err(SignatureError::Incomplete);
    }
    let date = parts.headers.get("x-amz-date").and_then(|date| date.to_str().ok());
    let (date, at) =
        date.and_then(|date| Some((date, parse_time(date)?))).ok_or(SignatureError::Incomplete)?;
    let (principal, secret) =
        sessions.principal_and_secret(signed.access_key).ok_or(SignatureError::UnknownKey)?;
    let request = canonical_request(parts, signed.signed_headers, body).ok_or(SignatureError::Incomplete)?;
    let Authorization { date: day, region, .. } = signed;
    let scope = format!("{day}/{region}/{service}/aws4_request");
    let to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", hex::encode(Sha256::digest(request)));
    let mut key = format!("AWS4{secret}").into_bytes();
    for part in [day, region, service, "aws4_request"] {
        key = hmac_sha256(&key, part)?.finalize().into_bytes().to_vec();
    }
    // Compared in constant time.
    hmac_sha256(&key, &to_sign)?.verify_slice(&signed.signature).map_err(|_| SignatureError::Mismatch)?;
    if !date.starts_with(day) || now.duration_since(at).abs() > MAX_SKEW {
        return Err(SignatureError::ClockSkew);
    }
    match principal {
        Principal::Vendor => Ok(()),
        Principal::Session(_) => Err(SignatureError::NotVendor),
    }
}

/// Parses a time such as `20261129T225000Z`.
fn parse_time(text: &str) -> Option<Timestamp> {
    let civil = DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok()?;
    Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// HMAC keys may have any length, so there is no error in practice.
fn hmac_sha256(key: &[u8], text: &str) -> Result<Hmac<Sha256>, SignatureError> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).map_err(|_| SignatureError::Mismatch)?;
    mac.update(text.as_bytes());
    Ok(mac)
}

/// The canonical request; `None` if a signed header is missing or not text.
fn canonical_request(parts: &Parts, signed_headers: &str, body: &[u8]) -> Option<String> {
    let mut headers = String::new();
    for name in signed_headers.split(';') {
        let mut values = Vec::new();
        for value in parts.headers.get_all(name) {
            values.push(value.to_str().ok()?.split_ascii_whitespace().collect::<Vec<_>>().join(" "));
        }
        if values.is_empty() {
            return None;
        }
        headers.extend([name, ":", &values.join(","), "\n"]);
    }
    let (method, path) = (&parts.method, parts.uri.path());
    Some(format!("{method}\n{path}\n\n{headers}\n{signed_headers}\n{}", hex::encode(Sha256::digest(body))))
}
