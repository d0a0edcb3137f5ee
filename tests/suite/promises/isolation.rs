//! Isolation: a part has only its tenant's events and goes only to its tenant's bucket, and one customer's
//! failures do not affect another's.

use std::collections::BTreeSet;

use archive::sort_key::SortKey;
use archive::time::Time;
use protocol::delivery_error::DeliveryErrorKind;
use protocol::machine::{InternalErrorKind, Outcome};
use tests::fakes::{Shape, StoredItem};
use tests::fixtures::at;
use tests::functions::Fakes;

use super::around_noon;
use super::world::World;

super::on_both_backends! {
    each_customer_gets_its_own_events_only
    a_role_that_denies_access_stops_one_customer_only
    a_bucket_that_a_stranger_re_created_gets_nothing
}

async fn each_customer_gets_its_own_events_only(world: World) {
    let start = at("2023-07-10T11:40:00Z");
    let first = world.activate(start, |_| {}).await;
    // A neighbor whose name continues the first one's, as `acme` and `acme-2`.
    let second = world.activate(start, |c| c.tenant = format!("{}-2", first.tenant).parse().unwrap()).await;
    let events = around_noon(40);
    world.write_real(&first, &events[..25]).await;
    world.write_real(&second, &events[25..]).await;
    for connector in [&first, &second] {
        world.run_until(connector, at("2023-07-10T13:06:00Z")).await;
        world.clock.set(start);
    }
    for (connector, count) in [(&first, 25), (&second, 15)] {
        let verdict = world.verdict(connector);
        verdict.assert_clean();
        assert_eq!(verdict.delivered, count);
    }
}

async fn a_role_that_denies_access_stops_one_customer_only(world: World) {
    let start = at("2023-07-10T11:40:00Z");
    let well = world.activate(start, |_| {}).await;
    let ill = world.activate(start, |_| {}).await;
    // The customer has changed the external ID that its role requires.
    let mut changed = ill.clone();
    changed.external_id = archive::names::ExternalId::new(7, 7);
    world.backend().put_role(&changed);
    for connector in [&ill, &well] {
        world.write_real(connector, around_noon(4)).await;
    }
    for connector in [&ill, &well] {
        world.clock.set(start);
        world.run_until(connector, at("2023-07-10T13:06:00Z")).await;
    }
    world.verdict(&well).assert_clean();
    assert!(world.backend().objects(&ill).is_empty());
    let block = world.cursor(&ill).await.block.expect("blocked");
    assert_eq!((block.kind, block.code.as_str()), (DeliveryErrorKind::Denied, "AccessDenied"));
    assert!(
        !block.cause.contains(ill.external_id.as_str()) && !block.remedy.contains(ill.external_id.as_str())
    );
    world.backend().put_role(&ill);
    world.run_until(&ill, at("2023-07-10T15:06:00Z")).await;
    world.verdict(&ill).assert_clean();
}

async fn a_bucket_that_a_stranger_re_created_gets_nothing(world: World) {
    let connector = world.activate(at("2023-07-10T11:40:00Z"), |_| {}).await;
    world.backend().delete_bucket(&connector);
    let mut stranger = connector.clone();
    let to = stranger.destination.s3_mut().unwrap();
    to.role = "arn:aws:iam::666666666666:role/auditferry/Delivery".parse().unwrap();
    world.backend().create_bucket(&stranger);
    world.write_real(&connector, around_noon(4)).await;
    world.run_until(&connector, at("2023-07-10T13:06:00Z")).await;
    assert!(world.backend().objects(&connector).is_empty());
    assert_eq!(world.cursor(&connector).await.block.unwrap().kind, DeliveryErrorKind::Denied);
}

/// A table that returns another tenant's item has a bug: nothing may be sent from it.
#[tokio::test]
async fn an_item_of_another_tenant_stops_the_connector_and_is_not_sent() {
    let fakes = Fakes::new();
    let bus = fakes.bus.clone();
    let world = World::on(&fakes);
    let connector = world.activate(at("2023-07-10T11:40:00Z"), |_| {}).await;
    world.write(&connector, at("2023-07-10T11:50:00Z"), "ours").await;
    let misplaced = StoredItem {
        partition: connector.tenant.to_string(),
        partition_key: "globex".into(),
        sort_key: SortKey::Text("2023-07-10T11:55:00Z#theirs".into()),
        shape: Shape::Text(r#"{"secret":"of globex"}"#.into()),
        visible_at: Time::EPOCH,
    };
    fakes.source.store(misplaced);
    world.advance_to(at("2023-07-10T12:05:00Z")).await;
    let Outcome::Failed { error, .. } = world.run(&connector).await else { panic!("it must fail") };
    assert_eq!(error.kind, InternalErrorKind::TenantMismatch);
    assert_eq!((fakes.ledger.parts(&connector.id), fakes.staging.keys()), (vec![], vec![]));
    assert_eq!((fakes.customers.attempts(), bus.distinct_kinds()), (vec![], vec!["ExportBlocked"]));
    // It stays blocked for hours, and continues by itself once the table is right.
    world.run_until(&connector, at("2023-07-10T16:06:00Z")).await;
    assert_eq!(fakes.ledger.parts(&connector.id), []);
    fakes.source.remove_foreign();
    world.run_until(&connector, at("2023-07-10T18:06:00Z")).await;
    world.verdict(&connector).assert_clean();
    assert_eq!(world.cursor(&connector).await.block, None);
    assert_eq!(
        bus.distinct_kinds()[..2],
        ["ExportBlocked", "ExportRecovered"],
        "its owner is notified of both, each once"
    );
    assert_eq!(bus.distinct_kinds().iter().filter(|fact| **fact == "ExportRecovered").count(), 1);
}

/// Whatever happens, each put goes to its own connector's bucket and under its prefix.
#[tokio::test]
async fn every_request_to_a_customer_is_for_its_own_bucket_and_prefix() {
    let fakes = Fakes::new();
    let world = World::on(&fakes);
    let mut own = BTreeSet::new();
    for n in 0..5 {
        let prefix = ["", "a", "a/b", "audit", "audit/log"][n];
        let start = at("2023-07-10T11:40:00Z");
        let connector =
            world.activate(start, |c| c.destination.s3_mut().unwrap().prefix = prefix.parse().unwrap()).await;
        world.write(&connector, at("2023-07-10T11:50:00Z"), "x").await;
        world.run_until(&connector, at("2023-07-10T13:06:00Z")).await;
        let to = connector.destination.s3().cloned().unwrap();
        own.insert((to.bucket.to_string(), to.prefix.key("")));
    }
    let attempts = fakes.customers.attempts();
    assert_eq!(attempts.len(), 5 * (2 * 2 + 1), "two parts, a manifest of each, and the key");
    for attempt in attempts {
        let (_, prefix) = own.iter().find(|(bucket, _)| *bucket == attempt.bucket).unwrap();
        let name = attempt.key.strip_prefix(prefix).unwrap_or_else(|| panic!("{attempt:?}"));
        assert!(name.starts_with("events/date=") || name.starts_with("manifests/"), "{attempt:?}");
    }
}
