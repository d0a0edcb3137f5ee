//! The queue in which large downloads wait for the reader: Amazon SQS.

use archive::names::TenantId;
use async_trait::async_trait;
use ports::{DownloadQueue, PortError};
use protocol::exploration::DownloadId;
use serde_json::json;

use crate::clients::ClientFactory;
use crate::port_error::port_error;

const SENDING: &str = "sending a download to the reader's queue";

/// The reader's own queue.
#[derive(Debug, Clone)]
pub struct ReaderQueue {
    client: aws_sdk_sqs::Client,
    url: String,
}

impl ReaderQueue {
    /// The queue with this URL.
    #[must_use]
    pub fn new(services: &ClientFactory, url: String) -> Self {
        Self { client: aws_sdk_sqs::Client::new(&services.config(|at| at.sqs.as_deref())), url }
    }
}

#[async_trait]
impl DownloadQueue for ReaderQueue {
    /// The message has the form of the reader's `Job`. A message sent twice makes one file: the record of the
    /// download decides.
    async fn send_download(&self, tenant: &TenantId, id: &DownloadId) -> Result<(), PortError> {
        let message = json!({ "download": { "tenant": tenant, "id": id } }).to_string();
        let send = self.client.send_message().queue_url(&self.url).message_body(message);
        send.send().await.map(drop).map_err(|error| port_error(SENDING, error))
    }
}
