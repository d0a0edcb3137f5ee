//! Whoever may use the explorer.

use protocol::caller::Caller;
use protocol::portal::Ability;

use crate::portal::{MissingAbilityError, Visitor};

/// A caller who may use the explorer: of the API and the command line everyone, of the portal whoever has the
/// ability to explore. Which tenant's records the caller may see is checked by each operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplorerCaller(Caller);

impl ExplorerCaller {
    /// Whom records name.
    #[must_use]
    pub const fn caller(&self) -> &Caller {
        &self.0
    }
}

/// An authenticated caller of the API or the command line, never the person of a session.
impl From<Caller> for ExplorerCaller {
    fn from(caller: Caller) -> Self {
        Self(caller)
    }
}

impl TryFrom<&Visitor> for ExplorerCaller {
    type Error = MissingAbilityError;

    fn try_from(visitor: &Visitor) -> Result<Self, MissingAbilityError> {
        visitor.require(Ability::Explore).map(|()| Self(visitor.caller()))
    }
}
