//! The contacts of a connector: who is notified besides the vendor, whether each has confirmed, and the page
//! behind the link of the confirmation mail.

pub(crate) mod confirm;
pub(crate) mod edit;
mod status;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use control::onboarding::AddressView;
use maud::{Markup, html};
use protocol::connector::{Connector, State as Stage};
use protocol::contacts::{AddressStatus, Webhook, WebhookSecret};

use crate::Portal;
use crate::address::of_connector;
use crate::components::{Tone, copyable, date_time, notice};
use crate::error::PageError;
use crate::fields::{Field, FieldErrors};
use crate::form::Form;
use crate::layout::{ApiTwin, Section};
use crate::pages::operate::{done_notice, head, with_status};
use crate::tenant::{OfConnector, Query};

const TITLE: &str = "Contacts";
/// The fields of the addresses: as many as a connector may have.
const EMAIL_FIELDS: [&str; protocol::contacts::MAX_ADDRESSES] =
    ["email-1", "email-2", "email-3", "email-4", "email-5"];

/// The page.
pub(crate) async fn show(
    State(portal): State<Portal>,
    of: OfConnector,
    Query(query): Query,
) -> Result<Response, PageError> {
    let form = typed(&of.view.connector);
    page(&portal, &of, (&done_notice(&query), &form, &FieldErrors::default()), StatusCode::OK).await
}

fn twin(connector: &Connector) -> ApiTwin {
    ApiTwin { method: "PUT", path: format!("/v1/connectors/{}/contacts", connector.id) }
}

/// The stored contacts, as the form has them.
fn typed(connector: &Connector) -> Form {
    let contacts = &connector.contacts;
    let form = Form::default()
        .with("version", &connector.version)
        .with("webhook", contacts.webhook.as_ref().map_or("", |webhook| webhook.url.as_str()));
    EMAIL_FIELDS
        .into_iter()
        .zip(contacts.emails.iter())
        .fold(form, |form, (field, email)| form.with(field, email))
}

async fn page(
    portal: &Portal,
    of: &OfConnector,
    (found, form, errors): (&Markup, &Form, &FieldErrors),
    status: StatusCode,
) -> Result<Response, PageError> {
    let connector = &of.view.connector;
    let addresses = portal.onboarding.addresses(&of.visitor.caller(), connector).await?;
    let warning = portal.onboarding.contacts_warning(&addresses);
    let body = html! {
        (head(portal, of, "contacts", TITLE))
        div.stack {
            (errors.summary())
            (found)
            @if let Some(warning) = warning { (notice(Tone::Warn, &html! { p { (warning) } })) }
            div.columns {
                div.stack {
                    @if !connector.contacts.is_empty() { (who(of, &addresses)) }
                    @if connector.state == Stage::Deleted {
                        section.card { p { "This connector is deleted, so nobody is notified." } }
                    } @else {
                        (fields(connector, form, errors, "Save"))
                    }
                }
                (what())
            }
        }
    };
    Ok(with_status(
        status,
        of.layout(portal).section(Section::Connectors).twin(twin(connector)).page(TITLE, &body),
    ))
}

fn who(of: &OfConnector, addresses: &[AddressView]) -> Markup {
    let connector = &of.view.connector;
    let is_open = |view: &AddressView| {
        matches!(
            view.status,
            AddressStatus::Pending { .. } | AddressStatus::Expired { .. } | AddressStatus::Waiting
        )
    };
    let is_confirmed = |view: &AddressView| matches!(view.status, AddressStatus::Confirmed { .. });
    let can_hear = connector.contacts.webhook.is_some() || addresses.iter().any(is_confirmed);
    html! {
        section.card {
            h2 { "Who is notified" }
            ul.people {
                @for view in addresses {
                    li {
                        span.mono { (view.email) }
                        (status::badge_of(&view.status))
                        p.hint {
                            (status::sentence_of(&view.status))
                            @if let Some(by) = &view.by { " Confirmed by " (by.name_visible_to(&of.visitor.caller()).unwrap_or("the vendor")) "." }
                        }
                        @if of.visitor.is_operator() && status::can_be_confirmed(&view.status) {
                            form method="post" action=(of_connector(&connector.id, "contacts/confirm")) {
                                input type="hidden" name="email" value=(view.email);
                                button.small type="submit" { "Confirm by contract" span.hidden { " " (view.email) } }
                            }
                        }
                    }
                }
                @if let Some(webhook) = &connector.contacts.webhook { (webhook_line(connector, webhook)) }
            }
            @if !can_hear { p.hint { "Nobody would get a test yet: no address is confirmed, and there is no webhook." } }
            div.actions {
                @if can_hear { (post(connector, "contacts/test", "Send a test")) }
                @if addresses.iter().any(is_open) { (post(connector, "contacts/ask", "Ask again")) }
            }
            @if let Some(at) = connector.contacts.tested_at { p.hint { "Last tested " (date_time(at)) "." } }
        }
    }
}

fn webhook_line(connector: &Connector, webhook: &Webhook) -> Markup {
    html! {
        li {
            span.mono { (webhook.url) }
            span.quiet { "webhook, signed" }
            @if let Some(retiring) = &webhook.retiring { p.hint { "Until " (date_time(retiring.until)) " its former secret signs too." } }
            (post(connector, "contacts/rotate-secret", "Make a new secret"))
        }
    }
}

fn post(connector: &Connector, action: &str, text: &str) -> Markup {
    html! { form method="post" action=(of_connector(&connector.id, action)) {
        input type="hidden" name="version" value=(connector.version);
        button.small type="submit" { (text) }
    } }
}

fn fields(connector: &Connector, form: &Form, errors: &FieldErrors, save: &str) -> Markup {
    html! {
        section.card {
            h2 { @if connector.contacts.is_empty() { "Name contacts" } @else { "Change the contacts" } }
            form.stack method="post" action=(of_connector(&connector.id, "contacts")) {
                input type="hidden" name="version" value=(form.text("version"));
                fieldset {
                    legend { "E-mail addresses" }
                    p.hint { "Each new address gets one mail that asks for its confirmation, and nothing else before that. Whoever is removed here gets nothing from now on." }
                    div.fields {
                        @for (index, name) in EMAIL_FIELDS.into_iter().enumerate() {
                            (Field { name, label: &format!("Address {}", index + 1), hint: "" }.text(errors, form.text(name)))
                        }
                    }
                }
                (Field {
                    name: "webhook",
                    label: "Webhook",
                    hint: "An https address that takes signed requests (Standard Webhooks). Another host gets a new secret, which is shown once.",
                }.text(errors, form.text("webhook")))
                div.actions { button.primary type="submit" { (save) } }
            }
        }
    }
}

fn what() -> Markup {
    html! {
        section.card {
            h2 { "What they hear" }
            ul.points {
                li { "Files can't be delivered, why, and what to do. Again each day while it lasts, and when it is over." }
                li { "A file is late and the cause is the vendor's, and when it is on time again." }
                li { "Delivery was paused by somebody, or because the role is not safe." }
                li { "A file has records in place of entries that could not be read." }
                li { "Once: the connector is active, and its first file has arrived." }
            }
            p.hint { "At most one message a day for each cause. No message has anything of your events in it." }
        }
    }
}

/// The page that shows a webhook's secret, once.
fn secret_page(portal: &Portal, of: &OfConnector, secret: &WebhookSecret, text: &str) -> Response {
    let connector = &of.view.connector;
    let body = html! {
        (head(portal, of, "contacts", "Webhook secret"))
        div.stack.readable {
            section.card {
                (notice(Tone::Warn, &html! { p { "Copy it now: it is shown once, and nobody can show it again. " (text) } }))
                (copyable("secret", &secret.expose()))
                p.hint { "The receiver checks the header " code { "webhook-signature" } " with it, by any library for Standard Webhooks." }
                p { a.button.primary href=(of_connector(&connector.id, "contacts")) { "I have copied it" } }
            }
        }
    };
    of.layout(portal).section(Section::Connectors).page("The webhook's secret", &body)
}
