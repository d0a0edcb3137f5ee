//! The portal on the stand-ins: its pages, the link that is printed, and `/`, which makes another.
//!
//! The links are for the person who started `serve`, as an operator. The printed one lasts as long as the
//! program usually does, so that it still works after lunch. Each works once, as all links do.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use archive::names::PortalUrl;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use axum::{Extension, Router};
use control::branding::{Accent, Branding};
use control::logo::Logo;
use control::portal::PortalAccess;
use control::portal_events::PortalEvents;
use portal::{Brand, LogAccess, SourceIp};
use ports::PortError;
use protocol::caller::Caller;
use protocol::contacts::LinkToken;
use protocol::portal::{Abilities, LinkId, LinkKind, LinkScope, NewPortalLink, PortalLink, PortalToken};
use sandbox::wiring::Sandbox;

use tower::ServiceExt as _;

use crate::error::CliError;
use crate::output::eprint_line;
use crate::reader;

/// The vendor that the pages name.
const VENDOR: &str = "Vendor";

/// The portal of this `serve`.
#[derive(Clone)]
pub(super) struct LocalPortal {
    embedded: Arc<Sandbox>,
    access: PortalAccess,
    operator: Caller,
    brand: Brand,
}

impl LocalPortal {
    /// The portal at this URL.
    ///
    /// # Errors
    /// If the URL is no URL of a portal, or the stored logo can't be read.
    pub(super) async fn new(url: &str, embedded: &Arc<Sandbox>, operator: Caller) -> Result<Self, CliError> {
        let access = embedded.portal_access(url.parse::<PortalUrl>()?);
        let branding = Branding { name: VENDOR.parse()?, accent: Accent::default() };
        let logo = embedded.logo_store().logo().await?.and_then(|bytes| Logo::parse(bytes).ok());
        let brand = Brand { branding, logo };
        Ok(Self { embedded: Arc::clone(embedded), access, operator, brand })
    }

    /// The links and sessions, for the API.
    pub(super) fn access(&self) -> PortalAccess {
        self.access.clone()
    }

    /// Makes a link with all abilities. It is stored without the rules for links of a deployment, since only
    /// the owner of this process asks for it.
    ///
    /// # Errors
    /// If the ledger fails.
    pub(super) async fn link(&self) -> Result<String, PortError> {
        let (now, rng) = (self.access.clock.now(), &self.access.rng);
        let token =
            PortalToken { link: LinkId::new(now, rng.next_u64()), secret: LinkToken::new(|| rng.next_u64()) };
        let name = match &self.operator {
            Caller::Operator { name } => name.as_str(),
            Caller::Tenant { .. } | Caller::System => "operator",
        };
        let new = NewPortalLink {
            scope: LinkScope::Operators,
            kind: LinkKind::Redirect,
            abilities: Abilities::all(),
            addressee: name.parse().map_err(|error| PortError::bug("making a link", error))?,
            return_url: None,
            validity: LinkKind::MAX_VALIDITY,
            hand_over: None,
        };
        let link = PortalLink::new(token.link.clone(), token.hash(), new, self.operator.clone(), now);
        self.access.links.create_portal_link(&link, &[]).await?;
        Ok(self.access.url.enter(&token.expose()))
    }

    /// The pages.
    pub(super) fn pages(&self) -> Router {
        // Only this machine can connect.
        let source = SourceIp(IpAddr::V4(Ipv4Addr::LOCALHOST));
        let log = LogAccess {
            explorer: reader::in_folder(&self.embedded),
            records: self.embedded.explorer_records(),
            // The events are the user's own.
            shown: PortalEvents::Events,
        };
        portal::router(self.embedded.onboarding(), self.access.clone(), log, self.brand.clone())
            .layer(Extension(source))
    }

    /// `/`, for the owner of this process alone: makes a link and follows it.
    pub(super) fn entrance(self) -> Router {
        let enter = async move || match self.link().await {
            Ok(link) => Redirect::to(&link).into_response(),
            Err(error) => {
                eprint_line(format_args!("no link could be made: {}", error.chain()));
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        };
        Router::new().route("/", get(enter))
    }
}

/// Hands requests for pages to their own router, and all others on. Both have an answer for unknown paths,
/// and so can't be merged.
pub(super) async fn route(State(pages): State<Router>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if path == "/portal" || path.starts_with("/portal/") {
        pages.oneshot(request).await.into_response()
    } else {
        next.run(request).await
    }
}
