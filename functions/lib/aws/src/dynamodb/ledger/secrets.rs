//! Webhook secrets, in their own partitions (`SECRET#<connector>`), which only the notifier's role may read.
//! Nothing lists them, and no change record contains one.
//!
//! Permission to store a secret must not be enough to read one. But a `PutItem` can return the item it
//! replaces, and a condition on a secret's text would reveal it letter by letter. So a conditional write
//! reserves its ID in the partition of the settings. The secret itself is written with `BatchWriteItem`,
//! which takes no condition and returns no item (DynamoDB API reference, `BatchWriteItem`).

use std::collections::HashMap;
use std::time::Duration;

use archive::names::ConnectorId;
use aws_sdk_dynamodb::types::{PutRequest, WriteRequest};
use ports::PortError;
use protocol::contacts::{SecretId, WebhookSecret};

use super::DynamoLedger;
use super::expression::text;
use super::keys::{self, Item};
use super::write::Put;
use crate::port_error::port_error;

const SECRET: &str = "secret";
const STORING: &str = "storing a webhook secret";
/// How many attempts the write has when the table is throttled, and the first delay between them.
const MAX_ATTEMPTS: u32 = 5;
const FIRST_RETRY_DELAY: Duration = Duration::from_millis(50);

impl DynamoLedger {
    /// A second worker, or our own retry, finds the ID reserved and stores nothing. Only the worker that
    /// reserved it writes the secret, so it is written once, or again with the same text. A worker that dies
    /// between the two leaves an ID that nothing refers to.
    pub(super) async fn put_secret(
        &self,
        id: &ConnectorId,
        secret_id: &SecretId,
        secret: &WebhookSecret,
    ) -> Result<bool, PortError> {
        let reserve = Put::if_absent(keys::key(id, &keys::secret_reservation(secret_id)));
        if !self.try_put(STORING, reserve).await? {
            return Ok(false);
        }
        let mut item = keys::secret(id, secret_id);
        item.insert(SECRET.to_owned(), text(secret.expose()));
        self.write(item).await?;
        Ok(true)
    }

    async fn write(&self, item: Item) -> Result<(), PortError> {
        let put = PutRequest::builder()
            .set_item(Some(item))
            .build()
            .map_err(|error| PortError::bug(STORING, error))?;
        let put = WriteRequest::builder().put_request(put).build();
        let mut left = HashMap::from([(self.table.clone(), vec![put])]);
        for attempt in 0..MAX_ATTEMPTS {
            if attempt > 0 {
                tokio::time::sleep(FIRST_RETRY_DELAY * 2_u32.pow(attempt)).await;
            }
            let answer = self.client.batch_write_item().set_request_items(Some(left)).send().await;
            left = answer.map_err(|error| port_error(STORING, error))?.unprocessed_items.unwrap_or_default();
            if left.is_empty() {
                return Ok(());
            }
        }
        Err(PortError::transient(STORING, "the table is throttled"))
    }

    pub(super) async fn get_secret(
        &self,
        id: &ConnectorId,
        secret_id: &SecretId,
    ) -> Result<Option<WebhookSecret>, PortError> {
        let what = "reading a webhook secret";
        let Some(item) = self.get_item(what, keys::secret(id, secret_id)).await? else { return Ok(None) };
        let kept =
            item.get(SECRET).and_then(|value| value.as_s().ok()).map(String::as_str).unwrap_or_default();
        kept.parse().map(Some).map_err(|error| PortError::bug(what, error))
    }
}
