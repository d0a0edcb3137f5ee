//! Receives a body into a temporary file, and verifies every digest of the request before the object is
//! visible.
//!
//! A rejected or aborted body leaves nothing behind: dropping the temporary file removes it. Memory is
//! limited to one chunk, whatever the size of the object.

use std::path::Path;

use axum::http::StatusCode;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use futures_util::StreamExt as _;
use s3s::checksum::ChecksumHasher;
use s3s::crypto::{Checksum as _, Md5};
use s3s::dto::StreamingBlob;
use s3s::{S3Error, S3ErrorCode, S3Request, S3Result, TrailingHeaders, s3_error};
use tempfile::{NamedTempFile, TempPath};
use tokio::fs::File;
use tokio::io::AsyncWriteExt as _;

use super::attributes::Checksums;

/// The digests and the length that the request declares.
#[derive(Debug)]
pub(super) struct ExpectedDigests {
    /// `Content-MD5`, in base64.
    pub(super) md5: Option<String>,
    /// `x-amz-checksum-*`.
    pub(super) checksums: Checksums,
    /// The length without the framing of chunks, in bytes.
    pub(super) length: Option<i64>,
    /// The names in `x-amz-trailer`, and the trailer's values once the body is read.
    trailer_names: String,
    trailers: Option<TrailingHeaders>,
}

/// A received and verified body.
#[derive(Debug)]
pub(super) struct ReceivedBody {
    pub(super) file: TempPath,
    pub(super) size: u64,
    /// MD5 in hex, which is the entity tag.
    pub(super) md5: String,
    pub(super) checksums: Checksums,
}

impl ExpectedDigests {
    pub(super) fn of<T>(
        request: &S3Request<T>,
        md5: Option<String>,
        checksums: Checksums,
        length: Option<i64>,
    ) -> Self {
        let names = request.headers.get("x-amz-trailer").and_then(|value| value.to_str().ok());
        Self {
            md5,
            checksums,
            length,
            trailer_names: names.unwrap_or_default().to_ascii_lowercase(),
            trailers: request.trailing_headers.clone(),
        }
    }

    /// A hasher for each checksum in the headers or the trailer. If there is none, S3 computes CRC64NVME by
    /// itself.
    fn hasher(&self) -> ChecksumHasher {
        let in_trailer = |name: &str| self.trailer_names.split(',').any(|trailer| trailer.trim() == name);
        let named = |value: &Option<String>, name: &str| value.is_some() || in_trailer(name);
        let mut hasher = ChecksumHasher {
            crc32: named(&self.checksums.crc32, CRC32).then(Default::default),
            crc32c: named(&self.checksums.crc32c, CRC32C).then(Default::default),
            crc64nvme: named(&self.checksums.crc64nvme, CRC64NVME).then(Default::default),
            sha1: named(&self.checksums.sha1, SHA1).then(Default::default),
            sha256: named(&self.checksums.sha256, SHA256).then(Default::default),
        };
        if hasher.crc32.is_none()
            && hasher.crc32c.is_none()
            && hasher.sha1.is_none()
            && hasher.sha256.is_none()
        {
            hasher.crc64nvme.get_or_insert_default();
        }
        hasher
    }

    /// The checksums of the headers and, once the body is read, of the trailer.
    fn with_trailer(&self) -> Checksums {
        let mut checksums = self.checksums.clone();
        let Some(trailers) = self.trailers.as_ref().and_then(TrailingHeaders::take) else { return checksums };
        let trailer =
            |name: &str| trailers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        checksums.crc32 = checksums.crc32.or_else(|| trailer(CRC32));
        checksums.crc32c = checksums.crc32c.or_else(|| trailer(CRC32C));
        checksums.crc64nvme = checksums.crc64nvme.or_else(|| trailer(CRC64NVME));
        checksums.sha1 = checksums.sha1.or_else(|| trailer(SHA1));
        checksums.sha256 = checksums.sha256.or_else(|| trailer(SHA256));
        checksums
    }
}

const CRC32: &str = "x-amz-checksum-crc32";
const CRC32C: &str = "x-amz-checksum-crc32c";
const CRC64NVME: &str = "x-amz-checksum-crc64nvme";
const SHA1: &str = "x-amz-checksum-sha1";
const SHA256: &str = "x-amz-checksum-sha256";

/// Receives the body into a temporary file of `folder`.
///
/// # Errors
///
/// `BadDigest`, `XAmzContentSHA256Mismatch` or `SignatureDoesNotMatch` when it differs from what was
/// declared, `IncompleteBody` when it isn't complete, each answered with a 4xx as in S3.
pub(super) async fn receive(
    folder: &Path,
    body: Option<StreamingBlob>,
    claims: ExpectedDigests,
) -> S3Result<ReceivedBody> {
    let (file, path) = NamedTempFile::new_in(folder).map_err(S3Error::internal_error)?.into_parts();
    let mut file = File::from_std(file);
    let (mut md5, mut hasher, mut size) = (Md5::new(), claims.hasher(), 0_u64);
    if let Some(mut body) = body {
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(|error| body_error(error.as_ref()))?;
            md5.update(&chunk);
            hasher.update(&chunk);
            size += chunk.len() as u64;
            file.write_all(&chunk).await.map_err(S3Error::internal_error)?;
        }
    }
    file.flush().await.map_err(S3Error::internal_error)?;

    let (md5, checksums) = (md5.finalize(), Checksums::from(hasher.finalize()));
    check_length(claims.length, size)?;
    check_md5(claims.md5.as_deref(), &md5)?;
    check_checksums(&claims.with_trailer(), &checksums)?;
    Ok(ReceivedBody { file: path, size, md5: hex::encode(md5), checksums })
}

/// `s3s` does not export the types of these errors, so their texts are compared.
fn body_error(error: &(dyn std::error::Error + Send + Sync)) -> S3Error {
    let text = error.to_string();
    if text.contains("Sha256Mismatch") {
        let mut error = S3Error::new(S3ErrorCode::Custom("XAmzContentSHA256Mismatch".into()));
        error.set_message("The provided 'x-amz-content-sha256' header does not match what was computed.");
        error.set_status_code(StatusCode::BAD_REQUEST);
        error
    } else if text.contains("SignatureMismatch") {
        s3_error!(SignatureDoesNotMatch, "The signature of a chunk does not match.")
    } else {
        s3_error!(IncompleteBody, "The request body terminated unexpectedly: {text}")
    }
}

fn check_length(claimed: Option<i64>, size: u64) -> S3Result<()> {
    match claimed {
        Some(claimed) if u64::try_from(claimed).ok() != Some(size) => Err(s3_error!(
            IncompleteBody,
            "You did not provide the number of bytes specified by Content-Length"
        )),
        _ => Ok(()),
    }
}

fn check_md5(claimed: Option<&str>, md5: &[u8]) -> S3Result<()> {
    match claimed {
        Some(claimed) if claimed != BASE64_STANDARD.encode(md5) => {
            Err(s3_error!(BadDigest, "The Content-MD5 you specified did not match what we received."))
        }
        _ => Ok(()),
    }
}

fn check_checksums(claimed: &Checksums, computed: &Checksums) -> S3Result<()> {
    let pairs = [
        ("CRC32", &claimed.crc32, &computed.crc32),
        ("CRC32C", &claimed.crc32c, &computed.crc32c),
        ("CRC64NVME", &claimed.crc64nvme, &computed.crc64nvme),
        ("SHA1", &claimed.sha1, &computed.sha1),
        ("SHA256", &claimed.sha256, &computed.sha256),
    ];
    match pairs.into_iter().find(|(_, claimed, computed)| claimed.is_some() && claimed != computed) {
        Some((name, ..)) => {
            Err(s3_error!(BadDigest, "The {name} you specified did not match the calculated checksum."))
        }
        None => Ok(()),
    }
}
