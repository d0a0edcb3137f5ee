//! What surrounds every page: the document's head, the vendor's name, the navigation, the person, and the
//! page's twin in the API.

use archive::names::{ReturnUrl, TenantId};
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use control::branding::Branding;
use control::portal::Visitor;
use maud::{DOCTYPE, Markup, html};
use protocol::portal::Ability;

use crate::assets::Assets;
use crate::components::{clock_time, full_time, notice};
use crate::error::PageError;
use crate::verified::{Offline, Verdict};
use crate::{Portal, address};

/// A part of the portal, in the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    /// Whether the log arrives.
    Health,
    /// The log itself.
    Log,
    /// The connectors.
    Connectors,
    /// What was changed, and who has access.
    Changes,
    /// How an auditor checks the log.
    Proof,
    /// All tenants, for operators.
    Operators,
}

impl Section {
    const OF_TENANT: [Self; 5] = [Self::Health, Self::Log, Self::Connectors, Self::Changes, Self::Proof];

    const fn title(self) -> &'static str {
        match self {
            Self::Health => "Health",
            Self::Log => "Audit log",
            Self::Connectors => "Connectors",
            Self::Changes => "Changes",
            Self::Proof => "Proof",
            Self::Operators => "All tenants",
        }
    }

    /// Whether the person's link opens it.
    fn is_open_to(self, visitor: &Visitor) -> bool {
        self != Self::Log || visitor.require(Ability::Explore).is_ok()
    }

    const fn path(self) -> &'static str {
        match self {
            Self::Health => "/portal/health",
            Self::Log => "/portal/log",
            Self::Connectors => "/portal/connectors",
            Self::Changes => "/portal/changes",
            Self::Proof => "/portal/proof",
            Self::Operators => "/portal/operators",
        }
    }
}

/// The same answer from the API, for programs.
#[derive(Debug, Clone)]
pub(crate) struct ApiTwin {
    /// The method.
    pub(crate) method: &'static str,
    /// Path and query, such as `/v1/connectors?tenant=acme`.
    pub(crate) path: String,
}

impl ApiTwin {
    /// A request that reads.
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self { method: "GET", path: path.into() }
    }
}

/// The frame of one answer.
pub(crate) struct Layout<'a> {
    branding: &'a Branding,
    assets: &'a Assets,
    base_url: &'a str,
    visitor: Option<&'a Visitor>,
    /// How a copy of a bucket was verified, offline.
    verdict: Option<&'a Verdict>,
    tenant: Option<TenantId>,
    section: Option<Section>,
    twin: Option<ApiTwin>,
}

impl<'a> Layout<'a> {
    /// The frame of a page for this person, or for nobody.
    pub(crate) fn new(portal: &'a Portal, visitor: Option<&'a Visitor>) -> Self {
        let tenant = visitor.and_then(|visitor| visitor.link().scope.tenant().cloned());
        let Portal { access, branding, assets, .. } = portal;
        let base_url = access.url.as_str();
        Self { branding, assets, base_url, visitor, verdict: None, tenant, section: None, twin: None }
    }

    /// The frame of a page over a copy of a bucket, with the verdict on it.
    pub(crate) fn offline(offline: &'a Offline) -> Self {
        let (branding, verdict) = (&offline.log.brand.branding, Some(&offline.log.verdict));
        let assets = &offline.assets;
        Self {
            branding,
            assets,
            base_url: "",
            visitor: None,
            verdict,
            tenant: None,
            section: None,
            twin: None,
        }
    }

    /// With this part of the navigation marked.
    pub(crate) fn section(self, section: Section) -> Self {
        Self { section: Some(section), ..self }
    }

    /// With the tenant whose pages an operator sees.
    pub(crate) fn tenant(self, tenant: &TenantId) -> Self {
        Self { tenant: Some(tenant.clone()), ..self }
    }

    /// With the page's twin in the API.
    pub(crate) fn twin(self, twin: ApiTwin) -> Self {
        Self { twin: Some(twin), ..self }
    }

    /// The whole page.
    pub(crate) fn page(&self, title: &str, body: &Markup) -> Response {
        self.document(title, body, false)
    }

    /// The whole page, which a browser without scripts loads again after some seconds, to see the news.
    pub(crate) fn reloading_page(&self, title: &str, body: &Markup) -> Response {
        self.document(title, body, true)
    }

    /// The page of an error, with the way back to the vendor's product if there is one.
    pub(crate) fn error(&self, error: &PageError, return_url: Option<&ReturnUrl>) -> Response {
        let title = error.title();
        let body = html! {
            div.narrow {
                h1 { (title) }
                p { (error.text()) }
                @if let Some(url) = return_url {
                    p { a.button.primary href=(url.as_str()) rel="noreferrer" { "Back to " (self.vendor()) " for a new link" } }
                } @else if self.verdict.is_some() {
                    p { a.button href="/portal/log" { "Go to the log" } }
                } @else if self.visitor.is_some() {
                    p { a.button href="/portal/health" { "Go to Health" } }
                }
            }
        };
        self.page(title, &body)
    }

    /// The vendor's name.
    pub(crate) fn vendor(&self) -> &str {
        self.branding.name.as_str()
    }

    fn document(&self, title: &str, body: &Markup, reloads: bool) -> Response {
        let markup = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    @if reloads { noscript { meta http-equiv="refresh" content="15"; } }
                    title { (title) " · " (self.vendor()) }
                    link rel="stylesheet" href=(self.assets.style());
                    link rel="stylesheet" href=(self.assets.accent());
                    link rel="icon" href=(self.assets.icon());
                    script src=(self.assets.script()) defer {}
                }
                body {
                    a.skip href="#content" { "Skip to the content" }
                    (self.header())
                    main #content tabindex="-1" { (self.visit()) (self.verified()) (body) }
                    (self.footer())
                }
            }
        };
        fragment(&markup)
    }

    /// An operator on a tenant's page sees that the tenant sees it.
    fn visit(&self) -> Markup {
        let is_visit = self.visitor.is_some_and(Visitor::is_operator);
        html! {
            @if let Some(tenant) = self.tenant.as_ref().filter(|_| is_visit) {
                p.visit { "You see what " strong { (tenant.escaped()) } " sees. Your visit is recorded, and they can see that." }
            }
        }
    }

    /// The verdict on the copy that the page shows.
    fn verified(&self) -> Markup {
        html! {
            @if let Some(verdict) = self.verdict {
                (notice(verdict.kind.tone(), &html! {
                    p { strong { (verdict.summary) } }
                    p.quiet { "Verified: " (verdict.archive) ", " (full_time(verdict.at)) "." }
                    @if !verdict.findings.is_empty() {
                        details {
                            summary { "What was found" }
                            ul { @for finding in &verdict.findings { li { (finding) } } }
                        }
                    }
                }))
            }
        }
    }

    fn header(&self) -> Markup {
        html! {
            header.top {
                div.top-inner {
                    span.vendor {
                        @if let Some(logo) = self.assets.logo() { img src=(logo) alt="" height="28"; }
                        (self.vendor())
                    }
                    @if let Some(visitor) = self.visitor {
                        (self.navigation(visitor))
                        (self.person(visitor))
                    }
                }
            }
        }
    }

    fn navigation(&self, visitor: &Visitor) -> Markup {
        let of_tenant = self.tenant.as_ref().map(|tenant| (tenant, Section::OF_TENANT));
        html! {
            nav.sections aria-label="Sections" {
                ul {
                    @if visitor.is_operator() { (self.entry(Section::Operators, Section::Operators.path())) }
                    @if let Some((tenant, sections)) = of_tenant {
                        @for section in sections.into_iter().filter(|section| section.is_open_to(visitor)) { (self.entry(section, &address::of_tenant(visitor, tenant, section.path()))) }
                    }
                }
            }
        }
    }

    fn entry(&self, section: Section, address: &str) -> Markup {
        let current = (self.section == Some(section)).then_some("page");
        html! { li { a href=(address) aria-current=[current] { (section.title()) } } }
    }

    fn person(&self, visitor: &Visitor) -> Markup {
        html! {
            div.person {
                span {
                    @if let Some(tenant) = &self.tenant { span.tenant { (tenant.escaped()) } " · " }
                    "by link as " strong { (visitor.link().addressee) }
                    " · ends " (clock_time(visitor.ends_at()))
                }
                @if let Some(url) = &visitor.link().return_url {
                    a href=(url.as_str()) rel="noreferrer" { "Back to " (self.vendor()) }
                }
                form method="post" action="/portal/leave" { button.link type="submit" { "Leave" } }
            }
        }
    }

    fn footer(&self) -> Markup {
        html! {
            footer.bottom {
                div.bottom-inner {
                    @if let Some(twin) = &self.twin {
                        details.twin {
                            summary { "This page as JSON" }
                            p { "The API gives the same to programs that the vendor has let in:" }
                            pre tabindex="0" { code { (curl(self.base_url, twin)) } }
                        }
                    }
                    p.quiet { "Times are in UTC. " span data-local-zone {} }
                }
            }
        }
    }
}

/// An answer of this markup alone: a piece of a page, which a script puts in its place.
pub(crate) fn fragment(markup: &Markup) -> Response {
    let mut response = markup.clone().into_string().into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response
}

/// The command that gets the page's twin. The token's place stays open: nothing of the session is in a page.
fn curl(base_url: &str, twin: &ApiTwin) -> String {
    let method = if twin.method == "GET" { String::new() } else { format!("-X {} ", twin.method) };
    format!("curl {method}-H \"Authorization: Bearer $TOKEN\" '{base_url}{}'", twin.path)
}
