//! A rejected PUT leaves nothing behind and changes nothing that existed.

use std::time::Duration;

use aws_sdk_s3::config::interceptors::BeforeTransmitInterceptorContextMut;
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_s3::error::BoxError;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::SdkBody;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::fixture::{
    BUCKET, REGION, STAGING, WRONG_SHA256, body, keys, s3_as, session_keys, session_s3, start,
    status_and_code, text, vendor_s3,
};

#[tokio::test]
async fn a_wrong_sha256_is_a_bad_digest_and_leaves_nothing() {
    let stack = start().await;
    let put = session_s3(&stack).await.put_object().bucket(BUCKET).key("audit/a");
    let refused = put.checksum_sha256(WRONG_SHA256).body(body("hello")).send().await;
    assert_eq!(status_and_code(refused), "400 BadDigest");
    assert!(keys(&stack, BUCKET).is_empty());
}

#[tokio::test]
async fn a_wrong_md5_is_a_bad_digest_and_leaves_nothing() {
    let stack = start().await;
    let put = session_s3(&stack).await.put_object().bucket(BUCKET).key("audit/a");
    let refused = put.content_md5("rL0Y20zC+Fzt72VPzMSk2A==").body(body("hello")).send().await;
    assert_eq!(status_and_code(refused), "400 BadDigest");
    assert!(keys(&stack, BUCKET).is_empty());
}

#[tokio::test]
async fn a_body_corrupted_in_transit_is_rejected_and_leaves_nothing() {
    let stack = start().await;
    let put = session_s3(&stack).await.put_object().bucket(BUCKET).key("audit/a").body(body("hello"));
    let refused = put.customize().interceptor(Damage).send().await;
    assert_eq!(status_and_code(refused), "400 XAmzContentSHA256Mismatch");
    assert!(keys(&stack, BUCKET).is_empty());
}

#[tokio::test]
async fn a_refused_overwrite_leaves_the_object_as_it_was() {
    let stack = start().await;
    let s3 = vendor_s3(&stack);
    let put = || s3.put_object().bucket(STAGING).key("a");
    let first = put().body(body("hello")).send().await.unwrap();
    let refused = put().checksum_sha256(WRONG_SHA256).body(body("damage")).send().await;
    assert_eq!(status_and_code(refused), "400 BadDigest");
    assert_eq!(text(&stack, STAGING, "a"), "hello");
    let head = s3.head_object().bucket(STAGING).key("a").send().await.unwrap();
    assert_eq!(head.e_tag, first.e_tag);
}

#[tokio::test]
async fn a_truncated_body_leaves_nothing_and_corrupts_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let stack = sandbox::Stack::start(Some(dir.path())).await.unwrap();
    crate::fixture::set_up(&stack);
    let s3 = s3_as(&stack, session_keys(&stack, None).await, REGION);
    let hour = PresigningConfig::expires_in(Duration::from_hours(1)).unwrap();
    let put = s3.put_object().bucket(BUCKET).key("audit/a").presigned(hour).await.unwrap();

    // The sender declares 20 bytes, sends 14 of them and disconnects.
    send(put.uri(), "only this much").await;
    assert!(keys(&stack, BUCKET).is_empty());
    // The control: with all bytes the same request is accepted.
    let response = send(put.uri(), "all of the 20 bytes.").await;
    assert!(response.starts_with("HTTP/1.1 200"), "{response}");
    assert_eq!(text(&stack, BUCKET, "audit/a"), "all of the 20 bytes.");
    send(put.uri(), "only this much").await;
    stack.stop().await;

    assert_eq!(
        std::fs::read_to_string(dir.path().join("buckets/acme-logs/audit/a")).unwrap(),
        "all of the 20 bytes."
    );
    assert_eq!(std::fs::read_dir(dir.path().join("s3/incoming")).unwrap().count(), 0);
}

#[tokio::test]
async fn a_probe_with_a_wrong_checksum_distinguishes_allowed_from_denied() {
    let stack = start().await;
    let s3 = session_s3(&stack).await;
    let probe = |key: &str| {
        s3.put_object().bucket(BUCKET).key(key).checksum_sha256(WRONG_SHA256).body(body("probe")).send()
    };
    assert_eq!(status_and_code(probe("elsewhere/probe").await), "403 AccessDenied");
    assert_eq!(status_and_code(probe("audit/probe").await), "400 BadDigest");
    assert!(keys(&stack, BUCKET).is_empty());
}

/// Replaces the body by another of the same length, after the request was signed.
#[derive(Debug)]
struct Damage;

impl Intercept for Damage {
    fn name(&self) -> &'static str {
        "damage"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        *context.request_mut().body_mut() = SdkBody::from("jello");
        Ok(())
    }
}

/// Sends a PUT that declares 20 bytes, and reads until the server closes.
async fn send(url: &str, body: &str) -> String {
    let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut socket = TcpStream::connect(host).await.unwrap();
    let head = format!(
        "PUT /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: 20\r\n\r\n{body}"
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    if body.len() < 20 {
        socket.shutdown().await.unwrap();
    }
    let mut response = String::new();
    // The server may reset an aborted connection: it has nobody to answer.
    let _ = socket.read_to_string(&mut response).await;
    response
}
