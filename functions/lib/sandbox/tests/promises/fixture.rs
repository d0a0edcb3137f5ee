//! A vendor and one customer, Acme, with a bucket and a role; and the SDK clients for them.

use std::fmt::Debug;

use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region, RequestChecksumCalculation};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::ByteStream;
use aws_smithy_types::retry::RetryConfig;
use sandbox::{Role, Stack};

pub(crate) const ACME: &str = "222222222222";
pub(crate) const BUCKET: &str = "acme-logs";
pub(crate) const STAGING: &str = "vendor-staging";
pub(crate) const REGION: &str = "eu-central-1";
pub(crate) const ROLE: &str = "arn:aws:iam::222222222222:role/Auditferry";
pub(crate) const EXTERNAL_ID: &str = "0123456789abcdef0123456789abcdef";

/// 32 zero bytes: well-formed, and not the SHA-256 of any known body.
pub(crate) const WRONG_SHA256: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

pub(crate) fn role() -> Role {
    Role {
        arn: ROLE.into(),
        external_id: Some(EXTERNAL_ID.into()),
        bucket: BUCKET.into(),
        prefix: "audit".into(),
    }
}

/// A stack in memory with Acme's bucket and role, and the vendor's staging bucket.
pub(crate) async fn start() -> Stack {
    let stack = Stack::start(None).await.unwrap();
    set_up(&stack);
    stack
}

pub(crate) fn set_up(stack: &Stack) {
    stack.create_bucket(BUCKET, ACME, REGION).unwrap();
    stack.create_bucket(STAGING, Stack::VENDOR_ACCOUNT, REGION).unwrap();
    stack.put_role(role()).unwrap();
}

pub(crate) fn vendor_keys(stack: &Stack) -> Credentials {
    let keys = stack.vendor_credentials();
    Credentials::new(keys.access_key_id, keys.secret_access_key, None, None, "test")
}

pub(crate) fn s3_as(stack: &Stack, keys: Credentials, region: &'static str) -> aws_sdk_s3::Client {
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region))
        .endpoint_url(stack.s3_url())
        .force_path_style(true)
        .request_checksum_calculation(RequestChecksumCalculation::WhenSupported)
        .retry_config(RetryConfig::disabled())
        .credentials_provider(keys)
        .build();
    aws_sdk_s3::Client::from_conf(config)
}

/// S3 as the vendor with its long-lived keys.
pub(crate) fn vendor_s3(stack: &Stack) -> aws_sdk_s3::Client {
    s3_as(stack, vendor_keys(stack), REGION)
}

pub(crate) fn sts_as(stack: &Stack, keys: Credentials) -> aws_sdk_sts::Client {
    let config = aws_sdk_sts::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .endpoint_url(stack.sts_url())
        .retry_config(RetryConfig::disabled())
        .credentials_provider(keys)
        .build();
    aws_sdk_sts::Client::from_conf(config)
}

pub(crate) fn vendor_sts(stack: &Stack) -> aws_sdk_sts::Client {
    sts_as(stack, vendor_keys(stack))
}

/// The temporary keys of a session of Acme's role.
pub(crate) async fn session_keys(stack: &Stack, policy: Option<&str>) -> Credentials {
    let response = vendor_sts(stack)
        .assume_role()
        .role_arn(ROLE)
        .role_session_name("test")
        .external_id(EXTERNAL_ID)
        .set_policy(policy.map(str::to_owned))
        .send()
        .await
        .unwrap();
    let keys = response.credentials.unwrap();
    Credentials::new(keys.access_key_id, keys.secret_access_key, Some(keys.session_token), None, "test")
}

/// S3 as a session of Acme's role.
pub(crate) async fn session_s3(stack: &Stack) -> aws_sdk_s3::Client {
    s3_as(stack, session_keys(stack, None).await, REGION)
}

pub(crate) fn body(text: &'static str) -> ByteStream {
    ByteStream::from_static(text.as_bytes())
}

/// The keys of a bucket, as they are on disk.
pub(crate) fn keys(stack: &Stack, bucket: &str) -> Vec<String> {
    stack.objects(bucket).unwrap().into_iter().map(|object| object.key).collect()
}

/// The bytes of the object with this key, as they are on disk.
pub(crate) fn text(stack: &Stack, bucket: &str, key: &str) -> String {
    let objects = stack.objects(bucket).unwrap();
    let object = objects.iter().find(|object| object.key == key).unwrap();
    std::fs::read_to_string(&object.path).unwrap()
}

/// Status and error code of an error, as `403 AccessDenied`.
pub(crate) fn status_and_code<T: Debug, E>(
    result: Result<T, SdkError<E, aws_sdk_s3::config::http::HttpResponse>>,
) -> String
where
    E: ProvideErrorMetadata + Debug,
{
    let error = result.unwrap_err();
    let status = error.raw_response().map_or(0, |response| response.status().as_u16());
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code).unwrap_or("none").to_owned();
    format!("{status} {code}")
}
