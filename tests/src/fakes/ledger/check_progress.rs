//! How far the newest connection check of each connector has come.

use archive::names::ConnectorId;
use async_trait::async_trait;
use ports::{CheckProgress, PortError};
use protocol::preflight::RunningCheck;

use super::FakeLedger;

#[async_trait]
impl CheckProgress for FakeLedger {
    async fn put_check(&self, check: &RunningCheck) -> Result<bool, PortError> {
        let checks = &mut self.table().checks;
        if checks.get(&check.connector).is_some_and(|stored| stored.order() >= check.order()) {
            return Ok(false);
        }
        checks.insert(check.connector.clone(), check.clone());
        Ok(true)
    }

    async fn newest_check(&self, id: &ConnectorId) -> Result<Option<RunningCheck>, PortError> {
        Ok(self.table().checks.get(id).cloned())
    }
}
