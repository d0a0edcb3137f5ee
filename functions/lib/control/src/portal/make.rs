//! Making, listing and revoking links.

use std::collections::BTreeMap;
use std::time::Duration;

use archive::names::{ReturnUrl, TenantId};
use ports::{Page, PortError, SpendOutcome};
use protocol::budget::{Budget, BudgetScope, Spending};
use protocol::caller::Caller;
use protocol::contacts::LinkToken;
use protocol::portal::{
    Abilities, Ability, Addressee, HandOver, LinkId, LinkKind, LinkNotice, LinkScope, NewPortalLink,
    OperatorVisit, PortalLink, PortalToken, Revocation, SESSION_LIMIT,
};

use super::{PortalAccess, PortalError, Visitor};
use crate::budget::BudgetExhaustedError;

/// The shortest validity of a link.
const MIN_VALIDITY: Duration = Duration::from_mins(1);

/// How a caller was authenticated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credential {
    /// By the vendor's own AWS credentials (`SigV4`), or as the owner of this machine's sandbox.
    Iam,
    /// By a token.
    Token,
}

/// A link to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLink {
    /// Whose pages it opens.
    pub scope: LinkScope,
    /// How it reaches its person.
    pub kind: LinkKind,
    /// What it allows.
    pub abilities: Abilities,
    /// Whom it is for.
    pub addressee: Addressee,
    /// The way back to the vendor's product.
    pub return_url: Option<ReturnUrl>,
    /// How long it can be redeemed; `None` for the kind's default.
    pub validity: Option<Duration>,
}

/// A link to hand on to a colleague.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewHandOver {
    /// What it allows: a subset of what the own link allows.
    pub abilities: Abilities,
    /// Whom it is for.
    pub addressee: Addressee,
}

/// A link, and its only copy of the text that opens it.
#[derive(Debug)]
pub struct CreatedLink {
    /// The record.
    pub link: PortalLink,
    /// The URL. It is a secret until it is redeemed, and is not stored.
    pub url: String,
}

impl PortalAccess {
    /// Makes a link.
    ///
    /// # Errors
    /// If the caller is no operator, an operators' link is not signed for or is no redirect, the return URL
    /// is not allowed, the validity is out of range, or the ledger fails.
    pub async fn create(
        &self,
        caller: &Caller,
        credential: Credential,
        new: NewLink,
    ) -> Result<CreatedLink, PortalError> {
        let NewLink { scope, kind, abilities, addressee, return_url, validity } = new;
        if !matches!(caller, Caller::Operator { .. }) {
            return Err(PortalError::Forbidden("make links"));
        }
        if scope == LinkScope::Operators {
            if credential != Credential::Iam {
                return Err(PortalError::NotSigned);
            }
            if kind != LinkKind::Redirect {
                return Err(PortalError::OperatorsInvitation);
            }
        }
        if let Some(url) =
            return_url.as_ref().filter(|url| !self.return_urls.iter().any(|base| url.is_below(base)))
        {
            return Err(PortalError::ReturnUrl(url.clone()));
        }
        let (most, longest) = match kind {
            LinkKind::Redirect => (kind.default_validity(), "5 minutes"),
            LinkKind::Invite => (LinkKind::MAX_VALIDITY, "336 hours"),
        };
        let validity = validity.unwrap_or(kind.default_validity());
        if !(MIN_VALIDITY..=most).contains(&validity) {
            return Err(PortalError::Validity { longest });
        }
        let new = NewPortalLink { scope, kind, abilities, addressee, return_url, validity, hand_over: None };
        self.store_new(caller.clone(), new, &[]).await
    }

    /// Makes a link for a tenant, as an operator with a session. It allows no more than the operator's own
    /// link. A session is no signature, so it never makes a link for operators.
    ///
    /// # Errors
    /// If the visitor's link lacks the ability to invite or those that it shall give; and as for
    /// [`Self::create`].
    pub async fn create_as_visitor(
        &self,
        visitor: &Visitor,
        new: NewLink,
    ) -> Result<CreatedLink, PortalError> {
        require_own(visitor, &new.abilities)?;
        self.create(&visitor.caller(), Credential::Token, new).await
    }

    /// Makes a link for a colleague of the visitor. It is revoked with the visitor's own, lasts no longer
    /// than that, and can't be handed on again.
    ///
    /// # Errors
    /// If the visitor's link lacks the ability to invite or those that it shall hand on, was handed on
    /// itself, or is an operator's; if the tenant
    /// has handed on as many links today as it may; or if the ledger fails.
    pub async fn hand_over(&self, visitor: &Visitor, new: NewHandOver) -> Result<CreatedLink, PortalError> {
        let own = visitor.link();
        require_own(visitor, &new.abilities)?;
        let LinkScope::Tenant { tenant } = &own.scope else { return Err(PortalError::OperatorsInvitation) };
        if own.hand_over.is_some() {
            return Err(PortalError::HandedOn);
        }
        let now = self.clock.now();
        let left = own.hand_over_limit().since(now);
        let spending = Spending {
            budget: Budget::HandOvers,
            scope: BudgetScope::Tenant(tenant.clone()),
            party: protocol::budget::Party::Tenant,
            amount: 1,
            limit: self.budgets.limit(Budget::HandOvers),
            now,
        };
        let new = NewPortalLink {
            scope: own.scope.clone(),
            kind: LinkKind::Invite,
            abilities: new.abilities,
            addressee: new.addressee,
            return_url: own.return_url.clone(),
            validity: left.min(LinkKind::Invite.default_validity()),
            hand_over: Some(HandOver { from: own.id.clone(), by: own.addressee.clone() }),
        };
        self.store_new(visitor.caller(), new, &[spending]).await
    }

    /// At most `limit` links of a scope, newest first, older than `before`, each as it counts: a link whose
    /// giver's link is revoked is shown as revoked with it, as it opens nothing. A tenant sees its own.
    ///
    /// # Errors
    /// If the caller may not see them, or the ledger fails.
    pub async fn list(
        &self,
        caller: &Caller,
        scope: &LinkScope,
        before: Option<&LinkId>,
        limit: u32,
    ) -> Result<Page<PortalLink, LinkId>, PortalError> {
        require_access(caller, scope)?;
        let mut page = self.links.portal_links(scope, before, limit).await?;
        // Many links may have one giver, which is read once.
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

    /// At most `limit` visits of operators to a tenant's pages, newest first.
    ///
    /// # Errors
    /// If the caller may not see them, or the ledger fails.
    pub async fn visits(
        &self,
        caller: &Caller,
        tenant: &TenantId,
        limit: u32,
    ) -> Result<Vec<OperatorVisit>, PortalError> {
        require_access(caller, &LinkScope::Tenant { tenant: tenant.clone() })?;
        Ok(self.links.visits(tenant, limit).await?)
    }

    /// Revokes a link, and its session at once. Links that were handed on from it open nothing from then on.
    /// Idempotent.
    ///
    /// # Errors
    /// If the caller can't access such a link, or the ledger fails.
    pub async fn revoke(&self, caller: &Caller, id: &LinkId) -> Result<PortalLink, PortalError> {
        let found = self.links.portal_link(id).await?;
        let Some(link) = found.filter(|link| require_access(caller, &link.scope).is_ok()) else {
            return Err(PortalError::NotFound(id.clone()));
        };
        if let Some(revoked) = self.revoke_found(caller, &link).await? {
            return Ok(revoked);
        }
        // It was revoked before, or by somebody else just now.
        Ok(self.links.portal_link(id).await?.unwrap_or(link))
    }

    /// Revokes a link and tells the vendor; `None` if it was revoked before.
    async fn revoke_found(
        &self,
        caller: &Caller,
        link: &PortalLink,
    ) -> Result<Option<PortalLink>, PortError> {
        let now = self.clock.now();
        let revoked = self.transition(link, |link| link.revoke(caller.clone(), now)).await?;
        if let Some((link, revocation)) =
            revoked.as_ref().and_then(|link| Some((link, link.revoked.as_ref()?)))
        {
            self.publish(LinkNotice::revoked(link, revocation)).await;
        }
        Ok(revoked)
    }

    /// Revokes all links of a scope that can still be redeemed or have a session. Returns how many.
    ///
    /// # Errors
    /// If the caller can't access them, or the ledger fails; some may be revoked then.
    pub async fn revoke_all(&self, caller: &Caller, scope: &LinkScope) -> Result<u64, PortalError> {
        require_access(caller, scope)?;
        let (mut before, mut revoked) = (None, 0);
        // All links from before this time, and their sessions, are over. They are listed for months, and a
        // vendor's product may make one at every click.
        let oldest = self.clock.now() - (LinkKind::MAX_VALIDITY + SESSION_LIMIT);
        loop {
            let page = self.links.portal_links(scope, before.as_ref(), 100).await?;
            for link in &page.items {
                let is_over = link.revoked.is_some() || self.clock.now() >= link.hand_over_limit();
                if !is_over && self.revoke_found(caller, link).await?.is_some() {
                    revoked += 1;
                }
            }
            let is_last = page.items.last().is_some_and(|link| link.created_at < oldest);
            before = page.next.filter(|_| !is_last);
            if before.is_none() {
                return Ok(revoked);
            }
        }
    }

    async fn store_new(
        &self,
        by: Caller,
        new: NewPortalLink,
        spends: &[Spending],
    ) -> Result<CreatedLink, PortalError> {
        let now = self.clock.now();
        let token = PortalToken {
            link: LinkId::new(now, self.rng.next_u64()),
            secret: LinkToken::new(|| self.rng.next_u64()),
        };
        let link = PortalLink::new(token.link.clone(), token.hash(), new, by, now);
        let stored = self.links.create_portal_link(&link, spends).await?;
        if let (SpendOutcome::Exhausted, [spending, ..]) = (stored, spends) {
            return Err(BudgetExhaustedError::from(spending).into());
        }
        self.publish(LinkNotice::created(&link)).await;
        Ok(CreatedLink { url: self.url.enter(&token.expose()), link })
    }
}

/// Refuses to give abilities that the visitor's own link does not have.
fn require_own(visitor: &Visitor, given: &Abilities) -> Result<(), PortalError> {
    visitor.require(Ability::Invite)?;
    let beyond: Vec<_> = given.beyond(&visitor.link().abilities).collect();
    if beyond.is_empty() { Ok(()) } else { Err(PortalError::BeyondOwn(beyond.into_iter().collect())) }
}

fn require_access(caller: &Caller, scope: &LinkScope) -> Result<(), PortalError> {
    match (scope, caller) {
        (_, Caller::Operator { .. } | Caller::System) => Ok(()),
        (LinkScope::Tenant { tenant }, Caller::Tenant { .. }) if caller.can_access(tenant) => Ok(()),
        (LinkScope::Tenant { tenant }, Caller::Tenant { .. }) => {
            Err(PortalError::OtherTenant(tenant.clone()))
        }
        (LinkScope::Operators, Caller::Tenant { .. }) => Err(PortalError::Forbidden("see operators' links")),
    }
}
