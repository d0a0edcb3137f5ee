//! The ledger for the watchdog.

use archive::names::ConnectorId;
use async_trait::async_trait;
use ports::{PortError, Watch, WatchPage};
use protocol::connector::{Connector, State};
use protocol::cursor::Cursor;
use protocol::watch::{NotificationState, Sweep, SweepCursor, WatchedConnector};

use super::{FakeLedger, Row};

/// How many connectors a page contains.
const PAGE: usize = 100;

#[async_trait]
impl Watch for FakeLedger {
    async fn watch(&self, after: Option<&SweepCursor>) -> Result<WatchPage, PortError> {
        let table = self.table();
        let behind = |row: &&Row| after.is_none_or(|sweep_cursor| row.connector.id > sweep_cursor.connector);
        let rows: Vec<&Row> = table.rows.values().filter(behind).take(PAGE).collect();
        let sweep_cursor = |Connector { tenant, id, .. }: &Connector| SweepCursor {
            tenant: tenant.clone(),
            connector: id.clone(),
        };
        let full = rows.len() == PAGE;
        let next = rows.last().filter(|_| full).map(|row| sweep_cursor(&row.connector));
        Ok(WatchPage { items: rows.into_iter().map(watched).collect(), next })
    }

    async fn sweep(&self) -> Result<Sweep, PortError> {
        Ok(self.table().sweep.clone())
    }

    async fn store_sweep(&self, sweep: &Sweep) -> Result<bool, PortError> {
        let mut table = self.table();
        let is_next = table.sweep.version + 1 == sweep.version;
        if is_next {
            table.sweep = sweep.clone();
        }
        Ok(is_next)
    }

    async fn store_notification_state(
        &self,
        id: &ConnectorId,
        before: Option<&NotificationState>,
        after: &NotificationState,
    ) -> Result<bool, PortError> {
        let mut table = self.table();
        let Some(row) = table.rows.get_mut(id).filter(|row| row.cursor.is_some()) else { return Ok(false) };
        let is_next =
            row.notification_state.map(|state| state.notified_at) == before.map(|state| state.notified_at);
        if is_next {
            row.notification_state = Some(*after);
        }
        Ok(is_next)
    }
}

/// Cursors of exporting connectors only, as the real ledger reads no others.
fn watched(row: &Row) -> WatchedConnector {
    let Connector { ref tenant, ref id, state, frequency, activated_at, .. } = row.connector;
    let exporting = matches!(state, State::Active | State::Paused);
    let cursor = row.cursor.clone().filter(|_| exporting);
    let oldest = cursor.as_ref().and_then(Cursor::undelivered);
    let waiting_since = oldest.and_then(|number| row.parts.get(&number)).map(|part| part.sealed_at);
    let (tenant, connector) = (tenant.clone(), id.clone());
    let last_notified = row.notification_state.filter(|_| exporting);
    WatchedConnector {
        tenant,
        connector,
        state,
        frequency,
        activated_at,
        cursor,
        waiting_since,
        last_notified,
    }
}
