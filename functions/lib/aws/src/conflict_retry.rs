//! Retries a single write to DynamoDB while a transaction has its item locked.

use aws_sdk_dynamodb::config::retry::{ClassifyRetry, RetryAction};
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;

/// The error code of this rejection. The conflict is over within milliseconds, and the SDK doesn't retry it
/// by itself. Source: DynamoDB developer guide, "Amazon DynamoDB Transactions: How it works", "Transaction
/// conflict handling".
const CONFLICT_CODE: &[u8] = b"TransactionConflictException";

/// Classifies this rejection as transient. The write was not executed, so a retry can't execute it twice. A
/// rejected transaction, `TransactionCanceledException`, has its own reasons and is left to its caller.
#[derive(Debug)]
pub(crate) struct RetryTransactionConflicts;

impl ClassifyRetry for RetryTransactionConflicts {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let body = context
            .response()
            .filter(|response| response.status().as_u16() == 400)
            .and_then(|response| response.body().bytes());
        // The code is in `__type`, at the beginning or the end of a short document.
        if body.is_some_and(|body| body.windows(CONFLICT_CODE.len()).any(|part| part == CONFLICT_CODE)) {
            RetryAction::transient_error()
        } else {
            RetryAction::NoActionIndicated
        }
    }

    fn name(&self) -> &'static str {
        "conflicts with transactions"
    }
}
