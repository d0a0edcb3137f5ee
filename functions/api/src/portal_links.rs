//! Links to the portal as resources: make, list, revoke; and the visits of the vendor's operators. A link's
//! text is in the response that makes it, and never again.

use std::time::Duration;

use archive::names::{ReturnUrl, TenantId};
use axum::extract::{FromRequestParts, Path};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use control::portal::{Credential, NewLink, PortalAccess};
use protocol::caller::Caller;
use protocol::portal::{Abilities, Ability, Addressee, LinkId, LinkKind, LinkScope};

use crate::Api;
use crate::body::{EmptyBody, JsonBody};
use crate::caller::{Authenticated, AuthenticatedCaller};
use crate::fields::Fields;
use crate::pagination::QueryParams;
use crate::problem::Problem;
use crate::responses::json;
use crate::views::{CreatedPortalLink, PortalLinkPage, PortalLinkView, RevokedLinks, VisitList, VisitView};

/// The links of this deployment, and who asks for them.
pub(crate) struct Links {
    access: PortalAccess,
    caller: Caller,
    credential: Credential,
}

impl FromRequestParts<Api> for Links {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        // The caller comes first: whoever is not authenticated learns nothing about the deployment.
        let AuthenticatedCaller(Authenticated { caller, credential }) =
            AuthenticatedCaller::from_request_parts(parts, api).await?;
        let access = api.portal.clone().ok_or_else(Problem::no_portal)?;
        Ok(Self { access, caller, credential })
    }
}

/// The link's ID in the path. An invalid one is answered as a link that does not exist.
pub(crate) struct PathLink(LinkId);

impl FromRequestParts<Api> for PathLink {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let path = Path::<String>::from_request_parts(parts, api).await;
        let id = path.ok().and_then(|Path(text)| text.parse().ok());
        id.map(Self).ok_or_else(Problem::no_such_link)
    }
}

/// `POST /v1/portal-links`.
pub(crate) async fn create(
    links: Links,
    query: QueryParams,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    query.finish()?;
    let new = new_link(body)?;
    let created = links.access.create(&links.caller, links.credential, new).await?;
    let link = PortalLinkView::of(&created.link, &links.caller, links.access.clock.now());
    json(StatusCode::CREATED, &CreatedPortalLink { link, url: &created.url })
}

/// `GET /v1/portal-links`, newest first.
pub(crate) async fn list(links: Links, mut query: QueryParams) -> Result<Response, Problem> {
    let scope = scope_of_query(&mut query, &links.caller)?;
    let page = query.page("link")?;
    let found = links.access.list(&links.caller, &scope, page.cursor.as_ref(), page.limit()).await?;
    let now = links.access.clock.now();
    let portal_links = found.items.iter().map(|link| PortalLinkView::of(link, &links.caller, now)).collect();
    let next_cursor = found.next.map(|next| page.cursor_at(&next));
    json(StatusCode::OK, &PortalLinkPage { portal_links, next_cursor })
}

/// `DELETE /v1/portal-links/{link}`: revokes it, and ends its session. A repeated request changes nothing.
pub(crate) async fn revoke(
    links: Links,
    PathLink(id): PathLink,
    query: QueryParams,
    _: EmptyBody,
) -> Result<Response, Problem> {
    query.finish()?;
    let revoked = links.access.revoke(&links.caller, &id).await?;
    let now = links.access.clock.now();
    json(StatusCode::OK, &PortalLinkView::of(&revoked, &links.caller, now))
}

/// `DELETE /v1/portal-links`: revokes all of a tenant, or all of the operators.
pub(crate) async fn revoke_all(
    links: Links,
    mut query: QueryParams,
    _: EmptyBody,
) -> Result<Response, Problem> {
    let scope = scope_of_query(&mut query, &links.caller)?;
    query.finish()?;
    let revoked = links.access.revoke_all(&links.caller, &scope).await?;
    json(StatusCode::OK, &RevokedLinks { revoked })
}

/// `GET /v1/portal-visits`, newest first.
pub(crate) async fn visits(links: Links, mut query: QueryParams) -> Result<Response, Problem> {
    let tenant = tenant_of_query(&mut query, &links.caller)?;
    let limit = query.limit()?;
    query.finish()?;
    let found = links.access.visits(&links.caller, &tenant, limit).await?;
    let visits = found.iter().map(|visit| VisitView::of(visit, &links.caller)).collect();
    json(StatusCode::OK, &VisitList { visits })
}

/// A new link.
pub(crate) fn new_link(mut body: Fields) -> Result<NewLink, Problem> {
    let scope = scope_of_body(&mut body);
    let kind = body.one_of::<LinkKind>("kind", "invite, redirect");
    let abilities: Option<Vec<Ability>> = body.text_list("abilities");
    let addressee: Option<Addressee> = body.required_text("for");
    let return_url: Option<ReturnUrl> = body.text("return_url");
    let validity = body.number("valid_seconds", str::parse::<u64>).map(Duration::from_secs);
    let result = body.finish();
    let (Some(scope), Some(addressee)) = (scope, addressee) else {
        return Err(result.err().unwrap_or_else(Problem::no_such_link));
    };
    result?;
    Ok(NewLink {
        scope,
        kind: kind.unwrap_or(LinkKind::Invite),
        abilities: abilities.map_or_else(Abilities::all, |abilities| abilities.into_iter().collect()),
        addressee,
        return_url,
        validity,
    })
}

/// Operators' links open every tenant's pages, so nobody gets one by leaving something out.
fn scope_of_body(body: &mut Fields) -> Option<LinkScope> {
    let tenant: Option<TenantId> = body.text("tenant");
    let operators = body.one_of::<bool>("operators", "true, false").unwrap_or(false);
    match (tenant, operators) {
        (Some(tenant), false) => Some(LinkScope::Tenant { tenant }),
        (None, true) => Some(LinkScope::Operators),
        (Some(_), true) => body.reject("operators", "must be false or absent if a tenant is named"),
        (None, false) => body.required("tenant", None),
    }
}

fn scope_of_query(query: &mut QueryParams, caller: &Caller) -> Result<LinkScope, Problem> {
    if query.take::<bool>("operators")?.unwrap_or(false) {
        return match query.take::<TenantId>("tenant")? {
            None => Ok(LinkScope::Operators),
            Some(_) => Err(Problem::malformed("The parameters tenant and operators exclude each other.")),
        };
    }
    Ok(LinkScope::Tenant { tenant: tenant_of_query(query, caller)? })
}

/// The tenant that is named; a tenant's caller may omit its own.
fn tenant_of_query(query: &mut QueryParams, caller: &Caller) -> Result<TenantId, Problem> {
    match (query.take("tenant")?, caller) {
        (Some(tenant), _) => Ok(tenant),
        (None, Caller::Tenant { tenant, .. }) => Ok(tenant.clone()),
        (None, Caller::Operator { .. } | Caller::System) => {
            Err(Problem::malformed("The parameter tenant is missing."))
        }
    }
}
