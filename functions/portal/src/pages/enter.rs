//! The way in and out: the page behind a link, its button, and *Leave*.
//!
//! Opening a link changes nothing, because mail scanners open links before people do. The button's POST
//! redeems it, and leads to a URL without the secret.

use axum::Extension;
use axum::extract::State;
use axum::http::header::{LOCATION, SET_COOKIE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use control::portal::OpenedLink;
use maud::{Markup, html};
use protocol::portal::{LinkKind, LinkRefusal, LinkScope, Network, PortalToken};

use crate::components::{Tone, date_time, mark, notice};
use crate::error::{PageError, sentence};
use crate::layout::Layout;
use crate::pages::access;
use crate::path::PathValue;
use crate::session::Person;
use crate::{Portal, SourceIp, cookie};

/// `/portal` leads to the first page.
pub(crate) async fn home() -> Response {
    see_other("/portal/health")
}

/// A redirect to one of the portal's own pages, after which a reload repeats nothing.
pub(crate) fn see_other(path: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    if let Ok(path) = HeaderValue::try_from(path) {
        response.headers_mut().insert(LOCATION, path);
    }
    response
}

/// The page behind a link. It names vendor, tenant and addressee, so that nobody connects a bucket to a
/// tenant that isn't his.
pub(crate) async fn open(
    State(portal): State<Portal>,
    token: Result<PathValue<PortalToken>, PageError>,
) -> Result<Response, PageError> {
    let PathValue(token) = token.map_err(|_| PageError::Link(LinkRefusal::Unknown))?;
    let opened = portal.access.open(&token).await?.map_err(PageError::Link)?;
    Ok(page(&portal, &token, &opened))
}

/// Redeems the link.
pub(crate) async fn redeem(
    State(portal): State<Portal>,
    source: Option<Extension<SourceIp>>,
    token: Result<PathValue<PortalToken>, PageError>,
) -> Result<Response, PageError> {
    let PathValue(token) = token.map_err(|_| PageError::Link(LinkRefusal::Unknown))?;
    let network = source.map_or_else(Network::unknown, |Extension(SourceIp(address))| Network::of(address));
    match portal.access.redeem(&token, network).await? {
        Ok((session, link)) => {
            let first = match link.scope {
                LinkScope::Tenant { .. } => "/portal/health",
                LinkScope::Operators => "/portal/operators",
            };
            let mut response = see_other(first);
            if let Some(cookie) = cookie::store(&session, &portal.access.url) {
                response.headers_mut().insert(SET_COOKIE, cookie);
            }
            Ok(response)
        }
        Err(LinkRefusal::Unknown) => Err(PageError::Link(LinkRefusal::Unknown)),
        Err(_) => {
            // Another click was faster: the page says so, and offers a new link.
            let opened = portal.access.open(&token).await?.map_err(PageError::Link)?;
            Ok(page(&portal, &token, &opened))
        }
    }
}

/// Asks the vendor for a new link. The answer is the same whatever happens, so that a stranger learns nothing
/// from it.
pub(crate) async fn request_new(
    State(portal): State<Portal>,
    token: Result<PathValue<PortalToken>, PageError>,
) -> Result<Response, PageError> {
    if let Ok(PathValue(token)) = token {
        portal.access.request_new(&token).await?;
    }
    let layout = Layout::new(&portal, None);
    let body = html! {
        div.narrow {
            h1 { "Your request is noted" }
            p { (layout.vendor()) " decides whether to send a new link. Requests are passed on once for each link." }
        }
    };
    Ok(layout.page("Your request is noted", &body))
}

/// Ends the session.
pub(crate) async fn leave(
    State(portal): State<Portal>,
    Person(visitor): Person,
) -> Result<Response, PageError> {
    portal.access.leave(&visitor).await?;
    let layout = Layout::new(&portal, None);
    let body = html! {
        div.narrow {
            h1 { "You have left" }
            p { "The session is closed. A new link opens the next one." }
            @if let Some(url) = &visitor.link().return_url {
                p { a.button.primary href=(url.as_str()) rel="noreferrer" { "Back to " (layout.vendor()) } }
            }
        }
    };
    let mut response = layout.page("You have left", &body);
    if let Some(cookie) = cookie::remove(&portal.access.url) {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    Ok(response)
}

fn page(portal: &Portal, token: &PortalToken, opened: &OpenedLink) -> Response {
    let layout = Layout::new(portal, None);
    let action = format!("/portal/enter/{}", token.expose());
    let (status, title, body) = match opened.refusal {
        None => (StatusCode::OK, "Open the audit log portal", button(&layout, &action, opened)),
        Some(refusal) => {
            (StatusCode::GONE, "This link can't be used", refused(&layout, &action, opened, refusal))
        }
    };
    let mut response = layout.page(title, &body);
    *response.status_mut() = status;
    response
}

fn button(layout: &Layout<'_>, action: &str, opened: &OpenedLink) -> Markup {
    let link = &opened.link;
    html! {
        div.narrow {
            h1 {
                @match &link.scope {
                    LinkScope::Tenant { tenant } => { (layout.vendor()) " invites " (tenant.escaped()) },
                    LinkScope::Operators => { (layout.vendor()) ": all tenants" },
                }
            }
            div.card {
                dl.rows {
                    dt { "For" }
                    dd { strong { (link.addressee) } }
                    @if let LinkScope::Tenant { tenant } = &link.scope {
                        dt { "Account at " (layout.vendor()) }
                        dd { strong { (tenant.escaped()) } }
                    }
                    @if let Some(hand_over) = &link.hand_over {
                        dt { "Sent by" }
                        dd { (hand_over.by) }
                    }
                    dt { "You can" }
                    dd { ul.plain { @for ability in link.abilities.iter() { li { (mark(Tone::Good)) " " (access::words(ability)) } } } }
                    dt { "Valid until" }
                    dd { (date_time(link.expires_at)) }
                }
                form method="post" action=(action) data-forget {
                    button.primary type="submit" { "Continue as " (link.addressee) }
                }
            }
            p.hint {
                "The link works once. What you change is recorded under this name. "
                @if link.kind == LinkKind::Invite { "If you are not " (link.addressee) ", close this page." }
            }
        }
    }
}

fn refused(layout: &Layout<'_>, action: &str, opened: &OpenedLink, refusal: LinkRefusal) -> Markup {
    let link = &opened.link;
    html! {
        div.narrow {
            h1 { "This link can't be used" }
            (notice(Tone::Warn, &html! { p { (sentence(&refusal.to_string())) } }))
            @match refusal {
                LinkRefusal::Redeemed(_) => p { "If you opened it yourself in this browser, " a href="/portal/health" { "go on to your session" } "." },
                LinkRefusal::Revoked(_) => p { "Ask your contact at " (layout.vendor()) "." },
                LinkRefusal::Expired(_) | LinkRefusal::Unknown => {}
            }
            @if let Some(url) = &link.return_url {
                p { a.button.primary href=(url.as_str()) rel="noreferrer" { "Back to " (layout.vendor()) " for a new link" } }
            }
            @if !matches!(refusal, LinkRefusal::Revoked(_)) {
                form method="post" action={ (action) "/new-link" } {
                    button type="submit" { "Send me a new one" }
                }
            }
        }
    }
}
