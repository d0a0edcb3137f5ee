//! AWS's error codes after which the same request may well succeed later. Most responses with such a code
//! have a status that says so too; these codes count whatever the status is.
//!
//! Sources: AWS general reference, "Common errors"; DynamoDB developer guide, "Error handling"; Amazon SQS
//! API reference, `SendMessageBatch`; Amazon S3 API reference, "Error responses"; AWS STS API reference,
//! "Common errors"; EventBridge API reference, `PutEventsResultEntry`.

use self::Origin::{BusEntry, Customer, Deployment};

/// Where an error code comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A request to a table, bucket, queue, bus or key of the deployment. The SDK has already retried most of
    /// these codes a few times.
    Deployment,
    /// A request to STS or S3 on behalf of a customer. S3 forwards KMS's codes with the prefix `KMS.`, which
    /// has rules of its own.
    Customer,
    /// An entry of `PutEvents` that failed although the request succeeded. Its documentation names two codes
    /// to retry; the SDK retries what this table says.
    BusEntry,
}

/// Each code, and from where it counts as transient: each origin has the codes that its services document.
///
/// S3's codes with a status 5xx need no entry for the deployment's own buckets, since that status is enough
/// there ([`crate::port_error`]). `IncompleteBody` has the status 400 and counts only on the way to a
/// customer: the connection broke, and a retry sends the missing bytes. From the staging bucket it is a bug.
const TRANSIENT_CODES: [(&str, &[Origin]); 22] = [
    ("BandwidthLimitExceeded", &[Customer]),
    ("Busy", &[Customer]),
    ("IncompleteBody", &[Customer]),
    ("InternalError", &[Customer]),
    ("InternalFailure", &[Customer, BusEntry]),
    ("InternalServerError", &[Deployment]),
    ("KMS.ThrottlingException", &[Deployment]),
    ("LimitExceededException", &[Deployment]),
    ("OverLimit", &[Deployment]),
    ("ProvisionedThroughputExceededException", &[Deployment]),
    ("RequestLimitExceeded", &[Deployment, Customer]),
    ("RequestThrottled", &[Deployment, Customer]),
    ("RequestThrottledException", &[Deployment, Customer]),
    ("RequestTimeout", &[Deployment, Customer]),
    ("ServiceUnavailable", &[Deployment, Customer]),
    ("SlowDown", &[Deployment, Customer]),
    ("Throttling", &[Deployment, Customer]),
    ("ThrottlingException", &[Deployment, Customer, BusEntry]),
    ("TooManyRequests", &[Customer]),
    ("TooManyRequestsException", &[Deployment, Customer]),
    ("TransactionConflictException", &[Deployment]),
    ("TransactionInProgressException", &[Deployment]),
];

/// Whether a code from this origin is transient.
pub(crate) fn is_transient_code(code: &str, origin: Origin) -> bool {
    TRANSIENT_CODES.iter().any(|(transient, origins)| *transient == code && origins.contains(&origin))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_stands_once_in_order_and_counts_from_somewhere() {
        assert!(TRANSIENT_CODES.is_sorted_by(|(one, _), (next, _)| one < next));
        assert!(TRANSIENT_CODES.iter().all(|(_, origins)| !origins.is_empty()));
    }

    #[test]
    fn a_code_counts_only_from_its_origin() {
        assert!(is_transient_code("InternalFailure", BusEntry) && !is_transient_code("SlowDown", BusEntry));
        assert!(is_transient_code("IncompleteBody", Customer));
        assert!(!is_transient_code("IncompleteBody", Deployment));
        assert!(!is_transient_code("", Customer), "no code");
    }
}
