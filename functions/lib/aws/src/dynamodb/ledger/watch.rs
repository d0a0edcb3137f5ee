//! The watchdog's reads, its sweep cursor and its notification states.
//!
//! A page is one request to the index `tenant`, which contains settings and no parts. Then follow the cursors
//! of the exporting connectors, in batches, and for each with undelivered parts the record of the oldest.
//! Neither external IDs nor destinations are read. An exporting connector costs about half a read unit for
//! its cursor and an eighth for its settings.

mod attributes;

use std::collections::BTreeMap;

use archive::names::ConnectorId;
use archive::time::Time;
use async_trait::async_trait;
use ports::{PortError, Watch, WatchPage};
use protocol::connector::State;
use protocol::cursor::Cursor;
use protocol::watch::{NotificationState, Sweep, SweepCursor, WatchedConnector};

use self::attributes::{NOTIFICATION_STATE, SealedPart, Settings};
use super::batch_get::Consistency;
use super::expression::{Check, Placeholders, number, text, time};
use super::keys::{self, CONFIG, CURSOR, Item, PK, SK, TENANT_ID, TENANT_INDEX};
use super::write::Update;
use super::{DynamoLedger, records};
use crate::port_error::port_error;

pub use self::attributes::{CURSOR_ATTRIBUTES, PART_ATTRIBUTES, SETTINGS_ATTRIBUTES};

const OPERATION: &str = "reading connectors for the watchdog";
const STORING_SWEEP: &str = "storing the sweep cursor";
const STORING_STATE: &str = "storing a connector's notification state";
/// How many connectors a page reads at most.
const PAGE_SIZE: i32 = 500;

/// The item with the sweep cursor: in its own partition, and in no index.
const WATCHDOG: &str = "WATCHDOG";
const SWEEP: &str = "SWEEP";
const SWEEP_STATE: &str = "kept";
const SWEEP_CURSOR: &str = "place";
/// When a connector's problems were last notified of, in its notification state.
const NOTIFIED_AT: &str = "told.at";

/// A cursor, and the connector's notification state.
struct WatchedCursor {
    cursor: Cursor,
    state: Option<NotificationState>,
}

impl DynamoLedger {
    async fn cursors(&self, ids: &[ConnectorId]) -> Result<BTreeMap<ConnectorId, WatchedCursor>, PortError> {
        let keys = ids.iter().map(|id| keys::key(id, CURSOR)).collect();
        let mut cursors = BTreeMap::new();
        for item in self.batch_get(OPERATION, keys, &CURSOR_ATTRIBUTES, Consistency::Eventual).await? {
            let state = item.get(NOTIFICATION_STATE).cloned();
            let state = state.map(|state| records::from_attribute(STORING_STATE, state)).transpose()?;
            cursors
                .insert(connector_id(&item)?, WatchedCursor { state, cursor: records::parse_cursor(item)? });
        }
        Ok(cursors)
    }

    /// When the oldest undelivered part was sealed, for connectors that have one.
    async fn oldest_undelivered(
        &self,
        cursors: &BTreeMap<ConnectorId, WatchedCursor>,
    ) -> Result<BTreeMap<ConnectorId, Time>, PortError> {
        let oldest = |(id, watched): (&ConnectorId, &WatchedCursor)| {
            watched.cursor.undelivered().map(|number| keys::key(id, &keys::part(number)))
        };
        let keys = cursors.iter().filter_map(oldest).collect();
        let mut waiting = BTreeMap::new();
        for item in self.batch_get(OPERATION, keys, &PART_ATTRIBUTES, Consistency::Eventual).await? {
            let id = connector_id(&item)?;
            waiting.insert(id, records::from_item::<SealedPart>("reading a part's record", item)?.sealed_at);
        }
        Ok(waiting)
    }
}

#[async_trait]
impl Watch for DynamoLedger {
    async fn watch(&self, after: Option<&SweepCursor>) -> Result<WatchPage, PortError> {
        let mut used = Placeholders::default();
        let projection = used.projection(&SETTINGS_ATTRIBUTES);
        let scan = self
            .client
            .scan()
            .table_name(&self.table)
            .index_name(TENANT_INDEX)
            .projection_expression(projection)
            .set_expression_attribute_names(used.into_maps().0)
            .set_exclusive_start_key(after.map(start_key))
            .limit(PAGE_SIZE);
        let page = scan.send().await.map_err(|error| port_error(OPERATION, error))?;
        let mut settings = BTreeMap::new();
        for item in page.items.unwrap_or_default() {
            settings.insert(
                connector_id(&item)?,
                records::from_item::<Settings>("reading a connector's record", item)?,
            );
        }
        let exporting = |settings: &Settings| matches!(settings.state, State::Active | State::Paused);
        let exporting = settings.iter().filter(|(_, settings)| exporting(settings));
        let mut cursors = self.cursors(&exporting.map(|(id, _)| id.clone()).collect::<Vec<_>>()).await?;
        let waiting = self.oldest_undelivered(&cursors).await?;
        let watched = |(id, settings): (ConnectorId, Settings)| {
            let (cursor, state) =
                cursors.remove(&id).map(|WatchedCursor { cursor, state }| (cursor, state)).unzip();
            WatchedConnector {
                tenant: settings.tenant_id,
                state: settings.state,
                frequency: settings.frequency,
                activated_at: settings.activated_at,
                cursor,
                waiting_since: waiting.get(&id).copied(),
                last_notified: state.flatten(),
                connector: id,
            }
        };
        let items = settings.into_iter().map(watched).collect();
        Ok(WatchPage { items, next: page.last_evaluated_key.map(parse_sweep_cursor).transpose()? })
    }

    async fn sweep(&self) -> Result<Sweep, PortError> {
        let item = self.get_item(STORING_SWEEP, sweep_key()).await?.unwrap_or_default();
        let Some(json) = item.get(SWEEP_CURSOR).and_then(|json| json.as_s().ok()) else {
            return Ok(Sweep::default());
        };
        serde_json::from_str(json).map_err(|error| PortError::bug(STORING_SWEEP, error))
    }

    /// A second tick at the same time finds another number stored, and changes nothing.
    async fn store_sweep(&self, sweep: &Sweep) -> Result<bool, PortError> {
        let json = serde_json::to_string(sweep).map_err(|error| PortError::bug(STORING_SWEEP, error))?;
        let change = Update::on(sweep_key())
            .set(SWEEP_STATE, number(sweep.version))
            .set(SWEEP_CURSOR, text(json))
            .when_any([
                Check::Absent(PK),
                Check::Equal(SWEEP_STATE, number(sweep.version.saturating_sub(1))),
            ]);
        self.try_update(STORING_SWEEP, change).await
    }

    /// A second tick at the same time finds another notification time, and changes nothing. Only the time is
    /// compared: a newer version may store more with it.
    async fn store_notification_state(
        &self,
        id: &ConnectorId,
        before: Option<&NotificationState>,
        after: &NotificationState,
    ) -> Result<bool, PortError> {
        let unchanged = match before {
            None => Check::Absent(NOTIFICATION_STATE),
            Some(before) => Check::Equal(NOTIFIED_AT, time(before.notified_at)),
        };
        let change = Update::on_cursor(id)
            .set(NOTIFICATION_STATE, records::attribute(STORING_STATE, after)?)
            .when(Check::Exists(PK))
            .when(unchanged);
        self.try_update(STORING_STATE, change).await
    }
}

fn sweep_key() -> Item {
    Item::from([(PK.to_owned(), text(WATCHDOG)), (SK.to_owned(), text(SWEEP))])
}

/// The start key of the page after this sweep cursor.
pub(super) fn start_key(cursor: &SweepCursor) -> Item {
    let mut key = keys::key(&cursor.connector, CONFIG);
    key.insert(TENANT_ID.to_owned(), text(cursor.tenant.as_str()));
    key
}

/// The sweep cursor that a page ends at.
pub(super) fn parse_sweep_cursor(mut key: Item) -> Result<SweepCursor, PortError> {
    let connector = connector_id(&key)?;
    let tenant = key.remove(TENANT_ID).and_then(|tenant| tenant.as_s().ok()?.parse().ok());
    let tenant = tenant
        .ok_or_else(|| PortError::bug(OPERATION, "a page of the index ended at a key without a tenant"))?;
    Ok(SweepCursor { tenant, connector })
}

pub(super) fn connector_id(item: &Item) -> Result<ConnectorId, PortError> {
    let id = item.get(PK).and_then(keys::connector_of);
    id.ok_or_else(|| PortError::bug(OPERATION, format!("an item has a malformed key: {:?}", item.get(PK))))
}
