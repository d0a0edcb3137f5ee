//! The conformance suites of ledger and staging bucket on whatever the clients reach: each promise on a table of its
//! own, or a bucket for all of them, under names with a prefix that nobody else has, and removed afterwards whatever
//! came of it.
//!
//! Left out are the suites that read through an index (on AWS an index lags behind, and the suites ask at once), and
//! those that need roles in accounts of their own, a queue or a bus.

use std::panic::AssertUnwindSafe;

use adapters::clients::Clients;
use adapters::ledger::{DateShift, DynamoLedger};
use adapters::staging::{S3Staging, create_bucket};
use futures_util::FutureExt as _;

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
    ($clients:expr, $prefix:expr, $tell:expr; $($suite:ident { $($promise:ident)+ })+) => {$($({
        let table = format!("{}-{}", $prefix, stringify!($promise));
        let promise = async {
            adapters::ledger::create_table(&$clients.dynamodb, &table).await.expect("a table");
            let ledger = DynamoLedger::new($clients.dynamodb.clone(), table.clone(), DateShift::default());
            tests::conformance::$suite::$promise(&ledger).await;
        };
        // A panic is how a promise says that it is broken.
        let kept = AssertUnwindSafe(Box::pin(promise)).catch_unwind().await.is_ok();
        let left_behind = remove_table($clients, &table).await;
        let promise = concat!(stringify!($suite), "::", stringify!($promise)).to_owned();
        $tell(Tried { promise, kept, left_behind });
    })+)+};
}

/// Tries these promises of the staging bucket on one bucket.
macro_rules! in_bucket {
    ($staging:expr, $tell:expr; $($promise:ident)+) => {$({
        let promise = tests::conformance::staging::$promise(&$staging);
        let kept = AssertUnwindSafe(Box::pin(promise)).catch_unwind().await.is_ok();
        let promise = concat!("staging::", stringify!($promise)).to_owned();
        $tell(Tried { promise, kept, left_behind: None });
    })+};
}

/// Tries everything. A table's name has the prefix and a promise in it, a bucket's the prefix.
pub(crate) async fn run(clients: &Clients, prefix: &str, mut tell: impl FnMut(Tried)) {
    on_tables! { clients, prefix, tell;
        leases {
            a_lease_is_one_workers_until_it_runs_out
            a_lease_longer_than_any_run_counts_for_nothing
            a_connector_that_was_never_activated_is_unknown
            a_release_gives_back_and_sets_the_next_run
            a_release_keeps_a_run_asked_for_meanwhile
            a_release_makes_a_run_due_that_was_sent_in_vain
        }
        runs {
            a_snapshot_is_what_was_stored
            a_seal_stores_the_part_and_moves_the_cursor
            a_heartbeats_bytes_are_kept_in_its_record
            a_taken_number_is_refused
            a_moved_watermark_is_refused
            a_number_that_leaves_a_gap_is_refused
            of_racing_sealers_exactly_one_wins
            parts_are_found_by_how_late_their_windows_end
            a_mark_counts_once_and_in_order
            a_mark_changes_nothing_else
            a_block_stays_until_a_mark_takes_it_away
            a_seal_carries_unblocking_and_reconcile
            a_reading_is_noted_until_someone_seals
            the_reconcile_moves_only_from_where_it_stood
        }
        claims {
            a_role_serves_one_tenant
            what_was_only_named_is_not_claimed
            a_refused_destination_is_given_back
            a_tenants_connectors_share_a_role_until_the_last_has_left
            a_folder_serves_one_connector
            a_move_gives_back_what_it_leaves
            a_disabled_connector_keeps_its_claims_and_a_deleted_one_does_not
            a_refused_change_claims_nothing
            a_taken_id_is_told_before_a_taken_place
            of_racing_creators_in_one_place_exactly_one_wins
            of_racing_tenants_exactly_one_gets_a_role
            racing_neighbours_are_all_let_in
            a_place_that_is_left_goes_to_one_of_those_who_want_it
        }
        changes {
            a_stale_change_is_refused
            a_second_activation_stores_nothing
            a_change_asked_for_again_is_stored_once
            of_racing_changes_exactly_one_is_stored
            the_changes_are_read_from_the_newest_back
        }
    }
    let made = create_bucket(&clients.s3, prefix).await;
    let staging = S3Staging::new(clients.s3.clone(), prefix.to_owned());
    in_bucket! { staging, tell;
        small_objects_read_back
        large_objects_read_back
        an_unfinished_object_is_not_there
        objects_written_side_by_side_stay_apart
        a_missing_object_is_an_error_that_does_not_pass
    }
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
