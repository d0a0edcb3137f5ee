//! Obstacles to a write that the role's own policies allow: misconfigurations by a customer's administrator,
//! each answered as S3 answers it.
//!
//! The messages are those of the Amazon S3 user guide, "Troubleshoot access denied (403 Forbidden) errors",
//! and of reported responses.

use axum::http::{HeaderMap, StatusCode};
use s3s::{S3Error, S3ErrorCode};

const ENCRYPTION: &str = "x-amz-server-side-encryption";
const KEY: &str = "x-amz-server-side-encryption-aws-kms-key-id";
const PAYLOAD: &str = "x-amz-content-sha256";
pub(crate) const MAKES_KEYS: &str = "kms:GenerateDataKey";
pub(crate) const DECRYPTS: &str = "kms:Decrypt";

/// An obstacle of a bucket, for sessions of assumed roles. It is lost with the stack. Of several, the first
/// in this order is reported: S3 looks for a denial before it looks for an allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Obstacle {
    /// The bucket's policy denies every write.
    BucketPolicy,
    /// The bucket's policy denies a write that does not explicitly request SSE-S3 (`AES256`).
    DemandsAes256,
    /// The bucket's policy denies a write whose body is not signed.
    DemandsSignedPayload,
    /// A service control policy of the account's organization denies every write.
    ServiceControlPolicy,
    /// A resource control policy of the account's organization denies every write.
    ResourceControlPolicy,
    /// The role has a permissions boundary that does not allow the write.
    PermissionsBoundary,
    /// The role may not use the KMS key that a write names.
    KeyDenied,
    /// The KMS key that a write names is used through an S3 Bucket Key, so that a write needs `kms:Decrypt`, too.
    BucketKey,
    /// The KMS key that a write names is disabled.
    KeyDisabled,
    /// The bucket has Object Lock with a default retention, so a write needs a checksum.
    ObjectLock,
    /// The clocks of S3 and of the sender differ by more than 15 minutes.
    ClockSkew,
    /// The bucket is in another region than the one it was created in: `us-west-2`, or `eu-west-1` if it was
    /// created there.
    OtherRegion,
}

/// A write of a session, with what obstacles need to know.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attempt<'a> {
    /// `arn:<partition>:sts::<account>:assumed-role/<role>/<session>`.
    pub(crate) user: &'a str,
    /// The ARN of the object to write.
    pub(crate) object: &'a str,
    pub(crate) headers: &'a HeaderMap,
}

impl<'a> Attempt<'a> {
    /// The KMS key that the write names.
    pub(crate) fn key(&self) -> Option<&'a str> {
        self.text(ENCRYPTION).filter(|named| *named == "aws:kms")?;
        self.text(KEY)
    }

    fn text(&self, name: &str) -> Option<&'a str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// 403, with S3's message for requests within one account.
    pub(crate) fn denied(&self, action: &str, resource: &str, why: &str) -> S3Error {
        let user = self.user;
        let words =
            format!("User: {user} is not authorized to perform: {action} on resource: {resource} {why}");
        S3Error::with_message(S3ErrorCode::AccessDenied, words)
    }

    fn put_denied(&self, why: &str) -> S3Error {
        self.denied("s3:PutObject", &format!("\"{}\"", self.object), why)
    }

    /// The error if no policy of this kind allows the write.
    pub(crate) fn put_not_allowed_by(&self, kind: &str) -> S3Error {
        self.put_denied(&format!("because no {kind} allows the s3:PutObject action"))
    }

    /// The error if no policy of this kind allows the action on the key.
    pub(crate) fn key_not_allowed_by(&self, action: &str, key: &str, kind: &str) -> S3Error {
        self.denied(action, key, &format!("because no {kind} allows the {action} action"))
    }
}

impl Obstacle {
    /// The error with which a write is denied, if it is.
    pub(crate) fn refuses(self, attempt: Attempt<'_>) -> Option<S3Error> {
        let by = |kind: &str| Some(attempt.put_denied(&format!("with an explicit deny in a {kind}")));
        match self {
            Self::DemandsAes256 if attempt.text(ENCRYPTION) == Some("AES256") => None,
            Self::DemandsSignedPayload if attempt.text(PAYLOAD) != Some("UNSIGNED-PAYLOAD") => None,
            Self::BucketPolicy | Self::DemandsAes256 | Self::DemandsSignedPayload => {
                by("resource-based policy")
            }
            Self::ServiceControlPolicy => by("service control policy"),
            Self::ResourceControlPolicy => by("resource control policy"),
            Self::PermissionsBoundary => Some(attempt.put_not_allowed_by("permissions boundary")),
            Self::KeyDenied => {
                attempt.key().map(|key| attempt.key_not_allowed_by(MAKES_KEYS, key, "identity-based policy"))
            }
            Self::KeyDisabled => {
                attempt.key().map(|key| bad("KMS.DisabledException", format!("{key} is disabled.")))
            }
            Self::ObjectLock => (!has_checksum(attempt.headers)).then(|| {
                let words = "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests \
                             with Object Lock parameters";
                bad("InvalidRequest", words.to_owned())
            }),
            Self::ClockSkew => Some(S3Error::with_message(
                S3ErrorCode::RequestTimeTooSkewed,
                "The difference between the request time and the current time is too large.",
            )),
            // The session's policy decides about Bucket Keys; and the Region is checked for the bucket
            // itself, before permissions.
            Self::BucketKey | Self::OtherRegion => None,
        }
    }
}

fn has_checksum(headers: &HeaderMap) -> bool {
    headers.keys().any(|name| name.as_str() == "content-md5" || name.as_str().starts_with("x-amz-checksum-"))
}

/// A 400 error with this code and message.
fn bad(code: &'static str, words: String) -> S3Error {
    let mut error = S3Error::with_message(S3ErrorCode::Custom(code.into()), words);
    error.set_status_code(StatusCode::BAD_REQUEST);
    error
}
