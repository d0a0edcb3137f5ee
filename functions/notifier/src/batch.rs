//! A queue batch. Its messages are handled concurrently, each in a task of its own, so that a slow contact or
//! a panic does not affect the others.

use std::collections::HashMap;

use archive::time::Time;
use aws_lambda_events::event::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use ports::MetricsSink;
use protocol::metrics::{Metric, MetricRecord};
use tokio::task::JoinSet;
use tracing::Instrument as _;

use crate::Notifier;
use crate::deliver::{NotificationCounts, deliver};
use crate::message::Message;

/// Delivers the notices of a batch and returns the messages that failed. An unreadable message is not one,
/// since it would only come back unchanged: it is logged and counted.
pub async fn handle(notifier: &Notifier, sink: &dyn MetricsSink, batch: SqsEvent) -> SqsBatchResponse {
    let mut counts = NotificationCounts::default();
    let mut deliveries = JoinSet::new();
    let mut message_ids = HashMap::new();
    for message in batch.records {
        let id = message.message_id.unwrap_or_default();
        match serde_json::from_str::<Message>(message.body.as_deref().unwrap_or_default()) {
            Ok(message) => {
                let notifier = notifier.clone();
                // In the invocation's span, so that each log line has the request's ID.
                let task =
                    deliveries.spawn(async move { deliver(&notifier, message).await }.in_current_span()).id();
                message_ids.insert(task, id);
            }
            Err(error) => {
                counts.dropped += 1;
                // The position of the error, but not the content.
                let (line, column) = (error.line(), error.column());
                tracing::error!(message.id = id, line, column, "a message was dropped: it is not a notice");
            }
        }
    }
    let mut response = SqsBatchResponse::default();
    while let Some(ended) = deliveries.join_next_with_id().await {
        let task = match &ended {
            Ok((task, _)) => *task,
            Err(error) => error.id(),
        };
        let id = message_ids.remove(&task).unwrap_or_default();
        match ended {
            Ok((_, Ok(delivered))) => {
                counts.add(delivered);
                continue;
            }
            Ok((_, Err(error))) => {
                tracing::error!(message.id = id, error = error.chain(), "failed to deliver a notice");
            }
            Err(error) => {
                tracing::error!(message.id = id, error = %error, "the delivery of a notice panicked");
            }
        }
        let mut failure = BatchItemFailure::default();
        failure.item_identifier = id;
        response.batch_item_failures.push(failure);
    }
    sink.record(&batch_metrics(notifier.clock.now(), counts));
    response
}

fn batch_metrics(at: Time, counts: NotificationCounts) -> MetricRecord {
    let NotificationCounts { delivered, unreached, held_back, confirmations_sent, mails_rejected, dropped } =
        counts;
    MetricRecord {
        at,
        name: "metrics of notices to contacts",
        properties: Vec::new(),
        metrics: vec![
            Metric::count("ContactsTold", delivered),
            Metric::count("ContactsUnreached", unreached),
            Metric::count("NoticesHeldBack", held_back),
            Metric::count("AddressesAsked", confirmations_sent),
            Metric::count("MailsRefused", mails_rejected),
            Metric::count("MessagesDropped", dropped),
        ],
    }
}
