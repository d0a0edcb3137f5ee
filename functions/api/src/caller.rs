//! Authentication. Handlers take an [`AuthenticatedCaller`], which only this module creates, so no handler
//! can be reached without one.

use std::collections::BTreeMap;

use archive::names::TenantId;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use control::portal::Credential;
use protocol::caller::Caller;

use crate::Api;
use crate::problem::Problem;

/// Who sent a request, and how that was verified. Nothing of it comes from what the request says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authenticated {
    /// The caller.
    pub caller: Caller,
    /// By which credential.
    pub credential: Credential,
}

/// Finds the caller of a request.
pub trait Authenticator: Send + Sync {
    /// The caller, or `None` if the request is not authenticated: it is then answered with 401.
    fn authenticate(&self, request: &Parts) -> Option<Authenticated>;
}

/// The same caller for every request: the person at whose own machine the API listens.
#[derive(Debug, Clone)]
pub struct FixedCaller(pub Caller);

impl Authenticator for FixedCaller {
    fn authenticate(&self, _: &Parts) -> Option<Authenticated> {
        Some(Authenticated { caller: self.0.clone(), credential: Credential::Iam })
    }
}

/// The identity that API Gateway has verified. The Lambda puts it into the request's extensions, which no
/// request from the network can set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// A request signed with `SigV4`.
    Iam {
        /// The ARN of the signer.
        arn: String,
    },
    /// A request with a token that the JWT authorizer has accepted.
    Jwt {
        /// Its claims, as text.
        claims: BTreeMap<String, String>,
    },
}

/// Authentication behind API Gateway. A `SigV4` signer is an operator, since only principals of the vendor's
/// own account can be allowed to sign. A token's caller is the tenant of its claim, or an operator by its
/// scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayAuthenticator {
    /// The claim that names the tenant.
    pub tenant_claim: String,
    /// The scope of operators.
    pub operator_scope: String,
}

impl Authenticator for GatewayAuthenticator {
    fn authenticate(&self, request: &Parts) -> Option<Authenticated> {
        match request.extensions.get::<Identity>()? {
            Identity::Iam { arn } => {
                let caller = Caller::Operator { name: Caller::recorded_name(arn)? };
                Some(Authenticated { caller, credential: Credential::Iam })
            }
            Identity::Jwt { claims } => {
                let caller = self.caller_of(claims)?;
                Some(Authenticated { caller, credential: Credential::Token })
            }
        }
    }
}

impl GatewayAuthenticator {
    /// The caller of a token with these claims.
    fn caller_of(&self, claims: &BTreeMap<String, String>) -> Option<Caller> {
        let name = claims.get("sub").or_else(|| claims.get("client_id"));
        let name = name.and_then(|name| Caller::recorded_name(name))?;
        if scopes(claims).any(|scope| scope == self.operator_scope) {
            return Some(Caller::Operator { name });
        }
        let tenant = parse_tenant_claim(claims.get(&self.tenant_claim)?)?;
        Some(Caller::Tenant { tenant, name })
    }
}

/// The tenant in a claim, which must be the whole text. An invalid tenant ID authenticates nobody. Neither
/// does a list, which API Gateway writes as `[a b]`: it can't be distinguished from a text in brackets.
fn parse_tenant_claim(claim: &str) -> Option<TenantId> {
    let may_be_a_list = claim.starts_with('[') && claim.ends_with(']');
    claim.parse().ok().filter(|_| !may_be_a_list)
}

/// `scope` as RFC 8693 has it, or `scp` as others do.
fn scopes(claims: &BTreeMap<String, String>) -> impl Iterator<Item = &str> {
    let lists = ["scope", "scp"].into_iter().filter_map(|claim| claims.get(claim));
    lists.flat_map(|list| parse_scope_list(list).into_iter().flatten())
}

/// The scopes of a list: tokens separated by one space, optionally in one pair of brackets, which is how API
/// Gateway writes a list claim. Anything else is not a list of scopes, and none of it counts: reading it
/// differently than the issuer would grant scopes that were never given.
///
/// Sources: RFC 6749, section 3.3; API Gateway developer guide, "Control access to HTTP APIs with JWT
/// authorizers".
fn parse_scope_list(list: &str) -> Option<impl Iterator<Item = &str>> {
    let of_a_list = list.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let inside = of_a_list.unwrap_or(list);
    // A token with a bracket in a list could be the end of another one, as the gateway escapes nothing.
    let may_be = |b: u8| of_a_list.is_none() || !matches!(b, b'[' | b']');
    let is_token = |token: &str| {
        !token.is_empty() && token.bytes().all(|b| matches!(b, 0x21 | 0x23..=0x5b | 0x5d..=0x7e) && may_be(b))
    };
    inside.split(' ').all(is_token).then(|| inside.split(' '))
}

/// The caller of an authenticated request.
#[derive(Debug)]
pub(crate) struct AuthenticatedCaller(pub(crate) Authenticated);

impl FromRequestParts<Api> for AuthenticatedCaller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        api.authenticator.authenticate(parts).map(Self).ok_or_else(Problem::unauthenticated)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn caller(identity: Option<Identity>) -> Option<Caller> {
        let gateway = GatewayAuthenticator {
            tenant_claim: "tenant_id".into(),
            operator_scope: "auditferry/operator".into(),
        };
        let (mut parts, ()) = Request::new(()).into_parts();
        identity.map(|identity| parts.extensions.insert(identity));
        let is_signed = matches!(parts.extensions.get(), Some(Identity::Iam { .. }));
        let found = gateway.authenticate(&parts);
        let by = found.as_ref().map(|found| found.credential);
        assert!(by.is_none_or(|by| (by == Credential::Iam) == is_signed), "only a signature is one");
        found.map(|found| found.caller)
    }

    fn token(claims: &[(&str, &str)]) -> Option<Caller> {
        let claims = claims.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        caller(Some(Identity::Jwt { claims }))
    }

    #[test]
    fn a_signer_is_an_operator() {
        let arn = "arn:aws:iam::111111111111:user/Admin".to_owned();
        assert_eq!(caller(Some(Identity::Iam { arn: arn.clone() })), Some(Caller::Operator { name: arn }));
    }

    #[test]
    fn the_tenant_comes_from_the_claim_and_the_operator_from_the_scope() {
        let tenant = Caller::Tenant { tenant: "acme".parse().unwrap(), name: "u1".into() };
        assert_eq!(token(&[("sub", "u1"), ("tenant_id", "acme")]), Some(tenant));
        let operator = Some(Caller::Operator { name: "u1".into() });
        for scope in ["auditferry/operator", "openid auditferry/operator", "[openid auditferry/operator]"] {
            assert_eq!(token(&[("sub", "u1"), ("scope", scope), ("tenant_id", "acme")]), operator, "{scope}");
        }
        assert_eq!(token(&[("client_id", "u1"), ("scp", "[auditferry/operator]")]), operator);
    }

    #[test]
    fn scopes_are_separated_by_exactly_one_space() {
        let operator = "auditferry/operator";
        let is_operator =
            |scope: &str| matches!(token(&[("sub", "u1"), ("scope", scope)]), Some(Caller::Operator { .. }));
        for good in [
            "auditferry/operator",
            "a auditferry/operator",
            "[auditferry/operator a]",
            "[auditferry/operator]",
        ] {
            assert!(is_operator(good), "{good}");
        }
        for between in
            ["\t", "\n", "\u{a0}", "\u{2003}", "\u{3000}", "\u{85}", "  ", ",", "\u{200b}", "\"", "\\"]
        {
            for scope in [
                format!("a{between}{operator}"),
                format!("{operator}{between}a"),
                format!("{between}{operator}"),
            ] {
                assert!(!is_operator(&scope), "{scope:?}");
            }
        }
        for brackets in [
            "[[auditferry/operator]]",
            "[auditferry/operator",
            "auditferry/operator]",
            "[a] auditferry/operator]",
            " auditferry/operator",
            "auditferry/operator ",
            "[ auditferry/operator]",
            "[]",
            "[a [auditferry/operator]]",
        ] {
            assert!(!is_operator(brackets), "{brackets}");
        }
    }

    #[test]
    fn a_name_shows_what_stands_in_it() {
        for (sub, name) in [
            ("admin@acme.example", "admin@acme.example"),
            ("ann\u{202e}nimda", "ann\\u{202e}nimda"),
            ("ann\u{200b}", "ann\\u{200b}"),
            ("ann\r\nops", "ann\\r\\nops"),
        ] {
            let tenant = Caller::Tenant { tenant: "acme".parse().unwrap(), name: name.into() };
            assert_eq!(token(&[("sub", sub), ("tenant_id", "acme")]), Some(tenant));
        }
        let arn = "arn:aws:sts::111111111111:assumed-role/Admin/jane\u{2066}x".to_owned();
        let seen = Caller::Operator { name: arn.replace('\u{2066}', "\\u{2066}") };
        assert_eq!(caller(Some(Identity::Iam { arn })), Some(seen));
    }

    #[test]
    fn nobody_comes_in_without_being_named() {
        assert_eq!(caller(None), None);
        assert_eq!(caller(Some(Identity::Iam { arn: String::new() })), None);
        for claims in [
            &[("sub", "u1")][..],
            &[("tenant_id", "acme")],
            &[("sub", ""), ("tenant_id", "acme")],
            &[("sub", "u1"), ("tenant_id", "")],
            &[("sub", "u1"), ("tenant_id", "acme\n")],
            &[("sub", "u1"), ("tenant_id", "[acme other]")],
            &[("sub", "u1"), ("tenant_id", "[acme]")],
            &[("sub", "u1"), ("scope", "auditferry/operators")],
            &[("sub", "u1"), ("custom:tenant_id", "acme")],
        ] {
            assert_eq!(token(claims), None, "{claims:?}");
        }
    }
}
