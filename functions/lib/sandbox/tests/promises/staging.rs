//! The vendor's operations on its own staging bucket: write, read, list, delete, and upload in parts.

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    ChecksumAlgorithm, ChecksumMode, CompletedMultipartUpload, CompletedPart, ServerSideEncryption,
};
use sandbox::Stack;

use crate::fixture::{REGION, STAGING, body, keys, s3_as, start, status_and_code, vendor_keys, vendor_s3};

#[tokio::test]
async fn an_object_is_read_back_with_all_its_attributes() {
    let stack = start().await;
    let s3 = vendor_s3(&stack);
    let key = format!(
        "{}/20261120T200000.000Z_20261120T210000.000Z.json.gz",
        "deep/".repeat(40).trim_end_matches('/')
    );
    let put = s3.put_object().bucket(STAGING).key(&key).body(body("hello"));
    let put = put.checksum_algorithm(ChecksumAlgorithm::Sha256).content_type("application/json");
    let put = put.content_encoding("gzip").metadata("part", "42");
    let put =
        put.server_side_encryption(ServerSideEncryption::AwsKms).ssekms_key_id("arn:aws:kms:eu:1:key/x");
    let put = put.send().await.unwrap();
    assert_eq!(put.e_tag(), Some("\"5d41402abc4b2a76b9719d911017c592\""));

    let head =
        s3.head_object().bucket(STAGING).key(&key).checksum_mode(ChecksumMode::Enabled).send().await.unwrap();
    assert_eq!(head.content_length(), Some(5));
    assert_eq!(head.content_type(), Some("application/json"));
    assert_eq!(head.content_encoding(), Some("gzip"));
    assert_eq!(head.metadata().unwrap()["part"], "42");
    assert_eq!(head.server_side_encryption(), Some(&ServerSideEncryption::AwsKms));
    assert_eq!(head.ssekms_key_id(), Some("arn:aws:kms:eu:1:key/x"));
    assert_eq!(head.checksum_sha256(), Some("LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="));

    let get = s3.get_object().bucket(STAGING).key(&key).send().await.unwrap();
    assert_eq!(get.e_tag, put.e_tag);
    assert_eq!(get.body.collect().await.unwrap().to_vec(), b"hello");
    assert_eq!(keys(&stack, STAGING), [key]);
}

#[tokio::test]
async fn a_missing_key_is_no_such_key() {
    let stack = start().await;
    let s3 = vendor_s3(&stack);
    assert_eq!(status_and_code(s3.get_object().bucket(STAGING).key("a").send().await), "404 NoSuchKey");
    assert_eq!(status_and_code(s3.head_object().bucket(STAGING).key("a").send().await), "404 NotFound");
    s3.delete_object().bucket(STAGING).key("a").send().await.unwrap();
}

#[tokio::test]
async fn a_key_that_cannot_be_a_plain_file_of_its_bucket_is_refused() {
    let stack = start().await;
    let s3 = vendor_s3(&stack);
    s3.put_object().bucket(STAGING).key("file").body(body("x")).send().await.unwrap();
    for key in ["../acme-logs/audit/a", "a/../../b", "a//b", "a/", "file/below"] {
        let refused = s3.put_object().bucket(STAGING).key(key).body(body("x")).send().await;
        assert!(status_and_code(refused).starts_with("400 "), "{key}");
    }
    assert_eq!(keys(&stack, STAGING), ["file"]);
    assert!(keys(&stack, crate::fixture::BUCKET).is_empty());
}

#[tokio::test]
async fn a_listing_has_pages_prefixes_and_folders() {
    let stack = start().await;
    let s3 = vendor_s3(&stack);
    for key in ["a/1", "a/2", "a/3", "b/1", "c"] {
        s3.put_object().bucket(STAGING).key(key).body(body("x")).send().await.unwrap();
    }
    let mut pages = s3.list_objects_v2().bucket(STAGING).prefix("a/").max_keys(2).into_paginator().send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        found.push(
            page.unwrap()
                .contents()
                .iter()
                .map(|object| object.key().unwrap().to_owned())
                .collect::<Vec<_>>(),
        );
    }
    assert_eq!(found, [vec!["a/1", "a/2"], vec!["a/3"]]);

    let top = s3.list_objects_v2().bucket(STAGING).delimiter("/").send().await.unwrap();
    let folders: Vec<_> = top.common_prefixes().iter().map(|folder| folder.prefix().unwrap()).collect();
    assert_eq!(folders, ["a/", "b/"]);
    assert_eq!(top.contents().len(), 1);
    let rest = s3.list_objects_v2().bucket(STAGING).start_after("b").send().await.unwrap();
    assert_eq!(rest.key_count(), Some(2));
}

#[tokio::test]
async fn a_deleted_object_is_removed_with_its_empty_folders() {
    let stack = start().await;
    let s3 = vendor_s3(&stack);
    s3.put_object().bucket(STAGING).key("a/b/c").body(body("x")).send().await.unwrap();
    let folder = stack.objects(STAGING).unwrap()[0].path.ancestors().nth(2).unwrap().to_owned();
    s3.delete_object().bucket(STAGING).key("a/b/c").send().await.unwrap();
    assert!(keys(&stack, STAGING).is_empty());
    assert!(!folder.exists());
    s3.put_object().bucket(STAGING).key("a").body(body("x")).send().await.unwrap();
}

#[tokio::test]
async fn parts_become_one_object_when_the_upload_is_completed() {
    let stack = start().await;
    let s3 = vendor_s3(&stack);
    let upload = start_upload(&s3).await;
    let first = part(&s3, &upload, 1, vec![1; 5 << 20]).await;
    let second = part(&s3, &upload, 2, vec![2; 100]).await;
    assert!(keys(&stack, STAGING).is_empty());

    let wrong = complete(&s3, &upload, vec![second.clone(), first.clone()]).await;
    assert_eq!(wrong.unwrap_err(), "400 InvalidPartOrder");
    complete(&s3, &upload, vec![first.clone(), second]).await.unwrap();
    assert_eq!(stack.objects(STAGING).unwrap()[0].size, (5 << 20) + 100);
    let head = s3.head_object().bucket(STAGING).key("big").send().await.unwrap();
    assert!(head.e_tag().unwrap().ends_with("-2\""));
    assert_eq!(head.content_type(), Some("application/gzip"));
    assert_eq!(complete(&s3, &upload, vec![first]).await.unwrap_err(), "404 NoSuchUpload");
}

#[tokio::test]
async fn wrong_or_small_parts_are_rejected_and_an_aborted_upload_is_removed() {
    let stack = start().await;
    let s3 = vendor_s3(&stack);
    let upload = start_upload(&s3).await;
    let damaged = s3.upload_part().bucket(STAGING).key("big").upload_id(&upload).part_number(1);
    let damaged = damaged.checksum_sha256(crate::fixture::WRONG_SHA256).body(body("x")).send().await;
    assert_eq!(status_and_code(damaged), "400 BadDigest");
    let small = part(&s3, &upload, 1, vec![1; 100]).await;
    let last = part(&s3, &upload, 2, vec![2; 100]).await;
    let refused = complete(&s3, &upload, vec![small.clone(), last]).await;
    assert_eq!(refused.unwrap_err(), "400 EntityTooSmall");
    s3.abort_multipart_upload().bucket(STAGING).key("big").upload_id(&upload).send().await.unwrap();
    assert_eq!(complete(&s3, &upload, vec![small]).await.unwrap_err(), "404 NoSuchUpload");
    assert!(keys(&stack, STAGING).is_empty());
}

#[tokio::test]
async fn the_secret_of_another_start_does_not_work() {
    let (old, new) = (start().await, start().await);
    let s3 = s3_as(&new, vendor_keys(&old), REGION);
    assert_eq!(status_and_code(s3.list_objects_v2().bucket(STAGING).send().await), "403 InvalidAccessKeyId");
    assert_ne!(Stack::vendor_credentials(&old), Stack::vendor_credentials(&new));
}

async fn start_upload(s3: &aws_sdk_s3::Client) -> String {
    let create = s3.create_multipart_upload().bucket(STAGING).key("big").content_type("application/gzip");
    create.checksum_algorithm(ChecksumAlgorithm::Sha256).send().await.unwrap().upload_id.unwrap()
}

async fn part(s3: &aws_sdk_s3::Client, upload: &str, number: i32, bytes: Vec<u8>) -> CompletedPart {
    let part = s3.upload_part().bucket(STAGING).key("big").upload_id(upload).part_number(number);
    let part = part
        .checksum_algorithm(ChecksumAlgorithm::Sha256)
        .body(ByteStream::from(bytes))
        .send()
        .await
        .unwrap();
    CompletedPart::builder()
        .part_number(number)
        .set_e_tag(part.e_tag)
        .set_checksum_sha256(part.checksum_sha256)
        .build()
}

async fn complete(s3: &aws_sdk_s3::Client, upload: &str, parts: Vec<CompletedPart>) -> Result<(), String> {
    let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
    let complete = s3.complete_multipart_upload().bucket(STAGING).key("big").upload_id(upload);
    match complete.multipart_upload(parts).send().await {
        Ok(_) => Ok(()),
        refused => Err(status_and_code(refused)),
    }
}
