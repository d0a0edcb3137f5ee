//! The records of running connection checks.

use archive::names::ConnectorId;
use async_trait::async_trait;
use protocol::preflight::RunningCheck;

use super::PortError;

/// Stores how far the newest connection check of each connector has come. No decision rests on it: it only
/// shows people what happens.
#[async_trait]
pub trait CheckProgress: Send + Sync {
    /// Stores a step if the stored one comes before it ([`RunningCheck::order`]). `false` if not: a newer
    /// check has begun, or a later step is stored, or an earlier attempt of this very write whose answer was
    /// lost.
    async fn put_check(&self, check: &RunningCheck) -> Result<bool, PortError>;

    /// The newest check of a connector, if one ran within the last hour. Consistent.
    async fn newest_check(&self, id: &ConnectorId) -> Result<Option<RunningCheck>, PortError>;
}
