//! Retries: a failed attempt is sent to the notifier's own queue again, until it is due.
//!
//! [`control::contacts::retry`] decides when the next attempt is due.

use std::time::Duration;

use ports::{MAX_DELAY, PortError};

use crate::Notifier;
use crate::message::Retry;

/// Requeues a retry until it is due, or for the queue's maximum delay.
pub(crate) async fn requeue(notifier: &Notifier, retry: &Retry) -> Result<(), PortError> {
    let message = serde_json::to_string(retry)
        .map_err(|error| PortError::Bug { what: "writing a message", source: Box::new(error) })?;
    // Rounded up to whole seconds, the queue's unit: a message that came early would only be requeued.
    let left = retry.due.since(notifier.clock.now());
    let delay = Duration::from_secs(left.as_millis().div_ceil(1_000).try_into().unwrap_or(u64::MAX));
    let delay = delay.min(MAX_DELAY);
    notifier.queue.send_after(&message, delay, &retry.tenant).await
}
