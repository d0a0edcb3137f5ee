//! Ports that fail while a switch is on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use archive::names::ConnectorId;
use async_trait::async_trait;
use ports::{ByteStream, PortError, Signer, StagedPage, Staging, StagingWrite, Validity, Watch, WatchPage};
use protocol::watch::{NotificationState, Sweep, SweepCursor};

/// A switch, off at first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Switch(Arc<AtomicBool>);

impl Switch {
    pub(crate) fn set(&self, on: bool) {
        self.0.store(on, Ordering::SeqCst);
    }

    fn is_on(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    fn check(&self) -> Result<(), PortError> {
        let denied = PortError::Denied { what: "doing anything", source: "AccessDenied".into() };
        if self.is_on() { Err(denied) } else { Ok(()) }
    }
}

/// A port with switches that make it fail.
#[derive(Debug, Clone)]
pub(crate) struct Faulty<P> {
    pub(crate) port: P,
    pub(crate) denies: Switch,
    pub(crate) panics: Switch,
    /// Denies to mark anything expirable.
    pub(crate) keeps_staged: Switch,
}

impl<P> Faulty<P> {
    pub(crate) fn new(port: P) -> Self {
        Self { port, denies: Switch::default(), panics: Switch::default(), keeps_staged: Switch::default() }
    }
}

#[async_trait]
impl<P: Staging> Staging for Faulty<P> {
    async fn create(&self, key: &str) -> Result<Box<dyn StagingWrite>, PortError> {
        assert!(!self.panics.is_on(), "a panic that a test requested");
        self.denies.check()?;
        self.port.create(key).await
    }

    async fn read(&self, key: &str) -> Result<ByteStream, PortError> {
        self.port.read(key).await
    }

    async fn mark_expirable(&self, key: &str) -> Result<(), PortError> {
        self.keeps_staged.check()?;
        self.port.mark_expirable(key).await
    }

    async fn list(&self, _: &str, _: &str) -> Result<StagedPage, PortError> {
        Ok(StagedPage::new(Vec::new(), false))
    }

    async fn mark_orphan(&self, _: &str) -> Result<(), PortError> {
        Ok(())
    }
}

#[async_trait]
impl<P: Signer> Signer for Faulty<P> {
    async fn public_key(&self) -> Result<[u8; 32], PortError> {
        self.port.public_key().await
    }

    async fn validity(&self) -> Result<Validity, PortError> {
        self.port.validity().await
    }

    async fn sign(&self, message: &[u8]) -> Result<[u8; 64], PortError> {
        self.denies.check()?;
        self.port.sign(message).await
    }
}

#[async_trait]
impl<P: Watch> Watch for Faulty<P> {
    async fn watch(&self, after: Option<&SweepCursor>) -> Result<WatchPage, PortError> {
        self.denies.check()?;
        self.port.watch(after).await
    }

    async fn sweep(&self) -> Result<Sweep, PortError> {
        self.port.sweep().await
    }

    async fn store_sweep(&self, sweep: &Sweep) -> Result<bool, PortError> {
        self.port.store_sweep(sweep).await
    }

    async fn store_notification_state(
        &self,
        id: &ConnectorId,
        before: Option<&NotificationState>,
        after: &NotificationState,
    ) -> Result<bool, PortError> {
        self.port.store_notification_state(id, before, after).await
    }
}
