//! A queue batch: delivers the notices of its messages.

use archive::time::Time;
use aws::sqs_batch;
use aws::sqs_batch::run_each;
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use ports::MetricsSink;
use protocol::metrics::{Metric, MetricRecord};

use crate::Notifier;
use crate::counts::NotificationCounts;
use crate::deliver::deliver;
use crate::message::Message;

/// Delivers the notices of a batch and returns the messages that failed. An unreadable message is not one,
/// since it would only come back unchanged: it is logged and counted.
pub async fn handle(notifier: &Notifier, sink: &dyn MetricsSink, batch: SqsEvent) -> SqsBatchResponse {
    let mut counts = NotificationCounts::default();
    let messages = sqs_batch::messages::<Message>(batch, |id, error| {
        counts.dropped += 1;
        // The position of the error, but not the content.
        let (line, column) = (error.line(), error.column());
        tracing::error!(message.id = id, line, column, "a message was dropped: it is not a notice");
    });
    let deliveries = messages.into_iter().map(|(id, message)| {
        let notifier = notifier.clone();
        (id, async move { deliver(&notifier, message).await })
    });
    let mut failed = Vec::new();
    run_each(deliveries, |id, ended| {
        match ended {
            Ok(Ok(delivered)) => return counts.add(delivered),
            Ok(Err(error)) => {
                tracing::error!(message.id = id, error = error.chain(), "failed to deliver a notice");
            }
            Err(error) => {
                tracing::error!(message.id = id, error = %error, "the delivery of a notice panicked");
            }
        }
        failed.push(id);
    })
    .await;
    sink.record(&batch_metrics(notifier.clock.now(), counts));
    sqs_batch::response(failed)
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
