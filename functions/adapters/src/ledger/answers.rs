//! The outcome of conditional writes and transactions, from DynamoDB's response.

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use domain::ports::{BoxError, PortError};

use crate::port_error::{is_transient, port_error};

/// Cancellation codes that say nothing about the conditions: another transaction was in progress, or requests
/// were throttled. Source: DynamoDB API reference, `TransactWriteItems`, "Errors".
const IN_THE_WAY: [&str; 4] =
    ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded", "RequestLimitExceeded"];

/// Whether a single write was executed; `false` if its condition failed.
pub(super) fn held<T, E>(
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
pub(super) enum Transacted {
    /// All of its writes were executed.
    Done,
    /// None was executed: the conditions of the writes with these indices failed, counted from zero.
    Refused(Vec<usize>),
    /// None was executed and no condition was checked: other requests were in progress.
    InTheWay(BoxError),
    /// Unknown: the response was lost.
    Unknown(BoxError),
}

/// Classifies the response to a transaction. An error is permanent: denied, or a bug.
pub(super) fn transacted<T>(
    what: &'static str,
    answer: Result<T, SdkError<TransactWriteItemsError, HttpResponse>>,
) -> Result<Transacted, PortError> {
    let Err(error) = answer else { return Ok(Transacted::Done) };
    let cancelled = error.as_service_error().and_then(|error| match error {
        TransactWriteItemsError::TransactionCanceledException(cancelled) => {
            let codes = cancelled.cancellation_reasons().iter().map(|reason| reason.code().unwrap_or("None"));
            Some(by_codes(codes))
        }
        _ => None,
    });
    match cancelled {
        Some(Cancelled::Refused(failed)) => Ok(Transacted::Refused(failed)),
        Some(Cancelled::InTheWay) => Ok(Transacted::InTheWay(Box::new(error))),
        Some(Cancelled::Wrong) => Err(PortError::Bug { what, source: Box::new(error) }),
        None if is_transient(&error) || is_garbled(&error) => Ok(Transacted::Unknown(Box::new(error))),
        None => Err(port_error(what, error)),
    }
}

/// Whether the response is a success with an unparsable body: the transaction may well be committed.
fn is_garbled(error: &SdkError<TransactWriteItemsError, HttpResponse>) -> bool {
    error.raw_response().is_some_and(|response| response.status().is_success())
}

/// The reason why a transaction was cancelled.
#[derive(Debug, PartialEq, Eq)]
enum Cancelled {
    Refused(Vec<usize>),
    InTheWay,
    Wrong,
}

fn by_codes<'a>(codes: impl Iterator<Item = &'a str>) -> Cancelled {
    let mut wrong = false;
    let mut failed = Vec::new();
    for (index, code) in codes.enumerate() {
        if code == "ConditionalCheckFailed" {
            failed.push(index);
        }
        wrong |= code != "None" && !IN_THE_WAY.contains(&code);
    }
    match (failed.is_empty(), wrong) {
        (false, _) => Cancelled::Refused(failed),
        (true, true) => Cancelled::Wrong,
        // Cancelled without a reason: the caller reads its record back.
        (true, false) => Cancelled::InTheWay,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_that_failed_is_a_refusal_whatever_else_went_wrong() {
        for (codes, meaning) in [
            (&["ConditionalCheckFailed", "None"][..], Cancelled::Refused(vec![0])),
            (&["TransactionConflict", "ConditionalCheckFailed"], Cancelled::Refused(vec![1])),
            (
                &["ConditionalCheckFailed", "ValidationError", "ConditionalCheckFailed"],
                Cancelled::Refused(vec![0, 2]),
            ),
            (&["None", "TransactionConflict"], Cancelled::InTheWay),
            (&["ThrottlingError", "None"], Cancelled::InTheWay),
            (&["None", "ValidationError"], Cancelled::Wrong),
            (&[], Cancelled::InTheWay),
        ] {
            assert_eq!(by_codes(codes.iter().copied()), meaning, "{codes:?}");
        }
    }

    #[test]
    fn a_lost_answer_is_unknown_and_never_an_error() {
        let lost = SdkError::<TransactWriteItemsError, HttpResponse>::timeout_error("no answer");
        assert!(matches!(transacted::<()>("sealing", Err(lost)), Ok(Transacted::Unknown(_))));
        let unsent =
            SdkError::<TransactWriteItemsError, HttpResponse>::construction_failure("no credentials");
        assert!(matches!(transacted::<()>("sealing", Err(unsent)), Err(PortError::Bug { .. })));
    }
}
