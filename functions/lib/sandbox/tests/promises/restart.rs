//! With a folder everything survives a restart; without one nothing stays.

use std::time::Duration;

use sandbox::{Stack, StackError};
use tokio::net::TcpStream;

use crate::database::{make_table, number_of, put_number};
use crate::fixture::{ACME, BUCKET, REGION, body, session_s3, set_up, start, status_and_code, text};

#[tokio::test]
async fn items_objects_buckets_and_roles_survive_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let stack = Stack::start(Some(dir.path())).await.unwrap();
    set_up(&stack);
    make_table(&stack).await;
    put_number(&stack, "a", 42).await;
    let s3 = session_s3(&stack).await;
    let put = s3.put_object().bucket(BUCKET).key("audit/a").content_type("text/plain");
    put.body(body("hello")).send().await.unwrap();
    stack.stop().await;

    assert_eq!(std::fs::read_to_string(dir.path().join("buckets/acme-logs/audit/a")).unwrap(), "hello");
    for file in ["dynamodb.sqlite", "accounts.json"] {
        assert!(dir.path().join(file).is_file(), "{file}");
    }

    let stack = Stack::start(Some(dir.path())).await.unwrap();
    assert_eq!(number_of(&stack, "a").await, Some(42));
    assert_eq!(text(&stack, BUCKET, "audit/a"), "hello");
    let put = session_s3(&stack).await.put_object().bucket(BUCKET).key("audit/a").if_none_match("*");
    assert!(put.body(body("again")).send().await.is_err(), "the object still exists");
}

#[tokio::test]
async fn two_stacks_never_share_a_folder() {
    let dir = tempfile::tempdir().unwrap();
    let first = Stack::start(Some(dir.path())).await.unwrap();
    let second = Stack::start(Some(dir.path())).await;
    assert!(matches!(second, Err(StackError::InUse { .. })));
    first.stop().await;
    Stack::start(Some(dir.path())).await.unwrap();
}

#[tokio::test]
async fn a_corrupt_file_of_accounts_is_named() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("accounts.json"), "{\"buckets\": 1}").unwrap();
    let error = Stack::start(Some(dir.path())).await.unwrap_err();
    assert!(error.to_string().contains("accounts.json"), "{error}");
}

#[tokio::test]
async fn a_stopped_stack_closes_its_ports_even_with_an_open_connection() {
    let stack = start().await;
    let s3 = session_s3(&stack).await;
    s3.put_object().bucket(BUCKET).key("audit/a").body(body("x")).send().await.unwrap();
    let folder = stack.objects(BUCKET).unwrap()[0].path.clone();
    let urls = [stack.s3_url(), stack.dynamodb_url()].map(|url| url.trim_start_matches("http://").to_owned());
    // The client's connection idles in its pool: it is closed, not waited for.
    tokio::time::timeout(Duration::from_secs(2), stack.stop()).await.unwrap();
    for url in urls {
        assert!(TcpStream::connect(&url).await.is_err(), "{url}");
    }
    assert!(!folder.exists(), "a temporary folder goes with the stack");
}

#[tokio::test]
async fn a_bucket_whose_folder_is_removed_by_hand_is_deleted_and_can_be_created_again() {
    let dir = tempfile::tempdir().unwrap();
    let stack = Stack::start(Some(dir.path())).await.unwrap();
    set_up(&stack);
    let s3 = session_s3(&stack).await;
    let put = || s3.put_object().bucket(BUCKET).key("audit/a").body(body("x")).send();
    put().await.unwrap();
    let folder = dir.path().join("buckets").join(BUCKET);
    std::fs::remove_dir_all(&folder).unwrap();
    // While the stack runs.
    assert_eq!(status_and_code(put().await), "404 NoSuchBucket");
    assert_eq!(status_and_code(s3.head_bucket().bucket(BUCKET).send().await), "404 NotFound");
    assert!(matches!(stack.objects(BUCKET), Err(StackError::NoSuchBucket(_))));
    stack.create_bucket(BUCKET, ACME, REGION).unwrap();
    put().await.unwrap();
    stack.stop().await;

    // And while it is stopped.
    std::fs::remove_dir_all(&folder).unwrap();
    let stack = Stack::start(Some(dir.path())).await.unwrap();
    let s3 = session_s3(&stack).await;
    let put = || s3.put_object().bucket(BUCKET).key("audit/a").body(body("x")).send();
    assert_eq!(status_and_code(put().await), "404 NoSuchBucket");
    stack.create_bucket(BUCKET, ACME, REGION).unwrap();
    put().await.unwrap();
}
