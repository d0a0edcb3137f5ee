//! The beginning: what will happen, what is needed, and one button.

use archive::frequency::Frequency;
use archive::names::{IdempotencyKey, TenantId};
use axum::extract::State;
use axum::response::Response;
use control::onboarding::NewConnector;
use control::portal::Visitor;
use control::readers::UNDECIDED;
use maud::{Markup, html};
use ports::ConnectorFilter;
use protocol::connector::{Connector, Destination, Shards, State as ConnectorState};

use super::is_unfinished;
use crate::Portal;
use crate::address::of_connector;
use crate::components::{Tone, badge, date_time};
use crate::connector_state;
use crate::error::PageError;
use crate::form::Form;
use crate::layout::{ApiTwin, Layout, Section};
use crate::pages::enter::see_other;
use crate::session::Person;
use crate::tenant::OfTenant;

/// How many connectors of a tenant are searched for unfinished ones: more than a tenant may have.
const MAX_LISTED: u32 = 100;

/// `GET /portal/connectors/new`.
pub(crate) async fn begin(State(portal): State<Portal>, of: OfTenant) -> Result<Response, PageError> {
    let OfTenant { visitor, tenant } = &of;
    let filter = ConnectorFilter { tenant: Some(tenant), ..ConnectorFilter::default() };
    let all = portal.onboarding.list(&visitor.caller(), filter, None, MAX_LISTED).await?;
    let unfinished: Vec<_> = all.iter().filter(|connector| is_unfinished(connector.state)).collect();
    let layout = of.layout(&portal).section(Section::Connectors);
    // The button of this very page creates one connector, however often it is clicked or the page is reopened
    // by the back button.
    let nonce = format!("{:016x}", portal.access.rng.next_u64());
    let body = body(&layout, visitor, tenant, &unfinished, &nonce);
    let twin = ApiTwin { method: "POST", path: "/v1/connectors".to_owned() };
    Ok(layout.twin(twin).page("Connect a bucket", &body))
}

fn body(
    layout: &Layout<'_>,
    visitor: &Visitor,
    tenant: &TenantId,
    unfinished: &[&Connector],
    nonce: &str,
) -> Markup {
    html! {
        div.head {
            h1 { "Connect a bucket" }
            p.quiet { "Your audit log arrives as files in an S3 bucket of yours, by itself, every 1 to 24 hours." }
        }
        div.columns {
            div.stack {
                @if !unfinished.is_empty() { (drafts(unfinished)) }
                section.card {
                    h2 { "What will happen" }
                    ol.steps {
                        li { "You create a role in your AWS account. It lets " (layout.vendor())
                            " put files into one folder of one bucket. It can't read, list or delete anything." }
                        li { "You paste what AWS shows, and choose how often files come and what will read them." }
                        li { "We try everything once, step by step, and say what to do if something is missing." }
                        li { "You activate. The first file comes at the next full hour, and this page shows it." }
                    }
                    form method="post" action="/portal/connectors" {
                        input type="hidden" name="nonce" value=(nonce);
                        @if visitor.is_operator() { input type="hidden" name="tenant" value=(tenant); }
                        button.primary type="submit" {
                            @if unfinished.is_empty() { "Start" } @else { "Start another one" }
                        }
                    }
                }
            }
            section.card {
                h2 { "What you need" }
                ul.ticks {
                    li { strong { "An AWS account" } " in which you may create an IAM role." }
                    li { strong { "A bucket" } ", or the right to create one on the way." }
                    li { strong { "About ten minutes." } " You can stop at any point: what you saved is found again here." }
                }
                p.quiet { "Nothing is written to your account before you press " em { "Verify connectivity" }
                    ", which writes one small test file." }
            }
        }
    }
}

fn drafts(unfinished: &[&Connector]) -> Markup {
    html! {
        section.card {
            h2 { "Go on where you stopped" }
            ul.begun {
                @for connector in unfinished {
                    li {
                        div {
                            p {
                                strong { (connector_state::name(connector)) } " "
                                @if connector.state == ConnectorState::Ready {
                                    (badge(Tone::Warn, "verified, not activated"))
                                } @else {
                                    (badge(Tone::Neutral, "not connected yet"))
                                }
                            }
                            p.quiet { span.mono { (connector.id) } " · begun " (date_time(connector.created_at)) }
                        }
                        a.button href=(of_connector(&connector.id, "connect")) { "Go on" span.hidden { " with " (connector.id) } }
                    }
                }
            }
        }
    }
}

/// `POST /portal/connectors`: creates the draft, once.
pub(crate) async fn create(
    State(portal): State<Portal>,
    Person(visitor): Person,
    form: Form,
) -> Result<Response, PageError> {
    let incomplete = || PageError::Malformed("The form is incomplete. Open the page again.".to_owned());
    let named = Some(form.text("tenant")).filter(|text| !text.is_empty());
    let tenant = named.map(str::parse::<TenantId>).transpose().map_err(|_| incomplete())?;
    let tenant = visitor.tenant(tenant)?;
    portal.access.record_visit(&visitor, &tenant).await?;
    let nonce = form.text("nonce");
    if nonce.len() != 16 || !nonce.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(incomplete());
    }
    let key: IdempotencyKey =
        format!("portal-{}-{nonce}", visitor.link().id).parse().map_err(|_| incomplete())?;
    let new = NewConnector {
        tenant,
        shards: Shards::ONE,
        frequency: Frequency::HOURLY,
        encoding: UNDECIDED.encoding,
        start_from: None,
        destination: Destination::None,
        idempotency_key: Some(key),
    };
    let connector = portal.onboarding.create(&visitor.caller(), new).await?;
    Ok(see_other(&of_connector(&connector.id, "connect")))
}
