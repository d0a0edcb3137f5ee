//! A ledger that always fails.

use archive::names::{ConnectorId, EmailAddress, TenantId};
use archive::part::{Part, PartNumber};
use archive::time::Time;
use async_trait::async_trait;
use ports::{
    ConnectorFilter, Connectors, Consents, PortError, RunAnswer, SaveAnswer, Signer, SpendOutcome, Spender,
    Validity,
};
use protocol::budget::Spending;
use protocol::connector::{Change, Connector};
use protocol::contacts::{Consent, SecretId, TokenHash, WebhookSecret};
use protocol::cursor::Cursor;
use protocol::source_change::SourceChange;

#[derive(Debug, Clone, Copy)]
pub(crate) enum Broken {
    /// With a transient error.
    Transient,
    /// With a denied request.
    Denied,
    /// With an unreadable record.
    Bug,
}

/// Must never be in a response.
pub(crate) const SECRET: &str = "arn:aws:dynamodb:eu-central-1:111111111111:table/ledger";

impl Broken {
    fn fail<T>(self) -> Result<T, PortError> {
        let (what, source) = ("asking the ledger", SECRET.into());
        Err(match self {
            Self::Transient => PortError::Transient { what, source },
            Self::Denied => PortError::Denied { what, source },
            Self::Bug => PortError::Bug { what, source },
        })
    }
}

#[async_trait]
impl Signer for Broken {
    async fn public_key(&self) -> Result<[u8; 32], PortError> {
        self.fail()
    }

    async fn validity(&self) -> Result<Validity, PortError> {
        self.fail()
    }

    async fn sign(&self, _: &[u8]) -> Result<[u8; 64], PortError> {
        self.fail()
    }
}

#[async_trait]
impl Spender for Broken {
    async fn spend(&self, _: &Spending) -> Result<SpendOutcome, PortError> {
        self.fail()
    }
}

#[async_trait]
impl Consents for Broken {
    async fn consent(&self, _: &TenantId, _: &EmailAddress) -> Result<Option<Consent>, PortError> {
        self.fail()
    }

    async fn store_consent(&self, _: &TenantId, _: &Consent) -> Result<bool, PortError> {
        self.fail()
    }

    async fn store_link(&self, _: &TokenHash, _: &TenantId, _: &EmailAddress) -> Result<(), PortError> {
        self.fail()
    }

    async fn link(&self, _: &TokenHash) -> Result<Option<(TenantId, EmailAddress)>, PortError> {
        self.fail()
    }
}

#[async_trait]
impl Connectors for Broken {
    async fn create(&self, _: &Connector, _: &Change, _: &[Spending]) -> Result<SaveAnswer, PortError> {
        self.fail()
    }

    async fn save(&self, _: &Change, _: Option<&Cursor>, _: &[Spending]) -> Result<SaveAnswer, PortError> {
        self.fail()
    }

    async fn get(&self, _: &ConnectorId) -> Result<Option<(Connector, Option<Cursor>)>, PortError> {
        self.fail()
    }

    async fn list(
        &self,
        _: ConnectorFilter<'_>,
        _: Option<&ConnectorId>,
        _: u32,
    ) -> Result<Vec<Connector>, PortError> {
        self.fail()
    }

    async fn history(&self, _: &ConnectorId, _: Option<PartNumber>, _: u32) -> Result<Vec<Part>, PortError> {
        self.fail()
    }

    async fn changes(&self, _: &ConnectorId, _: Option<u64>, _: u32) -> Result<Vec<Change>, PortError> {
        self.fail()
    }

    async fn change_source(&self, _: &ConnectorId, _: &SourceChange) -> Result<bool, PortError> {
        self.fail()
    }

    async fn store_secret(
        &self,
        _: &ConnectorId,
        _: &SecretId,
        _: &WebhookSecret,
    ) -> Result<bool, PortError> {
        self.fail()
    }

    async fn secret(&self, _: &ConnectorId, _: &SecretId) -> Result<Option<WebhookSecret>, PortError> {
        self.fail()
    }

    async fn request_run(
        &self,
        _: &ConnectorId,
        _: Time,
        _: Time,
        _: Option<&str>,
        _: &[Spending],
    ) -> Result<RunAnswer, PortError> {
        self.fail()
    }
}
