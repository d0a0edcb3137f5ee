//! The ledger of an archive: one connector and the records of its parts, as the manifests have them. Nothing
//! can be changed.

use std::collections::BTreeMap;
use std::sync::Arc;

use archive::names::{ConnectorId, EmailAddress, ExternalId, TenantId};
use archive::part::{Part, PartNumber};
use archive::time::Time;
use async_trait::async_trait;
use ports::{
    ConnectorFilter, Connectors, Consents, Page, PortError, PortalLinks, Progress, RunAnswer, SaveAnswer,
    SpendOutcome, Spender,
};
use protocol::budget::Spending;
use protocol::connector::{Change, Connector, OwnedResource, State};
use protocol::contacts::{Consent, SecretId, TokenHash, WebhookSecret};
use protocol::cursor::Cursor;
use protocol::portal::{LinkId, LinkScope, OperatorVisit, PortalLink};
use protocol::source_change::SourceChange;
use protocol::watch::SweepCursor;

use super::parts::VerifiedParts;

/// The connector of an archive, with its parts.
#[derive(Debug)]
pub(super) struct ArchiveLedger {
    connector: Connector,
    cursor: Cursor,
    parts: Arc<VerifiedParts>,
}

impl ArchiveLedger {
    /// The ledger of these parts. No manifest names the tenant.
    pub(super) fn new(parts: Arc<VerifiedParts>, tenant: TenantId) -> Self {
        let (encoding, frequency) = parts.settings();
        let since = parts.since();
        // Nobody assumes a role for it.
        let external_id = ExternalId::new(0, 0);
        let connector = Connector {
            state: State::Active,
            encoding,
            frequency,
            activated_at: Some(since),
            ..Connector::draft(parts.connector.clone(), tenant, external_id, since)
        };
        Self { connector, cursor: parts.cursor(), parts }
    }

    fn is_own(&self, id: &ConnectorId) -> bool {
        *id == self.connector.id
    }
}

/// Only a deployment's ledger can be changed.
fn read_only<T>() -> Result<T, PortError> {
    Err(PortError::denied("changing the records of an archive", "an archive is only read"))
}

#[async_trait]
impl Connectors for ArchiveLedger {
    async fn create(&self, _: &Connector, _: &Change, _: &[Spending]) -> Result<SaveAnswer, PortError> {
        read_only()
    }

    async fn save(&self, _: &Change, _: Option<&Cursor>, _: &[Spending]) -> Result<SaveAnswer, PortError> {
        read_only()
    }

    async fn get(&self, id: &ConnectorId) -> Result<Option<(Connector, Option<Cursor>)>, PortError> {
        Ok(self.is_own(id).then(|| (self.connector.clone(), Some(self.cursor.clone()))))
    }

    async fn list(
        &self,
        filter: ConnectorFilter<'_>,
        after: Option<&ConnectorId>,
        limit: u32,
    ) -> Result<Vec<Connector>, PortError> {
        let is_listed = filter.tenant.is_none_or(|tenant| *tenant == self.connector.tenant)
            && after.is_none_or(|after| *after < self.connector.id)
            && limit > 0;
        Ok(is_listed.then(|| self.connector.clone()).into_iter().collect())
    }

    async fn scan(&self, _: Option<&SweepCursor>) -> Result<Page<Connector, SweepCursor>, PortError> {
        Ok(Page { items: vec![self.connector.clone()], next: None })
    }

    async fn progress(&self, ids: &[ConnectorId]) -> Result<BTreeMap<ConnectorId, Progress>, PortError> {
        let progress = Progress { cursor: self.cursor.clone(), last_file: None };
        Ok(ids.iter().filter(|id| self.is_own(id)).map(|id| (id.clone(), progress.clone())).collect())
    }

    async fn owned_by_another(&self, _: &Connector) -> Result<Option<OwnedResource>, PortError> {
        Ok(None)
    }

    async fn history(
        &self,
        id: &ConnectorId,
        before: Option<PartNumber>,
        limit: u32,
    ) -> Result<Vec<Part>, PortError> {
        if !self.is_own(id) {
            return Ok(Vec::new());
        }
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(self.parts.before(before).take(limit).map(|part| part.part.clone()).collect())
    }

    async fn changes(&self, _: &ConnectorId, _: Option<u64>, _: u32) -> Result<Vec<Change>, PortError> {
        Ok(Vec::new())
    }

    async fn request_run(
        &self,
        _: &ConnectorId,
        _: Time,
        _: Time,
        _: Option<&str>,
        _: &[Spending],
    ) -> Result<RunAnswer, PortError> {
        read_only()
    }

    async fn change_source(&self, _: &ConnectorId, _: &SourceChange) -> Result<bool, PortError> {
        read_only()
    }

    async fn store_secret(
        &self,
        _: &ConnectorId,
        _: &SecretId,
        _: &WebhookSecret,
    ) -> Result<bool, PortError> {
        read_only()
    }

    async fn secret(&self, _: &ConnectorId, _: &SecretId) -> Result<Option<WebhookSecret>, PortError> {
        Ok(None)
    }
}

#[async_trait]
impl Spender for ArchiveLedger {
    async fn spend(&self, _: &Spending) -> Result<SpendOutcome, PortError> {
        read_only()
    }
}

#[async_trait]
impl Consents for ArchiveLedger {
    async fn consent(&self, _: &TenantId, _: &EmailAddress) -> Result<Option<Consent>, PortError> {
        Ok(None)
    }

    async fn store_consent(&self, _: &TenantId, _: &Consent) -> Result<bool, PortError> {
        read_only()
    }

    async fn store_link(&self, _: &TokenHash, _: &TenantId, _: &EmailAddress) -> Result<(), PortError> {
        read_only()
    }

    async fn link(&self, _: &TokenHash) -> Result<Option<(TenantId, EmailAddress)>, PortError> {
        Ok(None)
    }
}

/// An archive has no links and no sessions: whoever runs `explore` is its operator.
#[async_trait]
impl PortalLinks for ArchiveLedger {
    async fn create_portal_link(&self, _: &PortalLink, _: &[Spending]) -> Result<SpendOutcome, PortError> {
        read_only()
    }

    async fn portal_link(&self, _: &LinkId) -> Result<Option<PortalLink>, PortError> {
        Ok(None)
    }

    async fn store_portal_link(&self, _: &PortalLink) -> Result<bool, PortError> {
        read_only()
    }

    async fn portal_links(
        &self,
        _: &LinkScope,
        _: Option<&LinkId>,
        _: u32,
    ) -> Result<Page<PortalLink, LinkId>, PortError> {
        Ok(Page { items: Vec::new(), next: None })
    }

    async fn record_visit(&self, _: &OperatorVisit) -> Result<bool, PortError> {
        read_only()
    }

    async fn visits(&self, _: &TenantId, _: u32) -> Result<Vec<OperatorVisit>, PortError> {
        Ok(Vec::new())
    }
}
