//! Ports that fail while a switch is on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ports::PortError;
use tests::delegate_port;

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

delegate_port!(Staging, Faulty<P>, |it| it.port, |_name, call| match method {
    create => {
        assert!(!it.panics.is_on(), "a panic that a test requested");
        it.denies.check()?;
        call.await
    }
    mark_expirable => {
        it.keeps_staged.check()?;
        call.await
    }
    _ => call.await,
});

delegate_port!(Signer, Faulty<P>, |it| it.port, |_name, call| match method {
    sign => {
        it.denies.check()?;
        call.await
    }
    _ => call.await,
});

delegate_port!(Watch, Faulty<P>, |it| it.port, |_name, call| match method {
    watch => {
        it.denies.check()?;
        call.await
    }
    _ => call.await,
});
