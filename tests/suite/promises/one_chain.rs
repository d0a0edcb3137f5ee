//! One chain: each part has one signed manifest, which names the previous one. Nobody ever sees another of
//! the same part, and nothing is sealed unsigned. [`tests::oracle::files`] follows the chain of every bucket,
//! so it checks after a crash at any call that each part has one manifest.

use std::collections::BTreeMap;
use std::sync::Arc;

use archive::manifest::Manifest;
use archive::note::SignedNote;
use bytes::Bytes;
use control::signing::{ManifestSigner, PreviousSigner};
use exporter::export;
use ports::Clock as _;
use protocol::connector::Connector;
use protocol::machine::{InternalErrorKind, Outcome};
use tests::chain;
use tests::fakes::FakeSigner;
use tests::fault_injection::{FaultPlan, InjectedFault};
use tests::fixtures::at;

use super::around_noon;
use super::world::World;

super::on_both_backends! {
    every_part_has_a_manifest_quiet_hours_too
    without_the_key_nothing_is_sealed_and_what_is_sealed_is_delivered
    a_new_key_is_named_by_the_previous_one
    a_moved_connector_has_keys_and_manifests_at_the_new_location
    a_re_created_bucket_gets_the_keys_again
}

/// The objects under the connector's prefix, by their names in it.
fn objects_under_prefix(world: &World, connector: &Connector) -> BTreeMap<String, Bytes> {
    let prefix = connector.destination.s3().unwrap().prefix.key("");
    let objects = world.backend().objects(connector).into_iter();
    objects.filter_map(|(key, bytes)| Some((key.strip_prefix(&prefix)?.to_owned(), bytes))).collect()
}

fn count(objects: &BTreeMap<String, Bytes>, folder: &str) -> usize {
    objects.keys().filter(|name| name.starts_with(folder)).count()
}

/// The signed manifests, by part.
fn manifests(objects: &BTreeMap<String, Bytes>) -> Vec<(SignedNote, Manifest)> {
    let notes = objects.iter().filter(|(name, _)| name.starts_with("manifests/date="));
    let mut notes: Vec<_> = notes
        .map(|(_, bytes)| {
            let note = SignedNote::parse(bytes).unwrap();
            let manifest = Manifest::parse(note.text()).unwrap();
            (note, manifest)
        })
        .collect();
    notes.sort_by_key(|(_, manifest)| manifest.part);
    notes
}

async fn run_signing(world: &World, connector: &Connector, current: u8, previous: PreviousSigner) -> Outcome {
    let mut exporter = world.exporter(&FaultPlan::none());
    let vendor = exporter.ports.signing.vendor.clone();
    exporter.ports.signing = ManifestSigner { vendor, current: Arc::new(FakeSigner::new(current)), previous };
    let deadline = world.clock.now() + std::time::Duration::from_secs(900);
    export(&exporter, &connector.id, deadline).await
}

fn is_unsigned(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Failed { error, .. } if error.kind == InternalErrorKind::SigningFailed)
}

async fn every_part_has_a_manifest_quiet_hours_too(world: World) {
    let connector = world.activate(at("2023-07-10T11:40:00Z"), |_| {}).await;
    world.write_real(&connector, around_noon(8)).await;
    world.run_until(&connector, at("2023-07-10T15:06:00Z")).await;
    let objects = objects_under_prefix(&world, &connector);
    assert_eq!(chain::violations(&objects), [""; 0]);
    assert_eq!((count(&objects, "events/"), count(&objects, "manifests/date=")), (4, 4));
    assert_eq!(count(&objects, "manifests/keys/62c0d4d9.vkey"), 1);
    let kinds: Vec<&str> = manifests(&objects).iter().map(|(_, manifest)| manifest.kind().as_str()).collect();
    assert_eq!(kinds, ["regular", "regular", "heartbeat", "heartbeat"]);
    let cursor = world.cursor(&connector).await;
    let newest = manifests(&objects).pop().unwrap().0.sha256();
    assert_eq!(cursor.chain_state.map(|note| note.sha256), Some(newest), "from the auditor's own source");
}

async fn without_the_key_nothing_is_sealed_and_what_is_sealed_is_delivered(world: World) {
    let connector = world.activate(at("2023-07-10T11:40:00Z"), |_| {}).await;
    world.write_real(&connector, around_noon(8)).await;
    world.backend().delete_bucket(&connector);
    world.run_until(&connector, at("2023-07-10T12:06:00Z")).await;
    assert_eq!(world.cursor(&connector).await.next.get(), 2, "one part waits for its bucket");
    world.backend().create_bucket(&connector);
    world.advance_to(at("2023-07-10T13:06:00Z")).await;
    for _ in 0..3 {
        let away = FaultPlan::none().inject_always("sign", InjectedFault::Fail);
        assert!(is_unsigned(&world.run_with(&connector, &away).await.unwrap()));
        let cursor = world.cursor(&connector).await;
        assert_eq!((cursor.next.get(), cursor.delivered.get()), (2, 1), "it waits, and delivers");
        let soon = cursor.next_run_at.since(world.clock.now());
        assert!(soon <= std::time::Duration::from_secs(60), "it is retried in {soon:?}");
        world.advance_to(cursor.next_run_at).await;
    }
    world.run_until(&connector, at("2023-07-10T14:06:00Z")).await;
    world.verdict(&connector).assert_clean();
}

async fn a_new_key_is_named_by_the_previous_one(world: World) {
    let connector = world.activate(at("2023-07-10T11:40:00Z"), |_| {}).await;
    world.write_real(&connector, around_noon(8)).await;
    let old = || -> PreviousSigner { PreviousSigner::Signer(Arc::new(FakeSigner::new(1))) };
    world.run_until(&connector, at("2023-07-10T12:06:00Z")).await;
    world.advance_to(at("2023-07-10T13:06:00Z")).await;
    assert!(
        is_unsigned(&run_signing(&world, &connector, 2, PreviousSigner::None).await),
        "nobody hands over to it"
    );
    let wrong = PreviousSigner::Signer(Arc::new(FakeSigner::new(3)));
    assert!(is_unsigned(&run_signing(&world, &connector, 2, wrong).await), "another key would hand over");
    assert!(!is_unsigned(&run_signing(&world, &connector, 2, old()).await));
    world.advance_to(at("2023-07-10T14:06:00Z")).await;
    let rolled_back = run_signing(&world, &connector, 1, PreviousSigner::None).await;
    assert!(is_unsigned(&rolled_back), "the old key is retired, even if a worker still has it");
    assert!(!is_unsigned(&run_signing(&world, &connector, 2, old()).await));
    world.advance_to(at("2023-07-10T15:06:00Z")).await;
    assert!(!is_unsigned(&run_signing(&world, &connector, 4, PreviousSigner::Lost).await), "said to be lost");

    let objects = objects_under_prefix(&world, &connector);
    // A rollback, also one that names the newer keys, or says that they are lost: no retired key becomes
    // current again.
    world.advance_to(at("2023-07-10T16:06:00Z")).await;
    for (current, previous) in [
        (1, PreviousSigner::Signer(Arc::new(FakeSigner::new(4)))),
        (2, PreviousSigner::Signer(Arc::new(FakeSigner::new(4)))),
        (1, PreviousSigner::Lost),
    ] {
        assert!(
            is_unsigned(&run_signing(&world, &connector, current, previous).await),
            "key {current} returns"
        );
    }
    assert_eq!(world.cursor(&connector).await.chain_state.map(|note| note.retired.len()), Some(2));
    // No manifest names the key after a lost one, so a verifier must be given it.
    assert_eq!(chain::violations(&objects), ["chain: part 4 is not signed by the current key"]);
    let signatures: Vec<usize> =
        manifests(&objects).iter().map(|(note, _)| note.signatures().len()).collect();
    assert_eq!(signatures, [1, 2, 1, 1]);
    assert_eq!(count(&objects, "manifests/keys/"), 3);
}

async fn a_moved_connector_has_keys_and_manifests_at_the_new_location(world: World) {
    let connector = world.activate(at("2023-07-10T11:40:00Z"), |_| {}).await;
    world.write_real(&connector, around_noon(8)).await;
    world.run_until(&connector, at("2023-07-10T12:06:00Z")).await;
    let mut moved = connector.clone();
    moved.version += 1;
    moved.destination.s3_mut().unwrap().prefix = "another/prefix".parse().unwrap();
    world.backend().save(&moved).await;
    world.backend().put_role(&moved);
    world.run_until(&moved, at("2023-07-10T14:06:00Z")).await;
    let (before, after) = (objects_under_prefix(&world, &connector), objects_under_prefix(&world, &moved));
    assert_eq!((count(&before, "manifests/date="), count(&after, "manifests/date=")), (1, 2));
    assert_eq!((count(&before, "manifests/keys/"), count(&after, "manifests/keys/")), (1, 1));
    let both: BTreeMap<String, Bytes> = before.into_iter().chain(after).collect();
    assert_eq!(chain::violations(&both), [""; 0]);
    let prefixes: Vec<String> =
        manifests(&both).iter().map(|(_, m)| m.destination.prefix.to_string()).collect();
    assert_eq!(prefixes, ["audit/auditferry", "another/prefix", "another/prefix"]);
}

async fn a_re_created_bucket_gets_the_keys_again(world: World) {
    let connector = world.activate(at("2023-07-10T11:40:00Z"), |_| {}).await;
    world.write_real(&connector, around_noon(8)).await;
    world.run_until(&connector, at("2023-07-10T12:06:00Z")).await;
    world.backend().delete_bucket(&connector);
    world.run_until(&connector, at("2023-07-10T13:06:00Z")).await;
    world.backend().create_bucket(&connector);
    world.run_until(&connector, at("2023-07-10T16:06:00Z")).await;
    let objects = objects_under_prefix(&world, &connector);
    assert_eq!(count(&objects, "manifests/keys/"), 1);
    assert!(count(&objects, "manifests/date=") >= 2);
    assert_eq!(count(&objects, "manifests/date="), count(&objects, "events/"));
}
