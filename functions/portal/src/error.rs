//! Why a page can't be shown, in words for the person who asked for it.
//!
//! A customer's mistakes are outcomes that pages show beside the field; this is for everything else.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use control::explorer::{AskError, ExplorerRefusal, RefusalCode};
use control::explorer_records::ExplorerRecordsError;
use control::onboarding::OnboardingError;
use control::portal::{MissingAbilityError, PortalError};
use ports::PortError;
use protocol::portal::{LinkId, LinkRefusal, SessionRefusal};

/// Why a page can't be shown.
#[derive(Debug)]
pub(crate) enum PageError {
    /// No page has this address, or what it names belongs to another tenant.
    NotFound,
    /// The page has no such method.
    MethodNotAllowed,
    /// The body is too large.
    TooLarge,
    /// The form can't be read; the text says why.
    Malformed(String),
    /// Another site's page sent the request.
    CrossSite,
    /// There is no session.
    NoSession {
        /// Why, if there was one.
        cause: Option<SessionRefusal>,
        /// The link whose session it was.
        link: Option<LinkId>,
    },
    /// The link can't be opened.
    Link(LinkRefusal),
    /// The session's link does not allow it.
    Forbidden(MissingAbilityError),
    /// An operation on a connector was refused.
    Onboarding(OnboardingError),
    /// An operation on links was refused.
    Portal(PortalError),
    /// The reader refused a question.
    Explorer(ExplorerRefusal),
    /// An operation on saved explorations was refused.
    Records(ExplorerRecordsError),
    /// An internal error.
    Port(PortError),
}

/// The error in an answer, for `middleware::error_page`.
#[derive(Debug, Clone)]
pub(crate) struct SharedPageError(pub(crate) Arc<PageError>);

impl PageError {
    /// The status of the answer.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::NotFound
            | Self::Link(LinkRefusal::Unknown)
            | Self::Onboarding(OnboardingError::NotFound(_))
            | Self::Portal(PortalError::NotFound(_) | PortalError::OtherTenant(_))
            | Self::Explorer(ExplorerRefusal { code: RefusalCode::NotFound, .. })
            | Self::Records(
                ExplorerRecordsError::NotFound(_)
                | ExplorerRecordsError::OtherTenant(_)
                | ExplorerRecordsError::NoConnector(_),
            ) => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::CrossSite
            | Self::Forbidden(_)
            | Self::Onboarding(OnboardingError::Forbidden(_))
            | Self::Portal(PortalError::Forbidden(_))
            | Self::Explorer(ExplorerRefusal {
                code: RefusalCode::Forbidden | RefusalCode::NotShown, ..
            })
            | Self::Records(ExplorerRecordsError::Missing(_)) => StatusCode::FORBIDDEN,
            Self::NoSession { .. } => StatusCode::UNAUTHORIZED,
            Self::Link(_) => StatusCode::GONE,
            Self::Onboarding(OnboardingError::Exhausted(_))
            | Self::Portal(PortalError::Exhausted(_))
            | Self::Records(ExplorerRecordsError::Exhausted(_)) => StatusCode::TOO_MANY_REQUESTS,
            Self::Onboarding(OnboardingError::Port(error))
            | Self::Portal(PortalError::Port(error))
            | Self::Records(ExplorerRecordsError::Port(error))
            | Self::Port(error) => of_port(error),
            Self::Onboarding(OnboardingError::Keys(_)) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Onboarding(
                OnboardingError::Stale { .. }
                | OnboardingError::NotAllowed(_)
                | OnboardingError::AlreadyOwned(_),
            )
            | Self::Records(ExplorerRecordsError::Stale { .. }) => StatusCode::CONFLICT,
            Self::Onboarding(_) | Self::Portal(_) | Self::Explorer(_) | Self::Records(_) => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
        }
    }

    /// The heading of the page.
    pub(crate) fn title(&self) -> &'static str {
        match self.status() {
            StatusCode::NOT_FOUND => "This page does not exist",
            StatusCode::METHOD_NOT_ALLOWED => "This page can't do that",
            StatusCode::PAYLOAD_TOO_LARGE => "That is too much text",
            StatusCode::BAD_REQUEST => "The form could not be read",
            StatusCode::FORBIDDEN => "You may not do this",
            StatusCode::UNAUTHORIZED => "You are not signed in",
            StatusCode::GONE => "This link can't be used",
            StatusCode::TOO_MANY_REQUESTS => "A limit is reached",
            StatusCode::CONFLICT => "This can't be done now",
            StatusCode::UNPROCESSABLE_ENTITY => "This was refused",
            StatusCode::SERVICE_UNAVAILABLE => "Please try again in a moment",
            _ => "Something went wrong on our side",
        }
    }

    /// What happened, in one or two sentences. Nothing of an internal error's cause.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::NotFound
            | Self::Onboarding(OnboardingError::NotFound(_))
            | Self::Portal(PortalError::NotFound(_) | PortalError::OtherTenant(_)) => {
                "The address is wrong, or what it names is no longer there.".to_owned()
            }
            Self::MethodNotAllowed => "Go back and use the page's own buttons.".to_owned(),
            Self::TooLarge => "A form takes at most 64 KiB.".to_owned(),
            Self::Malformed(why) => why.clone(),
            Self::CrossSite => {
                "The request did not come from this portal's own page, so nothing was changed. \
                                Open the page again and use its button."
                    .to_owned()
            }
            Self::NoSession { cause: None, .. } => {
                "Open the link that you got. Each link works once and starts a session.".to_owned()
            }
            Self::NoSession { cause: Some(cause), .. } => sentence(&cause.to_string()),
            Self::Link(refusal) => sentence(&refusal.to_string()),
            Self::Forbidden(missing) => {
                format!("{} Ask whoever sent you the link for another one.", sentence(&missing.to_string()))
            }
            Self::Onboarding(OnboardingError::Exhausted(error))
            | Self::Portal(PortalError::Exhausted(error)) => {
                format!("{} {}", sentence(&error.to_string()), error.remedy())
            }
            Self::Port(_)
            | Self::Onboarding(OnboardingError::Port(_) | OnboardingError::Keys(_))
            | Self::Portal(PortalError::Port(_))
            | Self::Records(ExplorerRecordsError::Port(_)) => match self.status() {
                StatusCode::SERVICE_UNAVAILABLE => "The service is busy. Nothing was lost.".to_owned(),
                _ => "Nothing of yours is wrong, and nothing was lost. The vendor sees this error too."
                    .to_owned(),
            },
            Self::Onboarding(error) => sentence(&error.to_string()),
            Self::Portal(error) => sentence(&error.to_string()),
            Self::Explorer(refusal) => sentence(&refusal.detail),
            Self::Records(error) => {
                format!("{} {}", sentence(&error.to_string()), error.remedy().unwrap_or_default())
            }
        }
    }
}

const fn of_port(error: &PortError) -> StatusCode {
    match error {
        PortError::Transient { .. } => StatusCode::SERVICE_UNAVAILABLE,
        PortError::Denied { .. } | PortError::Misconfigured { .. } | PortError::Bug { .. } => {
            StatusCode::INTERNAL_SERVER_ERROR
        }
    }
}

/// The text as a sentence: a capital letter, and a full stop.
pub(crate) fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(char::to_uppercase);
    let stop = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    first.into_iter().flatten().chain(chars).chain(stop.chars()).collect()
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let status = self.status();
        if status.is_server_error() {
            log(&self);
        }
        let mut response = status.into_response();
        response.extensions_mut().insert(SharedPageError(Arc::new(self)));
        response
    }
}

/// Our own errors are logged once, here.
fn log(error: &PageError) {
    let cause = match error {
        PageError::Port(error)
        | PageError::Onboarding(OnboardingError::Port(error))
        | PageError::Portal(PortalError::Port(error))
        | PageError::Records(ExplorerRecordsError::Port(error)) => error.chain(),
        PageError::Onboarding(error) => ports::error_chain(error),
        _ => String::new(),
    };
    tracing::error!(cause, "a page could not be shown");
}

impl From<OnboardingError> for PageError {
    fn from(error: OnboardingError) -> Self {
        Self::Onboarding(error)
    }
}

impl From<PortalError> for PageError {
    fn from(error: PortalError) -> Self {
        match error {
            PortalError::Missing(missing) => Self::Forbidden(missing),
            error => Self::Portal(error),
        }
    }
}

impl From<AskError> for PageError {
    fn from(error: AskError) -> Self {
        match error {
            AskError::Refused(refusal) => Self::Explorer(refusal),
            AskError::Port(error) => Self::Port(error),
        }
    }
}

impl From<ExplorerRecordsError> for PageError {
    fn from(error: ExplorerRecordsError) -> Self {
        match error {
            ExplorerRecordsError::Missing(missing) => Self::Forbidden(missing),
            error => Self::Records(error),
        }
    }
}

impl From<PortError> for PageError {
    fn from(error: PortError) -> Self {
        Self::Port(error)
    }
}

#[cfg(test)]
mod tests {
    use protocol::portal::Ability;

    use super::*;

    #[test]
    fn a_missing_ability_is_the_same_answer_from_the_gate_and_from_an_operation() {
        let missing = || MissingAbilityError(Ability::Invite);
        let (gate, operation) = (PageError::Forbidden(missing()), PortalError::Missing(missing()).into());
        let answer = |error: &PageError| (error.status(), error.title(), error.text());
        assert_eq!(answer(&operation), answer(&gate));
        assert_eq!(gate.status(), StatusCode::FORBIDDEN);
    }

    #[test]
    fn an_error_is_a_sentence() {
        assert_eq!(sentence("this link expired at 10:00"), "This link expired at 10:00.");
        assert_eq!(sentence("Done."), "Done.");
        assert_eq!(sentence(""), ".");
    }
}
