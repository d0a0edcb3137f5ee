//! The notifier's own queue, for what is to be tried again: Amazon SQS.

use adapters::clients::Services;
use adapters::port_error::port_error;
use std::time::Duration;

use async_trait::async_trait;
use domain::ports::{LONGEST_DELAY, Later, PortError};

const SENDING: &str = "sending to the notice queue";

/// The queue that the notifier reads.
#[derive(Debug, Clone)]
pub struct NoticeQueue {
    client: aws_sdk_sqs::Client,
    url: String,
}

impl NoticeQueue {
    /// The queue at that URL.
    #[must_use]
    pub fn new(services: &Services, url: String) -> Self {
        Self { client: aws_sdk_sqs::Client::new(&services.config(|at| at.sqs.as_deref())), url }
    }
}

#[async_trait]
impl Later for NoticeQueue {
    /// A message that is sent twice has a contact told twice, with the same ID.
    async fn later(&self, message: &str, delay: Duration) -> Result<(), PortError> {
        let seconds = i32::try_from(delay.min(LONGEST_DELAY).as_secs()).unwrap_or_default();
        let send =
            self.client.send_message().queue_url(&self.url).message_body(message).delay_seconds(seconds);
        send.send().await.map(drop).map_err(|error| port_error(SENDING, error))
    }
}
