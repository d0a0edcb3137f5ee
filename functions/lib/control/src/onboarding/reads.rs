//! Reads, which change nothing.

use archive::names::ConnectorId;
use archive::note::RingKey;
use archive::part::{Part, PartNumber};
use ports::{ConnectorFilter, PortError};
use protocol::caller::Caller;
use protocol::connector::{Change, Connector};
use protocol::cursor::Cursor;
use serde::Serialize;

use super::key_cache::CacheLookup;
use super::{Onboarding, OnboardingError};
use crate::setup::{Setup, setup};
use crate::signing::SigningError;

/// Settings and, once activated, the cursor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConnectorView {
    /// The settings as stored.
    pub connector: Connector,
    /// The cursor, once activated.
    pub cursor: Option<Cursor>,
}

impl Onboarding {
    /// One connector, as the caller may see it.
    ///
    /// # Errors
    /// If no connector with this ID is accessible to the caller, or the ledger fails.
    pub async fn read(&self, caller: &Caller, id: &ConnectorId) -> Result<ConnectorView, OnboardingError> {
        let found = self.connectors.get(id).await?;
        let Some((connector, cursor)) = found.filter(|(connector, _)| caller.can_access(&connector.tenant))
        else {
            return Err(OnboardingError::NotFound(id.clone()));
        };
        Ok(ConnectorView { connector, cursor })
    }

    /// The same, if it still has this version. For operations that begin with something other than a change
    /// of the connector itself.
    ///
    /// # Errors
    /// As for [`Self::read`]; [`OnboardingError::Stale`] if it has another version.
    pub(super) async fn read_version(
        &self,
        caller: &Caller,
        id: &ConnectorId,
        version: Option<u64>,
    ) -> Result<ConnectorView, OnboardingError> {
        let view = self.read(caller, id).await?;
        let current = view.connector.version;
        if version.is_some_and(|version| version != current) {
            return Err(OnboardingError::Stale { id: id.clone(), current });
        }
        Ok(view)
    }

    /// The connectors that match the filter and that the caller may access, by ID, after `after`. A tenant's
    /// administrator gets only its own.
    ///
    /// # Errors
    /// If a tenant's administrator names another tenant, or the ledger fails.
    pub async fn list(
        &self,
        caller: &Caller,
        filter: ConnectorFilter<'_>,
        after: Option<&ConnectorId>,
        limit: u32,
    ) -> Result<Vec<Connector>, OnboardingError> {
        if filter.tenant.is_some_and(|tenant| !caller.can_access(tenant)) {
            return Err(OnboardingError::Forbidden("another tenant's connectors"));
        }
        let tenant = match caller {
            Caller::Tenant { tenant, .. } => Some(tenant),
            Caller::Operator { .. } | Caller::System => filter.tenant,
        };
        Ok(self.connectors.list(ConnectorFilter { tenant, ..filter }, after, limit).await?)
    }

    /// The parts of a connector before `before`, newest first.
    ///
    /// # Errors
    /// As for [`Self::read`].
    pub async fn exports(
        &self,
        caller: &Caller,
        id: &ConnectorId,
        before: Option<PartNumber>,
        limit: u32,
    ) -> Result<Vec<Part>, OnboardingError> {
        self.read(caller, id).await?;
        Ok(self.connectors.history(id, before, limit).await?)
    }

    /// The newest delivered part of a connector, with which auditors compare a bucket's newest manifest.
    /// `None` before the first delivery.
    ///
    /// # Errors
    /// As for [`Self::read`].
    pub async fn newest_delivered(
        &self,
        caller: &Caller,
        id: &ConnectorId,
        cursor: Option<&Cursor>,
    ) -> Result<Option<Part>, OnboardingError> {
        let newest = cursor.map(|cursor| cursor.delivered).filter(|newest| *newest > PartNumber::NONE);
        let Some(newest) = newest else { return Ok(None) };
        Ok(self.exports(caller, id, Some(newest.next()), 1).await?.into_iter().next())
    }

    /// The changes of a connector's settings before version `before`, newest first.
    ///
    /// # Errors
    /// As for [`Self::read`].
    pub async fn changes(
        &self,
        caller: &Caller,
        id: &ConnectorId,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<Change>, OnboardingError> {
        self.read(caller, id).await?;
        Ok(self.connectors.changes(id, before, limit).await?)
    }

    /// The vendor's public keys, by which manifests are verified, and the validity of each: the signing one,
    /// then the previous one. Empty where the deployment's keys are not known. Cached for a minute.
    ///
    /// # Errors
    /// If they cannot be fetched, or could not a few seconds ago.
    pub async fn keys(&self) -> Result<Vec<RingKey>, OnboardingError> {
        let Some(signing) = &self.signing else { return Ok(Vec::new()) };
        let now = self.clock.now();
        match self.key_cache.get(now) {
            CacheLookup::Hit(keys) => return Ok(keys),
            CacheLookup::RecentFailure => {
                let source = "fetching them failed a few seconds ago";
                return Err(PortError::transient("reading the public keys", source).into());
            }
            CacheLookup::Miss => {}
        }
        let ring = signing.public_keys().await;
        self.key_cache.put(now, ring.as_ref().ok().cloned());
        ring.map_err(|error| match error {
            SigningError::Port(error) => OnboardingError::Port(error),
            error => OnboardingError::Keys(error),
        })
    }

    /// What the customer needs to grant access, with warnings about the published template.
    ///
    /// # Errors
    /// As for [`Self::read`].
    pub async fn setup(&self, caller: &Caller, id: &ConnectorId) -> Result<Setup, OnboardingError> {
        let view = self.read(caller, id).await?;
        let mut setup = setup(&view.connector, &self.vendor);
        if let (Some(published), Some(url), true) =
            (&self.public_urls, &self.vendor.template_url, setup.quick_create_url.is_some())
        {
            setup.warnings.extend(published.unreadable_reason(url).await.map(|why| unreadable(url, &why)));
        }
        Ok(setup)
    }
}

/// The link would lead to an error in the console then, and the customer could do nothing about it.
fn unreadable(url: &str, why: &str) -> String {
    format!(
        "The link won't work: {url} can't be read without credentials ({why}), as CloudFormation reads it \
         for the customer. Publish the template as infra/README.md says (\"Publish the template\"), or send \
         the file."
    )
}
