//! What most requests begin with: who asks, and for which connector.

use archive::names::ConnectorId;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use control::onboarding::{ConnectorView, Onboarding};
use protocol::caller::Caller;
use protocol::health::Status;

use crate::Api;
use crate::body::EmptyBody;
use crate::caller::{Authenticated, AuthenticatedCaller};
use crate::pagination::QueryParams;
use crate::path::PathId;
use crate::preconditions::IfMatch;
use crate::problem::Problem;
use crate::responses::json_with_etag;
use crate::views::{Detail, DetailExtras};

/// The connector that a request names, and who asks for it.
pub(crate) struct Target {
    pub(crate) onboarding: Onboarding,
    pub(crate) caller: Caller,
    pub(crate) id: ConnectorId,
}

impl FromRequestParts<Api> for Target {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        // The caller comes first: whoever is not authenticated learns nothing about the request.
        let AuthenticatedCaller(Authenticated { caller, .. }) =
            AuthenticatedCaller::from_request_parts(parts, api).await?;
        let PathId(id) = PathId::from_request_parts(parts, api).await?;
        Ok(Self { onboarding: api.onboarding.clone(), caller, id })
    }
}

impl Target {
    /// The response for the connector in its current state.
    pub(crate) async fn detail(&self, status: StatusCode) -> Result<Response, Problem> {
        self.detail_with(status, DetailExtras::default()).await
    }

    /// The same, with additional fields.
    pub(crate) async fn detail_with(
        &self,
        status: StatusCode,
        extras: DetailExtras,
    ) -> Result<Response, Problem> {
        let Self { onboarding, caller, id } = self;
        let ConnectorView { connector, cursor } = onboarding.read(caller, id).await?;
        let addresses = onboarding.addresses(caller, &connector).await?;
        let contacts_hint = onboarding.contacts_warning(&addresses);
        let extras = DetailExtras { addresses, contacts_hint, ..extras };
        let last = onboarding.newest_delivered(caller, id, cursor.as_ref()).await?;
        let now = onboarding.clock.now();
        let of = Status::of(&connector, cursor.as_ref(), last.as_ref(), onboarding.timing, now);
        let detail = Detail::of(&connector, &of, last.as_ref(), extras);
        json_with_etag(status, detail.version(), &detail)
    }
}

/// A request that changes the connector: on the version that it expects, without parameters, and with a body
/// if the action has input.
pub(crate) struct Action<B = EmptyBody> {
    pub(crate) target: Target,
    pub(crate) version: Option<u64>,
    pub(crate) body: B,
}

impl<B: FromRequest<Api, Rejection = Problem>> FromRequest<Api> for Action<B> {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let target = Target::from_request_parts(&mut parts, api).await?;
        let IfMatch(version) = IfMatch::from_request_parts(&mut parts, api).await?;
        let query = QueryParams::from_request_parts(&mut parts, api).await?;
        let body = B::from_request(Request::from_parts(parts, body), api).await?;
        query.finish()?;
        Ok(Self { target, version, body })
    }
}
