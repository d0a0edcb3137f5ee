//! A check that runs is followed by a second request, and never harmed by it.

use std::time::Duration;

use archive::names::{ConnectorId, ExternalId};
use async_trait::async_trait;
use axum::http::StatusCode;
use ports::{CheckProgress, PortError};
use protocol::portal::Ability;
use protocol::preflight::{
    CheckId, PreflightStage, PreflightVerdict, RoleWaiting, RunningCheck, StageReport,
};
use tests::fakes::{RoleSetup, Trust};
use tests::fixtures::at;

use crate::site::{BUCKET, ROLE, Site, destination};

fn running(id: &ConnectorId, check: &str) -> RunningCheck {
    let to = protocol::connector::S3Destination {
        role: ROLE.parse().unwrap(),
        bucket: BUCKET.parse().unwrap(),
        region: "eu-central-1".parse().unwrap(),
        prefix: "auditferry".parse().unwrap(),
        encryption: protocol::connector::Encryption::Default,
    };
    RunningCheck::start(id.clone(), check.parse().unwrap(), to, at("2026-11-30T10:31:00Z"))
}

#[tokio::test]
async fn each_stage_is_shown_as_it_ends_and_the_wait_for_a_role_too() {
    let site = Site::new();
    let dana = site.dana().await;
    let (id, path) = dana.draft().await;
    let check = dana.get(&path).await.value("check");
    let piece = async || dana.get(&format!("/portal/connectors/{id}/check/{check}")).await;
    assert!(piece().await.text.contains("data-state=\"unknown\""));
    let mut step = running(&id, &check);
    step.wait(RoleWaiting { stage: PreflightStage::AssumeRole, waited_ms: 6_000, at_most_ms: 20_000 });
    assert!(site.ledger.put_check(&step).await.unwrap());
    let waiting = piece().await;
    assert!(waiting.text.contains("data-state=\"running\""));
    assert!(waiting.words().contains("Waiting for IAM: 6 s of at most 20 s."), "{}", waiting.words());
    step.stage_done(StageReport {
        stage: PreflightStage::AssumeRole,
        verdict: PreflightVerdict::Passed,
        finding: None,
        duration_ms: 6_210,
        waited_ms: Some(6_000),
    });
    site.ledger.put_check(&step).await.unwrap();
    let words = piece().await.words();
    assert!(words.contains("6.2 s, of it 6.0 s waiting") && words.contains("Checking 2 of 8"), "{words}");
}

#[tokio::test]
async fn an_answer_that_got_lost_is_in_the_record() {
    let site = Site::new();
    let dana = site.dana().await;
    let (id, path) = dana.draft().await;
    let page = dana.get(&path).await;
    site.prober.change(|setup| {
        *setup = RoleSetup { trust: Trust::Only(ExternalId::new(9, 9)), ..RoleSetup::correct() }
    });
    let answer = dana.submit(&page, &path, "verify", &destination()).await;
    assert_ne!(answer.value("check"), page.value("check"), "the next check has an ID of its own");
    let piece = dana.get(&format!("/portal/connectors/{id}/check/{}", page.value("check"))).await;
    assert!(piece.text.contains("data-state=\"ended\""), "{}", piece.text);
    assert!(piece.words().contains("Stopped at: The role can be assumed with your external ID."));
    assert!(piece.words().contains("What to do: "), "{}", piece.words());
}

#[tokio::test]
async fn of_two_checks_each_page_gets_its_own_answer_and_the_record_is_the_newers() {
    let site = Site::new();
    let dana = site.dana().await;
    let (id, path) = dana.draft().await;
    let (one, two) = (dana.get(&path).await, dana.get(&path).await);
    assert_eq!(dana.submit(&one, &path, "verify", &destination()).await.status, StatusCode::OK);
    site.clock.advance(Duration::from_secs(1));
    assert_eq!(dana.submit(&two, &path, "verify", &destination()).await.status, StatusCode::OK);
    for (page, state) in [(one, "unknown"), (two, "ended")] {
        let piece = dana.get(&format!("/portal/connectors/{id}/check/{}", page.value("check"))).await;
        assert!(piece.text.contains(&format!("data-state=\"{state}\"")), "{state}");
    }
}

#[tokio::test]
async fn a_page_without_a_check_id_gets_its_answer_all_the_same() {
    let site = Site::new();
    let dana = site.dana().await;
    let (_, path) = dana.draft().await;
    let answer = dana.submit(&dana.get(&path).await, &path, "verify", &[("check", "<b>")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "only role, bucket and Region are missing");
    let mut fields = destination().to_vec();
    fields.push(("check", ""));
    assert_eq!(dana.submit(&dana.get(&path).await, &path, "verify", &fields).await.status, StatusCode::OK);
}

/// A place for progress that never works, or never answers.
struct Broken {
    hangs: bool,
}

#[async_trait]
impl CheckProgress for Broken {
    async fn put_check(&self, _: &RunningCheck) -> Result<bool, PortError> {
        if self.hangs {
            std::future::pending::<()>().await;
        }
        Err(PortError::transient("storing a step", "no answer"))
    }

    async fn newest_check(&self, _: &ConnectorId) -> Result<Option<RunningCheck>, PortError> {
        Ok(None)
    }
}

#[tokio::test]
async fn progress_that_cannot_be_recorded_never_fails_a_check() {
    for hangs in [false, true] {
        let site = Site::new().with_checks(Broken { hangs });
        let dana = site.dana().await;
        let (_, path) = dana.draft().await;
        let answer = dana.submit(&dana.get(&path).await, &path, "verify", &destination()).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(answer.words().contains("All checks passed."), "{}", answer.words());
    }
}

#[tokio::test]
async fn following_does_not_extend_the_session() {
    let site = Site::new();
    let dana = site.dana().await;
    let (id, path) = dana.ready().await;
    dana.submit(&dana.get(&path).await, &path, "activate", &[]).await;
    let check = CheckId::new(1);
    let mut last = StatusCode::OK;
    for _ in 0..40 {
        site.clock.advance(Duration::from_mins(1));
        dana.get(&format!("/portal/connectors/{id}/check/{check}")).await;
        last = dana.get(&format!("/portal/connectors/{id}/waiting")).await.status;
    }
    assert_eq!(last, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn whoever_may_only_look_does_not_follow_a_check_whose_findings_name_the_external_id() {
    let site = Site::new();
    let dana = site.dana().await;
    let (id, path) = dana.draft().await;
    let page = dana.get(&path).await;
    site.prober.change(|setup| *setup = RoleSetup { trust: Trust::Anyone, ..RoleSetup::correct() });
    dana.submit(&page, &path, "verify", &destination()).await;
    let piece = format!("/portal/connectors/{id}/check/{}", page.value("check"));
    let external_id = site.ledger.connector(&id).external_id;
    assert!(dana.get(&piece).await.text.contains(external_id.as_str()));
    let eve = site.person("acme", "Eve", &[Ability::View]).await;
    let answer = eve.get(&piece).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", answer.text);
    assert!(!answer.text.contains(external_id.as_str()));
}
