//! The page behind the link in a confirmation mail. Opening it changes nothing, because mail scanners open
//! links; its buttons confirm or decline.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use control::onboarding::{LinkView, OnboardingError};
use maud::{Markup, html};
use protocol::contacts::{AddressStatus, LinkError, LinkToken};

use super::status;
use crate::Portal;
use crate::components::{Tone, date_time, notice};
use crate::error::{PageError, sentence};
use crate::form::Form;
use crate::layout::Layout;
use crate::pages::enter::see_other;
use crate::pages::operate::with_status;
use crate::path::PathValue;

const TITLE: &str = "Notices about an audit log";

/// The page.
pub(crate) async fn show(
    State(portal): State<Portal>,
    token: Result<PathValue<LinkToken>, PageError>,
) -> Result<Response, PageError> {
    let Ok(PathValue(token)) = token else { return Ok(refused(&portal, LinkError::Unknown)) };
    match portal.onboarding.link(&token).await {
        Ok(view) => Ok(page(&portal, &token, &view)),
        Err(OnboardingError::Link(error)) => Ok(refused(&portal, error)),
        Err(error) => Err(error.into()),
    }
}

/// The buttons: `answer` is `confirm` or `decline`. Each is one conditional write, and may be sent again.
pub(crate) async fn answer(
    State(portal): State<Portal>,
    token: Result<PathValue<LinkToken>, PageError>,
    form: Form,
) -> Result<Response, PageError> {
    let Ok(PathValue(token)) = token else { return Ok(refused(&portal, LinkError::Unknown)) };
    let answered = match form.text("answer") {
        "confirm" => portal.onboarding.confirm(&token).await,
        "decline" => portal.onboarding.decline(&token).await,
        _ => return Err(PageError::Malformed("The form is incomplete.".to_owned())),
    };
    match answered {
        Ok(_) => Ok(see_other(&path(&token))),
        Err(OnboardingError::Link(error)) => Ok(refused(&portal, error)),
        Err(error) => Err(error.into()),
    }
}

fn path(token: &LinkToken) -> String {
    format!("/portal/confirm/{}", token.expose())
}

fn page(portal: &Portal, token: &LinkToken, view: &LinkView) -> Response {
    let layout = Layout::new(portal, None);
    let vendor = layout.vendor();
    let button = |answer: &str, text: &str, class: &str| {
        html! { button.(class) type="submit" name="answer" value=(answer) { (text) } }
    };
    let body = html! {
        div.narrow {
            h1 { (TITLE) }
            p.state {
                span.mono { (view.email) }
                @if !matches!(view.status, AddressStatus::Pending { .. }) { (status::badge_of(&view.status)) }
            }
            @match &view.status {
                AddressStatus::Confirmed { since, .. } => (notice(Tone::Good, &html! {
                    p { "Confirmed " (date_time(*since)) ". This address gets notices when the delivery of an audit log of " (vendor) " fails, and when it works again." }
                })),
                AddressStatus::Declined { since } => (notice(Tone::Neutral, &html! {
                    p { "Declined " (date_time(*since)) ". This address gets no more mails." }
                })),
                AddressStatus::Expired { until, .. } => (notice(Tone::Warn, &html! {
                    p { "The link expired " (date_time(*until)) ", so it can't confirm any more. Ask whoever named this address to have a new mail sent. It can still decline." }
                })),
                AddressStatus::Waiting | AddressStatus::Requested { .. } | AddressStatus::Pending { .. } => {
                    p { "A customer of " (vendor) " named this address to be notified when the delivery of its audit log fails. Do you want these notices?" }
                    ul.points {
                        li { "They say what happened, since when, and what to do. They never have anything of the log itself." }
                        li { "At most one a day for each cause." }
                        li { "You can decline here at any time." }
                    }
                }
            }
            form.actions method="post" action=(path(token)) {
                @match &view.status {
                    AddressStatus::Confirmed { .. } => (button("decline", "Send me no more", "")),
                    AddressStatus::Declined { .. } => (button("confirm", "Send me notices after all", "")),
                    AddressStatus::Expired { .. } => (button("decline", "Decline", "")),
                    AddressStatus::Waiting | AddressStatus::Requested { .. } | AddressStatus::Pending { .. } => {
                        (button("confirm", "Send me notices", "primary"))
                        (button("decline", "Decline", ""))
                    }
                }
            }
        }
    };
    layout.page(TITLE, &body)
}

fn refused(portal: &Portal, error: LinkError) -> Response {
    let (title, status) = match error {
        LinkError::Unknown => ("This link can't be used", StatusCode::NOT_FOUND),
        LinkError::Replaced => ("A newer mail has replaced this link", StatusCode::GONE),
        LinkError::Expired(_) => ("This link has expired", StatusCode::GONE),
    };
    let text: Markup = html! { p { (sentence(&error.to_string())) } };
    let body = html! { div.narrow { h1 { (title) } (notice(Tone::Warn, &text)) } };
    with_status(status, Layout::new(portal, None).page(title, &body))
}
