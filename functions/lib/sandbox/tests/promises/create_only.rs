//! `If-None-Match: *` is atomic: the guarantee on which "written once" is based.

use aws_sdk_s3::primitives::ByteStream;
use tokio::task::JoinSet;

use crate::fixture::{BUCKET, body, keys, session_s3, start, status_and_code, text};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_thirty_writers_at_once_exactly_one_creates_the_object() {
    let stack = start().await;
    let s3 = session_s3(&stack).await;
    let mut writers = JoinSet::new();
    for writer in 0..30_u8 {
        let put = s3.put_object().bucket(BUCKET).key("audit/once").if_none_match("*");
        let put = put.body(ByteStream::from(vec![writer; 300_000]));
        writers.spawn(async move { (writer, put.send().await) });
    }
    let mut winners = Vec::new();
    while let Some(done) = writers.join_next().await {
        match done.unwrap() {
            (writer, Ok(_)) => winners.push(writer),
            (_, refused) => assert_eq!(status_and_code(refused), "412 PreconditionFailed"),
        }
    }
    assert_eq!(winners.len(), 1);
    let stored = std::fs::read(&stack.objects(BUCKET).unwrap()[0].path).unwrap();
    assert_eq!(stored, vec![winners[0]; 300_000], "the object is the winner's, whole");
}

#[tokio::test]
async fn a_second_create_is_refused_and_changes_nothing() {
    let stack = start().await;
    let s3 = session_s3(&stack).await;
    let put = || s3.put_object().bucket(BUCKET).key("audit/a").if_none_match("*");
    put().body(body("first")).send().await.unwrap();
    assert_eq!(status_and_code(put().body(body("second")).send().await), "412 PreconditionFailed");
    assert_eq!(text(&stack, BUCKET, "audit/a"), "first");
}

#[tokio::test]
async fn without_the_condition_an_object_is_replaced() {
    let stack = start().await;
    let s3 = session_s3(&stack).await;
    for content in ["first", "second"] {
        s3.put_object().bucket(BUCKET).key("audit/a").body(body(content)).send().await.unwrap();
    }
    assert_eq!(text(&stack, BUCKET, "audit/a"), "second");
    assert_eq!(keys(&stack, BUCKET), ["audit/a"]);
}
