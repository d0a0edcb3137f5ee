//! A ledger that always fails.

use ports::PortError;
use tests::delegate_port;

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
    pub(crate) fn fail<T>(self) -> Result<T, PortError> {
        let (what, source) = ("asking the ledger", SECRET.into());
        Err(match self {
            Self::Transient => PortError::Transient { what, source },
            Self::Denied => PortError::Denied { what, source },
            Self::Bug => PortError::Bug { what, source },
        })
    }
}

delegate_port!(Signer, Broken, |it| match method {
    _ => it.fail(),
});

delegate_port!(Spender, Broken, |it| match method {
    _ => it.fail(),
});

delegate_port!(Consents, Broken, |it| match method {
    _ => it.fail(),
});

delegate_port!(Connectors, Broken, |it| match method {
    _ => it.fail(),
});

delegate_port!(PortalLinks, Broken, |it| match method {
    _ => it.fail(),
});

delegate_port!(SavedExplorations, Broken, |it| match method {
    _ => it.fail(),
});

delegate_port!(SearchLog, Broken, |it| match method {
    _ => it.fail(),
});

delegate_port!(EventMappings, Broken, |it| match method {
    _ => it.fail(),
});
