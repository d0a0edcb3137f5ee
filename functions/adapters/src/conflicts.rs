//! Tries a single write to DynamoDB again while a transaction holds its item.

use aws_sdk_dynamodb::config::retry::{ClassifyRetry, RetryAction};
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;

/// The code of such a refusal. It is over within milliseconds, and the SDK doesn't try it again by itself.
/// Source: DynamoDB developer guide, "Amazon DynamoDB Transactions: How it works", "Transaction conflict handling".
const CONFLICT: &[u8] = b"TransactionConflictException";

/// Classifies that refusal as passing. The write was not carried out, so a second try can't do anything twice. The
/// answer to a transaction, `TransactionCanceledException`, has reasons of its own and is left to its caller.
#[derive(Debug)]
pub(crate) struct RetriesConflicts;

impl ClassifyRetry for RetriesConflicts {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let body = context
            .response()
            .filter(|response| response.status().as_u16() == 400)
            .and_then(|response| response.body().bytes());
        // The code stands in `__type`, at the beginning or the end of a short document.
        if body.is_some_and(|body| body.windows(CONFLICT.len()).any(|part| part == CONFLICT)) {
            RetryAction::transient_error()
        } else {
            RetryAction::NoActionIndicated
        }
    }

    fn name(&self) -> &'static str {
        "conflicts with transactions"
    }
}
