//! The person behind a session's secret: a look-up in the ledger that records the person's activity, and
//! nothing else. The reader has no more of the portal than this.

use std::sync::Arc;

use ports::{Clock, PortError, PortalLinks};
use protocol::portal::{PortalLink, PortalToken, SessionRefusal};

use super::{Activity, SessionError, Visitor};

/// Looks sessions up.
#[derive(Clone)]
pub struct Sessions {
    /// The records of links, with their sessions.
    pub links: Arc<dyn PortalLinks>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for Sessions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sessions")
    }
}

impl Sessions {
    /// The person behind a session's secret.
    ///
    /// # Errors
    /// Why there is no session; or if the ledger fails.
    pub async fn visitor(&self, token: &PortalToken, by: Activity) -> Result<Visitor, SessionError> {
        let Some(link) = self.effective(self.links.portal_link(&token.link).await?).await? else {
            return Err(SessionRefusal::Unknown.into());
        };
        let now = self.clock.now();
        link.session(&token.hash(), now)?;
        let link = match link.use_session(now).filter(|_| by == Activity::Person) {
            // If another request was faster, it has recorded the same minute, or ended the session: the next
            // request finds that.
            Some(used) if self.links.store_portal_link(&used).await? => used,
            _ => link,
        };
        let session = link.session.clone().ok_or(SessionRefusal::Unknown)?;
        Ok(Visitor::new(link, session))
    }

    /// The link as it counts: revoked if the link that handed it on was.
    pub(super) async fn effective(&self, link: Option<PortalLink>) -> Result<Option<PortalLink>, PortError> {
        let Some(link) = link else { return Ok(None) };
        let Some(hand_over) = link.hand_over.as_ref().filter(|_| link.revoked.is_none()) else {
            return Ok(Some(link));
        };
        let from = self.links.portal_link(&hand_over.from).await?;
        let revoked = match from {
            Some(from) => from.revoked,
            // It has expired from the table long ago, or a record was damaged: neither opens anything.
            None => return Ok(None),
        };
        Ok(Some(PortalLink { revoked, ..link }))
    }
}
