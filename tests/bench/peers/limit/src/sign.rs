//! Signatures of version 4.
//!
//! Source: AWS IAM user guide, "Create a signed AWS API request".

use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http_body_util::{BodyExt as _, Full};
use hyper::Request;
use sha2::{Digest as _, Sha256};

use crate::Result;
use crate::http::{Body, full};

const REGION: &str = "us-east-1";
/// The payload hash of an upload with unsigned content, as in the SDKs over TLS.
const UNSIGNED: &str = "UNSIGNED-PAYLOAD";

pub(crate) struct Keys {
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) token: Option<String>,
}

/// A request to a service.
pub(crate) fn request(
    keys: &Keys,
    service: &str,
    host: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Bytes,
) -> Result<Request<Body>> {
    let hash = hex::encode(Sha256::digest(&body));
    sign(keys, service, host, method, path, headers, &hash, full(body))
}

/// An upload, create-only.
pub(crate) fn upload(keys: &Keys, host: &str, path: &str, pieces: Vec<Bytes>) -> Result<Request<Body>> {
    let length = pieces.iter().map(Bytes::len).sum::<usize>().to_string();
    let body = Full::new(Bytes::from(pieces.concat())).boxed();
    let headers = [("content-length", length.as_str()), ("if-none-match", "*")];
    sign(keys, "s3", host, "PUT", path, &headers, UNSIGNED, body)
}

#[expect(clippy::too_many_arguments, reason = "the signature covers all of them")]
#[expect(clippy::disallowed_methods, reason = "each request is signed with its own time")]
fn sign(
    keys: &Keys,
    service: &str,
    host: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    hash: &str,
    body: Body,
) -> Result<Request<Body>> {
    let now = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
    let day = &now[..8];
    let mut headers: Vec<(&str, &str)> = headers.to_vec();
    headers.extend([("host", host), ("x-amz-date", &now), ("x-amz-content-sha256", hash)]);
    headers.extend(keys.token.as_deref().map(|token| ("x-amz-security-token", token)));
    headers.sort_unstable();
    let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
    let lines: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    let canonical = format!("{method}\n{path}\n\n{lines}\n{names}\n{hash}");
    let scope = format!("{day}/{REGION}/{service}/aws4_request");
    let to_sign = format!("AWS4-HMAC-SHA256\n{now}\n{scope}\n{}", hex::encode(Sha256::digest(canonical)));
    let mut key = hmac(format!("AWS4{}", keys.secret).as_bytes(), day.as_bytes())?;
    for part in [REGION, service, "aws4_request"] {
        key = hmac(&key, part.as_bytes())?;
    }
    let signature = hex::encode(hmac(&key, to_sign.as_bytes())?);
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let credential = &keys.id;
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={credential}/{scope}, SignedHeaders={names}, Signature={signature}"
    );
    Ok(request.header("authorization", authorization).body(body)?)
}

fn hmac(key: &[u8], message: &[u8]) -> Result<[u8; 32]> {
    Ok(Hmac::<Sha256>::new_from_slice(key)?.chain_update(message).finalize().into_bytes().into())
}
