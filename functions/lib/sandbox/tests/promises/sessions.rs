//! The permissions of temporary keys: what both the role and the session policy allow, until they expire.

use aws_sdk_s3::config::Credentials;
use aws_sdk_s3::types::ObjectCannedAcl;
use sandbox::Stack;

use crate::fixture::{
    BUCKET, REGION, ROLE, body, keys, s3_as, session_keys, session_s3, start, status_and_code,
};

async fn put(stack: &Stack, credentials: Credentials, key: &str) -> String {
    let s3 = s3_as(stack, credentials, REGION);
    match s3.put_object().bucket(BUCKET).key(key).body(body("x")).send().await {
        Ok(_) => "200".into(),
        refused => status_and_code(refused),
    }
}

#[tokio::test]
async fn the_session_token_is_needed_and_must_be_right() {
    let stack = start().await;
    let keys = session_keys(&stack, None).await;
    let with = |secret: &str, token: Option<&str>| {
        Credentials::new(keys.access_key_id(), secret, token.map(str::to_owned), None, "test")
    };
    let (secret, token) = (keys.secret_access_key(), keys.session_token());
    assert_eq!(put(&stack, with(secret, None), "audit/a").await, "403 InvalidAccessKeyId");
    assert_eq!(put(&stack, with(secret, Some("other")), "audit/a").await, "400 InvalidToken");
    assert_eq!(put(&stack, with("wrong", token), "audit/a").await, "403 SignatureDoesNotMatch");
    assert_eq!(put(&stack, with(secret, token), "audit/a").await, "200");
}

#[tokio::test]
async fn expired_credentials_are_refused() {
    let stack = start().await;
    let keys = session_keys(&stack, None).await;
    stack.expire_sessions();
    assert_eq!(put(&stack, keys, "audit/a").await, "400 ExpiredToken");
    assert_eq!(put(&stack, session_keys(&stack, None).await, "audit/a").await, "200");
}

#[tokio::test]
async fn a_role_writes_under_its_prefix_and_does_nothing_else() {
    let stack = start().await;
    let keys = session_keys(&stack, None).await;
    assert_eq!(put(&stack, keys.clone(), "audit/a/b").await, "200");
    assert_eq!(put(&stack, keys.clone(), "auditors/a").await, "403 AccessDenied");
    assert_eq!(put(&stack, keys.clone(), "audit").await, "403 AccessDenied");
    let s3 = s3_as(&stack, keys, REGION);
    assert_eq!(
        status_and_code(s3.get_object().bucket(BUCKET).key("audit/a/b").send().await),
        "403 AccessDenied"
    );
    assert_eq!(
        status_and_code(s3.delete_object().bucket(BUCKET).key("audit/a/b").send().await),
        "403 AccessDenied"
    );
    assert_eq!(status_and_code(s3.list_objects_v2().bucket(BUCKET).send().await), "403 AccessDenied");
    let acl = s3.put_object().bucket(BUCKET).key("audit/c").acl(ObjectCannedAcl::BucketOwnerFullControl);
    assert_eq!(status_and_code(acl.body(body("x")).send().await), "403 AccessDenied");
}

#[tokio::test]
async fn a_session_policy_restricts_the_role_and_never_extends_it() {
    let stack = start().await;
    let policy = |resource: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":["s3:PutObject"],"Resource":["{resource}"]}}]}}"#
        )
    };
    let narrow = policy("arn:aws:s3:::acme-logs/audit/acme/*");
    let keys = session_keys(&stack, Some(&narrow)).await;
    assert_eq!(put(&stack, keys.clone(), "audit/acme/a").await, "200");
    assert_eq!(put(&stack, keys, "audit/other/a").await, "403 AccessDenied");

    let wide = session_keys(&stack, Some(&policy("arn:aws:s3:::acme-logs/*"))).await;
    assert_eq!(put(&stack, wide.clone(), "audit/a").await, "200");
    assert_eq!(put(&stack, wide, "elsewhere/a").await, "403 AccessDenied");
    assert_eq!(
        stack.assumed_roles()[0].policy.as_deref(),
        Some(narrow.as_str()),
        "the policy as it was sent"
    );
}

#[tokio::test]
async fn a_role_that_is_deleted_stops_its_open_sessions() {
    let stack = start().await;
    let keys = session_keys(&stack, None).await;
    stack.delete_role(ROLE).unwrap();
    assert_eq!(put(&stack, keys, "audit/a").await, "403 AccessDenied");
}

#[tokio::test]
async fn a_session_may_upload_in_parts_under_its_prefix() {
    let stack = start().await;
    let s3 = session_s3(&stack).await;
    let create = |key: &str| s3.create_multipart_upload().bucket(BUCKET).key(key).send();
    assert_eq!(status_and_code(create("elsewhere/a").await), "403 AccessDenied");
    create("audit/a").await.unwrap();
    assert!(keys(&stack, BUCKET).is_empty(), "nothing is visible before the completion");
}
