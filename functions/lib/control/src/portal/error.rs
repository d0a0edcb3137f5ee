//! Why a link can't be made or changed, and why a request has no session.

use archive::names::{ReturnUrl, TenantId};
use ports::PortError;
use protocol::portal::{Abilities, Ability, LinkId, SessionRefusal};

use super::MissingAbilityError;
use crate::budget::BudgetExhaustedError;

/// Why an operation on links failed.
#[derive(Debug, thiserror::Error)]
pub enum PortalError {
    /// The link does not exist, or belongs to another tenant.
    #[error("link {0} does not exist")]
    NotFound(LinkId),
    /// The caller may not do this.
    #[error("only operators may {0}")]
    Forbidden(&'static str),
    /// An operator's link opens every tenant's pages, so only a signature with the vendor's own AWS
    /// credentials makes one.
    #[error("a link for operators can be made with AWS credentials only, and not with a token")]
    NotSigned,
    /// An operator's link is never mailed and never handed on.
    #[error("a link for operators is a redirect: it can't be an invitation")]
    OperatorsInvitation,
    /// The page is not among those that the deployment allows.
    #[error("{0} is not an allowed return URL")]
    ReturnUrl(ReturnUrl),
    /// The validity is out of range.
    #[error("a link of this kind is valid for at least a minute and at most {longest}")]
    Validity {
        /// The longest validity of this kind, in words.
        longest: &'static str,
    },
    /// The visitor's link does not allow to hand one on.
    #[error(transparent)]
    Missing(#[from] MissingAbilityError),
    /// A link that is handed on can't allow more than the link of whoever hands it on.
    #[error("your own link does not allow: {}", names(.0))]
    BeyondOwn(Abilities),
    /// A link that was handed on can't be handed on again.
    #[error("a link that was handed on can't be handed on again")]
    HandedOn,
    /// The tenant has handed on as many links as it may.
    #[error(transparent)]
    Exhausted(#[from] BudgetExhaustedError),
    /// An operator must name the tenant.
    #[error("name the tenant")]
    NoTenant,
    /// Another tenant's pages.
    #[error("tenant {0} is not accessible")]
    OtherTenant(TenantId),
    /// An internal error of a port.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Why a request has no session.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The cookie opens no session.
    #[error(transparent)]
    Refused(#[from] SessionRefusal),
    /// An internal error of a port.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// The abilities without [`Ability::View`], which every link has.
fn names(abilities: &Abilities) -> String {
    let beyond = abilities.iter().filter(|ability| *ability != Ability::View);
    beyond.map(Ability::as_str).collect::<Vec<_>>().join(", ")
}
