//! Secrets of webhooks, each an item of its own beside the settings that name it. Nothing lists them, and no record of
//! a change holds one.

use domain::contacts::{SecretId, WebhookSecret};
use domain::names::ConnectorId;
use domain::ports::PortError;

use super::DynamoLedger;
use super::answers::held;
use super::expression::{names, text};
use super::keys::{self, PK};
use crate::port_error::port_error;

const SECRET: &str = "secret";

impl DynamoLedger {
    /// A second try finds the item of the first, and stores nothing.
    pub(super) async fn put_secret(
        &self,
        id: &ConnectorId,
        secret_id: &SecretId,
        secret: &WebhookSecret,
    ) -> Result<bool, PortError> {
        let mut item = keys::key(id, &keys::secret(secret_id));
        item.insert(SECRET.to_owned(), text(secret.shown()));
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(#pk)")
            .set_expression_attribute_names(Some(names([PK])))
            .send()
            .await;
        held("keeping a webhook's secret", put)
    }

    pub(super) async fn get_secret(
        &self,
        id: &ConnectorId,
        secret_id: &SecretId,
    ) -> Result<Option<WebhookSecret>, PortError> {
        let what = "reading a webhook's secret";
        let key = keys::key(id, &keys::secret(secret_id));
        let get = self.client.get_item().table_name(&self.table).consistent_read(true).set_key(Some(key));
        let answer = get.send().await.map_err(|error| port_error(what, error))?;
        let Some(item) = answer.item else { return Ok(None) };
        let kept =
            item.get(SECRET).and_then(|value| value.as_s().ok()).map(String::as_str).unwrap_or_default();
        kept.parse().map(Some).map_err(|error| PortError::Bug { what, source: Box::new(error) })
    }
}
