//! What a refusal of [`domain::onboarding`] means to whoever typed the command, each with what to do about it.

use domain::connector::{EncryptionError, NotAllowedError};
use domain::names::Refused;
use domain::onboarding::{OnboardingError, OwnedResource};
use domain::partition::NoPartition;
use domain::verify::{PreflightReport, PreflightVerdict};

use crate::problem::Problem;

impl From<OnboardingError> for Problem {
    fn from(error: OnboardingError) -> Self {
        let said = error.to_string();
        match error {
            OnboardingError::NotFound(_) => {
                Self::failed(said, "See which there are: auditferry connector list")
            }
            OnboardingError::Stale { id, .. } => Self::failed(
                said,
                format!("Look at it, and run the command again: auditferry connector show {id}"),
            ),
            // Whose it is stays untold: the name of another tenant is none of this one's business.
            OnboardingError::Taken(OwnedResource::Role) => Self::failed(
                said,
                "A role serves one tenant. Let the customer launch a stack with another name for the role, and connect it to that.",
            ),
            OnboardingError::Taken(OwnedResource::Destination) => {
                Self::failed(said, "Connect it to another prefix or another bucket.")
            }
            OnboardingError::NotAllowed(refusal) => refusal.into(),
            OnboardingError::NotVerified(verification) => not_verified(&said, verification),
            OnboardingError::Refused(refused) => refused.into(),
            OnboardingError::DestinationMismatch(_) => {
                Self::usage(said, "Give what fits together, and run the command again.")
            }
            OnboardingError::NoPartition(without) => without.into(),
            OnboardingError::KeyReused(_) => {
                Self::failed(said, "Use a new key for another connector, or the same values as then.")
            }
            OnboardingError::WouldLose(_) => {
                Self::failed(said, "To delete anyway, run the command again with --yes.")
            }
            OnboardingError::Exhausted(exhausted) => Self::failed(said, exhausted.remedy()),
            OnboardingError::Link(_) => Self::failed(said, "Open the link of the newest mail."),
            OnboardingError::Forbidden(_) => Self::failed(said, "Ask the vendor's operators."),
            OnboardingError::Port(error) => error.into(),
            OnboardingError::Keys(cause) => Self::failed(
                format!("{said}: {cause}"),
                "Look at VENDOR_DOMAIN, SIGNING_KEY and SIGNING_KEY_PREVIOUS.",
            ),
        }
    }
}

/// Says the stage that failed; the others have been told.
fn not_verified(said: &str, verification: Box<PreflightReport>) -> Problem {
    let failed = verification.reports.iter().find(|report| report.verdict == PreflightVerdict::Failed);
    let problem = match failed.and_then(|report| Some((report.stage, report.finding.as_ref()?))) {
        Some((stage, finding)) => Problem::failed(
            format!("{said}: {} ({}). {}", stage.as_str(), finding.code, finding.cause),
            finding.remedy.clone(),
        ),
        None => Problem::failed(said, "Verify it: auditferry connector verify CONNECTOR"),
    };
    problem.with(verification)
}

impl From<NotAllowedError> for Problem {
    fn from(refusal: NotAllowedError) -> Self {
        let remedy = match &refusal {
            NotAllowedError::NoDestination(id) => format!(
                "Connect it: auditferry connector connect {id} --role-arn ARN --bucket BUCKET --region REGION"
            ),
            NotAllowedError::NotVerified(id) => {
                format!("See what is wrong: auditferry connector verify {id}")
            }
            NotAllowedError::WrongState { id, state, verb, .. } => match (*verb, *state) {
                ("delete", "active" | "paused") => {
                    format!("Disable it first: auditferry connector disable {id}")
                }
                ("run", "draft" | "ready") => format!("Activate it: auditferry connector activate {id}"),
                (_, "disabled") => format!("Take it back first: auditferry connector enable {id}"),
                _ => format!("See its state: auditferry connector show {id}"),
            },
            NotAllowedError::StartInFuture(_) => {
                let remedy = "Leave --start-from out to start with the activation.";
                return Self::usage(refusal.to_string(), remedy);
            }
            NotAllowedError::ShardsInUse { to, .. } => {
                format!("Make a new connector: auditferry connector create --tenant TENANT --shards {to}")
            }
            NotAllowedError::NoWebhook(id) => {
                format!("Set one: auditferry connector contacts {id} --webhook URL")
            }
            NotAllowedError::NoContacts(id) => {
                format!("Set some: auditferry connector contacts {id} --email ADDRESS --webhook URL")
            }
            NotAllowedError::NotAContact { id, address } => {
                format!(
                    "Set it first, with all the others: auditferry connector contacts {id} --email {address}"
                )
            }
            NotAllowedError::Declined { .. } => {
                "Only its owner can take that back, by the link of its mail. Set another address.".to_owned()
            }
            NotAllowedError::NothingToAsk { id, .. } => {
                format!("See where each stands: auditferry connector contacts {id}")
            }
            NotAllowedError::TestCooldown { .. } => "Wait until then: a test reaches people.".to_owned(),
            NotAllowedError::RetentionExpired { .. } => {
                "Make a new connector: auditferry connector create --tenant TENANT".to_owned()
            }
        };
        Self::failed(refusal.to_string(), remedy)
    }
}

impl From<NoPartition> for Problem {
    fn from(without: NoPartition) -> Self {
        Self::usage(
            without.to_string(),
            "Set EVENTS_PARTITION_FORMAT to what the deployment's functions have, and name the tenant as its keys do.",
        )
    }
}

impl From<EncryptionError> for Problem {
    fn from(error: EncryptionError) -> Self {
        let remedy = match error {
            EncryptionError::NoKey => "Name the key with --kms-key-arn.",
            EncryptionError::UnusedKey => "Leave --encryption out, or leave --kms-key-arn out.",
        };
        Self::usage(error.to_string(), remedy)
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        Self::usage(refused.to_string(), "Write it in the form that is told, and run the command again.")
    }
}
