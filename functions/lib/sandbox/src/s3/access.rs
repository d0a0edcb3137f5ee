//! Permissions: the order of checks is that of S3, so that a test gets the error that a customer would.

use std::sync::Arc;

use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri};
use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::{S3Auth, SecretKey};
use s3s::{S3Error, S3Result, s3_error};

use super::disk::Disk;
use crate::accounts::{Accounts, Bucket, VENDOR_ACCOUNT};
use crate::clock;
use crate::obstacle::{DECRYPT, GENERATE_DATA_KEY, Obstacle, WriteRequest};
use crate::sessions::{Principal, Session, Sessions};

const SECURITY_TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");
const EXPECTED_OWNER: HeaderName = HeaderName::from_static("x-amz-expected-bucket-owner");
const BUCKET_REGION: HeaderName = HeaderName::from_static("x-amz-bucket-region");

/// Operations that the permission `s3:PutObject` covers
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions>).
const PUT_OPERATIONS: [&str; 4] =
    ["PutObject", "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"];

/// Headers of a PUT that need another permission than `s3:PutObject`.
const OTHER_PERMISSIONS: [&str; 6] = [
    "x-amz-acl",
    "x-amz-grant-full-control",
    "x-amz-grant-read",
    "x-amz-grant-read-acp",
    "x-amz-grant-write-acp",
    "x-amz-tagging",
];

/// Provides the secrets for the signature check, and authorizes requests after it.
#[derive(Debug, Clone)]
pub(super) struct AccessControl {
    accounts: Arc<Accounts>,
    sessions: Arc<Sessions>,
    disk: Arc<Disk>,
}

impl AccessControl {
    pub(super) const fn new(accounts: Arc<Accounts>, sessions: Arc<Sessions>, disk: Arc<Disk>) -> Self {
        Self { accounts, sessions, disk }
    }

    /// The signer, after checking that temporary credentials have the right token and are not expired.
    fn principal(&self, cx: &S3AccessContext<'_>) -> S3Result<Principal> {
        let Some(credentials) = cx.credentials() else {
            return Err(s3_error!(AccessDenied, "Anonymous requests are not allowed"));
        };
        let principal = self.sessions.principal(&credentials.access_key).ok_or_else(unknown_key)?;
        match (&principal, session_token(cx.headers(), cx.uri()).as_deref()) {
            (Principal::Vendor, None) => {}
            // To S3, temporary keys without their token don't exist.
            (Principal::Session(_), None) => return Err(unknown_key()),
            (Principal::Session(session), Some(token)) if token == session.token => {
                if session.expires <= clock::now() {
                    return Err(s3_error!(ExpiredToken, "The provided token has expired."));
                }
            }
            _ => {
                return Err(s3_error!(InvalidToken, "The provided token is malformed or otherwise invalid."));
            }
        }
        Ok(principal)
    }

    /// Checks a session's permissions: nothing denies the request, and its role and its session policy both
    /// allow it.
    fn check_session(&self, session: &Session, bucket: &Bucket, cx: &S3AccessContext<'_>) -> S3Result<()> {
        let Some((name, key)) = cx.s3_path().as_object() else { return Err(access_denied()) };
        // A role that was deleted or updated since counts with its current state.
        let Some(role) = self.accounts.role(&session.assumed.role_arn) else { return Err(access_denied()) };
        let arn = role.parts().map_err(|_| access_denied())?;
        if !PUT_OPERATIONS.contains(&cx.s3_op().name())
            || OTHER_PERMISSIONS.iter().any(|header| cx.headers().contains_key(*header))
            // Cross-account access would need a bucket policy, and these buckets have none.
            || arn.account != bucket.owner
        {
            return Err(access_denied());
        }
        let user = arn.session_arn(&session.assumed.session_name);
        let object = format!("arn:{}:s3:::{name}/{key}", arn.partition);
        let attempt = WriteRequest { principal_arn: &user, object_arn: &object, headers: cx.headers() };
        let obstacles = self.accounts.obstacles(name);
        let bucket_key = obstacles.contains(&Obstacle::BucketKey);
        if let Some(error) = obstacles.into_iter().find_map(|obstacle| obstacle.denial(attempt)) {
            return Err(error);
        }
        if !role.allows_put(name, key) {
            return Err(attempt.put_not_allowed_by("identity-based policy"));
        }
        let Some(policy) = &session.policy else { return Ok(()) };
        if !policy.allows_put(&object) {
            return Err(attempt.put_not_allowed_by("session policy"));
        }
        match attempt.kms_key() {
            Some(key) if !policy.allows_key(key) => {
                Err(attempt.key_not_allowed_by(GENERATE_DATA_KEY, key, "session policy"))
            }
            Some(key) if bucket_key && !policy.allows_decrypt(key) => {
                Err(attempt.key_not_allowed_by(DECRYPT, key, "session policy"))
            }
            _ => Ok(()),
        }
    }
}

#[async_trait::async_trait]
impl S3Auth for AccessControl {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        self.sessions.secret(access_key).map(SecretKey::from).ok_or_else(unknown_key)
    }
}

#[async_trait::async_trait]
impl S3Access for AccessControl {
    async fn check(&self, cx: &mut S3AccessContext<'_>) -> S3Result<()> {
        let principal = self.principal(cx)?;
        let vendor = matches!(principal, Principal::Vendor);
        let name = cx.s3_path().get_bucket_name();
        let (Some(name), false) = (name, cx.s3_op().name() == "CreateBucket") else {
            return if vendor { Ok(()) } else { Err(access_denied()) };
        };
        // A bucket whose folder was removed by hand is deleted.
        let Some(bucket) = self.accounts.bucket(name).filter(|_| self.disk.has_bucket(name)) else {
            return Err(s3_error!(NoSuchBucket, "The specified bucket does not exist"));
        };
        check_region(cx, &bucket)?;
        check_owner(cx.headers(), &bucket)?;
        let result = match &principal {
            Principal::Vendor if bucket.owner == VENDOR_ACCOUNT => Ok(()),
            Principal::Vendor => Err(access_denied()),
            Principal::Session(session) => self.check_session(session, &bucket, cx),
        };
        result.map_err(|error| match cx.s3_op().name() {
            // The region is returned even to callers without permissions
            // (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html>).
            "HeadBucket" => with_bucket_region(error, &bucket.region),
            _ => error,
        })
    }
}

/// The region that a request is signed for stands for the regional endpoint that it would have been sent to.
/// The endpoint of another region returns 301 with the right one
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/Redirects.html>).
fn check_region(cx: &S3AccessContext<'_>, bucket: &Bucket) -> S3Result<()> {
    match signed_region(cx.headers(), cx.uri()) {
        Some(region) if region != bucket.region => Err(permanent_redirect(&bucket.region)),
        _ => Ok(()),
    }
}

fn permanent_redirect(region: &str) -> S3Error {
    let error = s3_error!(
        PermanentRedirect,
        "The bucket you are attempting to access must be addressed using the specified endpoint. \
         Please send all future requests to this endpoint."
    );
    with_bucket_region(error, region)
}

/// Adds the bucket's region to an error.
fn with_bucket_region(mut error: S3Error, region: &str) -> S3Error {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    if let Ok(region) = HeaderValue::from_str(region) {
        headers.insert(BUCKET_REGION, region);
    }
    error.set_headers(headers);
    error
}

/// The region of the `SigV4` scope: `<access key>/<date>/<region>/<service>/aws4_request`.
fn signed_region(headers: &HeaderMap, uri: &Uri) -> Option<String> {
    let scope = match headers.get(AUTHORIZATION) {
        Some(value) => value.to_str().ok()?.split_once("Credential=")?.1.split(',').next()?.to_owned(),
        None => query_parameter(uri, "X-Amz-Credential")?,
    };
    scope.split('/').nth(2).map(str::to_owned)
}

/// The session token, which is in the query of a presigned URL.
fn session_token(headers: &HeaderMap, uri: &Uri) -> Option<String> {
    match headers.get(SECURITY_TOKEN) {
        Some(value) => Some(String::from_utf8_lossy(value.as_bytes()).into_owned()),
        None => query_parameter(uri, "X-Amz-Security-Token"),
    }
}

/// A parameter of a presigned URL.
fn query_parameter(uri: &Uri, name: &str) -> Option<String> {
    let mut parameters = form_urlencoded::parse(uri.query()?.as_bytes());
    parameters.find(|(parameter, _)| parameter == name).map(|(_, value)| value.into_owned())
}

/// Checks `x-amz-expected-bucket-owner`
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html>).
fn check_owner(headers: &HeaderMap, bucket: &Bucket) -> S3Result<()> {
    match headers.get(EXPECTED_OWNER) {
        Some(owner) if owner.as_bytes() != bucket.owner.as_bytes() => Err(access_denied()),
        _ => Ok(()),
    }
}

fn access_denied() -> S3Error {
    s3_error!(AccessDenied, "Access Denied")
}

fn unknown_key() -> S3Error {
    s3_error!(InvalidAccessKeyId, "The AWS Access Key Id you provided does not exist in our records.")
}
