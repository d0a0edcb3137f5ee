//! One connector: how it stands, its settings in words, and the way to everything else about it.

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use protocol::connector::{Connector, Destination, Encryption, State as Stage};
use protocol::portal::Ability;

use crate::Portal;
use crate::address::of_connector;
use crate::components::date_time;
use crate::connector_state::{name, state_badge};
use crate::error::PageError;
use crate::frequency::every;
use crate::layout::{ApiTwin, Section};
use crate::pages::health::card::{Card, Heading, encoding};
use crate::pages::operate::actions::buttons;
use crate::pages::operate::done_notice;
use crate::tenant::{OfConnector, Query};

/// The page.
pub(crate) async fn show(
    State(portal): State<Portal>,
    of: OfConnector,
    Query(query): Query,
) -> Result<Response, PageError> {
    let health = portal.onboarding.health(&of.view).await?;
    let timeline = portal.onboarding.timeline_of(&of.view).await?;
    let connector = &of.view.connector;
    let body = html! {
        (head(&of, "", &html! { (name(connector)) " " (state_badge(connector, &health.status)) }))
        div.stack {
            (done_notice(&query))
            (buttons(&of.visitor, connector, &health.status))
            @if of.view.cursor.is_some() {
                (Card {
                    portal: &portal,
                    visitor: &of.visitor,
                    view: &of.view,
                    health: &health,
                    timeline: timeline.as_ref(),
                    heading: Heading::Page,
                }.markup())
            } @else {
                (not_active(&of))
            }
            (settings(&of))
        }
    };
    let twin = ApiTwin::get(format!("/v1/connectors/{}", connector.id));
    let layout = of.layout(&portal).section(Section::Connectors).twin(twin);
    Ok(layout.page(&name(connector), &body))
}

/// The head of a page about a connector: the heading, and the other pages about it. `page` is the last piece
/// of the page's path.
pub(crate) fn head(of: &OfConnector, page: &str, heading: &Markup) -> Markup {
    let connector = &of.view.connector;
    let is_there = connector.state != Stage::Deleted;
    let may_operate = of.visitor.has(Ability::Operate) && is_there;
    let pages = [
        (true, "", "Overview"),
        (of.view.cursor.is_some(), "exports", "Files"),
        (true, "changes", "Changes"),
        (may_operate, "settings", "Settings"),
        (of.visitor.has(Ability::Contacts) && is_there, "contacts", "Contacts"),
        (may_operate, "rotate", "External ID"),
    ];
    html! {
        div.head {
            h1 { (heading) }
            nav.sections.about aria-label="This connector" {
                ul {
                    @for (_, path, title) in pages.into_iter().filter(|(shown, ..)| *shown) {
                        li { a href=(of_connector(&connector.id, path)) aria-current=[(path == page).then_some("page")] { (title) } }
                    }
                    li { a href=(of.path("/portal/proof")) { "Proof" } }
                }
            }
        }
    }
}

fn not_active(of: &OfConnector) -> Markup {
    let connector = &of.view.connector;
    html! {
        section.card {
            h2 { "Nothing is exported yet" }
            @match connector.state {
                Stage::Ready => p { "The connection works. Once it is activated, the first file comes at the next full hour." },
                Stage::Draft => p { "The connection is not finished. What was entered is kept." },
                _ => p { "It was never activated." },
            }
            @if of.visitor.has(Ability::SetUp) && matches!(connector.state, Stage::Draft | Stage::Ready) {
                p { a.button.primary href=(of_connector(&connector.id, "connect")) { "Go on" } }
            }

        }
    }
}

/// The settings in words.
fn settings(of: &OfConnector) -> Markup {
    let connector = &of.view.connector;
    html! {
        section.card {
            h2 { "Settings" }
            dl.facts {
                (destination(connector))
                div { dt { "How often" } dd { (every(connector.frequency)) } }
                div { dt { "Files" } dd { (encoding(connector)) ": " (connector.encoding.format.summary()) } }
                @if let Some(from) = connector.start_from { div { dt { "Events from" } dd { (date_time(from)) } } }
                div { dt { "Notified" } dd { (contacts(connector)) } }
                div { dt { "Activated" } dd { @if let Some(at) = connector.activated_at { (date_time(at)) } @else { "not yet" } } }
                div { dt { "Last verified" } dd { @if let Some(at) = connector.verified_at { (date_time(at)) } @else { "not yet" } } }
                div { dt { "Connector" } dd.mono { (connector.id) } }
            }
        }
    }
}

fn destination(connector: &Connector) -> Markup {
    let Destination::S3(to) = &connector.destination else {
        return html! { div { dt { "Bucket" } dd { "none yet" } } };
    };
    html! {
        div { dt { "Bucket" } dd { (to.bucket) } }
        div { dt { "Folder" } dd { @if to.prefix.as_str().is_empty() { "none: the whole bucket" } @else { (to.prefix.as_str()) } } }
        div { dt { "Region" } dd { (to.region) } }
        div { dt { "Role" } dd.mono { (to.role) } }
        div { dt { "Encryption" } dd {
            @match &to.encryption {
                Encryption::Default => "the bucket's own default",
                Encryption::Aes256 => "SSE-S3",
                Encryption::Kms(key) => { "SSE-KMS " span.mono { (key) } }
            }
        } }
    }
}

/// `2 addresses and a webhook`.
fn contacts(connector: &Connector) -> String {
    let addresses = match connector.contacts.emails.iter().count() {
        0 => None,
        1 => Some("1 address".to_owned()),
        number => Some(format!("{number} addresses")),
    };
    let webhook = connector.contacts.webhook.is_some().then(|| "a webhook".to_owned());
    let recipients: Vec<String> = addresses.into_iter().chain(webhook).collect();
    if recipients.is_empty() { "nobody".to_owned() } else { recipients.join(" and ") }
}
