//! Verifies an active connector's destination again: once a week, and as soon as the next external ID of a
//! rotation was seen to work.
//!
//! A trust policy can be loosened at any time. If a role now admits any caller, its connector is paused. That
//! is a change like any other, with its change record and its event on the bus. Verification follows a run
//! that delivered: a block has been reported already, and nothing is written to the destination in the
//! meantime.

use std::time::Duration;

use archive::names::ExternalId;
use archive::time::Time;
use control::onboarding::Onboarding;
use control::preflight::{PreflightReport, PreflightVerdict, StageReport};
use protocol::caller::Caller;
use protocol::connector::{Connector, State};
use protocol::machine::Outcome;

/// Maximum age of the last verification.
const MAX_VERIFICATION_AGE: Duration = Duration::from_hours(7 * 24);
/// A verification is a handful of small requests; one that takes longer than this is left to the next run.
const VERIFICATION_TIMEOUT: Duration = Duration::from_mins(2);
/// Kept free at the end of the function's time, so that a slow verification never fails the batch that
/// delivered.
const TIME_RESERVE: Duration = Duration::from_secs(15);

/// Verifies the connector after a run with this outcome, if verification is due and time is left.
/// `assumed_with` is the external ID with which the run assumed the role.
pub(super) async fn reverify(
    onboarding: &Onboarding,
    connector: &Connector,
    assumed_with: Option<&ExternalId>,
    outcome: &Outcome,
    deadline: Time,
) {
    let delivers = matches!(outcome, Outcome::Completed(summary) if summary.blocked.is_none());
    let now = onboarding.clock.now();
    if !delivers || !is_due(connector, assumed_with, now) {
        return;
    }
    let left = deadline.since(now).saturating_sub(TIME_RESERVE).min(VERIFICATION_TIMEOUT);
    let verifying = onboarding.verify(&Caller::System, &connector.id, None, |_| ());
    // With no time left it is not started: a future that never yields would not notice the timeout.
    let verified = if left.is_zero() { None } else { tokio::time::timeout(left, verifying).await.ok() };
    match verified {
        Some(Ok(verification)) => log_verification(connector, &verification),
        Some(Err(error)) => tracing::error!(
            connector.id = %connector.id, error = %error,
            "the connector could not be verified again; the next run retries"
        ),
        None => tracing::warn!(
            connector.id = %connector.id, left_ms = left.as_millis(),
            "no time was left to verify the connector again; the next run retries"
        ),
    }
}

fn is_due(connector: &Connector, assumed_with: Option<&ExternalId>, now: Time) -> bool {
    let next_id_works = assumed_with.is_some() && assumed_with == connector.next_external_id.as_ref();
    let too_old = connector.verified_at.is_none_or(|at| now.since(at) > MAX_VERIFICATION_AGE);
    connector.state == State::Active && (next_id_works || too_old)
}

/// The remedy is never logged: it contains the external ID.
fn log_verification(connector: &Connector, verification: &PreflightReport) {
    let id = &connector.id;
    let failed = |report: &&StageReport| report.verdict == PreflightVerdict::Failed;
    let Some(report) = verification.reports.iter().find(failed) else {
        tracing::info!(connector.id = %id, "the connector was verified again");
        return;
    };
    let stage = report.stage.as_str();
    let (code, cause) = report.finding.as_ref().map_or(("", ""), |f| (f.code.as_str(), f.cause.as_str()));
    if verification.is_unsafe() {
        tracing::error!(
            connector.id = %id, stage, code, cause,
            "the connector was paused: its role is not safe"
        );
    } else {
        tracing::warn!(connector.id = %id, stage, code, cause, "the connector failed its verification");
    }
}

#[cfg(test)]
mod tests {
    use archive::names::ConnectorId;

    use super::*;

    #[test]
    fn verification_is_due_after_a_week_or_once_the_next_external_id_works() {
        let at: Time = "2026-11-20T20:00:00Z".parse().unwrap();
        let (old, next) = (ExternalId::new(1, 1), ExternalId::new(2, 2));
        let draft = Connector::draft(ConnectorId::new(1), "acme".parse().unwrap(), old.clone(), at);
        let mut connector = Connector { state: State::Active, verified_at: Some(at), ..draft };
        assert!(!is_due(&connector, Some(&old), at + MAX_VERIFICATION_AGE));
        assert!(is_due(&connector, Some(&old), at + MAX_VERIFICATION_AGE + Duration::from_secs(1)));
        connector.next_external_id = Some(next.clone());
        assert!(!is_due(&connector, Some(&old), at) && !is_due(&connector, None, at));
        assert!(is_due(&connector, Some(&next), at));
        connector.verified_at = None;
        assert!(is_due(&connector, Some(&old), at), "created before verifications existed");
        connector.state = State::Paused;
        assert!(
            !is_due(&connector, Some(&next), at + MAX_VERIFICATION_AGE * 2),
            "it is verified when it is resumed"
        );
    }
}
