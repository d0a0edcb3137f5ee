//! Maps error responses of STS and S3 to delivery errors: by error code first, then by status. Pure tables.
//!
//! Sources: Amazon S3 API reference, "Error responses"; AWS STS API reference, `AssumeRole` and "Common
//! errors"; AWS KMS API reference, `GenerateDataKey`; Amazon S3 user guide, "How to prevent object overwrites
//! with conditional writes".

use protocol::delivery_error::{DeliveryErrorKind, REGION_DISABLED};

use crate::transient_codes::{Origin, is_transient_code};

#[derive(Debug, Clone, Copy)]
pub(super) struct ErrorResponse<'a> {
    pub(super) status: u16,
    /// The error code; empty if the response has none.
    pub(super) code: &'a str,
    pub(super) message: &'a str,
    /// The bucket's region, if the response names it.
    pub(super) region: Option<&'a str>,
}

/// The meaning of an error response to `PutObject`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PutOutcome {
    /// An object with this key exists.
    Exists,
    Failed(DeliveryErrorKind),
}

/// The meaning of an error response to `PutObject`.
pub(super) fn put_object(response: ErrorResponse<'_>) -> PutOutcome {
    if response.code == "PreconditionFailed" || (response.code.is_empty() && response.status == 412) {
        return PutOutcome::Exists;
    }
    PutOutcome::Failed(put_kind_by_code(response).unwrap_or_else(|| put_kind_by_status(response.status)))
}

fn put_kind_by_code(response: ErrorResponse<'_>) -> Option<DeliveryErrorKind> {
    let ErrorResponse { code, message, region, .. } = response;
    if is_transient_code(code, Origin::Customer) {
        return Some(DeliveryErrorKind::Unavailable);
    }
    if let Some(code) = code.strip_prefix("KMS.") {
        return Some(kms_kind(code));
    }
    let kind = match code {
        // The session's keys are no longer known or valid. New ones are; if not, the protocol gives up after
        // a few attempts.
        "ExpiredToken" | "TokenRefreshRequired" | "InvalidToken" | "InvalidAccessKeyId" => {
            DeliveryErrorKind::Expired
        }
        // Our clock or our signature is wrong, although the status is 403; or it is 501 and every retry will
        // get the same response.
        "RequestTimeTooSkewed" | "RequestExpired" | "SignatureDoesNotMatch" | "NotImplemented" => {
            DeliveryErrorKind::Rejected
        }
        // S3 forwards a KMS denial as its own. The message names the action or the key.
        "AccessDenied" if message.contains("kms:") => DeliveryErrorKind::KeyDenied,
        "KMSAccessDenied" | "KmsAccessDenied" => DeliveryErrorKind::KeyDenied,
        "NoSuchBucket" => DeliveryErrorKind::Gone,
        "ConditionalRequestConflict" | "OperationAborted" => DeliveryErrorKind::Conflict,
        "PermanentRedirect" | "TemporaryRedirect" | "Redirect" | "IllegalLocationConstraintException" => {
            DeliveryErrorKind::Moved
        }
        // The signature names a region other than the bucket's, unless the header really is malformed.
        "AuthorizationHeaderMalformed" if region.is_some() => DeliveryErrorKind::Moved,
        _ => return None,
    };
    Some(kind)
}

/// The KMS error code that S3 forwards after `KMS.`.
fn kms_kind(code: &str) -> DeliveryErrorKind {
    let transient = ["Throttling", "LimitExceeded", "Internal", "DependencyTimeout", "KeyUnavailable"];
    if transient.iter().any(|word| code.contains(word)) {
        DeliveryErrorKind::Unavailable
    } else {
        DeliveryErrorKind::KeyDenied
    }
}

const fn put_kind_by_status(status: u16) -> DeliveryErrorKind {
    match status {
        301 | 302 | 307 | 308 => DeliveryErrorKind::Moved,
        401 | 403 => DeliveryErrorKind::Denied,
        404 => DeliveryErrorKind::Gone,
        408 | 429 | 500.. => DeliveryErrorKind::Unavailable,
        409 => DeliveryErrorKind::Conflict,
        _ => DeliveryErrorKind::Rejected,
    }
}

/// The meaning of an error response to `AssumeRole`.
pub(super) fn assume_role(response: ErrorResponse<'_>) -> DeliveryErrorKind {
    if is_transient_code(response.code, Origin::Customer) {
        return DeliveryErrorKind::Unavailable;
    }
    match response.code {
        "AccessDenied" | "AccessDeniedException" | REGION_DISABLED => DeliveryErrorKind::Denied,
        // The session policy is ours. The other codes concern the vendor's own credentials, although their
        // status is 403. No customer can fix them, and waiting in this process doesn't either. So the error
        // must be loud: neither transient nor the customer's.
        "MalformedPolicyDocument"
        | "PackedPolicyTooLarge"
        | "ValidationError"
        | "ExpiredToken"
        | "ExpiredTokenException"
        | "IncompleteSignature"
        | "InvalidClientTokenId"
        | "MissingAuthenticationToken"
        | "RequestExpired"
        | "RequestInTheFuture"
        | "RequestTimeTooSkewed"
        | "SignatureDoesNotMatch"
        | "UnrecognizedClientException" => DeliveryErrorKind::Rejected,
        _ => match response.status {
            401 | 403 => DeliveryErrorKind::Denied,
            408 | 429 | 500.. => DeliveryErrorKind::Unavailable,
            _ => DeliveryErrorKind::Rejected,
        },
    }
}

/// The meaning of an error response to `HeadBucket`. `None` if the write that follows reports it better: a
/// response to `HEAD` has no body, so neither code nor message.
pub(super) const fn head_bucket(status: u16) -> Option<DeliveryErrorKind> {
    match status {
        404 => Some(DeliveryErrorKind::Gone),
        408 | 429 | 500.. => Some(DeliveryErrorKind::Unavailable),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, code: &'static str) -> ErrorResponse<'static> {
        ErrorResponse { status, code, message: "", region: None }
    }

    #[test]
    fn s3_errors_are_classified_by_their_code() {
        for (status, code, kind) in [
            (409, "ConditionalRequestConflict", DeliveryErrorKind::Conflict),
            (409, "OperationAborted", DeliveryErrorKind::Conflict),
            (409, "", DeliveryErrorKind::Conflict),
            (500, "InternalError", DeliveryErrorKind::Unavailable),
            (503, "SlowDown", DeliveryErrorKind::Unavailable),
            (503, "", DeliveryErrorKind::Unavailable),
            (400, "RequestTimeout", DeliveryErrorKind::Unavailable),
            (400, "IncompleteBody", DeliveryErrorKind::Unavailable),
            (429, "", DeliveryErrorKind::Unavailable),
            (403, "AccessDenied", DeliveryErrorKind::Denied),
            (403, "AllAccessDisabled", DeliveryErrorKind::Denied),
            (403, "", DeliveryErrorKind::Denied),
            (400, "ExpiredToken", DeliveryErrorKind::Expired),
            (400, "TokenRefreshRequired", DeliveryErrorKind::Expired),
            (400, "InvalidToken", DeliveryErrorKind::Expired),
            (403, "InvalidAccessKeyId", DeliveryErrorKind::Expired),
            (403, "RequestTimeTooSkewed", DeliveryErrorKind::Rejected),
            (403, "SignatureDoesNotMatch", DeliveryErrorKind::Rejected),
            (400, "KMS.DisabledException", DeliveryErrorKind::KeyDenied),
            (400, "KMS.NotFoundException", DeliveryErrorKind::KeyDenied),
            (400, "KMS.KMSInvalidStateException", DeliveryErrorKind::KeyDenied),
            (400, "KMS.ThrottlingException", DeliveryErrorKind::Unavailable),
            (400, "KMS.KMSInternalException", DeliveryErrorKind::Unavailable),
            (404, "NoSuchBucket", DeliveryErrorKind::Gone),
            (404, "", DeliveryErrorKind::Gone),
            (301, "PermanentRedirect", DeliveryErrorKind::Moved),
            (307, "TemporaryRedirect", DeliveryErrorKind::Moved),
            (400, "IllegalLocationConstraintException", DeliveryErrorKind::Moved),
            (400, "AuthorizationHeaderMalformed", DeliveryErrorKind::Rejected),
            (400, "BadDigest", DeliveryErrorKind::Rejected),
            (400, "InvalidDigest", DeliveryErrorKind::Rejected),
            (400, "InvalidRequest", DeliveryErrorKind::Rejected),
            (400, "KeyTooLongError", DeliveryErrorKind::Rejected),
            (400, "XAmzContentSHA256Mismatch", DeliveryErrorKind::Rejected),
            (400, "EntityTooLarge", DeliveryErrorKind::Rejected),
            (405, "MethodNotAllowed", DeliveryErrorKind::Rejected),
            (501, "NotImplemented", DeliveryErrorKind::Rejected),
        ] {
            assert_eq!(put_object(response(status, code)), PutOutcome::Failed(kind), "{status} {code}");
        }
    }

    #[test]
    fn only_412_means_that_the_object_exists() {
        assert_eq!(put_object(response(412, "PreconditionFailed")), PutOutcome::Exists);
        assert_eq!(put_object(response(412, "")), PutOutcome::Exists);
        assert_ne!(put_object(response(409, "ConditionalRequestConflict")), PutOutcome::Exists);
        assert_ne!(put_object(response(412, "Surprise")), PutOutcome::Exists);
    }

    #[test]
    fn a_denial_that_names_kms_is_a_key_denial() {
        let message = "User: arn:aws:sts::222222222222:assumed-role/Delivery/x is not authorized to perform: \
                       kms:GenerateDataKey on resource: arn:aws:kms:eu-central-1:222222222222:key/1";
        let denied = ErrorResponse { message, ..response(403, "AccessDenied") };
        assert_eq!(put_object(denied), PutOutcome::Failed(DeliveryErrorKind::KeyDenied));
    }

    #[test]
    fn a_malformed_header_that_names_a_region_means_another_region() {
        let moved =
            ErrorResponse { region: Some("eu-central-1"), ..response(400, "AuthorizationHeaderMalformed") };
        assert_eq!(put_object(moved), PutOutcome::Failed(DeliveryErrorKind::Moved));
    }

    #[test]
    fn a_failed_head_bucket_proves_only_that_the_bucket_is_gone() {
        assert_eq!(head_bucket(404), Some(DeliveryErrorKind::Gone));
        assert_eq!(head_bucket(503), Some(DeliveryErrorKind::Unavailable));
        for status in [301, 307, 400, 401, 403] {
            assert_eq!(head_bucket(status), None);
        }
    }

    #[test]
    fn sts_errors_are_classified_by_their_code() {
        for (status, code, kind) in [
            (403, "AccessDenied", DeliveryErrorKind::Denied),
            (403, "RegionDisabledException", DeliveryErrorKind::Denied),
            (403, "", DeliveryErrorKind::Denied),
            (400, "MalformedPolicyDocument", DeliveryErrorKind::Rejected),
            (400, "PackedPolicyTooLarge", DeliveryErrorKind::Rejected),
            (400, "ValidationError", DeliveryErrorKind::Rejected),
            (403, "ExpiredTokenException", DeliveryErrorKind::Rejected),
            (403, "InvalidClientTokenId", DeliveryErrorKind::Rejected),
            (403, "SignatureDoesNotMatch", DeliveryErrorKind::Rejected),
            (403, "RequestTimeTooSkewed", DeliveryErrorKind::Rejected),
            (400, "Throttling", DeliveryErrorKind::Unavailable),
            (500, "InternalFailure", DeliveryErrorKind::Unavailable),
            (503, "", DeliveryErrorKind::Unavailable),
        ] {
            assert_eq!(assume_role(response(status, code)), kind, "{status} {code}");
        }
    }
}
