//! The API's and the command line's side of the ledger.

use std::collections::BTreeMap;

use async_trait::async_trait;
use domain::connector::Connector;
use domain::cursor::Cursor;
use domain::names::{ConnectorId, TenantId};
use domain::part::{Part, PartNumber};
use domain::ports::{Connectors, PortError, Saved};
use domain::time::Time;

use super::{FakeLedger, Row};

#[async_trait]
impl Connectors for FakeLedger {
    async fn create(&self, connector: &Connector) -> Result<Saved, PortError> {
        let mut table = self.table();
        if table.rows.contains_key(&connector.id) {
            return Ok(Saved::Stale);
        }
        let row = Row { connector: connector.clone(), cursor: None, lease: None, parts: BTreeMap::new() };
        table.rows.insert(connector.id.clone(), row);
        Ok(Saved::Yes)
    }

    async fn save(&self, connector: &Connector, cursor: Option<&Cursor>) -> Result<Saved, PortError> {
        let mut table = self.table();
        let Some(row) = table.rows.get_mut(&connector.id) else { return Ok(Saved::Stale) };
        let activated_before = cursor.is_some() && row.cursor.is_some();
        if row.connector.version + 1 != connector.version || activated_before {
            return Ok(Saved::Stale);
        }
        row.connector = connector.clone();
        row.cursor = cursor.or(row.cursor.as_ref()).cloned();
        Ok(Saved::Yes)
    }

    async fn get(&self, id: &ConnectorId) -> Result<Option<(Connector, Option<Cursor>)>, PortError> {
        Ok(self.table().rows.get(id).map(|row| (row.connector.clone(), row.cursor.clone())))
    }

    async fn list(&self, tenant: Option<&TenantId>) -> Result<Vec<Connector>, PortError> {
        let table = self.table();
        let all = table.rows.values().map(|row| &row.connector);
        Ok(all.filter(|connector| tenant.is_none_or(|tenant| connector.tenant == *tenant)).cloned().collect())
    }

    async fn history(
        &self,
        id: &ConnectorId,
        before: Option<PartNumber>,
        limit: u32,
    ) -> Result<Vec<Part>, PortError> {
        let table = self.table();
        let Some(row) = table.rows.get(id) else { return Ok(Vec::new()) };
        let newest_first = row.parts.values().rev();
        let earlier = newest_first.filter(|part| before.is_none_or(|before| part.number < before));
        Ok(earlier.take(limit as usize).cloned().collect())
    }

    async fn request_run(&self, id: &ConnectorId, now: Time, cut: Time) -> Result<bool, PortError> {
        let mut table = self.table();
        let Ok((row, _)) = table.activated(id) else { return Ok(false) };
        let cursor = row.cursor_mut();
        cursor.next_run_at = now;
        cursor.cut = Some(cut);
        if let Some(block) = &mut cursor.block {
            block.next_attempt = now;
        }
        Ok(true)
    }
}
