//! The progress of connection checks: the newest check of a connector is kept, and its last step.

use std::time::Duration;

use archive::names::ConnectorId;
use archive::time::Time;
use futures_util::future::join_all;
use ports::CheckProgress;
use protocol::preflight::{
    CheckEnd, CheckId, Finding, PreflightStage, PreflightVerdict, RoleWaiting, RunningCheck, StageReport,
};

use super::start;
use crate::fixtures::{self, tenant, unique_id};

fn check_of(connector: &ConnectorId, now: Time) -> RunningCheck {
    let to = fixtures::connector(&tenant("acme"), start()).destination.s3().cloned().unwrap();
    RunningCheck::start(connector.clone(), CheckId::new(unique_id()), to, now)
}

fn new_connector() -> ConnectorId {
    ConnectorId::new(unique_id())
}

fn failed(stage: PreflightStage) -> StageReport {
    let finding =
        Finding { code: "Ä".into(), cause: "<b>".into(), remedy: "{\"Effect\": \"Allow\"}".into() };
    let verdict = PreflightVerdict::Failed;
    StageReport { stage, verdict, finding: Some(finding), duration_ms: 7, waited_ms: Some(4_000) }
}

/// All steps in their order.
fn steps(mut check: RunningCheck) -> Vec<RunningCheck> {
    let mut steps = vec![check.clone()];
    check.wait(RoleWaiting { stage: PreflightStage::AssumeRole, waited_ms: 2_000, at_most_ms: 20_000 });
    steps.push(check.clone());
    check.stage_done(failed(PreflightStage::AssumeRole));
    steps.push(check.clone());
    check.finish(CheckEnd::Failed);
    steps.push(check);
    steps
}

/// Each step reads back as it was stored; before the first there is nothing.
pub async fn a_check_is_followed_step_by_step(ledger: &impl CheckProgress) {
    let connector = new_connector();
    assert_eq!(ledger.newest_check(&connector).await.unwrap(), None);
    for step in steps(check_of(&connector, start())) {
        assert!(ledger.put_check(&step).await.unwrap());
        assert_eq!(ledger.newest_check(&connector).await.unwrap(), Some(step));
    }
    assert_eq!(ledger.newest_check(&new_connector()).await.unwrap(), None, "another connector");
}

/// A step that arrives late changes nothing, and neither does one that arrives twice.
pub async fn a_late_step_never_replaces_a_later_one(ledger: &impl CheckProgress) {
    let connector = new_connector();
    let steps = steps(check_of(&connector, start()));
    let last = steps.last().unwrap();
    assert!(ledger.put_check(last).await.unwrap());
    for late in &steps {
        assert!(!ledger.put_check(late).await.unwrap());
    }
    assert_eq!(ledger.newest_check(&connector).await.unwrap().as_ref(), Some(last));
}

/// The first step of a newer check replaces the last one of an older check, and never the other way round.
pub async fn an_older_check_never_overwrites_a_newer_one(ledger: &impl CheckProgress) {
    let connector = new_connector();
    let older = steps(check_of(&connector, start()));
    let newer = check_of(&connector, start() + Duration::from_millis(1));
    assert!(ledger.put_check(&older[1]).await.unwrap());
    assert!(ledger.put_check(&newer).await.unwrap());
    assert!(!ledger.put_check(&older[3]).await.unwrap());
    assert_eq!(ledger.newest_check(&connector).await.unwrap(), Some(newer));
}

/// Of many that write at once, the newest is kept.
pub async fn of_racing_checks_the_newest_is_kept(ledger: &impl CheckProgress) {
    let connector = new_connector();
    let at = |nth| start() + Duration::from_secs(nth);
    let checks: Vec<_> = (0..6).map(|nth| check_of(&connector, at(nth))).collect();
    let stored = join_all(checks.iter().map(|check| ledger.put_check(check))).await;
    assert!(stored.iter().any(|stored| *stored.as_ref().unwrap()));
    assert_eq!(ledger.newest_check(&connector).await.unwrap().as_ref(), checks.last());
}
