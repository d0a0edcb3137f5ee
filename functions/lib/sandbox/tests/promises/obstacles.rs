//! Misconfigurations: each is rejected with the status, the code and the message of S3.

use aws_sdk_s3::config::Credentials;
use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use aws_sdk_s3::types::{ChecksumAlgorithm, ServerSideEncryption};
use sandbox::{Obstacle, Role, Stack};

use crate::fixture::{
    BUCKET, EXTERNAL_ID, REGION, ROLE, body, role, s3_as, session_keys, session_s3, start, status_and_code,
    vendor_keys, vendor_s3, vendor_sts,
};

const KEY: &str = "arn:aws:kms:eu-central-1:222222222222:key/1234abcd";

async fn message_and_code(put: PutObjectFluentBuilder) -> (String, String) {
    let refused = put.bucket(BUCKET).body(body("x")).send().await;
    let message =
        refused.as_ref().unwrap_err().as_service_error().and_then(|e| e.message()).unwrap_or_default();
    (message.to_owned(), status_and_code(refused))
}

#[tokio::test]
async fn each_obstacle_is_reported_with_the_message_of_s3() {
    let stack = start().await;
    let s3 = session_s3(&stack).await;
    for (obstacle, expected_code, expected) in [
        (Obstacle::BucketPolicy, "403 AccessDenied", "with an explicit deny in a resource-based policy"),
        (
            Obstacle::ServiceControlPolicy,
            "403 AccessDenied",
            "with an explicit deny in a service control policy",
        ),
        (
            Obstacle::ResourceControlPolicy,
            "403 AccessDenied",
            "with an explicit deny in a resource control policy",
        ),
        (
            Obstacle::PermissionsBoundary,
            "403 AccessDenied",
            "because no permissions boundary allows the s3:PutObject action",
        ),
        (
            Obstacle::KeyDenied,
            "403 AccessDenied",
            "because no identity-based policy allows the kms:GenerateDataKey action",
        ),
        (Obstacle::KeyDisabled, "400 KMS.DisabledException", "is disabled."),
        (Obstacle::ClockSkew, "403 RequestTimeTooSkewed", "is too large."),
    ] {
        stack.set_obstacle(BUCKET, Some(obstacle));
        let put = s3.put_object().key("audit/a").server_side_encryption(ServerSideEncryption::AwsKms);
        let (message, code) = message_and_code(put.ssekms_key_id(KEY)).await;
        assert_eq!(code, expected_code, "{obstacle:?}: {message}");
        assert!(message.ends_with(expected), "{obstacle:?}: {message}");
    }
    stack.set_obstacle(BUCKET, None);
    s3.put_object().bucket(BUCKET).key("audit/a").body(body("x")).send().await.unwrap();
}

#[tokio::test]
async fn key_obstacles_concern_only_writes_with_a_key_and_locks_only_those_without_a_checksum() {
    let stack = start().await;
    let s3 = session_s3(&stack).await;
    for obstacle in [Obstacle::KeyDenied, Obstacle::KeyDisabled] {
        stack.set_obstacle(BUCKET, Some(obstacle));
        let key = format!("audit/{obstacle:?}");
        s3.put_object().bucket(BUCKET).key(key).body(body("x")).send().await.unwrap();
    }
    stack.set_obstacle(BUCKET, Some(Obstacle::ObjectLock));
    let with = s3.put_object().bucket(BUCKET).key("audit/sum").checksum_algorithm(ChecksumAlgorithm::Sha256);
    with.body(body("x")).send().await.unwrap();
}

#[tokio::test]
async fn a_denial_names_session_action_object_and_the_policy_that_is_missing() {
    let stack = start().await;
    let (message, code) = message_and_code(session_s3(&stack).await.put_object().key("other/a")).await;
    assert_eq!(code, "403 AccessDenied");
    let expected = "User: arn:aws:sts::222222222222:assumed-role/Auditferry/test is not authorized to perform: \
                    s3:PutObject on resource: \"arn:aws:s3:::acme-logs/other/a\" because no identity-based \
                    policy allows the s3:PutObject action";
    assert_eq!(message, expected);
}

#[tokio::test]
async fn a_session_uses_a_key_only_if_its_policy_names_it() {
    let stack = start().await;
    let put = r#"{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::acme-logs/audit/*"}"#;
    let key = format!(r#"{{"Effect":"Allow","Action":"kms:GenerateDataKey","Resource":"{KEY}"}}"#);
    let policy = |statements: &str| format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
    let request = |keys: Credentials| {
        let put = s3_as(&stack, keys, REGION).put_object().key("audit/a");
        put.server_side_encryption(ServerSideEncryption::AwsKms).ssekms_key_id(KEY)
    };
    let without = session_keys(&stack, Some(&policy(put))).await;
    let (message, code) = message_and_code(request(without)).await;
    assert_eq!(code, "403 AccessDenied");
    assert!(
        message.ends_with("because no session policy allows the kms:GenerateDataKey action"),
        "{message}"
    );
    let with = session_keys(&stack, Some(&policy(&format!("{put},{key}")))).await;
    request(with).bucket(BUCKET).body(body("x")).send().await.unwrap();
}

/// A bucket whose KMS key is used through a Bucket Key: a session that generates data keys must be able to
/// decrypt them too.
#[tokio::test]
async fn with_a_bucket_key_a_session_needs_decrypt_through_s3() {
    let stack = start().await;
    stack.set_obstacle(BUCKET, Some(Obstacle::BucketKey));
    let put = r#"{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::acme-logs/audit/*"}"#;
    let policy = |actions: &str| {
        let via = r#""Condition":{"StringLike":{"kms:ViaService":"s3.*.amazonaws.*"}}"#;
        let key = format!(r#"{{"Effect":"Allow","Action":{actions},"Resource":"{KEY}",{via}}}"#);
        format!(r#"{{"Version":"2012-10-17","Statement":[{put},{key}]}}"#)
    };
    let request = |keys: Credentials| {
        let put = s3_as(&stack, keys, REGION).put_object().key("audit/a");
        put.server_side_encryption(ServerSideEncryption::AwsKms).ssekms_key_id(KEY)
    };
    let makes = session_keys(&stack, Some(&policy(r#""kms:GenerateDataKey""#))).await;
    let (message, code) = message_and_code(request(makes)).await;
    assert_eq!(code, "403 AccessDenied");
    assert!(message.ends_with("because no session policy allows the kms:Decrypt action"), "{message}");
    let both = session_keys(&stack, Some(&policy(r#"["kms:GenerateDataKey","kms:Decrypt"]"#))).await;
    request(both).bucket(BUCKET).body(body("x")).send().await.unwrap();
}

/// Status of a `HeadBucket`, and the region in its response.
async fn head(stack: &Stack, keys: Credentials, region: &'static str) -> (u16, Option<String>) {
    let response = s3_as(stack, keys, region).head_bucket().bucket(BUCKET).send().await;
    let error = response.unwrap_err();
    let raw = error.raw_response().unwrap();
    (raw.status().as_u16(), raw.headers().get("x-amz-bucket-region").map(str::to_owned))
}

#[tokio::test]
async fn a_buckets_region_is_returned_to_every_caller_with_every_status() {
    let stack = start().await;
    let keys = session_keys(&stack, None).await;
    assert_eq!(head(&stack, keys.clone(), REGION).await, (403, Some(REGION.into())));
    assert_eq!(head(&stack, keys.clone(), "us-west-2").await, (301, Some(REGION.into())));
    assert_eq!(head(&stack, vendor_keys(&stack), REGION).await, (403, Some(REGION.into())));
    stack.delete_bucket(BUCKET).unwrap();
    assert_eq!(head(&stack, keys, REGION).await, (404, None));
    let own = vendor_s3(&stack).head_bucket().bucket(crate::fixture::STAGING).send().await.unwrap();
    assert_eq!(own.bucket_region(), Some(REGION));
}

#[tokio::test]
async fn a_wildcard_for_the_external_id_accepts_any_but_not_none() {
    let stack = start().await;
    stack.put_role(Role { external_id: Some("*".into()), ..role() }).unwrap();
    let assume = || vendor_sts(&stack).assume_role().role_arn(ROLE).role_session_name("test");
    assume().external_id(EXTERNAL_ID).send().await.unwrap();
    assume().external_id("any-other").send().await.unwrap();
    assert_eq!(status_and_code(assume().send().await), "403 AccessDenied");
}

#[tokio::test]
async fn a_bucket_in_another_region_redirects_and_a_deleted_one_is_restored_empty() {
    let stack = start().await;
    let s3 = session_s3(&stack).await;
    let put = || s3.put_object().bucket(BUCKET).key("audit/a").body(body("x")).send();
    put().await.unwrap();
    stack.add_obstacle(BUCKET, Obstacle::OtherRegion).unwrap();
    assert_eq!(status_and_code(put().await), "301 PermanentRedirect");
    let keys = session_keys(&stack, None).await;
    assert_eq!(head(&stack, keys, REGION).await, (301, Some("us-west-2".into())));
    // Several can be set, and each is removed separately.
    stack.add_obstacle(BUCKET, Obstacle::BucketPolicy).unwrap();
    stack.clear_obstacles(|obstacle, _| obstacle == Obstacle::OtherRegion);
    assert_eq!(status_and_code(put().await), "403 AccessDenied");
    assert_eq!(stack.obstacles(), [(BUCKET.to_owned(), Obstacle::BucketPolicy)]);

    stack.delete_customer_bucket(BUCKET).unwrap();
    assert_eq!((stack.deleted_buckets(), stack.obstacles()), (vec![BUCKET.to_owned()], vec![]));
    assert_eq!(status_and_code(put().await), "404 NoSuchBucket");
    stack.restore_bucket(BUCKET).unwrap();
    assert!(stack.objects(BUCKET).unwrap().is_empty() && stack.deleted_buckets().is_empty());
    put().await.unwrap();
    // The vendor's own buckets are not customers' buckets.
    for done in [
        stack.add_obstacle(crate::fixture::STAGING, Obstacle::BucketPolicy),
        stack.delete_customer_bucket(crate::fixture::STAGING),
        stack.delete_customer_bucket("nobodys"),
        stack.restore_bucket("nobodys"),
    ] {
        done.unwrap_err();
    }
}
