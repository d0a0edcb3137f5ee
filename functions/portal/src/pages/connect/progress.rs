//! A running check and whoever follows it: its record is written as it goes, and read by a second request.
//!
//! What can go wrong, and what then happens:
//! - The record can't be written: the check goes on, and its answer has all stages.
//! - The answer is lost: the record has all stages, and the page that follows shows them.
//! - The check takes longer than the front waits: it is given up before that, and the page says so.
//! - A second check begins, by a double click or in another window: both run, the record is that of the
//!   newer, and each page gets its own answer.

use std::pin::pin;
use std::time::Duration;

use archive::names::ConnectorId;
use axum::extract::State;
use axum::response::Response;
use control::onboarding::{Onboarding, OnboardingError};
use control::preflight::PreflightProgress;
use futures_util::future::{Either, select};
use maud::html;
use protocol::preflight::{CheckEnd, CheckId, PreflightStage, PreflightVerdict, RunningCheck};
use tokio::sync::watch;
use tokio::time::timeout;

use super::stages;
use crate::Portal;
use crate::error::PageError;
use crate::layout::fragment;
use crate::path::PathPair;
use crate::session::Person;

/// How long a check may take. API Gateway waits 30 s for an integration, and the function has 29 s.
/// Source: Amazon API Gateway developer guide, "Quotas for HTTP APIs".
const LIMIT: Duration = Duration::from_secs(26);
/// How long one write of the record may take before the next is tried, and how long an answer waits for it.
const WRITE_LIMIT: Duration = Duration::from_secs(1);

/// What a check reports to.
#[derive(Debug, Clone)]
pub(super) struct Reporter(watch::Sender<RunningCheck>);

impl Reporter {
    pub(super) fn report(&self, progress: PreflightProgress<'_>) {
        self.0.send_modify(|check| progress.record(check));
    }
}

/// What came of a check.
#[derive(Debug)]
pub(super) enum Outcome<T> {
    /// The operation was answered.
    Answered(Result<T, OnboardingError>),
    /// It took too long.
    TimedOut,
}

/// Runs an operation with a connection check in it, and writes its record as it goes.
pub(super) async fn followed<T, F>(
    onboarding: &Onboarding,
    check: RunningCheck,
    operation: impl FnOnce(Reporter) -> F,
) -> (RunningCheck, Outcome<T>)
where
    F: Future<Output = Result<T, OnboardingError>>,
{
    let (sender, receiver) = watch::channel(check);
    let running = async {
        let answer = timeout(LIMIT, operation(Reporter(sender.clone()))).await;
        let outcome = answer.map_or(Outcome::TimedOut, Outcome::Answered);
        sender.send_modify(|check| check.finish(end(check, &outcome)));
        let check = sender.borrow().clone();
        drop(sender);
        (check, outcome)
    };
    match select(pin!(running), pin!(write_steps(onboarding, receiver))).await {
        Either::Left((ended, last_write)) => {
            drop(timeout(WRITE_LIMIT, last_write).await);
            ended
        }
        Either::Right(((), running)) => running.await,
    }
}

fn end<T>(check: &RunningCheck, outcome: &Outcome<T>) -> CheckEnd {
    if check.reports.iter().any(|report| report.verdict == PreflightVerdict::Failed) {
        return CheckEnd::Failed;
    }
    match outcome {
        Outcome::Answered(Ok(_)) if check.reports.len() == PreflightStage::ALL.len() => CheckEnd::Passed,
        Outcome::Answered(_) | Outcome::TimedOut => CheckEnd::Aborted,
    }
}

/// Writes each step, or the newest of those that came while the last was written. Nothing rests on it, so a
/// failure is only logged. Nothing is written of a check that was refused before its first stage.
async fn write_steps(onboarding: &Onboarding, mut receiver: watch::Receiver<RunningCheck>) {
    while receiver.changed().await.is_ok() {
        let check = receiver.borrow_and_update().clone();
        if check.reports.is_empty() && check.waiting.is_none() {
            continue;
        }
        match timeout(WRITE_LIMIT, onboarding.record_check(&check)).await {
            Ok(Ok(true)) => {}
            // A newer check has begun, or nobody follows checks here.
            Ok(Ok(false)) => return,
            Ok(Err(error)) => {
                tracing::warn!(cause = error.chain(), "a step of a connection check could not be recorded");
            }
            Err(_) => tracing::warn!("recording a step of a connection check took too long"),
        }
    }
}

/// `GET /portal/connectors/{id}/check/{check}`: the check as far as it has come, as a piece of the page.
pub(crate) async fn show(
    State(portal): State<Portal>,
    Person(visitor): Person,
    PathPair(id, asked): PathPair<ConnectorId, CheckId>,
) -> Result<Response, PageError> {
    let newest = portal.onboarding.newest_check(&visitor.caller(), &id).await?;
    let check = newest.filter(|newest| newest.id == asked);
    let state = match check.as_ref().map(|check| check.end) {
        // Its first stage has not ended, or a newer check has taken its place.
        None => "unknown",
        Some(None) => "running",
        Some(Some(_)) => "ended",
    };
    Ok(fragment(&html! {
        div data-state=(state) {
            p data-summary { @if let Some(check) = &check { (stages::summary(check)) } @else { "Checking…" } }
            (stages::list(check.as_ref()))
        }
    }))
}
