//! Deletion: what is lost, and a confirmation that is typed, so that no stray click deletes.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use control::onboarding::{DeletionLoss, OnboardingError};
use maud::{Markup, html};
use protocol::connector::{Connector, State as Stage};

use super::{Done, head, with_status};
use crate::Portal;
use crate::address::of_connector;
use crate::components::{Tone, count, date_time, notice};
use crate::error::PageError;
use crate::fields::{Field, FieldErrors};
use crate::form::Form;
use crate::layout::{ApiTwin, Section};
use crate::tenant::OfConnector;

const TITLE: &str = "Deletion";

/// The page.
pub(crate) async fn show(State(portal): State<Portal>, of: OfConnector) -> Result<Response, PageError> {
    let form = Form::default().with("version", &of.view.connector.version);
    page(&portal, &of, &form, &FieldErrors::default(), StatusCode::OK).await
}

/// Deletes the connector.
pub(crate) async fn submit(
    State(portal): State<Portal>,
    of: OfConnector,
    form: Form,
) -> Result<Response, PageError> {
    let connector = &of.view.connector;
    let gone = of.path("/portal/connectors");
    if connector.state == Stage::Deleted {
        return Ok(Done::Deleted.at(&gone));
    }
    let version = form.version()?;
    let mut errors = FieldErrors::default();
    if form.text("confirm") != word(connector) {
        errors.add("confirm", format!("Type {} exactly as it stands there.", word(connector)));
    }
    let loss = portal.onboarding.deletion_loss(&of.visitor.caller(), &connector.id).await?;
    if loss != DeletionLoss::default() && !form.has("accept_loss") {
        errors.add("accept_loss", "Tick this to accept what is lost.");
    }
    if !errors.is_empty() {
        return page(&portal, &of, &form, &errors, StatusCode::UNPROCESSABLE_ENTITY).await;
    }
    let accepts = form.has("accept_loss");
    match portal.onboarding.delete(&of.visitor.caller(), &connector.id, Some(version), accepts).await {
        Ok(_) => Ok(Done::Deleted.at(&gone)),
        Err(OnboardingError::LossNotAccepted(_) | OnboardingError::Stale { .. }) => {
            // It was changed since the page was shown, and with it what would be lost: read it again first.
            let view = portal.onboarding.read(&of.visitor.caller(), &connector.id).await?;
            let of = OfConnector { view, ..of };
            let form = Form::default().with("version", &of.view.connector.version);
            let mut errors = FieldErrors::default();
            errors.add(
                "confirm",
                "The connector was changed in the meantime. Read again what is lost, and confirm.",
            );
            page(&portal, &of, &form, &errors, StatusCode::CONFLICT).await
        }
        Err(error) => Err(error.into()),
    }
}

/// What must be typed: the bucket that the connector delivers to, or its ID without one.
fn word(connector: &Connector) -> String {
    connector.destination.s3().map_or_else(|| connector.id.to_string(), |to| to.bucket.to_string())
}

async fn page(
    portal: &Portal,
    of: &OfConnector,
    form: &Form,
    errors: &FieldErrors,
    status: StatusCode,
) -> Result<Response, PageError> {
    let connector = &of.view.connector;
    let body = match connector.state {
        Stage::Deleted => {
            notice(Tone::Neutral, &html! { p { "This connector is deleted. Its records stay." } })
        }
        Stage::Active | Stage::Paused => html! {
            section.card {
                h2 { "Disable it first" }
                p { "A connector that exports can't be deleted at one stroke. Disable it: everything is kept for 30 days, and within them you can delete it at once or enable it again." }
                p { a.button href=(of_connector(&connector.id, "disable")) { "Disable" } }
            }
        },
        Stage::Draft | Stage::Ready | Stage::Disabled => {
            let loss = portal.onboarding.deletion_loss(&of.visitor.caller(), &connector.id).await?;
            question(connector, &loss, form, errors)
        }
    };
    let body = html! { (head(portal, of, "delete", TITLE)) div.stack.readable { (body) } };
    let twin = ApiTwin { method: "DELETE", path: format!("/v1/connectors/{}", connector.id) };
    let layout = of.layout(portal).section(Section::Connectors).twin(twin);
    Ok(with_status(status, layout.page(TITLE, &body)))
}

fn question(connector: &Connector, loss: &DeletionLoss, form: &Form, errors: &FieldErrors) -> Markup {
    let is_lossy = *loss != DeletionLoss::default();
    html! {
        (errors.summary())
        section.card.bad[is_lossy] {
            h2 { "What is lost" }
            @if is_lossy {
                ul.points {
                    @if loss.undelivered_parts > 0 {
                        li { strong { (count(loss.undelivered_parts, "sealed file")) } " that never reached your bucket." }
                    }
                    @if let Some(from) = loss.unsealed_from {
                        li { "Events from " strong { (date_time(from)) } " on are not exported by this connector." }
                    }
                }
            } @else {
                p { "It never exported anything, so nothing is lost." }
            }
            @if connector.activated_at.is_some() { p.hint { "What was delivered stays in your bucket, with its manifests." } }
            p.hint { "The records of changes stay. The role and the folder can be used by another connector. A deletion can't be undone." }
        }
        section.card {
            form.stack method="post" action=(of_connector(&connector.id, "delete")) {
                input type="hidden" name="version" value=(form.text("version"));
                @if is_lossy { (accept(form, errors)) }
                (Field { name: "confirm", label: &format!("To confirm, type {}", word(connector)), hint: "" }
                    .text(errors, form.text("confirm")))
                div.actions {
                    button.danger type="submit" { "Delete this connector" }
                    a.button href=(of_connector(&connector.id, "settings")) { "Keep it" }
                }
            }
        }
    }
}

fn accept(form: &Form, errors: &FieldErrors) -> Markup {
    let error = errors.of("accept_loss");
    html! {
        div.field.wrong[error.is_some()] {
            div.choice {
                input #accept_loss type="checkbox" name="accept_loss" value="yes" checked[form.has("accept_loss")]
                    aria-invalid=[error.map(|_| "true")] aria-describedby=[error.map(|_| "accept_loss-error")];
                label for="accept_loss" { "I accept that this is lost." }
            }
            @if let Some(text) = error { p.error #accept_loss-error { (crate::components::mark(Tone::Bad)) " " (text) } }
        }
    }
}
