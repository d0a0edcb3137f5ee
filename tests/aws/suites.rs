//! The conformance suites of ledger and staging bucket on whatever the clients reach: each promise on a table of its
//! own, or a bucket for all of them, under names with a prefix that nobody else has, and removed afterwards whatever
//! came of it.
//!
//! Left out are the suites that read through an index (on AWS an index lags behind, and the suites ask at once), and
//! those that need roles in accounts of their own, a queue or a bus.

use std::panic::AssertUnwindSafe;

use adapters::clients::Clients;
use adapters::ledger::{ClockOffset, DynamoLedger};
use adapters::staging::{S3Staging, create_bucket};
use futures_util::FutureExt as _;
use tests::promises;

/// What came of a promise, and of the removal of what it was tried on.
#[derive(Debug)]
pub(crate) struct Tried {
    pub(crate) promise: String,
    pub(crate) kept: bool,
    /// What is left behind, and why.
    pub(crate) left_behind: Option<String>,
}

/// Tries these promises of the ledger, each on a new table.
macro_rules! on_tables {
    ($suite:ident; $clients:expr, $prefix:expr, $tell:expr; $($promise:ident)+) => {$({
        let table = format!("{}-{}", $prefix, stringify!($promise));
        let (client, name) = (&$clients.dynamodb, &table);
        let kept = is_kept(move || async move {
            adapters::ledger::create_table(client, name).await.expect("a table");
            let ledger = DynamoLedger::new(client.clone(), name.clone(), DateShift::default());
            tests::conformance::$suite::$promise(&ledger).await;
        })
        .await;
        let left_behind = remove_table($clients, &table).await;
        let promise = concat!(stringify!($suite), "::", stringify!($promise)).to_owned();
        $tell(Tried { promise, kept, left_behind });
    })+};
}

/// Tries these promises of the staging bucket on one bucket.
macro_rules! in_bucket {
    ($suite:ident; $staging:expr, $tell:expr; $($promise:ident)+) => {$({
        let kept = is_kept(|| tests::conformance::$suite::$promise(&$staging)).await;
        let promise = concat!(stringify!($suite), "::", stringify!($promise)).to_owned();
        $tell(Tried { promise, kept, left_behind: None });
    })+};
}

/// Whether a promise is kept; a panic is how it says that it is broken. A function of its own, so that the futures of
/// all promises, which are large, don't lie in one frame.
async fn is_kept<F: Future<Output = ()>>(promise: impl FnOnce() -> F) -> bool {
    AssertUnwindSafe(Box::pin(promise())).catch_unwind().await.is_ok()
}

/// Tries everything. A table's name has the prefix and a promise in it, a bucket's the prefix.
pub(crate) async fn run(clients: &Clients, prefix: &str, mut tell: impl FnMut(Tried)) {
    promises!(leases => on_tables { clients, prefix, tell });
    promises!(runs => on_tables { clients, prefix, tell });
    promises!(claims => on_tables { clients, prefix, tell });
    promises!(budgets => on_tables { clients, prefix, tell });
    promises!(changes => on_tables { clients, prefix, tell });
    let made = create_bucket(&clients.s3, prefix).await;
    let staging = S3Staging::new(clients.s3.clone(), prefix.to_owned());
    promises!(staging => in_bucket { staging, tell });
    let left_behind = remove_bucket(clients, prefix).await;
    tell(Tried { promise: format!("the bucket {prefix}"), kept: made.is_ok(), left_behind });
}

/// What is left behind, if it is.
async fn remove_table(clients: &Clients, table: &str) -> Option<String> {
    let removed = clients.dynamodb.delete_table().table_name(table).send().await;
    removed.err().map(|error| format!("the table {table}: {error:?}"))
}

async fn remove_bucket(clients: &Clients, bucket: &str) -> Option<String> {
    let remove = async {
        loop {
            let objects = clients.s3.list_objects_v2().bucket(bucket).send().await?;
            for object in objects.contents() {
                clients.s3.delete_object().bucket(bucket).set_key(object.key.clone()).send().await?;
            }
            if objects.is_truncated != Some(true) {
                break;
            }
        }
        clients.s3.delete_bucket().bucket(bucket).send().await?;
        Ok::<_, Box<dyn std::error::Error>>(())
    };
    remove.await.err().map(|error| format!("the bucket {bucket}: {error:?}"))
}
