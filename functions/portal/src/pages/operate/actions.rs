//! What one click does: pause, resume, *Send now*, *Try again now*, enable.

use archive::names::IdempotencyKey;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use control::onboarding::OnboardingError;
use control::portal::Visitor;
use maud::{Markup, html};
use protocol::connector::{Connector, State as Stage};
use protocol::health::Status;
use protocol::portal::Ability;

use super::{Done, failed_check, head, with_status};
use crate::Portal;
use crate::address::of_connector;
use crate::error::PageError;
use crate::form::Form;
use crate::layout::{ApiTwin, Section};
use crate::tenant::OfConnector;

/// Stops delivery; sealing goes on.
pub(crate) async fn pause(State(portal): State<Portal>, of: OfConnector) -> Result<Response, PageError> {
    let connector = &of.view.connector;
    if connector.state != Stage::Paused {
        let paused = portal.onboarding.pause(&of.visitor.caller(), &connector.id, None).await;
        settle(&portal, &of, paused, |state| state == Stage::Paused).await?;
    }
    Ok(Done::Paused.at(&of_connector(&connector.id, "")))
}

/// Verifies, and resumes delivery if that has passed.
pub(crate) async fn resume(State(portal): State<Portal>, of: OfConnector) -> Result<Response, PageError> {
    let connector = &of.view.connector;
    if connector.state == Stage::Active {
        return Ok(Done::Resumed.at(&of_connector(&connector.id, "")));
    }
    match portal.onboarding.resume(&of.visitor.caller(), &connector.id, None, |_| ()).await {
        Err(OnboardingError::NotVerified(report)) => {
            let body = html! {
                (head(&portal, &of, "resume", "Resumption"))
                div.stack {
                    (failed_check(&report, "Delivery was not resumed."))
                    section.card {
                        p { "Fix it in AWS, and check again. A new role can take some seconds until it works." }
                        div.actions {
                            (button(connector, "resume", "Check again and resume", "primary"))
                            a.button href=(of_connector(&connector.id, "connect")) { "Open the connection" }
                        }
                    }
                }
            };
            let twin = ApiTwin { method: "POST", path: format!("/v1/connectors/{}/resume", connector.id) };
            let page = of.layout(&portal).section(Section::Connectors).twin(twin).page("Resume", &body);
            Ok(with_status(StatusCode::UNPROCESSABLE_ENTITY, page))
        }
        resumed => {
            settle(&portal, &of, resumed, |state| state == Stage::Active).await?;
            Ok(Done::Resumed.at(&of_connector(&connector.id, "")))
        }
    }
}

/// Requests a file now.
pub(crate) async fn run(
    State(portal): State<Portal>,
    of: OfConnector,
    form: Form,
) -> Result<Response, PageError> {
    request(&portal, &of, &form).await?;
    Ok(Done::Requested.at(&of_connector(&of.view.connector.id, "")))
}

/// Requests the next attempt of a blocked delivery.
pub(crate) async fn retry(
    State(portal): State<Portal>,
    of: OfConnector,
    form: Form,
) -> Result<Response, PageError> {
    request(&portal, &of, &form).await?;
    Ok(Done::Retrying.at(&of_connector(&of.view.connector.id, "")))
}

/// The key in the form makes a second click the same request.
async fn request(portal: &Portal, of: &OfConnector, form: &Form) -> Result<(), PageError> {
    let key: Option<IdempotencyKey> = form.text("key").parse().ok();
    portal.onboarding.run(&of.visitor.caller(), &of.view.connector.id, None, key.as_ref()).await?;
    Ok(())
}

/// Enables a disabled connector again.
pub(crate) async fn enable(State(portal): State<Portal>, of: OfConnector) -> Result<Response, PageError> {
    let connector = &of.view.connector;
    if connector.state == Stage::Disabled {
        let enabled = portal.onboarding.enable(&of.visitor.caller(), &connector.id, None).await;
        settle(&portal, &of, enabled, |state| !matches!(state, Stage::Disabled | Stage::Deleted)).await?;
    }
    let done = if connector.activated_at.is_some() { Done::Enabled } else { Done::EnabledDraft };
    Ok(done.at(&of_connector(&connector.id, "")))
}

/// Of two clicks at once both find the action not done yet. The later one is refused then for what the
/// earlier one has done, and is answered like it, if the connector `is_there`: in the wanted state.
pub(super) async fn settle(
    portal: &Portal,
    of: &OfConnector,
    changed: Result<Connector, OnboardingError>,
    is_there: impl Fn(Stage) -> bool,
) -> Result<(), PageError> {
    let Err(error) = changed else { return Ok(()) };
    if matches!(error, OnboardingError::NotAllowed(_) | OnboardingError::Stale { .. }) {
        let now = portal.onboarding.read(&of.visitor.caller(), &of.view.connector.id).await?;
        if is_there(now.connector.state) {
            return Ok(());
        }
    }
    Err(error.into())
}

/// The buttons of a connector, as far as its state and the person's link allow them. A block has its own.
pub(crate) fn buttons(visitor: &Visitor, connector: &Connector, status: &Status) -> Markup {
    let (may_operate, state) = (visitor.has(Ability::Operate), connector.state);
    html! {
        @if may_operate && matches!(state, Stage::Active | Stage::Paused | Stage::Disabled) {
            div.actions {
                @if state == Stage::Active && status.block.is_none() {
                    (keyed(connector, status, "run", "Send now", ""))
                }
                @match state {
                    Stage::Active => (button(connector, "pause", "Pause", "")),
                    Stage::Paused => (button(connector, "resume", "Resume", "primary")),
                    _ => (button(connector, "enable", "Enable", "primary")),
                }
            }
        }
    }
}

/// A button that sends a form of its own.
pub(crate) fn button(connector: &Connector, action: &str, text: &str, class: &str) -> Markup {
    html! { form method="post" action=(of_connector(&connector.id, action)) { button.(class) type="submit" { (text) } } }
}

/// A button whose request counts once for what the page shows: after the next run it is a new one.
pub(crate) fn keyed(connector: &Connector, status: &Status, action: &str, text: &str, class: &str) -> Markup {
    let attempts = status.block.as_ref().map_or(0, |block| block.attempts);
    let next = status.next_run_at.map_or(0, archive::time::Time::millis);
    let key = format!("portal-{}-{attempts}-{next}", status.sealed_parts);
    html! {
        form method="post" action=(of_connector(&connector.id, action)) {
            input type="hidden" name="key" value=(key);
            button.(class) type="submit" { (text) }
        }
    }
}
