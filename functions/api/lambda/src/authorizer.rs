//! The caller's identity in API Gateway's event.

use std::collections::BTreeMap;

use api::Identity;
use serde::Deserialize;
use serde_json::Value;

/// `requestContext.authorizer`, the fields of the template's two kinds of authorizers.
#[derive(Deserialize)]
pub(crate) struct Authorizer {
    #[serde(default)]
    jwt: Option<Jwt>,
    #[serde(default)]
    iam: Option<Iam>,
}

#[derive(Deserialize)]
struct Jwt {
    #[serde(default)]
    claims: Option<BTreeMap<String, Value>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Iam {
    #[serde(default)]
    user_arn: Option<String>,
}

/// The identity that API Gateway has verified, where [`api::GatewayAuthenticator`] looks for it. `None`
/// without an authorizer.
///
/// The gateway writes every claim as a string; a claim of another type is left out, and so authenticates
/// nobody.
pub(crate) fn identity(authorizer: Authorizer) -> Option<Identity> {
    if let Some(jwt) = authorizer.jwt {
        let claims = jwt.claims.unwrap_or_default().into_iter();
        let texts = claims.filter_map(|(name, value)| match value {
            Value::String(text) => Some((name, text)),
            _ => None,
        });
        return Some(Identity::Jwt { claims: texts.collect() });
    }
    Some(Identity::Iam { arn: authorizer.iam?.user_arn? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::request;

    /// As API Gateway sends it: the developer guide's example, shortened.
    fn event(authorizer: &str) -> String {
        format!(
            r#"{{"version": "2.0", "routeKey": "$default", "rawPath": "/v1/connectors",
                "rawQueryString": "a=1&a=2",
                "headers": {{"content-type": "application/json", "x-identity": "arn:aws:iam::1:user/forged"}},
                "requestContext": {{"accountId": "111111111111", "apiId": "api-id", "routeKey": "$default",
                    "authorizer": {authorizer}, "stage": "$default", "requestId": "id",
                    "domainName": "id.execute-api.eu-central-1.amazonaws.com", "domainPrefix": "id",
                    "http": {{"method": "POST", "path": "/", "protocol": "HTTP/1.1", "sourceIp": "IP",
                        "userAgent": "a"}},
                    "time": "12/Mar/2020:19:03:58 +0000", "timeEpoch": 1583348638390}},
                "body": "{{}}", "isBase64Encoded": false}}"#
        )
    }

    fn identified(authorizer: &str) -> Option<Identity> {
        request(&event(authorizer)).unwrap().extensions().get().cloned()
    }

    #[test]
    fn a_signer_is_identified_by_arn() {
        let arn = "arn:aws:sts::111111111111:assumed-role/Admin/jane".to_owned();
        let iam = format!(
            r#"{{"iam": {{"accessKey": "ASIA", "accountId": "111111111111", "callerId": "AROA:jane",
                "cognitoIdentity": null, "principalOrgId": "o-1", "userArn": "{arn}",
                "userId": "AROA:jane"}}}}"#
        );
        assert_eq!(identified(&iam), Some(Identity::Iam { arn }));
    }

    #[test]
    fn a_token_is_identified_by_its_claims() {
        let jwt = r#"{"jwt": {"claims": {"sub": "u1", "tenant_id": "acme", "scope": "openid", "exp": 1},
            "scopes": null}}"#;
        let claims = [("sub", "u1"), ("tenant_id", "acme"), ("scope", "openid")];
        let claims = claims.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        assert_eq!(identified(jwt), Some(Identity::Jwt { claims }));
    }

    #[test]
    fn without_an_authorizer_there_is_no_identity() {
        for authorizer in ["null", "{}", r#"{"lambda": {"userArn": "x"}}"#, r#"{"iam": {"userArn": null}}"#] {
            assert_eq!(identified(authorizer), None, "{authorizer}");
        }
    }
}
