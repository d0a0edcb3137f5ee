//! A batch of messages of an SQS queue. Its jobs run concurrently, each in a task of its own, so that a slow
//! one or a panic does not affect the others.
//!
//! The response names the messages that failed, and SQS delivers only those again. Source: AWS Lambda
//! developer guide, "Implementing partial batch responses".

use std::collections::HashMap;

use aws_lambda_events::event::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use serde::de::DeserializeOwned;
use tokio::task::{JoinError, JoinSet};
use tracing::Instrument as _;

/// The messages of a batch, each with its ID. `dropped` gets those whose body is no `M`. They are not failed
/// messages, since they would only come back unchanged.
pub fn messages<M: DeserializeOwned>(
    batch: SqsEvent,
    mut dropped: impl FnMut(&str, &serde_json::Error),
) -> Vec<(String, M)> {
    let read = batch.records.into_iter().filter_map(|record| {
        let id = record.message_id.unwrap_or_default();
        match serde_json::from_str(record.body.as_deref().unwrap_or_default()) {
            Ok(message) => Some((id, message)),
            Err(error) => {
                dropped(&id, &error);
                None
            }
        }
    });
    read.collect()
}

/// Runs all jobs at once, and passes what each ended with to `ended`, in the order of ending. A job that
/// panicked ends with an error.
pub async fn run_each<K, T, F>(
    jobs: impl IntoIterator<Item = (K, F)>,
    mut ended: impl FnMut(K, Result<T, JoinError>),
) where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    let mut tasks = JoinSet::new();
    let mut keys = HashMap::new();
    for (key, job) in jobs {
        // In the invocation's span, so that each log line of the job has the request's ID.
        keys.insert(tasks.spawn(job.in_current_span()).id(), key);
    }
    while let Some(result) = tasks.join_next_with_id().await {
        let (task, result) = match result {
            Ok((task, value)) => (task, Ok(value)),
            Err(error) => (error.id(), Err(error)),
        };
        if let Some(key) = keys.remove(&task) {
            ended(key, result);
        }
    }
}

/// The response that only these messages failed.
#[must_use]
pub fn response(failed: Vec<String>) -> SqsBatchResponse {
    let mut response = SqsBatchResponse::default();
    response.batch_item_failures.extend(failed.into_iter().map(|message_id| {
        let mut failure = BatchItemFailure::default();
        failure.item_identifier = message_id;
        failure
    }));
    response
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn batch(bodies: &[(&str, &str)]) -> SqsEvent {
        let records = bodies.iter().map(|(id, body)| json!({"messageId": id, "body": body}));
        serde_json::from_value(json!({"Records": records.collect::<Vec<_>>()})).unwrap()
    }

    #[test]
    fn an_unreadable_body_drops_only_its_message() {
        let mut dropped = Vec::new();
        let batch = batch(&[("a", "1"), ("b", "one"), ("c", ""), ("d", "4")]);
        let read = messages::<u8>(batch, |id, error| dropped.push((id.to_owned(), error.is_eof())));
        assert_eq!(read, [("a".to_owned(), 1), ("d".to_owned(), 4)]);
        assert_eq!(dropped, [("b".to_owned(), false), ("c".to_owned(), true)]);
    }

    #[tokio::test]
    async fn a_panic_fails_only_its_job() {
        let jobs = (0..5).map(|key| (key, async move { assert_ne!(key, 2, "two") }));
        let mut ended = Vec::new();
        run_each(jobs, |key, result| ended.push((key, result.is_ok()))).await;
        ended.sort_unstable();
        assert_eq!(ended, [(0, true), (1, true), (2, false), (3, true), (4, true)]);
    }

    #[tokio::test]
    async fn jobs_run_at_the_same_time_and_each_is_passed_on_as_soon_as_it_ends() {
        let (first_may_end, signal) = tokio::sync::oneshot::channel::<()>();
        let mut first_may_end = Some(first_may_end);
        let mut signal = Some(signal);
        let jobs = ["first", "second"].map(|key| {
            let signal = if key == "first" { signal.take() } else { None };
            (key, async move {
                if let Some(signal) = signal {
                    signal.await.unwrap();
                }
            })
        });
        let mut ended = Vec::new();
        run_each(jobs, |key, result| {
            result.unwrap();
            ended.push(key);
            if let Some(first_may_end) = first_may_end.take() {
                first_may_end.send(()).unwrap();
            }
        })
        .await;
        assert_eq!(ended, ["second", "first"]);
    }

    #[test]
    fn the_response_names_the_failed_messages() {
        let response = response(vec!["a".to_owned(), "b".to_owned()]);
        let right = json!({"batchItemFailures": [{"itemIdentifier": "a"}, {"itemIdentifier": "b"}]});
        assert_eq!(serde_json::to_value(&response).unwrap(), right);
    }
}
