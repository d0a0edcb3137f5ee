//! Maps an SDK error to the delivery error that the ledger records, with a redacted message.

use std::error::Error;

use archive::names::Region;
use aws_sdk_s3::operation::head_bucket::HeadBucketError;
use aws_sdk_s3::operation::put_object::PutObjectError;
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use ports::error_chain;
use protocol::delivery_error::{DeliveryError, DeliveryErrorKind, DeliveryStage};
use protocol::machine::PutAnswer;

use super::error_codes::{self, ErrorResponse, PutOutcome};
use super::redact::redact;

/// AWS's messages are truncated to this length, characters. AWS names session, action and resource first and
/// the denying policy last; with the longest names this ends before 800 characters.
const MAX_MESSAGE_CHARS: usize = 1_000;
/// AWS's error codes are far shorter than this, characters; anything longer isn't one.
const MAX_CODE_CHARS: usize = 80;

/// Maps the errors of one stage, and redacts external IDs.
#[derive(Debug, Clone, Copy)]
pub(super) struct ErrorClassifier {
    stage: DeliveryStage,
}

impl ErrorClassifier {
    pub(super) const fn new(stage: DeliveryStage) -> Self {
        Self { stage }
    }

    /// A delivery error with a code and message of ours or of AWS.
    pub(super) fn error(self, kind: DeliveryErrorKind, code: &str, message: &str) -> DeliveryError {
        let (code, message) = (redact(code, MAX_CODE_CHARS), redact(message, MAX_MESSAGE_CHARS));
        DeliveryError { stage: self.stage, kind, code, message }
    }

    /// The reason why a role could not be assumed.
    pub(super) fn assume_role(self, error: &SdkError<AssumeRoleError, HttpResponse>) -> DeliveryError {
        match CallError::from_sdk(error) {
            CallError::Response(response) => {
                self.response_error(error_codes::assume_role(response.borrowed()), &response)
            }
            CallError::NoResponse { kind, code, message } => self.error(kind, code, &message),
        }
    }

    /// The meaning of a failed write. An existing object is not an error.
    pub(super) fn put_object(
        self,
        error: &SdkError<PutObjectError, HttpResponse>,
    ) -> Result<PutAnswer, DeliveryError> {
        match CallError::from_sdk(error) {
            CallError::Response(response) => match error_codes::put_object(response.borrowed()) {
                PutOutcome::Exists => Ok(PutAnswer::Exists),
                PutOutcome::Failed(kind) => Err(self.response_error(kind, &response)),
            },
            CallError::NoResponse { kind, code, message } => Err(self.error(kind, code, &message)),
        }
    }

    /// The region of a bucket whose `HeadBucket` failed, if the response names it anyway.
    pub(super) fn head_bucket(
        self,
        error: &SdkError<HeadBucketError, HttpResponse>,
    ) -> Result<Option<Region>, DeliveryError> {
        match CallError::from_sdk(error) {
            CallError::Response(response) => match error_codes::head_bucket(response.status) {
                // A response to `HEAD` has no error code, and this status has only one meaning.
                Some(DeliveryErrorKind::Gone) => Err(self.error(
                    DeliveryErrorKind::Gone,
                    "NoSuchBucket",
                    "The specified bucket does not exist",
                )),
                Some(kind) => Err(self.response_error(kind, &response)),
                None => Ok(response.region.and_then(|region| region.parse().ok())),
            },
            CallError::NoResponse { kind, code, message } => Err(self.error(kind, code, &message)),
        }
    }

    fn response_error(self, kind: DeliveryErrorKind, response: &OwnedErrorResponse) -> DeliveryError {
        let OwnedErrorResponse { status, code, message, region } = response;
        let code = if code.is_empty() { format!("Http{status}") } else { code.clone() };
        let message = if message.is_empty() { format!("HTTP status {status}") } else { message.clone() };
        match (kind, region) {
            (DeliveryErrorKind::Moved, Some(region)) => {
                self.error(kind, &code, &format!("it is in {region} ({message})"))
            }
            _ => self.error(kind, &code, &message),
        }
    }
}

enum CallError {
    /// AWS sent an error response.
    Response(OwnedErrorResponse),
    /// AWS sent no usable response.
    NoResponse { kind: DeliveryErrorKind, code: &'static str, message: String },
}

struct OwnedErrorResponse {
    status: u16,
    code: String,
    message: String,
    region: Option<String>,
}

impl OwnedErrorResponse {
    fn borrowed(&self) -> ErrorResponse<'_> {
        let Self { status, code, message, region } = self;
        ErrorResponse { status: *status, code, message, region: region.as_deref() }
    }
}

impl CallError {
    fn from_sdk<E>(error: &SdkError<E, HttpResponse>) -> Self
    where
        E: Error + ProvideErrorMetadata + 'static,
    {
        let unavailable = |code| Self::NoResponse {
            kind: DeliveryErrorKind::Unavailable,
            code,
            message: error_chain(error),
        };
        match error {
            SdkError::ServiceError(answer) => Self::Response(OwnedErrorResponse {
                status: answer.raw().status().as_u16(),
                code: answer.err().code().unwrap_or_default().to_owned(),
                message: answer.err().message().unwrap_or_default().to_owned(),
                region: region(answer.raw()),
            }),
            SdkError::TimeoutError(_) => unavailable("Timeout"),
            SdkError::DispatchFailure(failure) if failure.is_timeout() => unavailable("Timeout"),
            SdkError::DispatchFailure(failure) if failure.is_io() => unavailable("Connection"),
            // Name resolution, TLS, or our own credentials could not be fetched.
            SdkError::DispatchFailure(_) => unavailable("NotSent"),
            SdkError::ResponseError(_) => unavailable("UnreadableAnswer"),
            // Nothing was sent: the request itself is invalid.
            _ => Self::NoResponse {
                kind: DeliveryErrorKind::Rejected,
                code: "NotARequest",
                message: error_chain(error),
            },
        }
    }
}

/// The bucket's region. S3 names it in a header, or in the error document of a request to the wrong region.
/// Source: Amazon S3 user guide, "Request routing".
fn region(answer: &HttpResponse) -> Option<String> {
    let in_document = || {
        let (_, rest) = std::str::from_utf8(answer.body().bytes()?).ok()?.split_once("<Region>")?;
        rest.split_once("</Region>").map(|(region, _)| region)
    };
    let named = answer.headers().get("x-amz-bucket-region").or_else(in_document)?;
    named.parse::<Region>().ok().map(String::from)
}

#[cfg(test)]
mod tests {
    use archive::names::ExternalId;
    use aws_smithy_runtime_api::http::StatusCode;
    use aws_smithy_types::body::SdkBody;
    use aws_smithy_types::error::ErrorMetadata;

    use super::*;

    const PUT_ERRORS: ErrorClassifier = ErrorClassifier::new(DeliveryStage::PutObject);

    fn response(
        status: u16,
        code: &str,
        message: &str,
        body: &'static str,
    ) -> SdkError<PutObjectError, HttpResponse> {
        let error = PutObjectError::generic(ErrorMetadata::builder().code(code).message(message).build());
        let raw = HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::from(body));
        SdkError::service_error(error, raw)
    }

    #[test]
    fn the_external_id_and_control_characters_never_reach_a_record() {
        let id = ExternalId::new(1, 2);
        let message = format!("value\u{1b}[31m '{id}' at 'externalId' failed\n{}", "x".repeat(2_000));
        let error = PUT_ERRORS.put_object(&response(400, "ValidationError", &message, "")).unwrap_err();
        assert!(!error.message.contains(id.as_str()) && error.message.contains("(external ID)"));
        assert!(!error.message.chars().any(char::is_control) && error.message.contains(r"\u{1b}"));
        assert!(error.message.ends_with("x…") && error.message.chars().count() <= MAX_MESSAGE_CHARS + 1);
    }

    #[test]
    fn the_denying_policy_is_kept_with_the_longest_names() {
        let name = "x".repeat(64);
        let object =
            format!("arn:aws-us-gov:s3:::{}/{}/verification/{name}.txt", "b".repeat(63), "p".repeat(200));
        let why = "because no resource control policy allows the s3:PutObject action";
        let message = format!(
            "User: arn:aws-us-gov:sts::222222222222:assumed-role/{name}/{name} is not authorized to perform: \
             s3:PutObject on resource: \"{object}\" {why}"
        );
        let error = PUT_ERRORS.put_object(&response(403, "AccessDenied", &message, "")).unwrap_err();
        assert_eq!(error.message, message);
    }

    #[test]
    fn a_moved_bucket_is_reported_with_its_region() {
        let body = "<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-1</Region></Error>";
        let error = response(400, "AuthorizationHeaderMalformed", "the region is wrong", body);
        let error = PUT_ERRORS.put_object(&error).unwrap_err();
        assert_eq!(
            (error.kind, error.message.as_str()),
            (DeliveryErrorKind::Moved, "it is in eu-west-1 (the region is wrong)")
        );
        let nonsense = response(301, "PermanentRedirect", "elsewhere", "<Region>evil.example</Region>");
        assert_eq!(PUT_ERRORS.put_object(&nonsense).unwrap_err().message, "elsewhere");
    }

    #[test]
    fn a_response_without_code_or_message_is_classified_by_its_status() {
        let error = PutObjectError::generic(ErrorMetadata::builder().build());
        let raw = HttpResponse::new(StatusCode::try_from(503).unwrap(), SdkBody::from("<html>"));
        let error = PUT_ERRORS.put_object(&SdkError::service_error(error, raw)).unwrap_err();
        assert_eq!((error.kind, error.code.as_str()), (DeliveryErrorKind::Unavailable, "Http503"));
    }

    #[test]
    fn a_missing_response_is_unavailable_and_an_invalid_request_is_ours() {
        let timeout = SdkError::timeout_error("no answer within 60 s");
        let error = PUT_ERRORS.put_object(&timeout).unwrap_err();
        assert_eq!((error.kind, error.code.as_str()), (DeliveryErrorKind::Unavailable, "Timeout"));
        let no_request = SdkError::construction_failure("an invalid header");
        assert_eq!(PUT_ERRORS.put_object(&no_request).unwrap_err().kind, DeliveryErrorKind::Rejected);
    }
}
