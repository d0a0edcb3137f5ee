//! Whose page is shown: a tenant's own people see theirs, an operator names one. Every page about a tenant
//! takes one of these extractors, so no page forgets to record an operator's visit.

use std::collections::BTreeMap;

use archive::names::{ConnectorId, TenantId};
use axum::extract::{FromRequestParts, Path};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use control::onboarding::ConnectorView;
use control::portal::{PortalError, Visitor};

use crate::error::PageError;
use crate::form::Form;
use crate::layout::Layout;
use crate::session::Person;
use crate::{Portal, address};

/// The person, and the tenant whose page it is: the link's own, or `?tenant=` of an operator.
#[derive(Debug)]
pub(crate) struct OfTenant {
    pub(crate) visitor: Visitor,
    pub(crate) tenant: TenantId,
}

/// The person, and the connector that the path names as `{id}`. The tenant is the connector's.
#[derive(Debug)]
pub(crate) struct OfConnector {
    pub(crate) visitor: Visitor,
    pub(crate) view: ConnectorView,
}

/// Why there is no page of a tenant.
#[derive(Debug)]
pub(crate) enum NoTenant {
    /// An operator names none, and chooses one first.
    Choose,
    /// Anything else.
    Error(PageError),
}

impl OfTenant {
    /// The frame of the page.
    pub(crate) fn layout<'a>(&'a self, portal: &'a Portal) -> Layout<'a> {
        Layout::new(portal, Some(&self.visitor)).tenant(&self.tenant)
    }

    /// The address of another page about this tenant.
    pub(crate) fn path(&self, path: &str) -> String {
        address::of_tenant(&self.visitor, &self.tenant, path)
    }
}

impl OfConnector {
    /// The frame of the page.
    pub(crate) fn layout<'a>(&'a self, portal: &'a Portal) -> Layout<'a> {
        Layout::new(portal, Some(&self.visitor)).tenant(&self.view.connector.tenant)
    }

    /// The address of a page about the tenant.
    pub(crate) fn path(&self, path: &str) -> String {
        address::of_tenant(&self.visitor, &self.view.connector.tenant, path)
    }
}

impl FromRequestParts<Portal> for OfTenant {
    type Rejection = NoTenant;

    async fn from_request_parts(parts: &mut Parts, portal: &Portal) -> Result<Self, NoTenant> {
        let Person(visitor) = Person::from_request_parts(parts, portal).await?;
        let named = match query(parts).text("tenant") {
            "" => None,
            text => Some(text.parse().map_err(|_| PageError::NotFound)?),
        };
        let tenant = visitor.tenant(named)?;
        portal.access.record_visit(&visitor, &tenant).await.map_err(PageError::from)?;
        Ok(Self { visitor, tenant })
    }
}

impl FromRequestParts<Portal> for OfConnector {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, portal: &Portal) -> Result<Self, PageError> {
        let Person(visitor) = Person::from_request_parts(parts, portal).await?;
        let path = Path::<BTreeMap<String, String>>::from_request_parts(parts, portal).await;
        let id = path.ok().and_then(|Path(path)| path.get("id")?.parse::<ConnectorId>().ok());
        let id = id.ok_or(PageError::NotFound)?;
        let view = portal.onboarding.read(&visitor.caller(), &id).await?;
        portal.access.record_visit(&visitor, &view.connector.tenant).await?;
        Ok(Self { visitor, view })
    }
}

/// The query of a page, read as a form is.
#[derive(Debug)]
pub(crate) struct Query(pub(crate) Form);

impl<S: Sync> FromRequestParts<S> for Query {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(query(parts)))
    }
}

fn query(parts: &Parts) -> Form {
    Form::parse(parts.uri.query().unwrap_or_default().as_bytes())
}

impl From<PageError> for NoTenant {
    fn from(error: PageError) -> Self {
        Self::Error(error)
    }
}

impl From<PortalError> for NoTenant {
    fn from(error: PortalError) -> Self {
        match error {
            PortalError::NoTenant => Self::Choose,
            error => Self::Error(error.into()),
        }
    }
}

impl IntoResponse for NoTenant {
    fn into_response(self) -> Response {
        match self {
            Self::Choose => (StatusCode::SEE_OTHER, [(LOCATION, "/portal/operators")]).into_response(),
            Self::Error(error) => error.into_response(),
        }
    }
}
