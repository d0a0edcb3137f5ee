//! Opening and redeeming links, and checking sessions.

use std::sync::Arc;

use archive::names::TenantId;
use ports::PortError;
use protocol::contacts::LinkToken;
use protocol::portal::{
    LinkNotice, LinkRefusal, LinkStatus, Network, OperatorVisit, PortalLink, PortalToken,
};

use super::{PortalAccess, SessionError, Sessions, Visitor};

/// The maximum number of attempts of a write against concurrent writers of the same link.
const MAX_ATTEMPTS: u32 = 4;

/// Metrics, each of the whole deployment.
const OPENED: &str = "PortalLinksOpened";
const REDEEMED: &str = "PortalLinksRedeemed";
const REFUSED: &str = "PortalLinksRefused";
const SESSION_REFUSED: &str = "PortalSessionsRefused";

/// Whether a request counts as the person's activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activity {
    /// The person did something, so the session's idle time begins anew.
    Person,
    /// A page asked by itself for news. That does not extend the session.
    Poll,
}

/// What the page behind a link shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenedLink {
    /// The link.
    pub link: PortalLink,
    /// Why it can't be redeemed; `None` if it can.
    pub refusal: Option<LinkRefusal>,
}

impl PortalAccess {
    /// The link that a token opens. Changes nothing, so mail scanners may open it as often as they like.
    ///
    /// # Errors
    /// [`LinkRefusal::Unknown`] if no link has this token, as the inner error; otherwise if the ledger fails.
    pub async fn open(&self, token: &PortalToken) -> Result<Result<OpenedLink, LinkRefusal>, PortError> {
        let Some(link) = self.find(token).await? else {
            self.count(REFUSED);
            return Ok(Err(LinkRefusal::Unknown));
        };
        self.count(OPENED);
        let refusal = match link.status(self.clock.now()) {
            LinkStatus::Open { .. } => None,
            LinkStatus::Redeemed { at } => Some(LinkRefusal::Redeemed(at)),
            LinkStatus::Expired { at } => Some(LinkRefusal::Expired(at)),
            LinkStatus::Revoked { at } => Some(LinkRefusal::Revoked(at)),
        };
        Ok(Ok(OpenedLink { link, refusal }))
    }

    /// Redeems a link by one conditional write, and returns the token for the session's cookie. Of two people
    /// who redeem it at once one gets a session; the other is refused, as the link is used then.
    ///
    /// # Errors
    /// The reason why it can't be redeemed, as the inner error; otherwise if the ledger fails.
    pub async fn redeem(
        &self,
        token: &PortalToken,
        network: Network,
    ) -> Result<Result<(PortalToken, PortalLink), LinkRefusal>, PortError> {
        let session =
            PortalToken { link: token.link.clone(), secret: LinkToken::new(|| self.rng.next_u64()) };
        let redeemed = self.store_session(token, &session, network).await?;
        self.count(if redeemed.is_ok() { REDEEMED } else { REFUSED });
        Ok(match redeemed {
            Ok(link) => {
                if let Some(session) = &link.session {
                    self.publish(LinkNotice::redeemed(&link, session)).await;
                }
                Ok((session, link))
            }
            Err(refusal) => Err(refusal),
        })
    }

    /// Starts the session that `session` is for. If the answer to a write is lost, the record says whether it
    /// was executed: otherwise the person would be refused as a second one.
    async fn store_session(
        &self,
        token: &PortalToken,
        session: &PortalToken,
        network: Network,
    ) -> Result<Result<PortalLink, LinkRefusal>, PortError> {
        let mut lost = PortError::transient("redeeming a link", "it was changed at each attempt");
        for _ in 0..MAX_ATTEMPTS {
            let Some(link) = self.find(token).await? else { return Ok(Err(LinkRefusal::Unknown)) };
            if link.session.as_ref().is_some_and(|stored| stored.secret == session.hash()) {
                return Ok(Ok(link));
            }
            let redeemed = match link.redeem(session.hash(), network.clone(), self.clock.now()) {
                Ok(redeemed) => redeemed,
                Err(refusal) => return Ok(Err(refusal)),
            };
            match self.links.store_portal_link(&redeemed).await {
                Ok(true) => return Ok(Ok(redeemed)),
                Ok(false) => {}
                Err(error @ PortError::Transient { .. }) => lost = error,
                Err(error) => return Err(error),
            }
        }
        Err(lost)
    }

    /// The person behind a session's cookie.
    ///
    /// # Errors
    /// Why there is no session; or if the ledger fails.
    pub async fn authenticate(&self, token: &PortalToken, by: Activity) -> Result<Visitor, SessionError> {
        let visitor = self.sessions().visitor(token, by).await;
        if matches!(visitor, Err(SessionError::Refused(_))) {
            self.count(SESSION_REFUSED);
        }
        visitor
    }

    /// Ends a session. Idempotent.
    ///
    /// # Errors
    /// If the ledger fails.
    pub async fn leave(&self, visitor: &Visitor) -> Result<(), PortError> {
        self.transition(visitor.link(), |link| link.leave(self.clock.now())).await.map(drop)
    }

    /// Records that the person behind a link wants a new one. `true` if this is the first request,
    /// which the vendor must hear of. The person gets the same answer whatever happens.
    ///
    /// # Errors
    /// If the ledger fails.
    pub async fn request_new(&self, token: &PortalToken) -> Result<bool, PortError> {
        let Some(link) = self.find(token).await? else { return Ok(false) };
        let now = self.clock.now();
        let Some(requested) = self.transition(&link, |link| link.request_new(now)).await? else {
            return Ok(false);
        };
        self.publish(LinkNotice::requested(&requested, now)).await;
        Ok(true)
    }

    /// Records that an operator opened a tenant's pages, once for each session and tenant. Does nothing for
    /// the tenant's own people.
    ///
    /// # Errors
    /// If the ledger fails: then the page must not be shown.
    pub async fn record_visit(&self, visitor: &Visitor, tenant: &TenantId) -> Result<(), PortError> {
        if !visitor.is_operator() {
            return Ok(());
        }
        let (link, by, at) = (visitor.link().id.clone(), visitor.caller(), self.clock.now());
        let visit = OperatorVisit { tenant: tenant.clone(), link, by, at };
        self.links.record_visit(&visit).await.map(drop)
    }

    /// The link with the token's ID and secret.
    async fn find(&self, token: &PortalToken) -> Result<Option<PortalLink>, PortError> {
        let link = self.links.portal_link(&token.link).await?;
        self.effective(link.filter(|link| link.is_opened_by(&token.hash()))).await
    }

    /// The link as it counts: revoked if the link that handed it on was.
    pub(super) async fn effective(&self, link: Option<PortalLink>) -> Result<Option<PortalLink>, PortError> {
        self.sessions().effective(link).await
    }

    fn sessions(&self) -> Sessions {
        Sessions { links: Arc::clone(&self.links), clock: Arc::clone(&self.clock) }
    }

    /// Stores a transition, however often another writer is faster. `None` if there is nothing to change. If
    /// the answer to a write is lost, the record says whether it was executed.
    pub(super) async fn transition(
        &self,
        link: &PortalLink,
        apply: impl Fn(&PortalLink) -> Option<PortalLink> + Send,
    ) -> Result<Option<PortalLink>, PortError> {
        let mut lost = PortError::transient("changing a link", "it was changed at each attempt");
        let mut link = link.clone();
        for _ in 0..MAX_ATTEMPTS {
            let Some(changed) = apply(&link) else { return Ok(None) };
            match self.links.store_portal_link(&changed).await {
                Ok(true) => return Ok(Some(changed)),
                Ok(false) => {}
                Err(error @ PortError::Transient { .. }) => lost = error,
                Err(error) => return Err(error),
            }
            let Some(current) = self.links.portal_link(&link.id).await? else { return Ok(None) };
            if current == changed {
                return Ok(Some(changed));
            }
            link = current;
        }
        Err(lost)
    }
}
