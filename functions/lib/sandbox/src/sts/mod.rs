//! The embedded STS: `AssumeRole`, and `GetCallerIdentity` for the vendor's keys, on the port of S3 and
//! behind the same signature check.
//!
//! Formats and error codes are those of
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>.

mod request;
mod response;

use std::sync::Arc;

use axum::http::header::CONTENT_TYPE;
use axum::http::{Extensions, HeaderMap, Method, StatusCode, Uri};
use s3s::route::S3Route;
use s3s::{Body, S3Request, S3Response, S3Result};

use self::request::AssumeRoleRequest;
pub(crate) use self::response::reshape;
use self::response::{StsError, assume_role_response, caller_identity_response};
use crate::accounts::{Accounts, VENDOR_ACCOUNT};
use crate::policy::SessionPolicy;
use crate::sessions::{AssumedRole, Principal, Sessions};

/// Longer bodies are rejected by the signature check already.
const MAX_BODY_BYTES: usize = 8_192;

/// The body of a `GetCallerIdentity` request, which has no parameters.
const GET_CALLER_IDENTITY: &[u8] = b"Action=GetCallerIdentity&Version=2011-06-15";

/// The STS as a route of the S3 service.
#[derive(Debug)]
pub(crate) struct Route {
    accounts: Arc<Accounts>,
    sessions: Arc<Sessions>,
}

impl Route {
    pub(crate) fn new(accounts: Arc<Accounts>, sessions: Arc<Sessions>) -> Self {
        Self { accounts, sessions }
    }

    /// Whether this is a request to STS: S3 has no form that is posted to the root.
    pub(crate) fn matches(method: &Method, uri: &Uri, headers: &HeaderMap) -> bool {
        let form = headers
            .get(CONTENT_TYPE)
            .is_some_and(|value| value.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
        method == Method::POST && uri.path() == "/" && form
    }

    fn handle(&self, caller: &Caller, body: &[u8]) -> Result<String, StsError> {
        if body == GET_CALLER_IDENTITY {
            return caller.check(&self.sessions).map(|()| caller_identity_response());
        }
        self.assume_role(caller, body)
    }

    fn assume_role(&self, caller: &Caller, body: &[u8]) -> Result<String, StsError> {
        caller.check(&self.sessions)?;
        let request = AssumeRoleRequest::parse(body)?;
        let role = self
            .accounts
            .role_visible_to_sts(&request.role_arn)
            .filter(|role| role.trusts(request.external_id.as_deref()));
        // A role that does not exist, or isn't visible yet, gets the same error as one that doesn't trust the
        // caller, so that it is no oracle.
        let role = role.ok_or_else(|| StsError::not_authorized(&request.role_arn))?;
        let arn = role.parts().map_err(|_| StsError::not_authorized(&request.role_arn))?;
        let policy = match &request.policy {
            Some(json) => {
                Some(SessionPolicy::parse(json).map_err(|error| StsError::malformed_policy(&error))?)
            }
            None => None,
        };
        let session = self.sessions.open(
            AssumedRole {
                role_arn: request.role_arn,
                session_name: request.session_name,
                external_id: request.external_id,
                policy: request.policy,
                duration_seconds: request.duration_seconds,
            },
            policy,
        );
        Ok(assume_role_response(&session, arn))
    }
}

/// The signer of a request, and the service it was signed for.
struct Caller {
    access_key_id: Option<String>,
    service: Option<String>,
    has_token: bool,
}

impl Caller {
    /// Accepts only the vendor's long-lived keys: they are the only principal that the roles trust.
    fn check(&self, sessions: &Sessions) -> Result<(), StsError> {
        let key = self.access_key_id.as_deref().ok_or_else(StsError::unsigned)?;
        if self.service.as_deref() != Some("sts") {
            return Err(StsError::wrong_service());
        }
        match sessions.principal(key) {
            Some(Principal::Vendor) if !self.has_token => Ok(()),
            Some(Principal::Session(_)) if self.has_token => Err(StsError::session_caller()),
            _ => Err(StsError::unknown_key()),
        }
    }
}

#[async_trait::async_trait]
impl S3Route for Route {
    fn is_match(&self, method: &Method, uri: &Uri, headers: &HeaderMap, _: &mut Extensions) -> bool {
        Self::matches(method, uri, headers)
    }

    /// The caller is checked in `call`, where errors get the format of STS.
    async fn check_access(&self, _: &mut S3Request<Body>) -> S3Result<()> {
        Ok(())
    }

    async fn call(&self, mut request: S3Request<Body>) -> S3Result<S3Response<Body>> {
        let caller = Caller {
            access_key_id: request.credentials.map(|credentials| credentials.access_key),
            service: request.service,
            has_token: request.headers.contains_key("x-amz-security-token"),
        };
        let result = match request.input.store_all_limited(MAX_BODY_BYTES).await {
            Ok(body) => self.handle(&caller, &body),
            Err(_) => Err(StsError::validation_error("the body is too long or did not arrive")),
        };
        let (status, xml) = match result {
            Ok(xml) => (StatusCode::OK, xml),
            Err(error) => (error.status, error.xml()),
        };
        Ok(response::xml(status, xml))
    }
}

/// The vendor's ARN in messages.
fn vendor_arn() -> String {
    format!("arn:aws:iam::{VENDOR_ACCOUNT}:user/auditferry")
}
