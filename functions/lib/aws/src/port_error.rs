//! Classifies an SDK error for its caller: transient, denied, or a bug.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use ports::PortError;

use crate::transient_codes::{Origin, is_transient_code};

/// Classifies an SDK error. `what` names the operation, such as `"reading a cursor"`.
pub fn port_error<E>(what: &'static str, error: SdkError<E, HttpResponse>) -> PortError
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    let transient = is_transient(&error);
    let status = error.raw_response().map(|response| response.status().as_u16());
    let denied = matches!(status, Some(401 | 403 | 404))
        || error.code().is_some_and(|code| {
            [
                "AccessDenied",
                "NotFound",
                "NonExistent",
                "DoesNotExist",
                "UnrecognizedClient",
                "Disabled",
                "InvalidState",
            ]
            .iter()
            .any(|part| code.contains(part))
        });
    let source = match error {
        // Drops the unread response, which may contain events: a cause must be fit to be logged.
        SdkError::ResponseError(_) => error.into_source().unwrap_or_else(Into::into),
        error => error.into(),
    };
    if transient {
        PortError::transient(what, source)
    } else if denied {
        PortError::denied(what, source)
    } else {
        PortError::bug(what, source)
    }
}

/// Whether the same request may well succeed later: timeouts, lost connections, throttling, 5xx, and a
/// success with an unreadable body. Whether such a request had an effect is unknown.
pub(crate) fn is_transient<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> bool {
    match error {
        SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) | SdkError::ResponseError(_) => true,
        SdkError::ServiceError(answer) => {
            let code = answer.err().code().unwrap_or_default();
            let status = answer.raw().status();
            status.is_success() || status.as_u16() >= 500 || is_transient_code(code, Origin::Deployment)
        }
        _ => false,
    }
}
