//! Who has access: the links of a tenant and the visits of the vendor's operators.

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use protocol::portal::{Ability, LinkId, LinkScope, OperatorVisit, PortalLink};

use super::{list, status_of};
use crate::Portal;
use crate::address::encode;
use crate::components::full_time;
use crate::error::PageError;
use crate::form::Form;
use crate::layout::{ApiTwin, Section};
use crate::pages::operate::{Done, done_notice};
use crate::tenant::{OfTenant, Query};

/// How many links a page shows, and how many visits.
const PAGE: u32 = 30;

/// The page.
pub(crate) async fn show(
    State(portal): State<Portal>,
    of: OfTenant,
    Query(query): Query,
) -> Result<Response, PageError> {
    let (caller, scope) = (of.visitor.caller(), LinkScope::Tenant { tenant: of.tenant.clone() });
    let before: Option<LinkId> = query.text("before").parse().ok();
    let links = portal.access.list(&caller, &scope, before.as_ref(), PAGE).await?;
    let visits = portal.access.visits(&caller, &of.tenant, PAGE).await?;
    let body = html! {
        div.head.with-actions {
            h1 { "Who has access" }
            @if of.visitor.has(Ability::Invite) && !of.visitor.is_operator() {
                div.actions { a.button href="/portal/invite" { "Hand a link on" } }
            }
            p.quiet { "Nobody has an account here: each person comes by a link of their own, which works once." }
        }
        div.stack {
            (done_notice(&query))
            section.card {
                h2 { "Links" }
                @if links.items.is_empty() {
                    p.quiet { "No link was made in the last months." }
                } @else {
                    (table(&portal, &of, &links.items))
                    @if let Some(next) = &links.next {
                        @let older = of.path(&format!("/portal/access?before={next}"));
                        nav.pages aria-label="Pages" { a href=(older) { "Older links" } }
                    }
                }
            }
            section.card {
                h2 { "Visits of the vendor's operators" }
                @if visits.is_empty() {
                    p.quiet { "No operator has opened your pages." }
                } @else {
                    p.hint { "An operator sees what you see. Each visit is recorded, once for each of their sessions." }
                    ul.points { @for visit in &visits { (line(visit, &of)) } }
                }
            }
        }
    };
    let twin = ApiTwin::get(format!("/v1/portal-links?tenant={}", encode(of.tenant.as_str())));
    Ok(of.layout(&portal).section(Section::Changes).twin(twin).page("Who has access", &body))
}

/// Revokes a link that the person has handed on.
pub(crate) async fn revoke(
    State(portal): State<Portal>,
    of: OfTenant,
    form: Form,
) -> Result<Response, PageError> {
    let id: LinkId = form.text("link").parse().map_err(|_| PageError::NotFound)?;
    portal.access.revoke_own(&of.visitor, &id).await?;
    Ok(Done::Revoked.at(&of.path("/portal/access")))
}

fn line(visit: &OperatorVisit, of: &OfTenant) -> Markup {
    let by = visit.by.name_visible_to(&of.visitor.caller());
    html! { li { (full_time(visit.at)) " · " (by.unwrap_or("an operator of the vendor")) } }
}

fn table(portal: &Portal, of: &OfTenant, links: &[PortalLink]) -> Markup {
    let now = portal.onboarding.clock.now();
    let may_revoke = |link: &PortalLink| {
        let own = link.hand_over.as_ref().is_some_and(|hand_over| hand_over.from == of.visitor.link().id);
        own && link.revoked.is_none() && of.visitor.has(Ability::Invite)
    };
    html! {
        div.table {
            table.cards {
                caption.hidden { "Links, newest first" }
                thead { tr {
                    th scope="col" { "For" } th scope="col" { "Allows to" } th scope="col" { "Made" }
                    th scope="col" { "Status" } th scope="col" { "Used from" } th scope="col" { span.hidden { "Action" } }
                } }
                tbody { @for link in links {
                    tr {
                        th scope="row" {
                            (link.addressee)
                            @if link.id == of.visitor.link().id { span.quiet { " (you)" } }
                        }
                        td data-label="Allows to" { (list(&link.abilities)) }
                        td data-label="Made" {
                            (full_time(link.created_at)) br;
                            span.quiet {
                                @match &link.hand_over {
                                    Some(hand_over) => { "handed on by " (hand_over.by) },
                                    None => { "by " (link.created_by.name_visible_to(&of.visitor.caller()).unwrap_or("the vendor")) },
                                }
                            }
                        }
                        td data-label="Status" { (status_of(link, now)) }
                        td data-label="Used from" {
                            @match &link.session { Some(session) => span.mono { (session.network.as_str()) }, None => span.quiet { "–" } }
                        }
                        td {
                            @if may_revoke(link) {
                                form method="post" action="/portal/access/revoke" {
                                    input type="hidden" name="link" value=(link.id);
                                    button.small.danger type="submit" { "Revoke" span.hidden { " the link of " (link.addressee) } }
                                }
                            }
                        }
                    }
                } }
            }
        }
    }
}
