//! What a run writes into the cursor besides seals and marks: blocks, the progress of reading, reconcile and
//! sweep, and the source.

use std::time::Duration;

use archive::part::{PartNumber, Window};
use futures_util::future::join_all;
use protocol::cursor::{Cursor, ReadProgress, Reconcile};
use protocol::delivery_error::{Block, DeliveryError, DeliveryErrorKind, DeliveryStage};
use protocol::events_source::{Acceptance, EventsSource, KeyLayout, RememberedSource};
use protocol::machine::{Mark, ProgressUpdate, ReconcileUpdate, SealAnswer};
use protocol::source_change::SourceChange;

use crate::conformance::{Ledger, activate, cursor, seal_next, start};
use crate::fixtures::{self, at, worker};

pub(in crate::conformance) fn block(stage: DeliveryStage, code: &str) -> Block {
    let error =
        DeliveryError { stage, kind: DeliveryErrorKind::Denied, code: code.into(), message: String::new() };
    let destination =
        fixtures::connector(&fixtures::tenant("acme"), start()).destination.s3().cloned().unwrap();
    Block::new(&error, destination.diagnose(&error), None, start(), 1)
}

/// A block is stored, replaced by a later one, and removed by the mark that says so.
pub async fn a_block_stays_until_a_mark_takes_it_away(ledger: &impl Ledger) {
    let (connector, _) = activate(ledger).await;
    let part = seal_next(ledger, &connector, at("2026-11-20T21:00:00Z")).await.part;
    for code in ["AccessDenied", "InvalidAccessKeyId"] {
        let block = block(DeliveryStage::PutObject, code);
        ledger.block(&connector.id, &block).await.unwrap();
        assert_eq!(cursor(ledger, &connector).await.block, Some(block));
    }
    ledger
        .mark(&Mark { part: part.clone(), at: start(), published_keys: None, unblock: true })
        .await
        .unwrap();
    assert_eq!(cursor(ledger, &connector).await.block, None);
}

/// A seal removes a read block if it says so, and advances the reconcile with the watermark.
pub async fn a_seal_carries_unblocking_and_reconcile(ledger: &impl Ledger) {
    let (connector, before) = activate(ledger).await;
    ledger.block(&connector.id, &block(DeliveryStage::Read, "TenantMismatch")).await.unwrap();
    let mut seal = fixtures::seal(&connector, &before, before.watermark, &worker());
    seal.part.window = Window { from: before.watermark, to: before.watermark };
    let reconcile = before.reconcile.read_out_of_order_keys(Some(seal.part.number), start());
    (seal.unblock, seal.reconcile) = (true, Some(reconcile.clone()));
    assert_eq!(ledger.seal(&seal).await.unwrap(), SealAnswer::Won);
    let after = cursor(ledger, &connector).await;
    assert_eq!((after.block, after.reconcile), (None, reconcile));
}

/// Of workers with unreadable items one publishes, and then nobody before the given time.
pub async fn one_worker_publishes_unreadable_items_and_then_nobody_for_a_while(ledger: &impl Ledger) {
    let (connector, before) = activate(ledger).await;
    let day = Duration::from_secs(86_400);
    let mut now = start() + day;
    for _ in 0..2 {
        let claims = (0..8).map(|_| ledger.try_claim_unreadable_notice(&connector.id, now - day, now));
        let answers = join_all(claims).await;
        assert_eq!(answers.into_iter().filter(|answer| matches!(answer, Ok(true))).count(), 1);
        assert!(
            !ledger.try_claim_unreadable_notice(&connector.id, now, now + day).await.unwrap(),
            "at `since` itself"
        );
        now = now + day + Duration::from_millis(1);
    }
    assert_eq!(cursor(ledger, &connector).await, before);
    let unknown = fixtures::connector(&fixtures::tenant("umbrella"), start());
    assert!(!ledger.try_claim_unreadable_notice(&unknown.id, now - day, now).await.unwrap());
}

/// Read progress is recorded while nobody has sealed since, and removed by the seal that closes the window.
pub async fn read_progress_is_recorded_until_someone_seals(ledger: &impl Ledger) {
    let (connector, before) = activate(ledger).await;
    let to = at("2026-11-20T21:00:00Z");
    let reading = |through| ReadProgress { to, through };
    let read = |cursor: &Cursor, through| ProgressUpdate {
        next: cursor.next,
        watermark: cursor.watermark,
        progress: reading(through),
    };
    let (first, second, third) =
        (at("2026-11-20T19:30:00Z"), at("2026-11-20T20:00:00Z"), at("2026-11-20T20:30:00Z"));
    ledger.record_progress(&connector.id, &read(&before, first)).await.unwrap();
    assert_eq!(cursor(ledger, &connector).await.read_progress, Some(reading(first)));

    let mut seal = fixtures::seal(&connector, &before, before.watermark, &worker());
    seal.part.window = Window { from: before.watermark, to: before.watermark };
    seal.read_progress = Some(reading(second));
    assert_eq!(ledger.seal(&seal).await.unwrap(), SealAnswer::Won);
    ledger.record_progress(&connector.id, &read(&before, third)).await.unwrap();
    let between = cursor(ledger, &connector).await;
    assert_eq!(between.read_progress, Some(reading(second)), "another worker has sealed since");

    let close = fixtures::seal(&connector, &between, to, &worker());
    assert_eq!(ledger.seal(&close).await.unwrap(), SealAnswer::Won);
    ledger.record_progress(&connector.id, &read(&between, third)).await.unwrap();
    assert_eq!(cursor(ledger, &connector).await.read_progress, None);
}

/// The reconcile advances only from where the worker read it.
pub async fn the_reconcile_moves_only_from_where_it_stood(ledger: &impl Ledger) {
    let (connector, before) = activate(ledger).await;
    let first = before.reconcile.read_through(at("2026-11-19T00:00:00Z"));
    let second = first.read_through(at("2026-11-20T00:00:00Z"));
    let updated = async |before: &Reconcile, after: &Reconcile, unblock| {
        let updated = ReconcileUpdate { before: before.clone(), after: after.clone(), unblock };
        ledger.record_reconcile(&connector.id, &updated).await.unwrap();
        let cursor = cursor(ledger, &connector).await;
        (cursor.reconcile, cursor.block.is_some())
    };
    ledger.block(&connector.id, &block(DeliveryStage::Read, "TenantMismatch")).await.unwrap();
    assert_eq!(updated(&before.reconcile, &first, false).await, (first.clone(), true));
    let stale = updated(&before.reconcile, &second, true).await;
    assert_eq!(stale, (first.clone(), true), "another worker has moved it since, and nothing is changed");
    assert_eq!(
        updated(&first, &second, true).await,
        (second, false),
        "an update that says so removes the block"
    );
}

/// The sweep progress only advances, whoever records it last, and changes nothing else.
pub async fn the_sweep_progress_only_advances(ledger: &impl Ledger) {
    let (connector, before) = activate(ledger).await;
    for (updated, stands) in [(24, 24), (7, 24), (24, 24), (48, 48)] {
        ledger.record_sweep(&connector.id, PartNumber::new(updated)).await.unwrap();
        let after = Cursor { orphans_swept_to: PartNumber::new(stands), ..before.clone() };
        assert_eq!(cursor(ledger, &connector).await, after);
    }
    seal_next(ledger, &connector, at("2026-11-20T21:00:00Z")).await;
    assert_eq!(
        cursor(ledger, &connector).await.orphans_swept_to,
        PartNumber::new(48),
        "a seal leaves it alone"
    );
}

/// A remembered source with this table.
fn source(table: &str) -> RememberedSource {
    let layout = KeyLayout {
        index: None,
        partition_key: "pk".into(),
        partition_format: "{tenant}".into(),
        sort_key: "sk".into(),
        sort_key_form: "rfc3339".into(),
    };
    RememberedSource::first(EventsSource {
        table: table.into(),
        table_id: Some(fixtures::unique_id().to_string()),
        layout,
    })
}

/// The first seal stores its source. A worker with another source is rejected, whatever it has read.
pub async fn a_seal_remembers_its_source_and_a_seal_from_another_is_refused(ledger: &impl Ledger) {
    let (connector, before) = activate(ledger).await;
    let (here, elsewhere) = (source("events"), source("events"));
    let mut seal = fixtures::seal(&connector, &before, at("2026-11-20T21:00:00Z"), &worker());
    seal.source = Some(here.clone());
    assert_eq!(ledger.seal(&seal).await.unwrap(), SealAnswer::Won);
    let after = cursor(ledger, &connector).await;
    assert_eq!(after.source, Some(here.clone()));
    let mut second = fixtures::seal(&connector, &after, at("2026-11-20T22:00:00Z"), &worker());
    second.source = Some(elsewhere);
    assert_eq!(ledger.seal(&second).await.unwrap(), SealAnswer::Refused);
    assert_eq!(cursor(ledger, &connector).await, after);
    assert_eq!(ledger.part(&connector.id, second.part.number).await.unwrap(), None);
    second.source = Some(here);
    assert_eq!(ledger.seal(&second).await.unwrap(), SealAnswer::Won);
}

/// A change of the source is stored if nothing has advanced, and removes the read progress of the old one.
pub async fn a_source_is_changed_only_from_where_the_cursor_stood(ledger: &impl Ledger) {
    let (connector, first) = activate(ledger).await;
    let (here, there) = (source("events"), source("other"));
    let mut seal = fixtures::seal(&connector, &first, at("2026-11-20T21:00:00Z"), &worker());
    seal.source = Some(here.clone());
    seal.read_progress =
        Some(ReadProgress { to: at("2026-11-20T22:00:00Z"), through: at("2026-11-20T21:30:00Z") });
    seal.reconcile = Some(Reconcile {
        resume_at: Some(start()),
        out_of_order_in: Some(PartNumber::FIRST),
        ..first.reconcile.clone()
    });
    assert_eq!(ledger.seal(&seal).await.unwrap(), SealAnswer::Won);
    let stored = cursor(ledger, &connector).await;
    let acceptance = Acceptance { from: start(), at: start(), by: "ann".into() };
    let change = SourceChange {
        before: here.clone(),
        next: stored.next,
        watermark: stored.watermark,
        after: RememberedSource { source: there.source, accepted: Some(acceptance) },
        forget_keys: true,
    };
    for stale in [
        SourceChange { next: first.next, ..change.clone() },
        SourceChange { watermark: first.watermark, ..change.clone() },
        SourceChange { before: change.after.clone(), ..change.clone() },
    ] {
        assert!(!ledger.change_source(&connector.id, &stale).await.unwrap());
        assert_eq!(cursor(ledger, &connector).await, stored);
    }
    assert!(ledger.change_source(&connector.id, &change).await.unwrap());
    let reconcile = Reconcile { resume_at: None, out_of_order_in: None, ..stored.reconcile.clone() };
    let after = Cursor { source: Some(change.after.clone()), read_progress: None, reconcile, ..stored };
    assert_eq!(cursor(ledger, &connector).await, after);
    assert!(!ledger.change_source(&connector.id, &change).await.unwrap(), "it is there already");
    assert_eq!(cursor(ledger, &connector).await, after);
}
