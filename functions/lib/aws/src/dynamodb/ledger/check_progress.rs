//! How far the newest connection check of each connector has come.
//!
//! | item | `pk` | `sk` | contains |
//! |---|---|---|---|
//! | check | `PORTAL#CHECK#<connector>` | `CHECK` | the newest check, and `position`, its order among all |
//!
//! No link is called `CHECK#…`, so the partitions of links and checks are apart. The table's time to live
//! (`expires_at`) deletes the item an hour after the check began.

use archive::names::ConnectorId;
use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use ports::{CheckProgress, PortError};
use protocol::preflight::RunningCheck;

use super::budgets::EXPIRES_AT;
use super::expression::{Check, signed, text};
use super::keys::{Item, PK, SK};
use super::write::Update;
use super::{DynamoLedger, records};

const STORING: &str = "storing the progress of a connection check";
const READING: &str = "reading the progress of a connection check";
const STATE: &str = "state";
const POSITION: &str = "position";

fn key(id: &ConnectorId) -> Item {
    Item::from([
        (PK.to_owned(), AttributeValue::S(format!("PORTAL#CHECK#{id}"))),
        (SK.to_owned(), AttributeValue::S("CHECK".to_owned())),
    ])
}

#[async_trait]
impl CheckProgress for DynamoLedger {
    /// A second worker with an older check, or a delayed step of this one, finds a later position and writes
    /// nothing.
    async fn put_check(&self, check: &RunningCheck) -> Result<bool, PortError> {
        let position = text(check.order());
        let update = Update::on(key(&check.connector))
            .set(STATE, records::attribute(STORING, check)?)
            .set(POSITION, position.clone())
            .set(EXPIRES_AT, signed(check.kept_until().millis() / 1_000))
            .when_any([Check::Absent(POSITION), Check::Less(POSITION, position)]);
        self.try_update(STORING, update).await
    }

    async fn newest_check(&self, id: &ConnectorId) -> Result<Option<RunningCheck>, PortError> {
        let item = self.get_item(READING, key(id)).await?;
        let state = item.and_then(|mut item| item.remove(STATE));
        state.map(|state| records::from_attribute(READING, state)).transpose()
    }
}
