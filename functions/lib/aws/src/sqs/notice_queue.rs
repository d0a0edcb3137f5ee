//! The notifier's own queue, for deliveries to retry: Amazon SQS.

use std::time::Duration;

use archive::names::TenantId;
use async_trait::async_trait;
use ports::{DelayQueue, MAX_DELAY, PortError};
use protocol::notification::short_hash;

use crate::clients::ClientFactory;
use crate::port_error::port_error;

const SENDING: &str = "sending to the notice queue";

/// The queue read by the notifier.
#[derive(Debug, Clone)]
pub struct NoticeQueue {
    client: aws_sdk_sqs::Client,
    url: String,
}

impl NoticeQueue {
    /// The queue with this URL.
    #[must_use]
    pub fn new(services: &ClientFactory, url: String) -> Self {
        Self { client: aws_sdk_sqs::Client::new(&services.config(|at| at.sqs.as_deref())), url }
    }
}

#[async_trait]
impl DelayQueue for NoticeQueue {
    /// A message sent twice notifies a contact twice, with the same ID.
    ///
    /// The message group makes this a fair queue (Amazon SQS developer guide, "Amazon SQS fair queues"):
    /// while a tenant has many messages in flight, SQS hands out other tenants' messages first. The group is
    /// a hash, because a tenant ID may contain characters that a group may not, or be longer than 128
    /// characters.
    async fn send_after(&self, message: &str, delay: Duration, tenant: &TenantId) -> Result<(), PortError> {
        let seconds = i32::try_from(delay.min(MAX_DELAY).as_secs()).unwrap_or_default();
        let send = self.client.send_message().queue_url(&self.url).message_body(message);
        let send = send.delay_seconds(seconds).message_group_id(short_hash(tenant.as_str()));
        send.send().await.map(drop).map_err(|error| port_error(SENDING, error))
    }
}
