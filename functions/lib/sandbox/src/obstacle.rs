//! Obstacles to a write that the role's own policies allow: misconfigurations by a customer's administrator,
//! each answered as S3 answers it.
//!
//! The messages are those of the Amazon S3 user guide, "Troubleshoot access denied (403 Forbidden) errors",
//! and of reported responses.

use axum::http::{HeaderMap, StatusCode};
use s3s::{S3Error, S3ErrorCode};

const ENCRYPTION_HEADER: &str = "x-amz-server-side-encryption";
const KMS_KEY_HEADER: &str = "x-amz-server-side-encryption-aws-kms-key-id";
const CONTENT_SHA256_HEADER: &str = "x-amz-content-sha256";
pub(crate) const GENERATE_DATA_KEY: &str = "kms:GenerateDataKey";
pub(crate) const DECRYPT: &str = "kms:Decrypt";

/// An obstacle of a bucket, for sessions of assumed roles. It is lost with the stack. Of several, the first
/// in this order is reported: S3 looks for a denial before it looks for an allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Obstacle {
    /// The bucket's policy denies every write.
    BucketPolicy,
    /// The bucket's policy denies a write that does not explicitly request SSE-S3 (`AES256`).
    RequiresAes256,
    /// The bucket's policy denies a write whose body is not signed.
    RequiresSignedPayload,
    /// A service control policy of the account's organization denies every write.
    ServiceControlPolicy,
    /// A resource control policy of the account's organization denies every write.
    ResourceControlPolicy,
    /// The role has a permissions boundary that does not allow the write.
    PermissionsBoundary,
    /// The role may not use the KMS key that a write names.
    KeyDenied,
    /// The KMS key that a write names is used through an S3 Bucket Key, so that a write needs `kms:Decrypt`,
    /// too.
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
pub(crate) struct WriteRequest<'a> {
    /// `arn:<partition>:sts::<account>:assumed-role/<role>/<session>`.
    pub(crate) principal_arn: &'a str,
    /// The ARN of the object to write.
    pub(crate) object_arn: &'a str,
    pub(crate) headers: &'a HeaderMap,
}

impl<'a> WriteRequest<'a> {
    /// The KMS key that the write names.
    pub(crate) fn kms_key(&self) -> Option<&'a str> {
        self.header(ENCRYPTION_HEADER).filter(|named| *named == "aws:kms")?;
        self.header(KMS_KEY_HEADER)
    }

    fn header(&self, name: &str) -> Option<&'a str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// 403, with S3's message for requests within one account.
    pub(crate) fn access_denied(&self, action: &str, resource: &str, why: &str) -> S3Error {
        let user = self.principal_arn;
        let message =
            format!("User: {user} is not authorized to perform: {action} on resource: {resource} {why}");
        S3Error::with_message(S3ErrorCode::AccessDenied, message)
    }

    fn put_denied(&self, why: &str) -> S3Error {
        self.access_denied("s3:PutObject", &format!("\"{}\"", self.object_arn), why)
    }

    /// The error if no policy of this kind allows the write.
    pub(crate) fn put_not_allowed_by(&self, kind: &str) -> S3Error {
        self.put_denied(&format!("because no {kind} allows the s3:PutObject action"))
    }

    /// The error if no policy of this kind allows the action on the key.
    pub(crate) fn key_not_allowed_by(&self, action: &str, key: &str, kind: &str) -> S3Error {
        self.access_denied(action, key, &format!("because no {kind} allows the {action} action"))
    }
}

impl Obstacle {
    /// The error with which a write is denied, if it is.
    pub(crate) fn denial(self, attempt: WriteRequest<'_>) -> Option<S3Error> {
        let by = |kind: &str| Some(attempt.put_denied(&format!("with an explicit deny in a {kind}")));
        match self {
            Self::RequiresAes256 if attempt.header(ENCRYPTION_HEADER) == Some("AES256") => None,
            Self::RequiresSignedPayload
                if attempt.header(CONTENT_SHA256_HEADER) != Some("UNSIGNED-PAYLOAD") =>
            {
                None
            }
            Self::BucketPolicy | Self::RequiresAes256 | Self::RequiresSignedPayload => {
                by("resource-based policy")
            }
            Self::ServiceControlPolicy => by("service control policy"),
            Self::ResourceControlPolicy => by("resource control policy"),
            Self::PermissionsBoundary => Some(attempt.put_not_allowed_by("permissions boundary")),
            Self::KeyDenied => attempt
                .kms_key()
                .map(|key| attempt.key_not_allowed_by(GENERATE_DATA_KEY, key, "identity-based policy")),
            Self::KeyDisabled => attempt
                .kms_key()
                .map(|key| bad_request("KMS.DisabledException", format!("{key} is disabled."))),
            Self::ObjectLock => (!has_checksum(attempt.headers)).then(|| {
                let message = "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests \
                             with Object Lock parameters";
                bad_request("InvalidRequest", message.to_owned())
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
fn bad_request(code: &'static str, message: String) -> S3Error {
    let mut error = S3Error::with_message(S3ErrorCode::Custom(code.into()), message);
    error.set_status_code(StatusCode::BAD_REQUEST);
    error
}
