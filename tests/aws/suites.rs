//! The conformance suites of ledger and staging bucket on whatever the clients reach. Each ledger test has a
//! table of its own, and the staging tests share a bucket. Their names have a unique prefix, and everything
//! is deleted afterwards, passed or failed.
//!
//! Left out are the suites that read through an index (an index is eventually consistent on AWS, and the
//! suites read at once), and those that need roles in other accounts, a queue or a bus.

use std::panic::AssertUnwindSafe;

use aws::clients::Clients;
use aws::dynamodb::ledger::{ClockOffset, DynamoLedger};
use aws::s3::staging::{S3Staging, create_bucket};
use futures_util::FutureExt as _;
use tests::promises;

/// The result of a test, and of the deletion of its resources.
#[derive(Debug)]
pub(crate) struct SuiteResult {
    pub(crate) test: String,
    pub(crate) passed: bool,
    /// What is left behind, and why.
    pub(crate) left_behind: Option<String>,
}

/// Runs these tests of the ledger, each on a new table.
macro_rules! on_tables {
    ($suite:ident; $clients:expr, $prefix:expr, $report:expr; $($test:ident)+) => {$({
        let table = format!("{}-{}", $prefix, stringify!($test));
        let (client, name) = (&$clients.dynamodb, &table);
        let passed = passes(move || async move {
            aws::dynamodb::ledger::create_table(client, name).await.expect("a table");
            let ledger = DynamoLedger::new(client.clone(), name.clone(), ClockOffset::default());
            tests::conformance::$suite::$test(&ledger).await;
        })
        .await;
        let left_behind = remove_table($clients, &table).await;
        let test = concat!(stringify!($suite), "::", stringify!($test)).to_owned();
        $report(SuiteResult { test, passed, left_behind });
    })+};
}

/// Runs these tests of the staging bucket on one bucket.
macro_rules! in_bucket {
    ($suite:ident; $staging:expr, $report:expr; $($test:ident)+) => {$({
        let passed = passes(|| tests::conformance::$suite::$test(&$staging)).await;
        let test = concat!(stringify!($suite), "::", stringify!($test)).to_owned();
        $report(SuiteResult { test, passed, left_behind: None });
    })+};
}

/// Whether a test passes; a panic means that it fails. A function of its own, so that the large futures of
/// all tests are not in one frame.
async fn passes<F: Future<Output = ()>>(test: impl FnOnce() -> F) -> bool {
    AssertUnwindSafe(Box::pin(test())).catch_unwind().await.is_ok()
}

/// Runs everything. A table's name contains the prefix and the test's name, the bucket's the prefix.
pub(crate) async fn run(clients: &Clients, prefix: &str, mut report: impl FnMut(SuiteResult)) {
    promises!(leases => on_tables { clients, prefix, report });
    promises!(runs => on_tables { clients, prefix, report });
    promises!(claims => on_tables { clients, prefix, report });
    promises!(budgets => on_tables { clients, prefix, report });
    promises!(changes => on_tables { clients, prefix, report });
    promises!(checks => on_tables { clients, prefix, report });
    promises!(portal_links => on_tables { clients, prefix, report });
    promises!(explorations => on_tables { clients, prefix, report });
    promises!(searches => on_tables { clients, prefix, report });
    promises!(downloads => on_tables { clients, prefix, report });
    promises!(mappings => on_tables { clients, prefix, report });
    let created = create_bucket(&clients.s3, prefix).await;
    let staging = S3Staging::new(clients.s3.clone(), prefix.to_owned());
    promises!(staging => in_bucket { staging, report });
    let left_behind = remove_bucket(clients, prefix).await;
    report(SuiteResult { test: format!("the bucket {prefix}"), passed: created.is_ok(), left_behind });
}

/// Returns what is left behind, if the deletion fails.
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
