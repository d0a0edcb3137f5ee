//! The weekly verification by the binary itself, which gets the vendor's account from Lambda.

use std::time::Duration;

use protocol::caller::Caller;
use protocol::connector::{Connector, State, Verb};
use sandbox::Role;
use tests::fixtures;

use crate::world::{World, batch, failed, message};

const EVENT: &str = r#"{"id":"evt_1","action":"login"}"#;

/// A connector that is due and was last verified 8 days ago.
async fn unverified(world: &World, tenant: &str) -> Connector {
    let before = world.connector(tenant, &[EVENT]).await;
    let long_ago = world.since - Duration::from_hours(8 * 24);
    let after = Connector { verified_at: Some(long_ago), version: before.version + 1, ..before.clone() };
    world.embedded.connectors().save(&fixtures::change(&before, &after), None, &[]).await.unwrap();
    after
}

async fn stored(world: &World, connector: &Connector) -> Connector {
    world.embedded.connectors().get(&connector.id).await.unwrap().unwrap().0
}

#[tokio::test]
async fn a_connector_whose_role_admits_any_caller_is_paused_after_the_run_and_others_are_verified() {
    let world = World::start().await;
    let (safe, exposed) = (unverified(&world, "sound").await, unverified(&world, "opened").await);
    let to = exposed.destination.s3().cloned().unwrap();
    let (arn, bucket, prefix) = (to.role.to_string(), to.bucket.to_string(), to.prefix.to_string());
    world.embedded.stack().put_role(Role { arn, external_id: None, bucket, prefix }).unwrap();

    let mut exporter = world.exporter().await;
    let response = exporter.invoke(&batch(&[&message(&safe), &message(&exposed)])).await.unwrap();
    assert_eq!(response, failed(&[]));

    let verified = stored(&world, &safe).await;
    assert_eq!(verified.state, State::Active);
    assert!(verified.verified_at > safe.verified_at);
    let paused = stored(&world, &exposed).await;
    assert_eq!((paused.state, paused.verified_at), (State::Paused, None));
    let changes = world.embedded.connectors().changes(&exposed.id, None, 1).await.unwrap();
    assert_eq!((changes[0].what, &changes[0].by), (Verb::RefuseDestination, &Caller::System));
    assert!(world.bus.detail_types_of(exposed.id.as_str()).contains(&"ConnectorChanged".to_owned()));
    let objects = world.embedded.stack().objects(to.bucket.as_str()).unwrap();
    assert!(!objects.iter().any(|object| object.key.contains("/verification/")), "{objects:?}");

    let ended = exporter.kill().await;
    let log = ended.log();
    let line = log.iter().find(|line| line["message"] == "the connector was paused: its role is not safe");
    let line = line.unwrap_or_else(|| panic!("{log:#?}"));
    assert_eq!((&line["level"], &line["stage"]), (&"ERROR".into(), &"refuses_without_external_id".into()));
    assert!(!ended.stdout.contains(exposed.external_id.as_str()), "the remedy contains it, the log must not");
}
