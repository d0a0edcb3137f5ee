//! Where the fields are in each connector's events: an item in a partition of its own.

use archive::names::ConnectorId;
use async_trait::async_trait;
use ports::{EventMappings, PortError};
use protocol::exploration::StoredMapping;

use super::DynamoLedger;
use super::expression::{Check, number};
use super::keys::{self, Item, VERSION};
use super::record_items::{state, with_state};
use super::write::Put;

const READING: &str = "reading a mapping of fields";
const STORING: &str = "storing a mapping of fields";

fn mapping_item(id: &ConnectorId, mapping: &StoredMapping) -> Result<Item, PortError> {
    let mut item = with_state(STORING, keys::mapping(id), mapping)?;
    item.insert(VERSION.to_owned(), number(mapping.version));
    Ok(item)
}

#[async_trait]
impl EventMappings for DynamoLedger {
    async fn mapping(&self, id: &ConnectorId) -> Result<Option<StoredMapping>, PortError> {
        let item = self.get_item(READING, keys::mapping(id)).await?;
        item.map(|item| state(READING, item)).transpose()
    }

    /// A second worker finds the guess of the first, or what a person has set, and takes it.
    async fn store_guess(&self, id: &ConnectorId, guess: &StoredMapping) -> Result<StoredMapping, PortError> {
        if self.try_put(STORING, Put::if_absent(mapping_item(id, guess)?)).await? {
            return Ok(guess.clone());
        }
        // No mapping is ever deleted.
        let stored = self.mapping(id).await?;
        stored.ok_or_else(|| PortError::bug(STORING, "a mapping was there and is gone"))
    }

    /// A second worker that read the same version finds another one, and writes nothing.
    async fn store_mapping(&self, id: &ConnectorId, mapping: &StoredMapping) -> Result<bool, PortError> {
        let item = mapping_item(id, mapping)?;
        let put = match mapping.version {
            0 | 1 => Put::if_absent(item),
            version => Put::of(item).when(Check::Equal(VERSION, number(version - 1))),
        };
        self.try_put(STORING, put).await
    }
}
