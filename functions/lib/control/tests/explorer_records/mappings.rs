//! Who sees and sets where the fields are in a connector's events.

use std::sync::Arc;

use archive::fields::FieldSetting;
use archive::names::ConnectorId;
use control::explorer_records::{ExplorerRecords, MappingError};
use futures_util::future::join_all;
use ports::{Connectors, EventMappings};
use protocol::connector::State;
use protocol::exploration::{MappingSource, StoredMapping};
use tests::fakes::FakeLedger;
use tests::fault_injection::{FaultPlan, Flaky, InjectedFault};
use tests::fixtures::{self, at, tenant};

use super::{World, acmes, globexes, ops};

/// A connector of acme.
async fn connector(ledger: &FakeLedger) -> ConnectorId {
    let connector = fixtures::connector(&tenant("acme"), at("2026-11-20T00:00:00Z"));
    Connectors::create(ledger, &connector, &fixtures::creation(&connector), &[]).await.unwrap();
    connector.id
}

/// The records with mappings in a ledger that fails so.
async fn flaky(plan: &FaultPlan) -> (ExplorerRecords, ConnectorId) {
    let world = World::new();
    let id = connector(&world.ledger).await;
    let mappings = Arc::new(Flaky::new(world.ledger.clone(), plan));
    (ExplorerRecords { mappings, ..world.records }, id)
}

#[tokio::test]
async fn an_operator_sets_a_mapping_in_place_of_the_guess_and_the_tenant_sees_it() {
    let world = World::new();
    let id = connector(&world.ledger).await;
    let guess = StoredMapping::guess(Some("ocsf".to_owned()), "ocsf".parse().unwrap(), 7, world.clock.wall());
    assert_eq!(world.records.mapping(&acmes(), &id).await.unwrap(), None);
    world.ledger.store_guess(&id, &guess).await.unwrap();
    let set = world.records.set_mapping(&ops(), &id, " cloudtrail\n").await.unwrap();
    assert_eq!(
        (set.version, set.preset.as_deref(), set.fields.as_str()),
        (2, Some("cloudtrail"), "cloudtrail")
    );
    assert_eq!(set.source, MappingSource::Set { by: ops().caller().clone() });
    let own = world.records.set_mapping(&ops(), &id, r#"{"actor":["/who"]}"#).await.unwrap();
    assert_eq!((own.version, own.preset.as_deref()), (3, None));
    assert_eq!(own.fields.as_str(), r#"{"actor":"/who"}"#);
    // What the reader does with it.
    assert!(FieldSetting::parse(own.fields.as_str()).unwrap().is_some());
    assert_eq!(world.records.mapping(&acmes(), &id).await.unwrap().as_ref(), Some(&own));
    let again = world.records.set_mapping(&ops(), &id, r#"{"actor":"/who"}"#).await.unwrap();
    assert_eq!(again, own, "the same again changes nothing");
}

#[tokio::test]
async fn a_tenant_sets_none_and_another_one_learns_of_no_connector() {
    let world = World::new();
    let id = connector(&world.ledger).await;
    let records = &world.records;
    let error = records.set_mapping(&acmes(), &id, "cloudtrail").await.unwrap_err();
    assert!(matches!(error, MappingError::Forbidden), "{error:?}");
    let nobodys = ConnectorId::new(u64::MAX);
    for error in [
        records.set_mapping(&globexes(), &id, "cloudtrail").await.unwrap_err(),
        records.mapping(&globexes(), &id).await.unwrap_err(),
        records.set_mapping(&ops(), &nobodys, "cloudtrail").await.unwrap_err(),
        records.mapping(&ops(), &nobodys).await.unwrap_err(),
    ] {
        assert!(matches!(error, MappingError::NotFound(_)), "{error:?}");
    }
    world.ledger.change(&id, |connector| connector.state = State::Deleted);
    let error = records.mapping(&acmes(), &id).await.unwrap_err();
    assert!(matches!(error, MappingError::NotFound(_)), "{error:?}");
}

#[tokio::test]
async fn what_is_no_mapping_is_refused_and_nothing_is_stored() {
    let world = World::new();
    let id = connector(&world.ledger).await;
    for (text, problem) in [
        ("", "the text is empty"),
        ("cloudtrial", "did you mean `cloudtrail`?"),
        (r#"{"actr":"/a"}"#, "did you mean `actor`?"),
        (r#"{"actor":"a.b"}"#, "write `/a/b`"),
        ("{", "can't be read as JSON"),
    ] {
        let error = world.records.set_mapping(&ops(), &id, text).await.unwrap_err();
        assert!(error.to_string().contains(problem), "{error}");
    }
    assert_eq!(world.ledger.mapping(&id).await.unwrap(), None);
}

#[tokio::test]
async fn of_operators_at_once_each_is_answered_and_the_last_ones_mapping_counts() {
    let (records, id) = flaky(&FaultPlan::yielding()).await;
    let presets = ["cloudtrail", "ocsf", "auth0"];
    let by = ops();
    let answers = join_all(presets.map(|preset| records.set_mapping(&by, &id, preset))).await;
    let stored = records.mapping(&by, &id).await.unwrap().unwrap();
    assert_eq!(stored.version, 3, "{answers:?}");
    assert!(answers.iter().any(|answer| answer.as_ref().unwrap() == &stored), "{answers:?}");
}

#[tokio::test]
async fn a_mapping_whose_answer_was_lost_is_found_stored() {
    let plan = FaultPlan::none().inject("store_mapping", 1, InjectedFault::LoseResponse);
    let (records, id) = flaky(&plan).await;
    let error = records.set_mapping(&ops(), &id, "ocsf").await.unwrap_err();
    assert!(matches!(error, MappingError::Port(_)), "{error:?}");
    assert_eq!(records.set_mapping(&ops(), &id, "ocsf").await.unwrap().version, 1);
}
