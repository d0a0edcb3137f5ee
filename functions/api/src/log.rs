//! The log that a request is about: who asks, and whose log it is.
//!
//! A path has no escapes (`aws::http_api`), and a tenant's ID may have any characters. So `-` in the path
//! stands for the tenant of the parameter `tenant`, and for a tenant's caller without it for its own.

use std::collections::BTreeMap;

use archive::names::{ConnectorId, TenantId};
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use control::explorer::{Asker, Explorer, Proof};
use control::explorer_records::{ExplorerCaller, ExplorerRecords};
use protocol::caller::Caller;

use crate::Api;
use crate::caller::{Authenticated, AuthenticatedCaller};
use crate::parameters::Parameters;
use crate::problem::Problem;

/// What stands in the path for a tenant that is named elsewhere.
const NAMED_ELSEWHERE: &str = "-";

/// A tenant whose things the caller may see, and the parameters of the request.
struct TenantPath {
    query: Parameters,
    tenant: TenantId,
    caller: Caller,
}

impl TenantPath {
    async fn of(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        // The caller comes first: whoever is not authenticated learns nothing about the request.
        let AuthenticatedCaller(Authenticated { caller, .. }) =
            AuthenticatedCaller::from_request_parts(parts, api).await?;
        let mut query = Parameters::parse(parts.uri.query().unwrap_or_default())?;
        let in_path = segment(parts, api, "tenant").await.ok_or_else(Problem::no_log)?;
        let tenant = if in_path == NAMED_ELSEWHERE {
            match named_elsewhere(&mut query, &caller) {
                Some(tenant) => tenant,
                None => return Err(query.refuse()),
            }
        } else if is_plain(&in_path) {
            in_path.parse().map_err(|_| Problem::no_log())?
        } else {
            return Err(Problem::no_log());
        };
        // Another tenant's log does not exist, whatever is asked of it.
        if !caller.can_access(&tenant) {
            return Err(Problem::no_log());
        }
        Ok(Self { query, tenant, caller })
    }
}

/// A tenant's log, and the parameters of the request.
pub(crate) struct Log {
    pub(crate) explorer: Explorer,
    pub(crate) query: Parameters,
    pub(crate) tenant: TenantId,
    caller: Caller,
}

impl FromRequestParts<Api> for Log {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let TenantPath { query, tenant, caller } = TenantPath::of(parts, api).await?;
        Ok(Self { explorer: api.explorer.clone(), query, tenant, caller })
    }
}

impl Log {
    /// The explorer and who asks, once all parameters are read but the connector: none may be left.
    ///
    /// # Errors
    /// All errors of the parameters.
    pub(crate) fn finish(mut self) -> Result<(Explorer, Asker), Problem> {
        let connector = self.query.text("connector");
        self.finish_with(connector)
    }

    /// The same, with the connector that the body names.
    ///
    /// # Errors
    /// All errors of the parameters.
    pub(crate) fn finish_with(self, connector: Option<ConnectorId>) -> Result<(Explorer, Asker), Problem> {
        self.query.finish()?;
        let by = Proof::Caller(self.caller);
        Ok((self.explorer, Asker { by, tenant: self.tenant, connector }))
    }
}

/// What is kept beside a tenant's log: saved explorations, and who has searched. No reader is needed for it.
pub(crate) struct TenantRecords {
    pub(crate) records: ExplorerRecords,
    pub(crate) query: Parameters,
    pub(crate) tenant: TenantId,
    pub(crate) by: ExplorerCaller,
}

impl FromRequestParts<Api> for TenantRecords {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let TenantPath { query, tenant, caller } = TenantPath::of(parts, api).await?;
        Ok(Self { records: api.records.clone(), query, tenant, by: caller.into() })
    }
}

/// The tenant of the parameter; a tenant's caller may omit its own. An error is recorded.
fn named_elsewhere(query: &mut Parameters, caller: &Caller) -> Option<TenantId> {
    match (query.text("tenant"), caller) {
        (Some(tenant), _) => Some(tenant),
        (None, Caller::Tenant { tenant, .. }) => Some(tenant.clone()),
        (None, Caller::Operator { .. } | Caller::System) => query.require("tenant", None),
    }
}

/// The path of something of a tenant. A tenant's ID that a path can't hold as it is stands in the query.
pub(crate) fn path_below(tenant: &TenantId, rest: &str) -> String {
    let text = tenant.as_str();
    if is_plain(text) && text != NAMED_ELSEWHERE {
        return format!("/v1/tenants/{text}/{rest}");
    }
    let escaped: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
    format!("/v1/tenants/{NAMED_ELSEWHERE}/{rest}?tenant={escaped}")
}

/// Whether a tenant's ID can stand in a path as it is: unreserved characters (RFC 3986, section 2.3), and not
/// only dots.
fn is_plain(text: &str) -> bool {
    let is_unreserved = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    text.bytes().all(is_unreserved) && !text.bytes().all(|b| b == b'.')
}

/// A segment of the path, with its escapes decoded.
pub(crate) async fn segment(parts: &mut Parts, api: &Api, name: &str) -> Option<String> {
    let path = Path::<BTreeMap<String, String>>::from_request_parts(parts, api).await;
    path.ok().and_then(|Path(mut segments)| segments.remove(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_no_escape_whatever_the_tenants_id_is() {
        for (tenant, path) in [
            ("acme", "/v1/tenants/acme/events/downloads/x"),
            ("a.b_c~1", "/v1/tenants/a.b_c~1/events/downloads/x"),
            ("-", "/v1/tenants/-/events/downloads/x?tenant=-"),
            ("..", "/v1/tenants/-/events/downloads/x?tenant=.."),
            ("a b/c", "/v1/tenants/-/events/downloads/x?tenant=a+b%2Fc"),
            ("\u{fc}", "/v1/tenants/-/events/downloads/x?tenant=%C3%BC"),
        ] {
            assert_eq!(path_below(&tenant.parse().unwrap(), "events/downloads/x"), path);
        }
    }
}
