//! Converts the errors of [`control::onboarding`] to errors of a command, each with its remedy.

use archive::names::InvalidValueError;
use control::explorer::{AskError, ExplorerRefusal, RefusalCode};
use control::onboarding::OnboardingError;
use control::partition::PartitionError;
use control::portal::PortalError;
use control::preflight::{PreflightReport, PreflightVerdict};
use protocol::connector::{EncryptionError, NotAllowedError, OwnedResource};

use crate::error::CliError;

impl From<OnboardingError> for CliError {
    fn from(error: OnboardingError) -> Self {
        let message = error.to_string();
        match error {
            OnboardingError::NotFound(_) => {
                Self::failed(message, "List the connectors: auditferry connector list")
            }
            OnboardingError::Stale { id, .. } => Self::failed(
                message,
                format!("Check its current state, then repeat the command: auditferry connector show {id}"),
            ),
            // The owner is not revealed: a tenant must not learn another tenant's name.
            OnboardingError::AlreadyOwned(OwnedResource::Role) => Self::failed(
                message,
                "A role serves one tenant. Let the customer launch a stack with another role name, and connect to that role.",
            ),
            OnboardingError::AlreadyOwned(OwnedResource::Destination) => {
                Self::failed(message, "Connect it to another prefix or another bucket.")
            }
            OnboardingError::NotAllowed(refusal) => refusal.into(),
            OnboardingError::NotVerified(verification) => not_verified(&message, verification),
            OnboardingError::Refused(refused) => refused.into(),
            OnboardingError::DestinationMismatch(_) => {
                Self::usage(message, "Use values that match, and repeat the command.")
            }
            OnboardingError::NoPartition(error) => error.into(),
            OnboardingError::KeyReused(_) => {
                Self::failed(message, "Use a new key for another connector, or the same values as before.")
            }
            OnboardingError::LossNotAccepted(_) => {
                Self::failed(message, "To delete anyway, repeat the command with --yes.")
            }
            OnboardingError::Exhausted(exhausted) => Self::failed(message, exhausted.remedy()),
            OnboardingError::Link(_) => Self::failed(message, "Open the link in the newest mail."),
            OnboardingError::Forbidden(_) => Self::failed(message, "Ask the vendor's operators."),
            OnboardingError::Port(error) => error.into(),
            OnboardingError::Keys(cause) => Self::failed(
                format!("{message}: {cause}"),
                "Check VENDOR_DOMAIN, SIGNING_KEY and SIGNING_KEY_PREVIOUS.",
            ),
        }
    }
}

impl From<PortalError> for CliError {
    fn from(error: PortalError) -> Self {
        let message = error.to_string();
        match error {
            PortalError::NotFound(_) => {
                Self::failed(message, "List the links: auditferry portal links --tenant TENANT")
            }
            PortalError::Forbidden(_) | PortalError::OtherTenant(_) => {
                Self::failed(message, "Ask the vendor's operators.")
            }
            PortalError::NotSigned => Self::failed(message, "Use AWS credentials of the vendor's account."),
            PortalError::OperatorsInvitation => {
                Self::usage(message, "Leave --kind out, and open the link at once.")
            }
            PortalError::ReturnUrl(_) => {
                Self::usage(message, "Name a page of PORTAL_RETURN_URLS, or one below; a folder has none.")
            }
            PortalError::Validity { .. } => Self::usage(message, "Set --valid-for within these bounds."),
            PortalError::NoTenant => Self::usage(message, "Add --tenant TENANT."),
            PortalError::Missing(_) | PortalError::BeyondOwn(_) | PortalError::HandedOn => {
                Self::failed(message, "Make another link: auditferry portal link --tenant TENANT --for NAME")
            }
            PortalError::Exhausted(exhausted) => Self::failed(message, exhausted.remedy()),
            PortalError::Port(error) => error.into(),
        }
    }
}

/// The reader has written the detail for whoever asked.
impl From<AskError> for CliError {
    fn from(error: AskError) -> Self {
        let ExplorerRefusal { code, detail } = match error {
            AskError::Refused(refusal) => refusal,
            AskError::Port(error) => return error.into(),
        };
        match code {
            RefusalCode::NotFound => Self::failed(detail, "List the connectors: auditferry connector list"),
            RefusalCode::Forbidden => Self::failed(detail, "Ask the vendor's operators."),
            RefusalCode::NotShown => Self::failed(
                detail,
                "Set the parameter PortalEvents to counts or events, after agreement with your customers.",
            ),
            RefusalCode::Invalid => Self::usage(
                detail,
                "Correct it and repeat the command; its --help shows the forms. With several connectors add \
                 --connector CONNECTOR.",
            ),
            RefusalCode::TooMuch => {
                Self::failed(detail, "Ask for less: a shorter span (--from, --to), or a filter.")
            }
        }
    }
}

/// Names the failed stage; the others are printed already.
fn not_verified(message: &str, verification: Box<PreflightReport>) -> CliError {
    let failed = verification.reports.iter().find(|report| report.verdict == PreflightVerdict::Failed);
    let error = match failed.and_then(|report| Some((report.stage, report.finding.as_ref()?))) {
        Some((stage, finding)) => CliError::failed(
            format!("{message}: {} ({}). {}", stage.as_str(), finding.code, finding.cause),
            finding.remedy.clone(),
        ),
        None => CliError::failed(message, "Verify it: auditferry connector verify CONNECTOR"),
    };
    error.with_verification(verification)
}

impl From<NotAllowedError> for CliError {
    fn from(refusal: NotAllowedError) -> Self {
        let remedy = match &refusal {
            NotAllowedError::NoDestination(id) => format!(
                "Connect it: auditferry connector connect {id} --role-arn ARN --bucket BUCKET --region REGION"
            ),
            NotAllowedError::NotVerified(id) => {
                format!("Find out why: auditferry connector verify {id}")
            }
            NotAllowedError::WrongState { id, state, verb, .. } => match (*verb, *state) {
                ("delete", "active" | "paused") => {
                    format!("Disable it first: auditferry connector disable {id}")
                }
                ("run", "draft" | "ready") => format!("Activate it: auditferry connector activate {id}"),
                (_, "disabled") => format!("Enable it first: auditferry connector enable {id}"),
                _ => format!("Check its state: auditferry connector show {id}"),
            },
            NotAllowedError::StartInFuture(_) => {
                let remedy = "Leave --start-from out to start at the activation.";
                return Self::usage(refusal.to_string(), remedy);
            }
            NotAllowedError::ShardsInUse { to, .. } => {
                format!("Create a new connector: auditferry connector create --tenant TENANT --shards {to}")
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
                "Only its owner can undo that, with the link in its mail. Set another address.".to_owned()
            }
            NotAllowedError::NothingToAsk { id, .. } => {
                format!("Check the status of each address: auditferry connector contacts {id}")
            }
            NotAllowedError::TestCooldown { .. } => {
                "Wait until then: test messages are sent to people.".to_owned()
            }
            NotAllowedError::RetentionExpired { .. } => {
                "Create a new connector: auditferry connector create --tenant TENANT".to_owned()
            }
        };
        Self::failed(refusal.to_string(), remedy)
    }
}

impl From<PartitionError> for CliError {
    fn from(error: PartitionError) -> Self {
        Self::usage(
            error.to_string(),
            "Set EVENTS_PARTITION_FORMAT as in the deployment's functions, and name the tenant as in its keys.",
        )
    }
}

impl From<EncryptionError> for CliError {
    fn from(error: EncryptionError) -> Self {
        let remedy = match error {
            EncryptionError::NoKey => "Name the key with --kms-key-arn.",
            EncryptionError::UnusedKey => "Leave --encryption out, or leave --kms-key-arn out.",
        };
        Self::usage(error.to_string(), remedy)
    }
}

impl From<InvalidValueError> for CliError {
    fn from(refused: InvalidValueError) -> Self {
        Self::usage(refused.to_string(), "Use the format shown above, and repeat the command.")
    }
}
