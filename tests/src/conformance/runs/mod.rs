//! The ledger for the exporter, between the lease and its release: seals, parts and marks.

mod cursor_writes;

use std::time::Duration;

use archive::part::{Content, PartNumber};
use futures_util::future::join_all;
use protocol::cursor::{Cursor, PublishedKeys};
use protocol::machine::{Mark, SealAnswer};

use super::{Ledger, activate, cursor, seal_next, start};
use crate::fixtures::{self, at, worker};

pub(super) use cursor_writes::block;
pub use cursor_writes::{
    a_block_stays_until_a_mark_takes_it_away, a_seal_carries_unblocking_and_reconcile,
    a_seal_remembers_its_source_and_a_seal_from_another_is_refused,
    a_source_is_changed_only_from_where_the_cursor_stood,
    one_worker_publishes_unreadable_items_and_then_nobody_for_a_while,
    read_progress_is_recorded_until_someone_seals, the_reconcile_moves_only_from_where_it_stood,
    the_sweep_progress_only_advances,
};

const MINUTE: Duration = Duration::from_secs(60);

/// A snapshot has settings and cursor exactly as they were stored; a lease leaves no trace in them.
pub async fn a_snapshot_is_what_was_stored(ledger: &impl Ledger) {
    let (connector, cursor) = activate(ledger).await;
    ledger.lease(&connector.id, &worker(), start(), start() + MINUTE).await.unwrap();
    let snapshot = ledger.snapshot(&connector.id).await.unwrap().unwrap();
    assert_eq!((snapshot.connector, snapshot.cursor), (connector, cursor));
}

/// The seal stores the part and advances number and watermark, and nothing else.
pub async fn a_seal_stores_the_part_and_moves_the_cursor(ledger: &impl Ledger) {
    let (connector, before) = activate(ledger).await;
    let seal = seal_next(ledger, &connector, at("2026-11-20T21:00:00Z")).await;
    let chain_state = seal.chain_state.clone();
    assert!(chain_state.is_some(), "the next manifest is chained to it");
    let after = Cursor { next: before.next.next(), watermark: seal.watermark_after, chain_state, ..before };
    assert_eq!(cursor(ledger, &connector).await, after);
    assert_eq!(ledger.part(&connector.id, PartNumber::FIRST).await.unwrap(), Some(seal.part));
    assert_eq!(ledger.part(&connector.id, PartNumber::new(2)).await.unwrap(), None);
}

/// A heartbeat's bytes are in its record and are read as they were.
pub async fn a_heartbeats_bytes_are_kept_in_its_record(ledger: &impl Ledger) {
    let (connector, cursor) = activate(ledger).await;
    let mut seal = fixtures::seal(&connector, &cursor, at("2026-11-20T21:00:00Z"), &worker());
    seal.part.content = Content::Inline("eyJhIjoxfQ==".repeat(100));
    (seal.part.first, seal.part.last) = (None, None);
    assert_eq!(ledger.seal(&seal).await.unwrap(), SealAnswer::Won);
    assert_eq!(ledger.part(&connector.id, PartNumber::FIRST).await.unwrap(), Some(seal.part));
}

/// An existing number is rejected, and its part stays as it is.
pub async fn a_taken_number_is_refused(ledger: &impl Ledger) {
    let (connector, stale) = activate(ledger).await;
    let won = seal_next(ledger, &connector, at("2026-11-20T21:00:00Z")).await;
    let second = fixtures::seal(&connector, &stale, at("2026-11-20T21:00:00Z"), &worker());
    assert_eq!(ledger.seal(&second).await.unwrap(), SealAnswer::Refused);
    assert_eq!(ledger.part(&connector.id, PartNumber::FIRST).await.unwrap(), Some(won.part));
}

/// A free number is rejected too, if the watermark is not where the worker read it.
pub async fn a_moved_watermark_is_refused(ledger: &impl Ledger) {
    let (connector, before) = activate(ledger).await;
    let mut seal = fixtures::seal(&connector, &before, at("2026-11-20T22:00:00Z"), &worker());
    seal.watermark_before = before.watermark + MINUTE;
    assert_eq!(ledger.seal(&seal).await.unwrap(), SealAnswer::Refused);
    assert_eq!(ledger.part(&connector.id, seal.part.number).await.unwrap(), None, "nothing of it is stored");
    assert_eq!(cursor(ledger, &connector).await, before);
}

/// A number beyond the next one would leave a gap, and is rejected.
pub async fn a_number_that_leaves_a_gap_is_refused(ledger: &impl Ledger) {
    let (connector, before) = activate(ledger).await;
    let ahead = Cursor { next: PartNumber::new(2), ..before.clone() };
    let seal = fixtures::seal(&connector, &ahead, at("2026-11-20T22:00:00Z"), &worker());
    assert_eq!(ledger.seal(&seal).await.unwrap(), SealAnswer::Refused);
    assert_eq!(cursor(ledger, &connector).await, before);
}

/// Of any number of concurrent seals one wins, and the record is the winner's.
pub async fn of_racing_sealers_exactly_one_wins(ledger: &impl Ledger) {
    let (connector, before) = activate(ledger).await;
    let seals: Vec<_> = (0..8)
        .map(|n| fixtures::seal(&connector, &before, at("2026-11-20T21:00:00Z") + MINUTE * n, &worker()))
        .collect();
    let answers = join_all(seals.iter().map(|seal| ledger.seal(seal))).await;
    let won: Vec<_> =
        seals.iter().zip(answers).filter(|(_, answer)| matches!(answer, Ok(SealAnswer::Won))).collect();
    assert_eq!(won.len(), 1);
    let (winner, _) = &won[0];
    assert_eq!(ledger.part(&connector.id, PartNumber::FIRST).await.unwrap().as_ref(), Some(&winner.part));
    let cursor = cursor(ledger, &connector).await;
    assert_eq!((cursor.next, cursor.watermark), (PartNumber::new(2), winner.watermark_after));
}

/// The parts that may contain an event of a time are those whose windows end later, newest first.
pub async fn parts_are_found_by_how_late_their_windows_end(ledger: &impl Ledger) {
    let (connector, _) = activate(ledger).await;
    for hour in [21, 22, 22, 23] {
        // The third has only late events: its window is empty.
        seal_next(ledger, &connector, at(&format!("2026-11-20T{hour}:00:00Z"))).await;
    }
    let found = async |after: &str, before| {
        let parts = ledger.parts_reaching(&connector.id, at(after), PartNumber::new(before)).await.unwrap();
        parts.iter().map(|part| part.number.get()).collect::<Vec<_>>()
    };
    assert_eq!(found("2026-11-20T20:15:30.123Z", 5).await, [4, 3, 2, 1]);
    assert_eq!(found("2026-11-20T20:59:59.999Z", 5).await, [4, 3, 2, 1]);
    assert_eq!(found("2026-11-20T21:00:00Z", 5).await, [4, 3, 2], "an end is exclusive");
    assert_eq!(found("2026-11-20T22:00:00Z", 5).await, [4]);
    assert_eq!(found("2026-11-20T23:00:00Z", 5).await, [0u64; 0]);
    assert_eq!(found("2026-11-20T20:00:00Z", 3).await, [2, 1]);
    assert_eq!(found("2026-11-20T20:00:00Z", 1).await, [0u64; 0]);
}

/// A mark advances `delivered` by one; a second one, or one out of order, does not.
pub async fn a_mark_counts_once_and_in_order(ledger: &impl Ledger) {
    let (connector, _) = activate(ledger).await;
    let first = seal_next(ledger, &connector, at("2026-11-20T21:00:00Z")).await.part;
    let second = seal_next(ledger, &connector, at("2026-11-20T22:00:00Z")).await.part;
    let early = start() + MINUTE;
    let mark = async |part: &archive::part::Part, at| {
        ledger.mark(&Mark { part: part.clone(), at, published_keys: None, unblock: false }).await.unwrap();
        cursor(ledger, &connector).await.delivered.get()
    };
    assert_eq!(mark(&second, early).await, 0, "part 1 is not delivered yet");
    assert_eq!(mark(&first, early).await, 1);
    assert_eq!(mark(&first, early + MINUTE).await, 1);
    assert_eq!(mark(&second, early + MINUTE).await, 2);
    assert_eq!(mark(&first, early + MINUTE).await, 2);
    for number in [1, 2] {
        let part = ledger.part(&connector.id, PartNumber::new(number)).await.unwrap().unwrap();
        assert_eq!(part.delivered_at, Some(early), "the first mark of part {number} stays");
    }
}

/// A mark changes nothing in a part's record but the time of delivery.
pub async fn a_mark_changes_nothing_else(ledger: &impl Ledger) {
    let (connector, _) = activate(ledger).await;
    let part = seal_next(ledger, &connector, at("2026-11-20T21:00:00Z")).await.part;
    ledger
        .mark(&Mark { part: part.clone(), at: start(), published_keys: None, unblock: false })
        .await
        .unwrap();
    let marked = ledger.part(&connector.id, part.number).await.unwrap();
    assert_eq!(marked, Some(archive::part::Part { delivered_at: Some(start()), ..part }));
}

/// A mark records published keys, if it has any, and otherwise leaves the recorded ones.
pub async fn a_mark_records_the_published_keys(ledger: &impl Ledger) {
    let (connector, _) = activate(ledger).await;
    let first = seal_next(ledger, &connector, at("2026-11-20T21:00:00Z")).await.part;
    let second = seal_next(ledger, &connector, at("2026-11-20T22:00:00Z")).await.part;
    let destination = connector.destination.s3().cloned().unwrap();
    let put = PublishedKeys::of(first.manifest.as_ref().unwrap(), &destination);
    for (part, published) in [(first, Some(put.clone())), (second, None)] {
        ledger.mark(&Mark { part, at: start(), published_keys: published, unblock: false }).await.unwrap();
        assert_eq!(cursor(ledger, &connector).await.published_keys.as_ref(), Some(&put));
    }
}
