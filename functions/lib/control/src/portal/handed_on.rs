//! Links that one person hands on to another: listed as they count, and revoked by whoever handed them on.

use std::collections::BTreeMap;

use ports::Page;
use protocol::caller::Caller;
use protocol::portal::{LinkId, LinkScope, PortalLink, Revocation};

use super::{PortalAccess, PortalError, Visitor};

impl PortalAccess {
    /// At most `limit` links of a scope, newest first, older than `before`, each as it counts: a link whose
    /// giver's link is revoked is shown as revoked with it, as it opens nothing.
    ///
    /// # Errors
    /// As for [`Self::list`].
    pub async fn list_effective(
        &self,
        caller: &Caller,
        scope: &LinkScope,
        before: Option<&LinkId>,
        limit: u32,
    ) -> Result<Page<PortalLink, LinkId>, PortalError> {
        let mut page = self.list(caller, scope, before, limit).await?;
        let mut givers: BTreeMap<LinkId, Option<Revocation>> =
            page.items.iter().map(|link| (link.id.clone(), link.revoked.clone())).collect();
        for link in &mut page.items {
            let Some(hand_over) = link.hand_over.as_ref().filter(|_| link.revoked.is_none()) else {
                continue;
            };
            let revoked = if let Some(known) = givers.get(&hand_over.from) {
                known.clone()
            } else {
                let giver = self.links.portal_link(&hand_over.from).await?;
                let revoked = giver.and_then(|giver| giver.revoked);
                givers.insert(hand_over.from.clone(), revoked.clone());
                revoked
            };
            link.revoked = revoked;
        }
        Ok(page)
    }

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
