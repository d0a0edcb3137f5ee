//! The gate of every page: finds the person behind a request, and refuses what the link does not allow.

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use control::portal::{Activity, SessionError, Visitor};
use protocol::portal::{Ability, SessionRefusal};

use crate::Portal;
use crate::cookie;
use crate::error::PageError;

/// What a page requires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gate {
    /// Nothing: it is for people who have no session yet.
    Open,
    /// A session with this ability.
    Session(Ability),
    /// A session with this ability. The request does not extend it.
    Poll(Ability),
    /// An operator's session with this ability.
    Operators(Ability),
}

impl Gate {
    pub(crate) const fn ability(self) -> Option<Ability> {
        match self {
            Self::Open => None,
            Self::Session(ability) | Self::Poll(ability) | Self::Operators(ability) => Some(ability),
        }
    }
}

/// Answers a request without the session and ability that its page requires. The page gets the person of a
/// valid session; one that is open to all asks for none.
pub(crate) async fn require_session(
    State((portal, gate)): State<(Portal, Gate)>,
    mut request: Request,
    next: Next,
) -> Response {
    let activity = if matches!(gate, Gate::Poll(_)) { Activity::Poll } else { Activity::Person };
    let Some(ability) = gate.ability() else { return next.run(request).await };
    let Some(token) = cookie::session(request.headers(), &portal.access.url) else {
        return PageError::NoSession { cause: None, link: None }.into_response();
    };
    match portal.access.authenticate(&token, activity).await {
        Ok(visitor) => {
            if matches!(gate, Gate::Operators(_)) && !visitor.is_operator() {
                return with_visitor(PageError::NotFound.into_response(), visitor);
            }
            if let Err(missing) = visitor.require(ability) {
                return with_visitor(PageError::Forbidden(missing).into_response(), visitor);
            }
            request.extensions_mut().insert(visitor.clone());
            with_visitor(next.run(request).await, visitor)
        }
        Err(SessionError::Refused(refusal)) => {
            // Whoever has only the ID of a link learns nothing of it.
            let link = Some(token.link).filter(|_| refusal != SessionRefusal::Unknown);
            PageError::NoSession { cause: Some(refusal), link }.into_response()
        }
        Err(SessionError::Port(error)) => PageError::from(error).into_response(),
    }
}

/// The page of an error shows who is there.
fn with_visitor(mut response: Response, visitor: Visitor) -> Response {
    response.extensions_mut().insert(visitor);
    response
}

/// The person, for the pages. Only the gate creates one.
#[derive(Debug)]
pub(crate) struct Person(pub(crate) Visitor);

impl FromRequestParts<Portal> for Person {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, _: &Portal) -> Result<Self, PageError> {
        let visitor = parts.extensions.get::<Visitor>().cloned();
        visitor.map(Self).ok_or(PageError::NoSession { cause: None, link: None })
    }
}
