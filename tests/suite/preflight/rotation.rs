//! The external ID is rotated without interruption: both work until the new one has been seen to work, then
//! the old one is retired.

use std::time::Duration;

use archive::names::ExternalId;
use protocol::caller::Caller;
use protocol::connector::{Connector, Verb};
use protocol::machine::{Outcome, Summary};
use tests::fakes::Trust;

use super::deployment::{DAY, Deployment};

/// The customer's trust policy requires this external ID from now on.
fn move_trust(deployment: &Deployment, connector: &Connector, id: &ExternalId) {
    let to = connector.destination.s3().unwrap();
    deployment.customers.put_role(to.role.as_str(), id.as_str(), to.bucket.as_str(), to.prefix.as_str());
    deployment.prober.change(|set_up| set_up.trust = Trust::Only(id.clone()));
}

async fn delivers(deployment: &Deployment, after: Duration) {
    match deployment.run(after).await {
        Outcome::Completed(Summary { delivered: 1.., blocked: None, .. }) => {}
        outcome => panic!("{outcome:?}"),
    }
}

#[tokio::test]
async fn delivery_never_stops_and_the_old_external_id_is_retired_once_the_new_one_works() {
    let deployment = Deployment::start().await;
    let old = deployment.connector();
    let rotated = deployment.onboarding().rotate_external_id(&Caller::System, &old.id, None).await.unwrap();
    let next = rotated.next_external_id.clone().unwrap();
    assert_eq!(rotated.external_id, old.external_id);

    delivers(&deployment, DAY).await;
    assert!(deployment.prober.probes().is_empty(), "the customer has not moved yet, and nothing is tried");
    assert_eq!(deployment.connector().next_external_id.as_ref(), Some(&next));

    move_trust(&deployment, &old, &next);
    delivers(&deployment, DAY * 2).await;
    let connector = deployment.connector();
    assert_eq!((&connector.external_id, &connector.next_external_id), (&next, &None));
    assert_eq!(deployment.changes().await[0].what, Verb::Verify);

    move_trust(&deployment, &old, &old.external_id);
    match deployment.run(DAY * 3).await {
        Outcome::Completed(Summary { blocked: Some(_), .. }) => {}
        outcome => panic!("the old one is no longer used: {outcome:?}"),
    }
}

#[tokio::test]
async fn a_second_rotation_before_the_customer_moved_replaces_the_next_one_only() {
    let deployment = Deployment::start().await;
    let old = deployment.connector();
    let onboarding = deployment.onboarding();
    let first = onboarding.rotate_external_id(&Caller::System, &old.id, None).await.unwrap();
    let second = onboarding.rotate_external_id(&Caller::System, &old.id, None).await.unwrap();
    assert_eq!(second.external_id, old.external_id);
    assert_ne!(second.next_external_id, first.next_external_id);
    delivers(&deployment, DAY).await;
    move_trust(&deployment, &old, second.next_external_id.as_ref().unwrap());
    delivers(&deployment, DAY * 2).await;
    assert_eq!(Some(deployment.connector().external_id), second.next_external_id);
}
