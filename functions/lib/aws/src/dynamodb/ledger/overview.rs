//! Reads for overviews of many connectors: settings page by page from the index `tenant`, then cursors and
//! the records of the newest delivered parts in batches.
//!
//! A page costs an eighth of a read unit for each connector, half a unit for each cursor, and one for each
//! part.

use std::collections::BTreeMap;

use archive::names::ConnectorId;
use archive::time::Time;
use ports::{LastFile, Page, PortError, Progress};
use protocol::connector::Connector;
use protocol::watch::SweepCursor;
use serde::Deserialize;

use super::batch_get::Consistency;
use super::keys::{self, CURSOR, PK, TENANT_INDEX};
use super::watch::{CURSOR_ATTRIBUTES, connector_id, parse_sweep_cursor, start_key};
use super::{DynamoLedger, records};
use crate::port_error::port_error;

const SCANNING: &str = "reading all connectors";
const READING_PROGRESS: &str = "reading how far connectors are";
/// How many connectors a page reads at most.
const PAGE_SIZE: i32 = 500;
/// The attributes of a part that an overview shows.
const FILE_ATTRIBUTES: [&str; 3] = [PK, "delivered_at", "events"];

/// What is read of a part.
#[derive(Deserialize)]
struct DeliveredPart {
    delivered_at: Option<Time>,
    events: u64,
}

impl DynamoLedger {
    pub(super) async fn scan_page(
        &self,
        after: Option<&SweepCursor>,
    ) -> Result<Page<Connector, SweepCursor>, PortError> {
        let scan = self
            .client
            .scan()
            .table_name(&self.table)
            .index_name(TENANT_INDEX)
            .set_exclusive_start_key(after.map(start_key))
            .limit(PAGE_SIZE);
        let page = scan.send().await.map_err(|error| port_error(SCANNING, error))?;
        let items = page.items.unwrap_or_default().into_iter().map(records::parse_connector);
        Ok(Page {
            items: items.collect::<Result<_, _>>()?,
            next: page.last_evaluated_key.map(parse_sweep_cursor).transpose()?,
        })
    }

    pub(super) async fn progress_of(
        &self,
        ids: &[ConnectorId],
    ) -> Result<BTreeMap<ConnectorId, Progress>, PortError> {
        let keys = ids.iter().map(|id| keys::key(id, CURSOR)).collect();
        let mut found = BTreeMap::new();
        for item in self.batch_get(READING_PROGRESS, keys, &CURSOR_ATTRIBUTES, Consistency::Eventual).await? {
            let id = connector_id(&item)?;
            found.insert(id, Progress { cursor: records::parse_cursor(item)?, last_file: None });
        }
        let delivered = found.iter().filter(|(_, progress)| progress.cursor.delivered.get() > 0);
        let keys = delivered.map(|(id, progress)| keys::key(id, &keys::part(progress.cursor.delivered)));
        let keys = keys.collect();
        for item in self.batch_get(READING_PROGRESS, keys, &FILE_ATTRIBUTES, Consistency::Eventual).await? {
            let id = connector_id(&item)?;
            let part: DeliveredPart = records::from_item(READING_PROGRESS, item)?;
            if let (Some(progress), Some(delivered_at)) = (found.get_mut(&id), part.delivered_at) {
                progress.last_file = Some(LastFile { delivered_at, events: part.events });
            }
        }
        Ok(found)
    }
}
