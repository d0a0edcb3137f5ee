//! Two windows, two people, and the same form twice.

use std::sync::Arc;

use axum::http::StatusCode;
use protocol::connector::State;
use protocol::portal::Ability;
use tests::fault_injection::{FaultPlan, Flaky};

use crate::site::{ROLE, Site, destination};

#[tokio::test]
async fn what_somebody_else_changed_is_shown_with_both_values_and_either_can_be_taken() {
    let site = Site::new();
    let dana = site.dana().await;
    let kim = site.person("acme", "Kim Doe", &Ability::ALL).await;
    let (id, path) = dana.draft().await;
    let (mine, theirs) = (dana.get(&path).await, kim.get(&path).await);
    let hers = [("frequency", "6"), ("reader", "people")];
    assert_eq!(kim.submit(&theirs, &path, "save", &hers).await.status, StatusCode::SEE_OTHER);
    let answer = dana.submit(&mine, &path, "save", &[("frequency", "12")]).await;
    assert_eq!((answer.status, answer.value("frequency")), (StatusCode::CONFLICT, "12".into()));
    let words = answer.words();
    for part in
        ["Changed by Kim Doe at Nov 30, 10:31 UTC", "6 h", "12 h", "JSON array, uncompressed", "NDJSON, gzip"]
    {
        assert!(words.contains(part), "{part}: {words}");
    }
    assert_eq!(site.ledger.connector(&id).frequency.hours(), 6, "nothing is stored");
    let again = dana.submit(&answer, &path, "save", &[]).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER, "mine over it");
    assert_eq!(site.ledger.connector(&id).frequency.hours(), 12);
}

#[tokio::test]
async fn what_only_you_changed_is_no_conflict() {
    let site = Site::new();
    let dana = site.dana().await;
    let kim = site.person("acme", "Kim Doe", &Ability::ALL).await;
    let (id, path) = dana.draft().await;
    let (mine, theirs) = (dana.get(&path).await, kim.get(&path).await);
    kim.submit(&theirs, &path, "save", &[("frequency", "6")]).await;
    let mut fields = destination().to_vec();
    fields.push(("frequency", "6"));
    let saved = dana.submit(&mine, &path, "save", &fields).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "both say six hours: {}", saved.words());
    let connector = site.ledger.connector(&id);
    assert_eq!((connector.frequency.hours(), connector.state), (6, State::Ready));
}

#[tokio::test]
async fn a_check_in_between_is_no_change_of_the_form() {
    let site = Site::new();
    let dana = site.dana().await;
    let (id, path) = dana.ready().await;
    let (one, two) = (dana.get(&path).await, dana.get(&path).await);
    dana.submit(&one, &path, "verify", &[]).await;
    let saved = dana.submit(&two, &path, "save", &[("frequency", "3")]).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.words());
    assert_eq!(site.ledger.connector(&id).frequency.hours(), 3);
}

#[tokio::test]
async fn the_same_form_twice_is_saved_once() {
    let site = Site::new();
    let dana = site.dana().await;
    let (id, path) = dana.draft().await;
    let page = dana.get(&path).await;
    for _ in 0..2 {
        let saved = dana.submit(&page, &path, "save", &destination()).await;
        assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.words());
    }
    assert_eq!(site.ledger.connector(&id).version, 3, "saved, verified");
}

#[tokio::test]
async fn what_is_not_saved_is_not_activated() {
    let site = Site::new();
    let dana = site.dana().await;
    let (id, path) = dana.ready().await;
    let page = dana.get(&path).await;
    let answer = dana.submit(&page, &path, "activate", &[("frequency", "3")]).await;
    assert_eq!((answer.status, answer.value("frequency")), (StatusCode::UNPROCESSABLE_ENTITY, "3".into()));
    assert!(answer.words().contains("Save them first"), "{}", answer.words());
    assert_eq!(site.ledger.connector(&id).state, State::Ready);
}

#[tokio::test]
async fn a_destination_that_is_saved_and_does_not_pass_waits_with_its_reason() {
    let site = Site::new();
    let dana = site.dana().await;
    let (id, path) = dana.draft().await;
    site.prober.change(|setup| setup.region = Some(Ok(Some("eu-west-1".parse().unwrap()))));
    let saved = dana.submit(&dana.get(&path).await, &path, "save", &destination()).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER);
    let page = dana.get(&saved.location).await;
    assert!(page.words().contains("Saved, but the check did not pass."), "{}", page.words());
    assert!(page.words().contains("Stopped at: The bucket is in the region."), "{}", page.words());
    assert_eq!((page.value("role"), site.ledger.connector(&id).state), (ROLE.into(), State::Draft));
    let refused = dana.submit(&page, &path, "activate", &[]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    site.prober.change(|setup| setup.region = None);
    assert_eq!(dana.submit(&page, &path, "verify", &[]).await.status, StatusCode::OK);
    assert_eq!(site.ledger.connector(&id).state, State::Ready, "a check of what is stored counts");
}

#[tokio::test]
async fn two_activations_at_the_same_moment_lead_both_to_the_page_that_waits() {
    let mut site = Site::new();
    site.onboarding.connectors = Arc::new(Flaky::new(site.ledger.clone(), &FaultPlan::yielding()));
    let dana = site.dana().await;
    let (id, path) = dana.ready().await;
    let page = dana.get(&path).await;
    let kim = site.person("acme", "Kim Doe", &Ability::ALL).await;
    let (one, two) =
        tokio::join!(dana.submit(&page, &path, "activate", &[]), kim.submit(&page, &path, "activate", &[]));
    for answer in [one, two] {
        let location = format!("/portal/connectors/{id}/waiting");
        assert_eq!((answer.status, answer.location.as_str()), (StatusCode::SEE_OTHER, location.as_str()));
    }
}
