//! Once a week an active connector is checked again, after a run of the exporter.

use std::time::Duration;

use protocol::caller::Caller;
use protocol::connector::{State, Verb};
use protocol::delivery_error::{DeliveryError, DeliveryErrorKind, DeliveryStage};
use protocol::machine::Outcome;
use protocol::notice::{Changed, Fact, Open};
use tests::fakes::{RoleSetup, Trust};

use super::deployment::{DAY, Deployment, start};

const HOUR: Duration = Duration::from_hours(1);

#[tokio::test]
async fn an_active_connector_is_verified_again_after_a_week_and_not_before() {
    let deployment = Deployment::start().await;
    deployment.run(DAY * 7).await;
    assert!(deployment.prober.probes().is_empty());
    deployment.run(DAY * 7 + HOUR).await;
    assert_eq!(deployment.connector().verified_at, Some(start() + DAY * 7 + HOUR));
    let changes = deployment.changes().await;
    assert_eq!(changes.len(), 1);
    assert_eq!((changes[0].what, &changes[0].by), (Verb::Verify, &Caller::System));
    assert_eq!(deployment.connector().state, State::Active);

    let probes = deployment.prober.probes().len();
    deployment.run(DAY * 14).await;
    assert_eq!(deployment.prober.probes().len(), probes, "a week counts from the last verification");
    deployment.run(DAY * 14 + HOUR * 2).await;
    assert_eq!(deployment.changes().await.len(), 2);
}

#[tokio::test]
async fn a_role_that_was_opened_to_anyone_pauses_its_connector_and_publishes_a_notice() {
    for trust in [Trust::Anyone, Trust::AnyExternalId] {
        let deployment = Deployment::start().await;
        deployment.prober.change(|set_up| set_up.trust = trust);
        let outcome = deployment.run(DAY * 8).await;
        assert!(matches!(outcome, Outcome::Completed(_)), "the run itself is not affected: {outcome:?}");
        let connector = deployment.connector();
        assert_eq!((connector.state, connector.verified_at), (State::Paused, None));
        assert_eq!(deployment.changes().await[0].what, Verb::RefuseDestination);
        let notices = deployment.bus.published();
        let paused = |fact: &Fact| {
            let Fact::Changed(Changed { what, state, .. }) = fact else { return false };
            (what, state) == (&Open::Known(Verb::RefuseDestination), &Open::Known(State::Paused))
        };
        assert!(notices.iter().any(|notice| paused(&notice.fact)), "{notices:?}");
        assert!(deployment.prober.written().is_empty(), "nothing goes through such a role");

        let delivered = deployment.customers.attempts().len();
        deployment.run(DAY * 9).await;
        assert_eq!(deployment.customers.attempts().len(), delivered, "delivery waits");
        assert!(deployment.ledger.cursor(&connector.id).watermark > start() + DAY * 8, "sealing continues");
    }
}

#[tokio::test]
async fn a_verification_that_fails_otherwise_pauses_nothing_and_is_retried_with_the_next_run() {
    let deployment = Deployment::start().await;
    let busy = DeliveryError {
        stage: DeliveryStage::AssumeRole,
        kind: DeliveryErrorKind::Unavailable,
        code: "Throttling".into(),
        message: "Rate exceeded".into(),
    };
    deployment.prober.change(|set_up| set_up.trust = Trust::Nobody(busy));
    deployment.run(DAY * 8).await;
    let connector = deployment.connector();
    assert_eq!((connector.state, connector.verified_at), (State::Active, Some(start())));
    assert!(deployment.changes().await.is_empty());
    deployment.prober.change(|set_up| *set_up = RoleSetup::correct());
    deployment.run(DAY * 9).await;
    assert_eq!(deployment.connector().verified_at, Some(start() + DAY * 9));
}

#[tokio::test]
async fn a_blocked_connector_is_not_probed_until_it_delivers_again() {
    let deployment = Deployment::start().await;
    let to = deployment.connector().destination.s3().cloned().unwrap();
    deployment.customers.delete_bucket(to.bucket.as_str());
    deployment.run(DAY * 8).await;
    assert!(deployment.prober.probes().is_empty());
    deployment.customers.create_bucket(to.bucket.as_str(), to.role.account().as_str(), to.region.as_str());
    deployment.run(DAY * 9).await;
    assert_eq!(deployment.connector().verified_at, Some(start() + DAY * 9));
}

#[tokio::test]
async fn without_time_for_it_a_verification_waits_for_the_next_run() {
    let deployment = Deployment::start().await;
    deployment.prober.change(|set_up| set_up.trust = Trust::Anyone);
    // A batch that took nearly all of the function's time must still be answered.
    deployment.run_within(DAY * 8, Duration::from_secs(10)).await;
    assert_eq!(deployment.connector().state, State::Active);
    deployment.run(DAY * 9).await;
    assert_eq!(deployment.connector().state, State::Paused);
}

#[tokio::test]
async fn a_paused_connector_is_left_alone() {
    let deployment = Deployment::start().await;
    let id = deployment.connector().id;
    deployment.onboarding().pause(&Caller::System, &id, None).await.unwrap();
    deployment.run(DAY * 8).await;
    assert!(deployment.prober.probes().is_empty(), "it is verified when it is resumed");
}
