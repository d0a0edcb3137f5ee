//! A queue batch: its messages side by side, each in a task of its own, so that one contact's slowness or one message's
//! panic is never another's.

use std::collections::HashMap;

use aws_lambda_events::event::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use domain::figures::{Figure, Record};
use domain::ports::Meter;
use domain::time::Time;
use tokio::task::JoinSet;
use tracing::Instrument as _;

use crate::Notifier;
use crate::message::Message;
use crate::tell::{Tally, tell};

/// Tells what a batch holds, and names the messages that failed. One that can't be read would only come back as it is,
/// so it is no failure: it is told and counted.
pub async fn handle(notifier: &Notifier, meter: &dyn Meter, batch: SqsEvent) -> SqsBatchResponse {
    let mut tally = Tally::default();
    let mut telling = JoinSet::new();
    let mut waiting = HashMap::new();
    for message in batch.records {
        let id = message.message_id.unwrap_or_default();
        match serde_json::from_str::<Message>(message.body.as_deref().unwrap_or_default()) {
            Ok(message) => {
                let notifier = notifier.clone();
                // In the invocation's span, so that each line bears the request's ID.
                let task =
                    telling.spawn(async move { tell(&notifier, message).await }.in_current_span()).id();
                waiting.insert(task, id);
            }
            Err(error) => {
                tally.dropped += 1;
                // Where it went wrong, and not what stands there.
                let (line, column) = (error.line(), error.column());
                tracing::error!(message.id = id, line, column, "a message was dropped: it is no notice");
            }
        }
    }
    let mut response = SqsBatchResponse::default();
    while let Some(ended) = telling.join_next_with_id().await {
        let task = match &ended {
            Ok((task, _)) => *task,
            Err(error) => error.id(),
        };
        let id = waiting.remove(&task).unwrap_or_default();
        match ended {
            Ok((_, Ok(told))) => {
                tally.add(told);
                continue;
            }
            Ok((_, Err(error))) => {
                tracing::error!(message.id = id, error = error.chain(), "a notice could not be handed on");
            }
            Err(error) => tracing::error!(message.id = id, error = %error, "handing a notice on panicked"),
        }
        let mut failure = BatchItemFailure::default();
        failure.item_identifier = id;
        response.batch_item_failures.push(failure);
    }
    meter.record(&record(notifier.clock.now(), tally));
    response
}

fn record(at: Time, tally: Tally) -> Record {
    let Tally { told, unreached, held_back, asked, refused, dropped } = tally;
    Record {
        at,
        of: "metrics of notices to contacts",
        about: Vec::new(),
        figures: vec![
            Figure::count("ContactsTold", told),
            Figure::count("ContactsUnreached", unreached),
            Figure::count("NoticesHeldBack", held_back),
            Figure::count("AddressesAsked", asked),
            Figure::count("MailsRefused", refused),
            Figure::count("MessagesDropped", dropped),
        ],
    }
}
