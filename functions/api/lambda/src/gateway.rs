//! What API Gateway tells of who asks.

use api::Identity;
use axum::extract::Request;
use axum::response::Response;
use lambda_http::request::RequestContext;

/// Puts the identity that API Gateway has verified where [`api::Gateway`] looks for it. Without one nobody asks.
///
/// Source: API Gateway developer guide, "Create AWS Lambda proxy integrations for HTTP APIs", payload format 2.0.
pub(crate) async fn identify(mut request: Request) -> Request {
    if let Some(identity) = request.extensions().get().and_then(identity) {
        request.extensions_mut().insert(identity);
    }
    request
}

/// Logs how a request was answered, and not what was asked: a path can hold what a caller mistyped.
pub(crate) async fn log(response: Response) -> Response {
    tracing::debug!(status = response.status().as_u16(), "a request was answered");
    response
}

fn identity(context: &RequestContext) -> Option<Identity> {
    let RequestContext::ApiGatewayV2(context) = context else { return None };
    let authorizer = context.authorizer.as_ref()?;
    if let Some(jwt) = &authorizer.jwt {
        return Some(Identity::Jwt { claims: jwt.claims.clone().into_iter().collect() });
    }
    let arn = authorizer.iam.as_ref()?.user_arn.clone()?;
    Some(Identity::Iam { arn })
}

#[cfg(test)]
mod tests {
    use lambda_http::request::from_str;

    use super::*;

    /// As API Gateway sends it: the developer guide's example, shortened.
    fn event(authorizer: &str) -> String {
        format!(
            r#"{{"version": "2.0", "routeKey": "$default", "rawPath": "/v1/connectors/con_ x", "rawQueryString": "a=1&a=2",
                "headers": {{"content-type": "application/json", "x-identity": "arn:aws:iam::1:user/forged"}},
                "requestContext": {{"accountId": "111111111111", "apiId": "api-id", "routeKey": "$default",
                    "authorizer": {authorizer}, "stage": "$default", "requestId": "id",
                    "domainName": "id.execute-api.eu-central-1.amazonaws.com", "domainPrefix": "id",
                    "http": {{"method": "POST", "path": "/", "protocol": "HTTP/1.1", "sourceIp": "IP", "userAgent": "a"}},
                    "time": "12/Mar/2020:19:03:58 +0000", "timeEpoch": 1583348638390}},
                "body": "{{}}", "isBase64Encoded": false}}"#
        )
    }

    async fn identified(authorizer: &str) -> Option<Identity> {
        let request = from_str(&event(authorizer)).unwrap();
        let request = identify(request.map(|_| axum::body::Body::empty())).await;
        request.extensions().get().cloned()
    }

    #[tokio::test]
    async fn who_signed_is_known_by_arn() {
        let arn = "arn:aws:sts::111111111111:assumed-role/Admin/jane".to_owned();
        let iam = format!(
            r#"{{"iam": {{"accessKey": "ASIA", "accountId": "111111111111", "callerId": "AROA:jane",
                "cognitoIdentity": null, "principalOrgId": "o-1", "userArn": "{arn}", "userId": "AROA:jane"}}}}"#
        );
        assert_eq!(identified(&iam).await, Some(Identity::Iam { arn }));
    }

    #[tokio::test]
    async fn who_shows_a_token_is_known_by_its_claims() {
        let jwt =
            r#"{"jwt": {"claims": {"sub": "u1", "tenant_id": "acme", "scope": "openid"}, "scopes": null}}"#;
        let claims = [("sub", "u1"), ("tenant_id", "acme"), ("scope", "openid")];
        let claims = claims.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        assert_eq!(identified(jwt).await, Some(Identity::Jwt { claims }));
    }

    #[tokio::test]
    async fn without_an_authorizer_nobody_asks() {
        for authorizer in ["null", "{}", r#"{"lambda": {"userArn": "x"}}"#] {
            assert_eq!(identified(authorizer).await, None, "{authorizer}");
        }
    }
}
