//! Who asks, and whose archive is meant. The reader trusts no caller's word for it: a session is looked up in
//! the ledger, and a caller's tenant is compared with the connector's record there.

use archive::names::{ConnectorId, TenantId};
use control::explorer::{ExplorerError, Proof};
use control::portal::Activity;
use ports::ConnectorFilter;
use protocol::caller::Caller;
use protocol::connector::Connector;
use protocol::cursor::Cursor;
use protocol::portal::{Ability, PortalToken, SessionRefusal};

use crate::context::Reader;

/// How many connectors of one tenant are looked at to find the one that is meant.
const MAX_CONNECTORS: u32 = 20;

impl Reader {
    /// Who asks about this tenant's log.
    pub(crate) async fn authorize(&self, by: &Proof, tenant: &TenantId) -> Result<Caller, ExplorerError> {
        let caller = match by {
            Proof::Caller(Caller::System) => return Err(forbidden("only people may search a log")),
            Proof::Caller(caller) => caller.clone(),
            Proof::Session(token) => {
                let token: PortalToken = token.parse().map_err(|_| SessionRefusal::Unknown)?;
                let visitor = self.portal.visitor(&token, Activity::Poll).await?;
                visitor.require(Ability::Explore).map_err(|missing| forbidden(missing.to_string()))?;
                visitor.tenant(Some(tenant.clone())).map_err(|error| forbidden(error.to_string()))?;
                visitor.caller()
            }
        };
        if caller.can_access(tenant) {
            Ok(caller)
        } else {
            Err(forbidden(format!("tenant {tenant} is not accessible")))
        }
    }

    /// The connector that is meant, with its cursor.
    pub(crate) async fn connector_of(
        &self,
        tenant: &TenantId,
        named: Option<&ConnectorId>,
    ) -> Result<(Connector, Cursor), ExplorerError> {
        let id = match named {
            Some(id) => id.clone(),
            None => self.only_connector(tenant).await?,
        };
        match self.connectors.get(&id).await? {
            Some((connector, Some(cursor))) if connector.tenant == *tenant => Ok((connector, cursor)),
            Some((connector, None)) if connector.tenant == *tenant => {
                Err(ExplorerError::NoConnector(tenant.clone()))
            }
            _ => Err(ExplorerError::NotFound(id)),
        }
    }

    async fn only_connector(&self, tenant: &TenantId) -> Result<ConnectorId, ExplorerError> {
        let filter = ConnectorFilter { tenant: Some(tenant), include_deleted: false };
        let connectors = self.connectors.list(filter, None, MAX_CONNECTORS).await?;
        let ids: Vec<_> = connectors.into_iter().map(|connector| connector.id).collect();
        let progress = self.connectors.progress(&ids).await?;
        let mut activated = ids.into_iter().filter(|id| progress.contains_key(id));
        let Some(first) = activated.next() else { return Err(ExplorerError::NoConnector(tenant.clone())) };
        let others: Vec<_> = activated.map(|id| id.to_string()).collect();
        if others.is_empty() {
            return Ok(first);
        }
        let names = format!("{first}, {}", others.join(", "));
        Err(ExplorerError::SeveralConnectors(tenant.clone(), names))
    }
}

fn forbidden(why: impl Into<String>) -> ExplorerError {
    ExplorerError::Forbidden(why.into())
}
