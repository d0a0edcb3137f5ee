//! Errors of the domain as problems. Internal errors are logged here, once, and the response does not contain
//! their cause.

use axum::http::StatusCode;
use control::onboarding::OnboardingError;
use control::partition::PartitionError;
use control::preflight::{PreflightReport, PreflightStage, PreflightVerdict};
use control::setup::DestinationMismatchError;
use ports::PortError;
use protocol::connector::{NotAllowedError, OwnedResource};

use super::redact::redact_external_ids;
use super::{FieldError, Problem};

impl From<OnboardingError> for Problem {
    fn from(error: OnboardingError) -> Self {
        let text = error.to_string();
        match error {
            OnboardingError::NotFound(_) => Self::not_found(),
            OnboardingError::Stale { current, .. } => {
                let mut problem = Self::conflict("stale", "Modified by someone else", sentence(&text));
                problem.0.current_version = Some(current);
                problem
            }
            OnboardingError::AlreadyOwned(OwnedResource::Role) => {
                Self::conflict("role_taken", "The role is in use", sentence(&text))
            }
            OnboardingError::AlreadyOwned(OwnedResource::Destination) => {
                Self::conflict("destination_taken", "The destination is in use", sentence(&text))
            }
            OnboardingError::NotAllowed(not_allowed) => Self::from(not_allowed),
            OnboardingError::NotVerified(verification) => not_verified(verification),
            OnboardingError::Refused(refused) => {
                Self::unprocessable(vec![FieldError { pointer: String::new(), detail: refused.to_string() }])
            }
            OnboardingError::DestinationMismatch(found) => {
                let error = |mismatch: DestinationMismatchError| FieldError {
                    pointer: format!("/destination/{}", mismatch.field),
                    detail: mismatch.problem,
                };
                Self::unprocessable(found.into_iter().map(error).collect())
            }
            OnboardingError::NoPartition(without) => {
                let field = match without {
                    PartitionError::NoShardPlaceholder { .. } => "/shards",
                    PartitionError::AmbiguousTenantId { .. } => "/tenant",
                };
                Self::unprocessable(vec![FieldError { pointer: field.to_owned(), detail: text }])
            }
            OnboardingError::Exhausted(exhausted) => Self::budget_exhausted(&exhausted),
            // No endpoint of the API uses a link: the portal's page does.
            OnboardingError::Link(_) => Self::conflict("link", "Invalid link", sentence(&text)),
            OnboardingError::KeyReused(reused) => Self::key_reused(&reused),
            OnboardingError::LossNotAccepted(loss) => Self::would_lose(loss),
            OnboardingError::Forbidden(what) => Self::forbidden(&capitalize(what)),
            OnboardingError::Port(error) => port_problem(&error),
            OnboardingError::Keys(cause) => {
                tracing::error!(%cause, "failed to read the signing keys; the request was answered with 500");
                internal()
            }
        }
    }
}

impl From<NotAllowedError> for Problem {
    fn from(error: NotAllowedError) -> Self {
        let detail = sentence(&error.to_string());
        match error {
            NotAllowedError::NoDestination(_) => {
                Self::conflict("no_destination", "Not connected yet", detail)
            }
            NotAllowedError::NotVerified(_) => Self::conflict("not_verified", "Not verified", detail),
            NotAllowedError::WrongState { .. } => {
                Self::conflict("wrong_state", "Not allowed in this state", detail)
            }
            NotAllowedError::StartInFuture(_) => {
                Self::conflict("starts_in_the_future", "Start time in the future", detail)
            }
            NotAllowedError::ShardsInUse { .. } => {
                Self::conflict("shards_are_read", "Events would be lost", detail)
            }
            NotAllowedError::NoWebhook(_) => Self::conflict("no_webhook", "No webhook", detail),
            NotAllowedError::NoContacts(_) => Self::conflict("no_contacts", "No contacts", detail),
            NotAllowedError::NotAContact { .. } => Self::conflict("not_a_contact", "Not a contact", detail),
            NotAllowedError::Declined { .. } => {
                Self::conflict("declined", "The address has declined", detail)
            }
            NotAllowedError::NothingToAsk { .. } => {
                Self::conflict("nothing_to_ask", "No address to confirm", detail)
            }
            NotAllowedError::TestCooldown { .. } => {
                Self::conflict("tested_just_now", "Tested recently", detail)
            }
            NotAllowedError::RetentionExpired { .. } => {
                Self::conflict("kept_no_longer", "Retention period over", detail)
            }
        }
    }
}

/// The first failed stage is the reason; the response contains the whole verification.
fn not_verified(mut verification: Box<PreflightReport>) -> Problem {
    for finding in verification.reports.iter_mut().filter_map(|report| report.finding.as_mut()) {
        finding.cause = redact_external_ids(&finding.cause);
        finding.remedy = redact_external_ids(&finding.remedy);
    }
    let failed = verification.reports.iter().find(|report| report.verdict == PreflightVerdict::Failed);
    let stage = failed.map_or(PreflightStage::AssumeRole, |report| report.stage).as_str();
    let cause = failed.and_then(|report| report.finding.as_ref()).map_or("", |finding| &finding.cause);
    let detail = format!("The destination failed verification at {stage}. {cause}");
    let mut problem = Problem::conflict("not_verified", "Not verified", detail.trim_end());
    problem.0.verification = Some(verification);
    problem
}

fn port_problem(error: &PortError) -> Problem {
    let cause = error.chain();
    if let PortError::Transient { .. } = error {
        tracing::warn!(%cause, "temporary failure; the request was answered with 503");
        let detail = "A service that Auditferry depends on is temporarily unavailable; try again.";
        return Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            "Temporarily unavailable",
            detail,
        );
    }
    tracing::error!(%cause, "internal error; the request was answered with 500");
    internal()
}

fn internal() -> Problem {
    let detail = "An error of Auditferry or its deployment. Its operators find the cause in the log, \
                  under this request's request_id.";
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal error", detail)
}

/// A message of the domain as a sentence.
pub(super) fn sentence(text: &str) -> String {
    format!("{}.", capitalize(text))
}

fn capitalize(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}", letters.as_str())
}
