//! Links, for operators: made, listed, revoked. A link for operators is made with AWS credentials only, never
//! here: nobody hands on the sight of all tenants by a page.

use archive::names::TenantId;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use control::portal::{PortalError, Visitor};
use maud::{Markup, html};
use ports::Page;
use protocol::portal::{Ability, LinkId, LinkScope, PortalLink};

use super::new_link::parse;
use crate::Portal;
use crate::address::encode;
use crate::components::{Tone, full_time, mark};
use crate::error::{PageError, sentence};
use crate::fields::{Field, FieldErrors};
use crate::form::Form;
use crate::layout::{ApiTwin, Layout, Section};
use crate::pages::access::{choices, list, made, status_of};
use crate::pages::operate::{Done, done_notice, with_status};
use crate::session::Person;
use crate::tenant::Query;

const TITLE: &str = "Links";
/// How many links a page shows.
const PAGE: u32 = 30;

/// The page: the links of `?tenant=`, or those for operators.
pub(crate) async fn show(
    State(portal): State<Portal>,
    Person(visitor): Person,
    Query(query): Query,
) -> Result<Response, PageError> {
    let form = Form::default().with("tenant", query.text("tenant")).with("kind", "invite");
    let found = done_notice(&query);
    page(&portal, &visitor, &query, (&found, &form, &FieldErrors::default()), StatusCode::OK).await
}

/// Makes a link.
pub(crate) async fn create(
    State(portal): State<Portal>,
    Person(visitor): Person,
    form: Form,
) -> Result<Response, PageError> {
    let mut errors = FieldErrors::default();
    let query = Form::default().with("tenant", form.text("tenant"));
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    let Some(new) = parse(&form, &mut errors) else {
        return page(&portal, &visitor, &query, (&html! {}, &form, &errors), status).await;
    };
    match portal.access.create_as_visitor(&visitor, new).await {
        Ok(created) => {
            let back = format!("/portal/operators/links?tenant={}", encode(form.text("tenant")));
            let body = made(&portal, &created, &back, &back);
            Ok(layout(&portal, &visitor, "").page("The new link", &body))
        }
        Err(error) => {
            let field = match &error {
                PortalError::ReturnUrl(_) => "return_url",
                PortalError::Validity { .. } => "hours",
                _ => return Err(error.into()),
            };
            errors.add(field, sentence(&error.to_string()));
            page(&portal, &visitor, &query, (&html! {}, &form, &errors), status).await
        }
    }
}

/// Revokes one link.
pub(crate) async fn revoke(
    State(portal): State<Portal>,
    Person(visitor): Person,
    form: Form,
) -> Result<Response, PageError> {
    let id: LinkId = form.text("link").parse().map_err(|_| PageError::NotFound)?;
    let link = portal.access.revoke(&visitor.caller(), &id).await?;
    let tenant = link.scope.tenant().map(|tenant| encode(tenant.as_str())).unwrap_or_default();
    Ok(Done::Revoked.at(&format!("/portal/operators/links?tenant={tenant}")))
}

/// Revokes all links of a tenant.
pub(crate) async fn revoke_all(
    State(portal): State<Portal>,
    Person(visitor): Person,
    form: Form,
) -> Result<Response, PageError> {
    let tenant: TenantId = form.text("tenant").parse().map_err(|_| PageError::NotFound)?;
    let path = format!("/portal/operators/links?tenant={}", encode(tenant.as_str()));
    portal.access.revoke_all(&visitor.caller(), &LinkScope::Tenant { tenant }).await?;
    Ok(Done::RevokedAll.at(&path))
}

fn layout<'a>(portal: &'a Portal, visitor: &'a Visitor, tenant: &str) -> Layout<'a> {
    let twin = ApiTwin::get(format!("/v1/portal-links?tenant={}", encode(tenant)));
    Layout::new(portal, Some(visitor)).section(Section::Operators).twin(twin)
}

async fn page(
    portal: &Portal,
    visitor: &Visitor,
    query: &Form,
    (found, form, errors): (&Markup, &Form, &FieldErrors),
    status: StatusCode,
) -> Result<Response, PageError> {
    let tenant: Option<TenantId> = query.text("tenant").parse().ok();
    let scope = tenant.clone().map_or(LinkScope::Operators, |tenant| LinkScope::Tenant { tenant });
    let before: Option<LinkId> = query.text("before").parse().ok();
    let links = portal.access.list(&visitor.caller(), &scope, before.as_ref(), PAGE).await?;
    let body = html! {
        div.head.with-actions {
            h1 { (TITLE) }
            div.actions { a.button href="/portal/operators" { "All tenants" } }
        }
        div.stack {
            (errors.summary())
            (found)
            div.columns {
                (links_card(portal, visitor, tenant.as_ref(), &links))
                @if visitor.has(Ability::Invite) { (form_card(portal, visitor, form, errors)) }
            }
        }
    };
    let layout = layout(portal, visitor, query.text("tenant"));
    Ok(with_status(status, layout.page(TITLE, &body)))
}

fn links_card(
    portal: &Portal,
    visitor: &Visitor,
    tenant: Option<&TenantId>,
    Page { items: links, next }: &Page<PortalLink, LinkId>,
) -> Markup {
    let may_revoke = visitor.has(Ability::Invite);
    let shown = tenant.map(TenantId::as_str).unwrap_or_default();
    html! {
        section.card {
            h2 { @match tenant { Some(tenant) => { "Links of " (tenant.escaped()) }, None => "Links for operators" } }
            form.search method="get" action="/portal/operators/links" {
                label.hidden for="of" { "Tenant" }
                input #of type="search" name="tenant" value=(shown) placeholder="Links of which tenant?" autocomplete="off" spellcheck="false";
                button type="submit" { "Show" }
            }
            @if links.is_empty() {
                p.quiet { @match tenant { Some(_) => "This tenant has no link.", None => "There is no link for operators." } }
            } @else {
                ul.people { @for link in links { (line(portal, link, may_revoke)) } }
                @if let Some(next) = next {
                    nav.pages aria-label="Pages" { a href={ "/portal/operators/links?tenant=" (encode(shown)) "&before=" (next) } { "Older links" } }
                }
                @if tenant.is_some() && may_revoke {
                    details {
                        summary { "Revoke all links of this tenant" }
                        form.stack method="post" action="/portal/operators/links/revoke-all" {
                            p { "All of them open nothing any more, and every session ends at once. What their people have begun is kept." }
                            input type="hidden" name="tenant" value=(shown);
                            div { button.danger type="submit" { "Revoke all" } }
                        }
                    }
                }
            }
        }
    }
}

fn line(portal: &Portal, link: &PortalLink, may_revoke: bool) -> Markup {
    let now = portal.onboarding.clock.now();
    html! {
        li {
            strong { (link.addressee) }
            (status_of(link, now))
            p.hint {
                (link.kind.as_str()) " · " (list(&link.abilities)) br;
                "made " (full_time(link.created_at))
                @if let Some(hand_over) = &link.hand_over { ", handed on by " (hand_over.by) }
                @if let Some(session) = &link.session { ", used from " span.mono { (session.network.as_str()) } }
                @if let Some(at) = link.new_requested_at { br; strong { "asked for a new link " (full_time(at)) } }
            }
            @if may_revoke && link.revoked.is_none() && now < link.hand_over_limit() {
                form method="post" action="/portal/operators/links/revoke" {
                    input type="hidden" name="link" value=(link.id);
                    button.small.danger type="submit" { "Revoke" span.hidden { " the link of " (link.addressee) } }
                }
            }
        }
    }
}

fn form_card(portal: &Portal, visitor: &Visitor, form: &Form, errors: &FieldErrors) -> Markup {
    let chosen = |text: &str| form.all("ability").any(|ability| ability == text);
    let is_new = form.all("ability").next().is_none() && errors.is_empty();
    let returns: Vec<_> = portal.access.return_urls.iter().map(ToString::to_string).collect();
    let return_hint = match returns.as_slice() {
        [] => "None is allowed in this deployment.".to_owned(),
        some => format!("At or below {}.", some.join(", ")),
    };
    html! {
        section.card {
            h2 { "Make a link" }
            form.stack method="post" action="/portal/operators/links" {
                (Field { name: "tenant", label: "Tenant", hint: "Whose pages it opens, and no other's." }.text(errors, form.text("tenant")))
                (Field { name: "addressee", label: "For whom", hint: "Name or e-mail address. It stands beside every change." }.text(errors, form.text("addressee")))
                fieldset {
                    legend { "How it gets there" }
                    (kind("invite", "Invitation, sent by mail or chat: 72 hours", form))
                    (kind("redirect", "Redirect from your product at once: 5 minutes", form))
                    @if let Some(text) = errors.of("kind-invite") { p.error { (mark(Tone::Bad)) " " (text) } }
                }
                fieldset { legend { "It allows to" } (choices(&visitor.link().abilities, |ability| is_new || chosen(ability.as_str()))) }
                (Field { name: "return_url", label: "Way back to your product (optional)", hint: &return_hint }.text(errors, form.text("return_url")))
                (Field { name: "hours", label: "Valid for how many hours (optional)", hint: "Invitations only, 336 (14 days) at most." }.text(errors, form.text("hours")))
                div { button.primary type="submit" { "Make the link" } }
            }
            p.hint { "A link for operators is made with AWS credentials only, by " code { "auditferry portal link" } "." }
        }
    }
}

fn kind(value: &str, text: &str, form: &Form) -> Markup {
    let id = format!("kind-{value}");
    html! {
        div.choice {
            input id=(id) type="radio" name="kind" value=(value) checked[form.text("kind") == value];
            label for=(id) { (text) }
        }
    }
}
