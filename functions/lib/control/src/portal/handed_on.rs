//! Links that one person hands on to another, revoked by whoever handed them on.

use protocol::portal::{LinkId, PortalLink};

use super::{PortalAccess, PortalError, Visitor};

impl PortalAccess {
    /// Revokes a link that the visitor has handed on, and its session at once. Idempotent.
    ///
    /// # Errors
    /// If the visitor's own link has handed on no such link, or the ledger fails.
    pub async fn revoke_own(&self, visitor: &Visitor, id: &LinkId) -> Result<PortalLink, PortalError> {
        let found = self.links.portal_link(id).await?;
        let is_own = |link: &PortalLink| {
            link.hand_over.as_ref().is_some_and(|hand_over| hand_over.from == visitor.link().id)
        };
        match found.filter(is_own) {
            Some(link) => self.revoke(&visitor.caller(), &link.id).await,
            None => Err(PortalError::NotFound(id.clone())),
        }
    }
}
