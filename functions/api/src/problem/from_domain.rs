//! Errors of the domain as problems. Internal errors are logged here, once, and the response does not contain
//! their cause.

use control::explorer::{AskError, ExplorerRefusal, RefusalCode};
use control::explorer_records::{ExplorerRecordsError, MappingError};
use control::onboarding::OnboardingError;
use control::partition::PartitionError;
use control::portal::PortalError;
use control::preflight::{PreflightReport, PreflightStage, PreflightVerdict};
use control::setup::DestinationMismatchError;
use ports::PortError;
use protocol::connector::{NotAllowedError, OwnedResource};

use super::redact::redact_external_ids;
use super::{Code, FieldError, Problem};

impl From<OnboardingError> for Problem {
    fn from(error: OnboardingError) -> Self {
        let text = error.to_string();
        match error {
            OnboardingError::NotFound(_) => Self::not_found(),
            OnboardingError::Stale { current, .. } => stale(&text, current),
            OnboardingError::AlreadyOwned(OwnedResource::Role) => Self::new(Code::RoleTaken, sentence(&text)),
            OnboardingError::AlreadyOwned(OwnedResource::Destination) => {
                Self::new(Code::DestinationTaken, sentence(&text))
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
            OnboardingError::Link(_) => Self::new(Code::Link, sentence(&text)),
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

impl From<PortalError> for Problem {
    fn from(error: PortalError) -> Self {
        let text = error.to_string();
        let refused = |field: &str, detail: String| {
            Self::unprocessable(vec![FieldError { pointer: format!("/{field}"), detail }])
        };
        match error {
            PortalError::NotFound(_) => Self::no_such_link(),
            PortalError::Forbidden(what) => Self::forbidden(&capitalize(what)),
            PortalError::OtherTenant(_) => Self::forbidden("Another tenant's links"),
            PortalError::NotSigned => Self::new(Code::NotSigned, sentence(&text)),
            PortalError::OperatorsInvitation => refused("kind", text),
            PortalError::ReturnUrl(_) => refused("return_url", text),
            PortalError::Validity { .. } => refused("valid_seconds", text),
            PortalError::NoTenant => refused("tenant", text),
            PortalError::Exhausted(exhausted) => Self::budget_exhausted(&exhausted),
            // Only the portal's pages hand links on.
            PortalError::Missing(_) | PortalError::BeyondOwn(_) | PortalError::HandedOn => {
                Self::new(Code::Link, sentence(&text))
            }
            PortalError::Port(error) => port_problem(&error),
        }
    }
}

/// The reader has written the detail for whoever asked.
impl From<AskError> for Problem {
    fn from(error: AskError) -> Self {
        match error {
            AskError::Refused(ExplorerRefusal { code, detail }) => {
                let code = match code {
                    RefusalCode::NotFound => Code::NoSuchLog,
                    RefusalCode::Forbidden => Code::Forbidden,
                    RefusalCode::NotShown => Code::EventsNotShown,
                    RefusalCode::Invalid => Code::Refused,
                    RefusalCode::TooMuch => Code::TooMuch,
                };
                Self::new(code, sentence(detail.trim_end_matches('.')))
            }
            AskError::Port(error) => port_problem(&error),
        }
    }
}

impl From<ExplorerRecordsError> for Problem {
    fn from(error: ExplorerRecordsError) -> Self {
        let text = sentence(&error.to_string());
        match error {
            ExplorerRecordsError::NotFound(_) => Self::no_such_exploration(),
            ExplorerRecordsError::OtherTenant(_) => Self::no_log(),
            ExplorerRecordsError::NoConnector(_) => {
                Self::unprocessable(vec![FieldError { pointer: "/connector".to_owned(), detail: text }])
            }
            ExplorerRecordsError::Stale { current, .. } => stale(&error.to_string(), current),
            ExplorerRecordsError::Full(_) => {
                Self::new(Code::TooMany, format!("{text} Delete one that is no longer needed."))
            }
            ExplorerRecordsError::KeyReused(_) | ExplorerRecordsError::KeyEnded(_) => {
                Self::new(Code::IdempotencyKeyReused, format!("{text} Use a new key."))
            }
            // Only people with a link to the portal lack an ability.
            ExplorerRecordsError::Missing(_) => Self::new(Code::Forbidden, text),
            ExplorerRecordsError::Exhausted(exhausted) => Self::budget_exhausted(&exhausted),
            ExplorerRecordsError::Port(error) => port_problem(&error),
        }
    }
}

impl From<MappingError> for Problem {
    fn from(error: MappingError) -> Self {
        match error {
            MappingError::NotFound(_) => Self::not_found(),
            MappingError::Forbidden => Self::forbidden("Setting where the fields of events are"),
            MappingError::Empty | MappingError::Invalid(_) => Self::unprocessable(vec![FieldError {
                pointer: "/fields".to_owned(),
                detail: error.to_string(),
            }]),
            MappingError::Port(error) => port_problem(&error),
        }
    }
}

impl From<NotAllowedError> for Problem {
    fn from(error: NotAllowedError) -> Self {
        let detail = sentence(&error.to_string());
        match error {
            NotAllowedError::NoDestination(_) => Self::new(Code::NoDestination, detail),
            NotAllowedError::NotVerified(_) => Self::new(Code::NotVerified, detail),
            NotAllowedError::WrongState { .. } => Self::new(Code::WrongState, detail),
            NotAllowedError::StartInFuture(_) => Self::new(Code::StartsInTheFuture, detail),
            NotAllowedError::ShardsInUse { .. } => Self::new(Code::ShardsAreRead, detail),
            NotAllowedError::NoWebhook(_) => Self::new(Code::NoWebhook, detail),
            NotAllowedError::NoContacts(_) => Self::new(Code::NoContacts, detail),
            NotAllowedError::NotAContact { .. } => Self::new(Code::NotAContact, detail),
            NotAllowedError::Declined { .. } => Self::new(Code::Declined, detail),
            NotAllowedError::NothingToAsk { .. } => Self::new(Code::NothingToAsk, detail),
            NotAllowedError::TestCooldown { .. } => Self::new(Code::TestedJustNow, detail),
            NotAllowedError::RetentionExpired { .. } => Self::new(Code::KeptNoLonger, detail),
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
    let mut problem = Problem::new(Code::NotVerified, detail.trim_end());
    problem.0.verification = Some(verification);
    problem
}

/// Someone else was faster; the problem says which version is stored now.
fn stale(text: &str, current: u64) -> Problem {
    let mut problem = Problem::new(Code::Stale, sentence(text));
    problem.0.current_version = Some(current);
    problem
}

fn port_problem(error: &PortError) -> Problem {
    let cause = error.chain();
    if let PortError::Transient { .. } = error {
        tracing::warn!(%cause, "temporary failure; the request was answered with 503");
        let detail = "A service that Auditferry depends on is temporarily unavailable; try again.";
        return Problem::new(Code::Unavailable, detail);
    }
    tracing::error!(%cause, "internal error; the request was answered with 500");
    internal()
}

fn internal() -> Problem {
    let detail = "An error of Auditferry or its deployment. Its operators find the cause in the log, \
                  under this request's request_id.";
    Problem::new(Code::Internal, detail)
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
