//! The program of `tests/aws` on the embedded stand-ins: it runs every suite and leaves nothing behind.

#[path = "../aws/suites.rs"]
mod suites;

use crate::embedded;

#[tokio::test]
async fn the_account_suites_pass_and_leave_nothing_behind() {
    let (stack, clients) = embedded::start().await;
    let mut results = Vec::new();
    suites::run(&clients, "auditferry-conformance-0123456789", |result| results.push(result)).await;
    let tables = clients.dynamodb.list_tables().send().await.unwrap();
    assert_eq!(tables.table_names(), Vec::<String>::new());
    let failed: Vec<_> = results.iter().filter(|result| !result.passed).map(|result| &result.test).collect();
    assert_eq!(failed, Vec::<&String>::new());
    assert_eq!(results.len(), 97 + 6 + 1);
    // The stand-in's administrator removes its buckets, bypassing S3; the objects are gone.
    let left: Vec<_> = results.iter().filter_map(|result| result.left_behind.as_ref()).collect();
    assert!(
        matches!(left.as_slice(), [bucket] if bucket.contains("DeleteBucket is not implemented")),
        "{left:?}"
    );
    assert_eq!(stack.objects("auditferry-conformance-0123456789").unwrap().len(), 0);
}
