//! The XML responses of STS.

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Response, StatusCode};
use s3s::{Body, S3Response};
use uuid::Uuid;

use super::vendor_arn;
use crate::accounts::VENDOR_ACCOUNT;
use crate::policy::PolicyError;
use crate::role::RoleArn;
use crate::sessions::Session;

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// An error response of STS.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct StsError {
    pub(super) status: StatusCode,
    code: String,
    message: String,
}

impl StsError {
    fn forbidden(code: &str, message: impl Into<String>) -> Self {
        Self { status: StatusCode::FORBIDDEN, code: code.to_owned(), message: message.into() }
    }

    fn bad_request(code: &str, message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code: code.to_owned(), message: message.into() }
    }

    /// The role does not exist, or does not trust this caller with this external ID.
    pub(super) fn not_authorized(role_arn: &str) -> Self {
        let user = vendor_arn();
        Self::forbidden(
            "AccessDenied",
            format!("User: {user} is not authorized to perform: sts:AssumeRole on resource: {role_arn}"),
        )
    }

    /// A session of an assumed role is not the vendor's account, the only principal that the roles trust.
    pub(super) fn session_caller() -> Self {
        Self::forbidden("AccessDenied", "the session is not authorized to perform: sts:AssumeRole")
    }

    pub(super) fn unsigned() -> Self {
        Self::forbidden("MissingAuthenticationToken", "Request is missing Authentication Token")
    }

    pub(super) fn wrong_service() -> Self {
        Self::forbidden("SignatureDoesNotMatch", "Credential should be scoped to correct service: 'sts'.")
    }

    pub(super) fn unknown_key() -> Self {
        Self::forbidden("InvalidClientTokenId", "The security token included in the request is invalid.")
    }

    pub(super) fn invalid_action(action: &str) -> Self {
        Self::bad_request(
            "InvalidAction",
            format!("Could not find operation {action} for version 2011-06-15"),
        )
    }

    pub(super) fn validation_error(message: &str) -> Self {
        Self::bad_request("ValidationError", message)
    }

    pub(super) fn malformed_policy(error: &PolicyError) -> Self {
        Self::bad_request("MalformedPolicyDocument", error.to_string())
    }

    /// The error as an XML document.
    pub(super) fn xml(&self) -> String {
        let (code, message) = (escape_xml(&self.code), escape_xml(&self.message));
        format!(
            "<ErrorResponse xmlns=\"{NAMESPACE}\"><Error><Type>Sender</Type><Code>{code}</Code>\
             <Message>{message}</Message></Error><RequestId>{}</RequestId></ErrorResponse>",
            Uuid::new_v4()
        )
    }
}

/// The response to `AssumeRole`.
pub(super) fn assume_role_response(session: &Session, role: RoleArn<'_>) -> String {
    let name = escape_xml(&session.assumed.session_name);
    let user = escape_xml(&role.session_arn(&session.assumed.session_name));
    let (key, secret) = (&session.credentials.access_key_id, &session.credentials.secret_access_key);
    let (token, expires) = (&session.token, session.expires.strftime("%Y-%m-%dT%H:%M:%SZ"));
    format!(
        "<AssumeRoleResponse xmlns=\"{NAMESPACE}\"><AssumeRoleResult>\
         <AssumedRoleUser><Arn>{user}</Arn><AssumedRoleId>AROA{key}:{name}</AssumedRoleId></AssumedRoleUser>\
         <Credentials><AccessKeyId>{key}</AccessKeyId><SecretAccessKey>{secret}</SecretAccessKey>\
         <SessionToken>{token}</SessionToken><Expiration>{expires}</Expiration></Credentials>\
         </AssumeRoleResult><ResponseMetadata><RequestId>{}</RequestId></ResponseMetadata></AssumeRoleResponse>",
        Uuid::new_v4()
    )
}

/// The response to `GetCallerIdentity` of the vendor.
pub(super) fn caller_identity_response() -> String {
    let (arn, account) = (vendor_arn(), VENDOR_ACCOUNT);
    format!(
        "<GetCallerIdentityResponse xmlns=\"{NAMESPACE}\"><GetCallerIdentityResult><Arn>{arn}</Arn>\
         <UserId>AIDAVENDOR</UserId><Account>{account}</Account></GetCallerIdentityResult>\
         <ResponseMetadata><RequestId>{}</RequestId></ResponseMetadata></GetCallerIdentityResponse>",
        Uuid::new_v4()
    )
}

/// A response with an XML document.
pub(super) fn xml(status: StatusCode, xml: String) -> S3Response<Body> {
    let mut response = S3Response::with_status(Body::from(xml), status);
    response.headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/xml"));
    response
}

/// Converts an error of the signature check, which has the format of S3, to the format and code of STS.
pub(crate) fn reshape(mut response: Response<Body>) -> Response<Body> {
    if response.status().is_success() {
        return response;
    }
    let Some(document) = response.body().bytes() else { return response };
    let document = String::from_utf8_lossy(&document);
    if document.contains("<ErrorResponse") {
        return response;
    }
    let message = element(&document, "Message").unwrap_or_default();
    let error = match element(&document, "Code").unwrap_or_default() {
        "InvalidAccessKeyId" => StsError::unknown_key(),
        code => StsError { status: response.status(), code: code.to_owned(), message: message.to_owned() },
    };
    *response.status_mut() = error.status;
    response.headers_mut().remove(axum::http::header::CONTENT_LENGTH);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/xml"));
    *response.body_mut() = Body::from(error.xml());
    response
}

/// The text of the first element with this name. Enough for the flat error documents of S3.
fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(text, _)| text)
}

fn escape_xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
