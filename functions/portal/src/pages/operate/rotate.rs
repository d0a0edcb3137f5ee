//! Rotating the external ID: a new one is made, the role's trust policy is changed in AWS, and a connection
//! check retires the former one. At no moment can neither be used.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use control::onboarding::OnboardingError;
use control::setup::{stack_name, trust_statement};
use maud::{Markup, html};
use protocol::connector::State as Stage;

use super::{Done, done_notice, failed_check, head, with_status};
use crate::Portal;
use crate::address::of_connector;
use crate::components::{Tone, badge, copyable, date_time, notice};
use crate::error::PageError;
use crate::form::Form;
use crate::layout::{ApiTwin, Section};
use crate::tenant::{OfConnector, Query};

const TITLE: &str = "External ID";

/// The page.
pub(crate) async fn show(State(portal): State<Portal>, of: OfConnector, Query(query): Query) -> Response {
    page(&portal, &of, &done_notice(&query))
}

/// Makes a new external ID, or checks whether the role takes it (`step=check`).
pub(crate) async fn submit(
    State(portal): State<Portal>,
    of: OfConnector,
    form: Form,
) -> Result<Response, PageError> {
    let (caller, connector) = (of.visitor.caller(), &of.view.connector);
    let here = of_connector(&connector.id, "rotate");
    if form.text("step") == "check" {
        if connector.next_external_id.is_none() {
            return Ok(Done::RotationComplete.at(&here));
        }
        let report = portal.onboarding.verify(&caller, &connector.id, None, |_| ()).await?;
        let view = portal.onboarding.read(&caller, &connector.id).await?;
        if report.passed && view.connector.next_external_id.is_none() {
            return Ok(Done::RotationComplete.at(&here));
        }
        let found = if report.passed {
            notice(
                Tone::Warn,
                &html! { p { "The role still takes only the former external ID. Change its trust policy as step 2 says, and check again. Delivery goes on in the meantime." } },
            )
        } else {
            failed_check(&report, "The rotation is not complete.")
        };
        let of = OfConnector { view, ..of };
        return Ok(with_status(StatusCode::UNPROCESSABLE_ENTITY, page(&portal, &of, &found)));
    }
    match portal.onboarding.rotate_external_id(&caller, &connector.id, Some(form.version()?)).await {
        Ok(_) => Ok(Done::Rotated.at(&here)),
        // The second click of a double click: the first has made one.
        Err(OnboardingError::Stale { .. }) if connector.next_external_id.is_some() => {
            Ok(Done::Rotated.at(&here))
        }
        Err(error) => Err(error.into()),
    }
}

fn page(portal: &Portal, of: &OfConnector, found: &Markup) -> Response {
    let connector = &of.view.connector;
    let body = html! {
        (head(portal, of, "rotate", TITLE))
        div.stack.readable {
            (found)
            @if matches!(connector.state, Stage::Disabled | Stage::Deleted) {
                (notice(Tone::Neutral, &html! { p { "The external ID can be rotated once the connector is enabled." } }))
            } @else {
                p { "The external ID is what your role asks for, so that nobody else can use it through your vendor. Rotate it if a policy of yours demands it, or if it was seen where it doesn't belong. It is not a password, and files come without a break." }
                (steps(portal, of))
            }
        }
    };
    let twin =
        ApiTwin { method: "POST", path: format!("/v1/connectors/{}/rotate-external-id", connector.id) };
    of.layout(portal).section(Section::Connectors).twin(twin).page(TITLE, &body)
}

fn steps(portal: &Portal, of: &OfConnector) -> Markup {
    let connector = &of.view.connector;
    let next = connector.next_external_id.as_ref();
    let state = |is_done: bool, is_now: bool| match (is_done, is_now) {
        (true, _) => badge(Tone::Good, "done"),
        (_, true) => badge(Tone::Warn, "to do"),
        _ => badge(Tone::Neutral, "later"),
    };
    html! {
        ol.rotation {
            li.card {
                header { h2 { "1. Make a new external ID" } (state(next.is_some(), next.is_none())) }
                dl.facts {
                    div { dt { "In use now" } dd { (copyable("current external ID", connector.external_id.as_str())) } }
                    @if let Some(next) = next { div { dt { "New" } dd { (copyable("new external ID", next.as_str())) } } }
                }
                form method="post" action=(of_connector(&connector.id, "rotate")) {
                    input type="hidden" name="version" value=(connector.version);
                    @if next.is_none() {
                        button.primary type="submit" { "Make a new external ID" }
                    } @else {
                        button.link type="submit" { "Make another one instead" }
                        p.hint { "The new one above is void then. The one in use stays." }
                    }
                }
            }
            li.card {
                header { h2 { "2. Let your role take it" } (state(false, next.is_some())) }
                @if next.is_some() {
                    h3 { "With CloudFormation" }
                    p { "Update the stack " code { (stack_name(&connector.id)) } " with its current template, and set the parameter " code { "ExternalId" } " to the new external ID." }
                    h3 { "With Terraform" }
                    p { "Set " code { "external_id" } " of the module to the new external ID, and apply." }
                    h3 { "By hand" }
                    p { "Replace the statement of the role's trust policy with this one:" }
                    (copyable("trust policy statement", &trust_statement(connector, &portal.onboarding.vendor)))
                    p.hint { "Files go on arriving while you do this: both external IDs are tried, the new one first." }
                } @else {
                    p.quiet { "This shows the parameter and the policy with the new external ID, once there is one." }
                }
            }
            li.card {
                header { h2 { "3. Check, which retires the former one" } (state(false, false)) }
                p { "A connection check with the new external ID ends the rotation. It also runs by itself once a week." }
                @if let Some(at) = connector.verified_at { p.quiet { "Last passed " (date_time(at)) "." } }
                @if next.is_some() && !connector.destination.is_none() {
                    form method="post" action=(of_connector(&connector.id, "rotate")) {
                        input type="hidden" name="step" value="check";
                        button.primary type="submit" { "Check now" }
                    }
                }
            }
        }
        p { a href=(of_connector(&connector.id, "settings")) { "Back to the settings" } }
    }
}
