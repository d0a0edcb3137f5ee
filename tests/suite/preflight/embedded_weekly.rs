//! The weekly check end to end: the real exporter over the real SDK on the embedded stand-ins, with the clock
//! a week later.

use std::time::Duration;

use archive::part::Encoding;
use control::onboarding::NewConnector;
use protocol::caller::Caller;
use protocol::connector::{Connector, State, Verb};
use protocol::machine::Outcome;
use sandbox::Role;
use sandbox::wiring::Sandbox;
use tests::fixtures::{at, tenant};

use crate::embedded::role;

const START: &str = "2026-11-02T12:00:00Z";

/// A deployment with one active connector, verified and activated as by a customer.
async fn active() -> (Sandbox, Connector) {
    let embedded = Sandbox::start(None, Some(at(START))).await.unwrap();
    let new = NewConnector {
        tenant: tenant("acme"),
        shards: protocol::connector::Shards::ONE,
        frequency: 24.try_into().unwrap(),
        encoding: Encoding::default(),
        start_from: None,
        destination: super::connector().destination,
        idempotency_key: None,
    };
    let onboarding = embedded.onboarding();
    let connector = onboarding.create(&Caller::System, new).await.unwrap();
    embedded.grant_access(&connector).unwrap();
    let active = onboarding.activate(&Caller::System, &connector.id, None, |_| ()).await.unwrap();
    (embedded, active)
}

async fn run(embedded: &Sandbox, connector: &Connector) -> Connector {
    let outcomes = embedded.export(std::slice::from_ref(&connector.id)).await;
    assert!(matches!(outcomes[&connector.id], Outcome::Completed(_)), "{outcomes:?}");
    embedded.onboarding().read(&Caller::System, &connector.id).await.unwrap().connector
}

fn probes(embedded: &Sandbox, connector: &Connector) -> usize {
    let to = connector.destination.s3().unwrap();
    let objects = embedded.stack().objects(to.bucket.as_str()).unwrap();
    objects.iter().filter(|object| object.key.contains("/verification/")).count()
}

#[tokio::test]
async fn a_sound_role_passes_again_and_an_opened_one_pauses_its_connector() {
    let (mut embedded, connector) = active().await;
    assert_eq!(probes(&embedded, &connector), 1, "one at the activation");
    embedded.set_now(at(START) + Duration::from_hours(8 * 24));
    let again = run(&embedded, &connector).await;
    assert_eq!((again.state, probes(&embedded, &connector)), (State::Active, 2));
    assert!(again.verified_at > connector.verified_at);

    embedded.stack().put_role(Role { external_id: None, ..role(&connector) }).unwrap();
    embedded.set_now(at(START) + Duration::from_hours(16 * 24));
    let paused = run(&embedded, &connector).await;
    assert_eq!((paused.state, paused.verified_at), (State::Paused, None));
    assert_eq!(probes(&embedded, &connector), 2, "nothing is probed through a role that anyone can assume");
    let changes = embedded.onboarding().changes(&Caller::System, &connector.id, None, 1).await.unwrap();
    assert_eq!((changes[0].what, &changes[0].by), (Verb::RefuseDestination, &Caller::System));
    let notices = embedded.bus().events();
    assert!(notices.iter().any(|event| event["detail"]["what"] == "refuse_destination"), "{notices:?}");
}

#[tokio::test]
async fn a_rotated_external_id_takes_over_with_the_first_delivery_that_it_opens() {
    let (mut embedded, connector) = active().await;
    let onboarding = embedded.onboarding();
    let rotated = onboarding.rotate_external_id(&Caller::System, &connector.id, None).await.unwrap();
    embedded.set_now(at(START) + Duration::from_hours(25));
    let waiting = run(&embedded, &connector).await;
    assert_eq!(waiting.next_external_id, rotated.next_external_id, "the customer has not moved yet");

    embedded.grant_access(&rotated).unwrap();
    embedded.set_now(at(START) + Duration::from_hours(49));
    let moved = run(&embedded, &connector).await;
    assert_eq!((Some(moved.external_id), moved.next_external_id), (rotated.next_external_id, None));
}
