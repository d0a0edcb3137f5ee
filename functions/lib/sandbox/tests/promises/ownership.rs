//! Buckets belong to one account and are in one region, and S3 enforces both.

use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use sandbox::{Role, StackError};

use crate::fixture::{
    ACME, BUCKET, REGION, STAGING, body, keys, role, s3_as, session_keys, session_s3, start, status_and_code,
    vendor_keys, vendor_s3,
};

#[tokio::test]
async fn an_unexpected_bucket_owner_is_denied() {
    let stack = start().await;
    let s3 = session_s3(&stack).await;
    let put = |owner: &str| {
        s3.put_object().bucket(BUCKET).key("audit/a").expected_bucket_owner(owner).body(body("x")).send()
    };
    assert_eq!(status_and_code(put("333333333333").await), "403 AccessDenied");
    assert!(keys(&stack, BUCKET).is_empty());
    put(ACME).await.unwrap();
}

#[tokio::test]
async fn the_vendors_own_keys_have_no_access_to_customers_buckets() {
    let stack = start().await;
    let s3 = vendor_s3(&stack);
    let put = s3.put_object().bucket(BUCKET).key("audit/a").body(body("x")).send().await;
    assert_eq!(status_and_code(put), "403 AccessDenied");
    assert_eq!(
        status_and_code(s3.get_object().bucket(BUCKET).key("audit/a").send().await),
        "403 AccessDenied"
    );
    assert_eq!(status_and_code(s3.list_objects_v2().bucket(BUCKET).send().await), "403 AccessDenied");
}

#[tokio::test]
async fn a_deleted_bucket_does_not_exist_and_works_again_once_created() {
    let stack = start().await;
    let s3 = session_s3(&stack).await;
    let put = || s3.put_object().bucket(BUCKET).key("audit/a").body(body("x")).send();
    stack.delete_bucket(BUCKET).unwrap();
    assert_eq!(status_and_code(put().await), "404 NoSuchBucket");
    assert!(matches!(stack.objects(BUCKET), Err(StackError::NoSuchBucket(_))));
    stack.create_bucket(BUCKET, ACME, REGION).unwrap();
    put().await.unwrap();
    assert_eq!(keys(&stack, BUCKET), ["audit/a"]);
}

#[tokio::test]
async fn a_request_signed_for_another_region_is_redirected_to_the_right_one() {
    let stack = start().await;
    let s3 = s3_as(&stack, session_keys(&stack, None).await, "us-east-1");
    let error = s3.put_object().bucket(BUCKET).key("audit/a").body(body("x")).send().await.unwrap_err();
    let header = error.raw_response().unwrap().headers().get("x-amz-bucket-region");
    assert_eq!(header, Some(REGION));
    assert_eq!(status_and_code::<(), _>(Err(error)), "301 PermanentRedirect");
}

#[tokio::test]
async fn a_role_of_another_account_than_the_buckets_is_denied() {
    let stack = start().await;
    stack.put_role(Role { bucket: STAGING.into(), ..role() }).unwrap();
    let s3 = session_s3(&stack).await;
    let put = s3.put_object().bucket(STAGING).key("audit/a").body(body("x")).send().await;
    assert_eq!(status_and_code(put), "403 AccessDenied");
}

#[tokio::test]
async fn the_vendor_can_create_a_bucket_of_its_own_through_the_api() {
    let stack = start().await;
    let s3 = vendor_s3(&stack);
    let create = |name: &str| {
        let place = CreateBucketConfiguration::builder()
            .location_constraint(BucketLocationConstraint::from(REGION))
            .build();
        s3.create_bucket().bucket(name).create_bucket_configuration(place).send()
    };
    create("vendor-second").await.unwrap();
    s3.put_object().bucket("vendor-second").key("a").body(body("x")).send().await.unwrap();
    let head = s3.head_bucket().bucket("vendor-second").send().await.unwrap();
    assert_eq!(head.bucket_region(), Some(REGION));
    assert_eq!(status_and_code(create("vendor-second").await), "409 BucketAlreadyOwnedByYou");
    assert_eq!(status_and_code(create(BUCKET).await), "409 BucketAlreadyExists");
    let session = s3_as(&stack, session_keys(&stack, None).await, REGION);
    assert_eq!(status_and_code(session.create_bucket().bucket("not-yours").send().await), "403 AccessDenied");
}

#[tokio::test]
async fn an_administrator_cannot_create_what_aws_would_reject() {
    let stack = start().await;
    assert!(matches!(stack.create_bucket("Acme_Logs", ACME, REGION), Err(StackError::InvalidBucketName(_))));
    assert!(matches!(stack.create_bucket("acme-2", "22", REGION), Err(StackError::InvalidAccount(_))));
    assert!(matches!(stack.create_bucket(BUCKET, ACME, REGION), Err(StackError::BucketExists(_))));
    assert!(matches!(stack.delete_bucket("acme-2"), Err(StackError::NoSuchBucket(_))));
    assert!(matches!(
        stack.put_role(Role { arn: "acme".into(), ..role() }),
        Err(StackError::InvalidRoleArn(_))
    ));
    assert!(!format!("{:?}", vendor_keys(&stack)).contains(&stack.vendor_credentials().secret_access_key));
    assert!(!format!("{stack:?}").contains(&stack.vendor_credentials().secret_access_key));
}
