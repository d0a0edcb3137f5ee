//! A part's manifest is signed before the seal that records it, and is put after the part's bytes.

use archive::manifest::{ChainStart, ChainState, Manifest, Previous};
use archive::part::PartNumber;
use protocol::cursor::PublishedKeys;
use protocol::delivery_error::{DeliveryErrorKind, DeliveryStage};
use protocol::machine::{Answer, Built, Effect, InternalErrorKind, PutAnswer, SealAnswer, Snapshot};
use tests::fixtures::{at, signed_manifest};

use super::harness::{
    RunHarness, delivery_error, draft, port_error, sealed, snapshot, snapshot_with_parts, with_cursor,
};

/// The manifest that a run over this snapshot orders to be signed.
fn ordered_manifest(snapshot: &Snapshot) -> Manifest {
    let mut run = RunHarness::with_snapshot(snapshot);
    run.expect_build_only(Built::Staged(draft()));
    Manifest::parse(&run.expect_sign().text).unwrap()
}

#[test]
fn what_is_signed_is_what_is_sealed() {
    let snapshot = snapshot();
    let mut run = RunHarness::with_snapshot(&snapshot);
    run.expect_build_only(Built::Nothing);
    let request = run.expect_sign();
    let part = run.expect_seal(SealAnswer::Won).part;
    let manifest = Manifest::parse(&request.text).unwrap();
    assert_eq!((manifest.object(), manifest.sealed), (part.name(), part.sealed_at));
    assert_eq!((request.chain_state, manifest.previous), (None, Previous::Start(ChainStart::Activation)));
    assert_eq!(manifest.destination.prefix, snapshot.connector.destination.s3().cloned().unwrap().prefix);
    let pinned = part.manifest.unwrap();
    assert_eq!(pinned.note().text(), request.text);
}

#[test]
fn a_seal_whose_answer_is_lost_is_retried_with_the_same_manifest() {
    let mut run = RunHarness::with_snapshot(&snapshot());
    run.expect_staged();
    let first = run.expect_seal(SealAnswer::Unknown);
    run.expect_read_back(None);
    run.expect_wait();
    let second = run.expect_seal(SealAnswer::Unknown);
    assert_eq!(first, second, "signed once");
    run.expect_read_back(Some(&first.part));
    assert!(matches!(run.effect(), Effect::Open(..)), "it was sealed nevertheless");
}

/// Whatever this worker has: everyone else sees what the ledger has.
#[test]
fn after_a_lost_answer_the_next_part_is_chained_to_the_recorded_manifest() {
    let snapshot = with_cursor(&snapshot(), |cursor| {
        (cursor.since, cursor.watermark) = (at("2026-11-20T18:00:00Z"), at("2026-11-20T19:00:00Z"));
    });
    let mut run = RunHarness::with_snapshot(&snapshot);
    run.expect_staged();
    let mut pinned = run.expect_seal(SealAnswer::Unknown).part;
    pinned.manifest = Some(signed_manifest("as it was recorded\n".to_owned()));
    run.expect_read_back(Some(&pinned));
    run.expect_delivery(&pinned);
    run.expect_build_only(Built::Staged(draft()));
    let previous = Manifest::parse(&run.expect_sign().text).unwrap().previous;
    assert_eq!(previous, Previous::Manifest(pinned.manifest.unwrap().sha256()));
}

#[test]
fn each_part_is_chained_to_the_previous_one_and_the_first_says_why_it_begins() {
    assert_eq!(ordered_manifest(&snapshot()).previous, Previous::Start(ChainStart::Activation));
    let mut backfill = snapshot();
    backfill.connector.start_from = Some(at("2026-11-01T00:00:00Z"));
    assert_eq!(ordered_manifest(&backfill).previous, Previous::Start(ChainStart::StartFrom));

    let mut run = RunHarness::with_snapshot(&snapshot());
    run.expect_staged();
    let first = run.expect_seal(SealAnswer::Won).part;
    let hung = ChainState::after(None, first.number, first.manifest.as_ref().unwrap()).unwrap();
    let second = with_cursor(&snapshot(), |cursor| {
        (cursor.next, cursor.chain_state) = (PartNumber::new(2), Some(hung.clone()))
    });
    let mut run = RunHarness::with_snapshot(&second);
    run.expect_build_only(Built::Staged(draft()));
    let request = run.expect_sign();
    assert_eq!(request.chain_state.as_ref(), Some(&hung));
    assert_eq!(Manifest::parse(&request.text).unwrap().previous, Previous::Manifest(hung.sha256));

    let without_notes = with_cursor(&snapshot(), |cursor| cursor.next = PartNumber::new(3));
    let manifest = ordered_manifest(&without_notes);
    assert_eq!((manifest.part.get(), manifest.previous), (3, Previous::Start(ChainStart::Upgrade)));
}

#[test]
fn a_text_that_was_not_requested_is_never_sealed() {
    let mut run = RunHarness::with_snapshot(&snapshot());
    run.expect_build_only(Built::Nothing);
    run.answer(Answer::Signed(Box::new(signed_manifest("something else\n".to_owned()))));
    run.expect_release();
    assert_eq!(run.expect_failed(), InternalErrorKind::InvariantViolated);
}

#[test]
fn a_key_out_of_reach_leaves_the_part_unsealed_and_what_is_sealed_is_delivered() {
    let mut snapshot = snapshot_with_parts(1);
    snapshot.cursor.watermark = at("2026-11-20T20:15:30.123Z");
    let part = sealed(&snapshot.connector, 1);
    let mut run = RunHarness::with_snapshot(&snapshot);
    run.expect_build_only(Built::Staged(draft()));
    assert!(matches!(run.effect(), Effect::Sign(_)));
    run.fail();
    run.expect_delivery(&part);
    let release = run.expect_release();
    assert!(release.next_run_at > release.now, "it is retried, and not at once");
    assert_eq!((run.expect_failed(), run.summary().sealed), (InternalErrorKind::Port, 0));
    assert_eq!(port_error().kind, InternalErrorKind::Port, "the error is the one that was returned");
}

#[test]
fn the_manifest_follows_the_bytes_and_the_keys_come_before_the_first_manifest() {
    let snapshot = snapshot_with_parts(2);
    let mut run = RunHarness::with_snapshot(&snapshot);
    run.expect_open(Ok(()));
    run.expect_load(&sealed(&snapshot.connector, 1));
    run.expect_put_only(Ok(PutAnswer::Written));
    run.expect_put_keys(Ok(PutAnswer::Exists));
    run.expect_put_manifest(Ok(PutAnswer::Exists));
    run.expect_announce();
    let published = run.expect_mark().published_keys.unwrap();
    run.expect_load(&sealed(&snapshot.connector, 2));
    run.expect_put_only(Ok(PutAnswer::Written));
    run.expect_put_manifest(Ok(PutAnswer::Written));
    run.expect_announce();
    run.expect_mark();
    run.expect_release();
    assert_eq!(run.expect_completed().delivered, 2);

    let knows =
        with_cursor(&snapshot_with_parts(1), |cursor| cursor.published_keys = Some(published.clone()));
    let mut run = RunHarness::with_snapshot(&Snapshot { connector: snapshot.connector, ..knows });
    run.expect_open(Ok(()));
    run.expect_load(&sealed(&snapshot_with_parts(1).connector, 1));
    run.expect_put_only(Ok(PutAnswer::Written));
    run.expect_put_manifest(Ok(PutAnswer::Written));
    run.expect_announce();
    assert_eq!(run.expect_mark().published_keys, None, "nothing was put again");
}

/// By then the bucket may be another one of the same name. A block of reading says nothing about the bucket.
#[test]
fn after_a_block_of_the_delivery_the_keys_are_put_again() {
    let snapshot = snapshot_with_parts(1);
    let part = sealed(&snapshot.connector, 1);
    let published =
        PublishedKeys::of(part.manifest.as_ref().unwrap(), snapshot.connector.destination.s3().unwrap());
    let puts_keys = |stage| {
        let block = protocol::delivery_error::Block {
            stage,
            kind: DeliveryErrorKind::Gone,
            code: "NoSuchBucket".into(),
            cause: String::new(),
            remedy: String::new(),
            since: snapshot.cursor.since,
            attempts: 1,
            next_attempt: snapshot.cursor.since,
        };
        let mut run = RunHarness::with_snapshot(&with_cursor(&snapshot, |cursor| {
            (cursor.published_keys, cursor.block) = (Some(published.clone()), Some(block));
        }));
        run.expect_open(Ok(()));
        run.expect_load(&part);
        run.expect_put_only(Ok(PutAnswer::Written));
        matches!(run.effect(), Effect::PutKeys(..))
    };
    assert_eq!(
        [DeliveryStage::PutObject, DeliveryStage::AssumeRole, DeliveryStage::Read].map(puts_keys),
        [true, true, false]
    );
}

#[test]
fn an_error_at_the_manifest_does_not_send_the_bytes_again() {
    let snapshot = snapshot_with_parts(1);
    let mut run = RunHarness::with_snapshot(&snapshot);
    run.expect_open(Ok(()));
    run.expect_load(&sealed(&snapshot.connector, 1));
    run.expect_put_only(Ok(PutAnswer::Written));
    run.expect_put_keys(Err(delivery_error(
        DeliveryStage::PutObject,
        DeliveryErrorKind::Unavailable,
        "SlowDown",
    )));
    run.expect_wait();
    run.expect_put_keys(Ok(PutAnswer::Written));
    run.expect_put_manifest(Err(delivery_error(
        DeliveryStage::PutObject,
        DeliveryErrorKind::Conflict,
        "ConditionalRequestConflict",
    )));
    run.expect_wait();
    run.expect_put_manifest(Ok(PutAnswer::Exists));
    run.expect_announce();
    run.expect_mark();
    run.expect_release();
    let summary = run.expect_completed();
    assert_eq!((summary.delivered, summary.existed, summary.retries), (1, 0, 2));
}

#[test]
fn a_refused_manifest_blocks_the_connector_as_its_part_would() {
    let snapshot = snapshot_with_parts(1);
    let mut run = RunHarness::with_snapshot(&snapshot);
    run.expect_open(Ok(()));
    run.expect_load(&sealed(&snapshot.connector, 1));
    run.expect_put_only(Ok(PutAnswer::Written));
    run.expect_put_keys(Ok(PutAnswer::Written));
    run.expect_put_manifest(Err(delivery_error(
        DeliveryStage::PutObject,
        DeliveryErrorKind::Denied,
        "AccessDenied",
    )));
    run.expect_announce();
    assert_eq!(run.expect_block().code, "AccessDenied");
    run.expect_release();
    assert_eq!(run.expect_completed().delivered, 0);
}

#[test]
fn keys_are_known_at_their_location_only() {
    let [first, second] = ["s3://a/b eu-central-1 222222222222", "s3://c/b eu-central-1 222222222222"];
    let at_place = |to: &str, ids: &[u8]| PublishedKeys {
        location: to.to_owned(),
        keys: ids.iter().map(|id| [*id; 4].into()).collect(),
    };
    assert!(at_place(first, &[1, 2]).covers(&at_place(first, &[2])));
    assert!(!at_place(first, &[1]).covers(&at_place(first, &[1, 2])));
    assert!(!at_place(first, &[1]).covers(&at_place(second, &[1])));
    let before = at_place(first, &[1]);
    assert_eq!(at_place(first, &[2]).merged_with(Some(&before)), at_place(first, &[2, 1]));
    assert_eq!(at_place(second, &[2]).merged_with(Some(&before)), at_place(second, &[2]));
}
