//! Opens a connector's archive for one request: a session, the mapping, and a time by which it ends.

use std::sync::Arc;
use std::time::Duration;

use archive::names::ConnectorId;
use ports::PortError;
use protocol::connector::Connector;
use protocol::cursor::Cursor;

use crate::context::Reader;
use crate::opened::{Deadline, Opened};

/// How long a search goes on while a caller waits. The API waits for 25 seconds.
const FOR_A_CALLER: Duration = Duration::from_secs(15);
/// How long a job's search goes on, so that it ends and says so before the function's 300 seconds are over.
const FOR_A_JOB: Duration = Duration::from_mins(4);

impl Reader {
    /// Opens the archive of a connector for a caller who waits.
    pub(crate) async fn open(&self, connector: Connector, cursor: Cursor) -> Result<Opened, PortError> {
        self.open_for(connector, cursor, FOR_A_CALLER).await
    }

    async fn open_for(
        &self,
        connector: Connector,
        cursor: Cursor,
        time: Duration,
    ) -> Result<Opened, PortError> {
        let deadline = Deadline { clock: Arc::clone(&self.clock), at: self.clock.now() + time };
        let session = self.sessions.open(&connector).await?;
        let mapping = self.mapping_of(&connector, &cursor, &session).await?;
        Ok(Opened::new(connector, cursor, session, mapping, self.connectors.clone(), deadline))
    }

    /// The same by ID, for jobs; `None` if the connector does not exist or was never activated.
    pub(crate) async fn open_by_id(&self, id: &ConnectorId) -> Result<Option<Opened>, PortError> {
        match self.connectors.get(id).await? {
            Some((connector, Some(cursor))) => self.open_for(connector, cursor, FOR_A_JOB).await.map(Some),
            _ => Ok(None),
        }
    }
}
