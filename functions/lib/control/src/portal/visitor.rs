//! The person behind a request to the portal.

use archive::names::TenantId;
use archive::time::Time;
use protocol::caller::Caller;
use protocol::portal::{Ability, LinkScope, PortalLink, PortalSession};

use super::PortalError;

/// A person with a valid session. Only [`super::PortalAccess::authenticate`] creates one.
#[derive(Debug, Clone)]
pub struct Visitor {
    link: PortalLink,
    session: PortalSession,
}

/// The session's link does not have an ability.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("your link does not allow this: it lacks the ability {0}")]
pub struct MissingAbilityError(pub Ability);

impl Visitor {
    pub(super) const fn new(link: PortalLink, session: PortalSession) -> Self {
        Self { link, session }
    }

    /// The link that the session belongs to.
    #[must_use]
    pub const fn link(&self) -> &PortalLink {
        &self.link
    }

    /// When the session ends if nobody uses it any more.
    #[must_use]
    pub fn ends_at(&self) -> Time {
        self.session.ends_at()
    }

    /// Whom changes are recorded as made by.
    #[must_use]
    pub fn caller(&self) -> Caller {
        self.link.caller()
    }

    /// Whether it is one of the vendor's operators.
    #[must_use]
    pub const fn is_operator(&self) -> bool {
        matches!(self.link.scope, LinkScope::Operators)
    }

    /// Whether the link allows it.
    #[must_use]
    pub fn has(&self, ability: Ability) -> bool {
        self.link.abilities.includes(ability)
    }

    /// Whether external IDs are shown: to those who write them into a role's trust policy.
    #[must_use]
    pub fn sees_external_ids(&self) -> bool {
        self.has(Ability::SetUp) || self.has(Ability::Operate)
    }

    /// Refuses what the link does not allow.
    ///
    /// # Errors
    /// If the link does not have the ability.
    pub fn require(&self, ability: Ability) -> Result<(), MissingAbilityError> {
        if self.has(ability) { Ok(()) } else { Err(MissingAbilityError(ability)) }
    }

    /// The tenant whose pages are meant: the session's own, or the one that an operator names.
    ///
    /// # Errors
    /// If another tenant's pages are named, or an operator names none.
    pub fn tenant(&self, named: Option<TenantId>) -> Result<TenantId, PortalError> {
        match (&self.link.scope, named) {
            (LinkScope::Tenant { tenant }, None) => Ok(tenant.clone()),
            (LinkScope::Tenant { tenant }, Some(named)) if *tenant == named => Ok(named),
            (LinkScope::Tenant { .. }, Some(named)) => Err(PortalError::OtherTenant(named)),
            (LinkScope::Operators, Some(named)) => Ok(named),
            (LinkScope::Operators, None) => Err(PortalError::NoTenant),
        }
    }
}
