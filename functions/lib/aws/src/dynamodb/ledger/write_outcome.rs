//! The outcome of conditional writes and transactions, from DynamoDB's response.

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use ports::{BoxError, PortError};

use crate::port_error::{is_transient, port_error};

/// Cancellation codes that say nothing about the conditions: another transaction was in progress, or requests
/// were throttled. Source: DynamoDB API reference, `TransactWriteItems`, "Errors".
const RETRYABLE_CANCELLATIONS: [&str; 4] =
    ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded", "RequestLimitExceeded"];

/// Whether a single write was executed; `false` if its condition failed.
pub(super) fn condition_met<T, E>(
    what: &'static str,
    answer: Result<T, SdkError<E, HttpResponse>>,
) -> Result<bool, PortError>
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    match answer {
        Ok(_) => Ok(true),
        Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(false),
        Err(error) => Err(port_error(what, error)),
    }
}

/// The outcome of a transaction.
#[derive(Debug)]
pub(super) enum TransactionOutcome {
    /// All of its writes were executed.
    Committed,
    /// None was executed: the conditions of the writes with these indices failed, counted from zero.
    ConditionsFailed(Vec<usize>),
    /// None was executed and no condition was checked: other requests were in progress.
    Conflict(BoxError),
    /// Unknown: the response was lost.
    Unknown(BoxError),
}

/// Classifies the response to a transaction. An error is permanent: denied, or a bug.
pub(super) fn classify_transaction<T>(
    what: &'static str,
    answer: Result<T, SdkError<TransactWriteItemsError, HttpResponse>>,
) -> Result<TransactionOutcome, PortError> {
    let Err(error) = answer else { return Ok(TransactionOutcome::Committed) };
    let canceled = error.as_service_error().and_then(|error| match error {
        TransactWriteItemsError::TransactionCanceledException(canceled) => {
            let codes = canceled.cancellation_reasons().iter().map(|reason| reason.code().unwrap_or("None"));
            Some(classify_cancellation(codes))
        }
        _ => None,
    });
    match canceled {
        Some(Cancellation::ConditionsFailed(failed)) => Ok(TransactionOutcome::ConditionsFailed(failed)),
        Some(Cancellation::Conflict) => Ok(TransactionOutcome::Conflict(Box::new(error))),
        Some(Cancellation::Invalid) => Err(PortError::bug(what, error)),
        None if is_transient(&error) || is_unparsable_success(&error) => {
            Ok(TransactionOutcome::Unknown(Box::new(error)))
        }
        None => Err(port_error(what, error)),
    }
}

/// Whether the response is a success with an unparsable body: the transaction may well be committed.
fn is_unparsable_success(error: &SdkError<TransactWriteItemsError, HttpResponse>) -> bool {
    error.raw_response().is_some_and(|response| response.status().is_success())
}

/// The reason why a transaction was canceled.
#[derive(Debug, PartialEq, Eq)]
enum Cancellation {
    ConditionsFailed(Vec<usize>),
    Conflict,
    Invalid,
}

fn classify_cancellation<'a>(codes: impl Iterator<Item = &'a str>) -> Cancellation {
    let mut wrong = false;
    let mut failed = Vec::new();
    for (index, code) in codes.enumerate() {
        if code == "ConditionalCheckFailed" {
            failed.push(index);
        }
        wrong |= code != "None" && !RETRYABLE_CANCELLATIONS.contains(&code);
    }
    match (failed.is_empty(), wrong) {
        (false, _) => Cancellation::ConditionsFailed(failed),
        (true, true) => Cancellation::Invalid,
        // Canceled without a reason: the caller reads its record back.
        (true, false) => Cancellation::Conflict,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_condition_decides_whatever_else_failed() {
        for (codes, meaning) in [
            (&["ConditionalCheckFailed", "None"][..], Cancellation::ConditionsFailed(vec![0])),
            (&["TransactionConflict", "ConditionalCheckFailed"], Cancellation::ConditionsFailed(vec![1])),
            (
                &["ConditionalCheckFailed", "ValidationError", "ConditionalCheckFailed"],
                Cancellation::ConditionsFailed(vec![0, 2]),
            ),
            (&["None", "TransactionConflict"], Cancellation::Conflict),
            (&["ThrottlingError", "None"], Cancellation::Conflict),
            (&["None", "ValidationError"], Cancellation::Invalid),
            (&[], Cancellation::Conflict),
        ] {
            assert_eq!(classify_cancellation(codes.iter().copied()), meaning, "{codes:?}");
        }
    }

    #[test]
    fn a_lost_response_is_unknown_and_never_an_error() {
        let lost = SdkError::<TransactWriteItemsError, HttpResponse>::timeout_error("no answer");
        assert!(matches!(
            classify_transaction::<()>("sealing", Err(lost)),
            Ok(TransactionOutcome::Unknown(_))
        ));
        let unsent =
            SdkError::<TransactWriteItemsError, HttpResponse>::construction_failure("no credentials");
        assert!(matches!(classify_transaction::<()>("sealing", Err(unsent)), Err(PortError::Bug { .. })));
    }
}
