//! Links to the portal, and visits of operators, as listings contain them.

use archive::names::{ReturnUrl, TenantId};
use archive::time::Time;
use protocol::caller::Caller;
use protocol::portal::{
    Ability, Addressee, LinkId, LinkKind, LinkStatus, Network, OperatorVisit, PortalLink,
};
use serde::Serialize;

use super::change::Actor;
use crate::pagination::Cursor;
use crate::wire::wire;

wire! {
    /// A link, and its session once it is redeemed. The link's text is not part of it.
    #[derive(Debug, Serialize)]
    pub(crate) struct PortalLinkView<'a> as "PortalLink" {
        id: &'a LinkId,
        /// The tenant whose pages it opens; missing for the vendor's own people.
        #[serde(skip_serializing_if = "Option::is_none")]
        tenant: Option<&'a TenantId>,
        kind: LinkKind,
        abilities: Vec<Ability>,
        #[serde(rename = "for")]
        addressee: &'a Addressee,
        #[serde(skip_serializing_if = "Option::is_none")]
        return_url: Option<&'a ReturnUrl>,
        /// The link that it was handed on from.
        #[serde(skip_serializing_if = "Option::is_none")]
        handed_on_from: Option<&'a LinkId>,
        /// The name of an operator is visible to operators only.
        created_by: Actor<'a>,
        created_at: Time,
        /// Until when it can be redeemed, exclusive.
        expires_at: Time,
        status: LinkState,
        #[serde(skip_serializing_if = "Option::is_none")]
        redeemed_at: Option<Time>,
        /// From which network it was redeemed: the start of the address.
        #[serde(skip_serializing_if = "Option::is_none")]
        network: Option<&'a Network>,
        /// When its session ended, or ends if nobody uses it any more.
        #[serde(skip_serializing_if = "Option::is_none")]
        session_ends_at: Option<Time>,
        #[serde(skip_serializing_if = "Option::is_none")]
        revoked_at: Option<Time>,
        #[serde(skip_serializing_if = "Option::is_none")]
        revoked_by: Option<Actor<'a>>,
        /// When its person asked for a new one.
        #[serde(skip_serializing_if = "Option::is_none")]
        new_requested_at: Option<Time>,
    }
}

/// What can be done with a link.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LinkState {
    Open,
    Redeemed,
    Expired,
    Revoked,
}

impl<'a> PortalLinkView<'a> {
    pub(crate) fn of(link: &'a PortalLink, reader: &Caller, now: Time) -> Self {
        let (session, revoked) = (link.session.as_ref(), link.revoked.as_ref());
        Self {
            id: &link.id,
            tenant: link.scope.tenant(),
            kind: link.kind,
            abilities: link.abilities.iter().collect(),
            addressee: &link.addressee,
            return_url: link.return_url.as_ref(),
            handed_on_from: link.hand_over.as_ref().map(|hand_over| &hand_over.from),
            created_by: Actor::of(&link.created_by, reader),
            created_at: link.created_at,
            expires_at: link.expires_at,
            status: match link.status(now) {
                LinkStatus::Open { .. } => LinkState::Open,
                LinkStatus::Redeemed { .. } => LinkState::Redeemed,
                LinkStatus::Expired { .. } => LinkState::Expired,
                LinkStatus::Revoked { .. } => LinkState::Revoked,
            },
            redeemed_at: session.map(|session| session.started_at),
            network: session.map(|session| &session.network),
            session_ends_at: session.map(|session| session.left_at.unwrap_or_else(|| session.ends_at())),
            revoked_at: revoked.map(|revoked| revoked.at),
            revoked_by: revoked.map(|revoked| Actor::of(&revoked.by, reader)),
            new_requested_at: link.new_requested_at,
        }
    }
}

wire! {
    #[derive(Debug, Serialize)]
    pub(crate) struct CreatedPortalLink<'a> {
        #[serde(flatten)]
        pub(crate) link: PortalLinkView<'a>,
        /// The link's text, which is shown only here. Whoever opens it first is the person whom it is for.
        pub(crate) url: &'a str,
    }
}

wire! {
    #[derive(Debug, Serialize)]
    pub(crate) struct PortalLinkPage<'a> {
        pub(crate) portal_links: Vec<PortalLinkView<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub(crate) next_cursor: Option<Cursor>,
    }
}

wire! {
    #[derive(Debug, Serialize)]
    pub(crate) struct RevokedLinks {
        /// How many links were revoked that could still be redeemed or had a session.
        pub(crate) revoked: u64 => {"minimum": 0},
    }
}

wire! {
    /// An operator of the vendor opened the tenant's pages.
    #[derive(Debug, Serialize)]
    pub(crate) struct VisitView<'a> as "PortalVisit" {
        at: Time,
        /// The name of an operator is visible to operators only.
        by: Actor<'a>,
    }
}

impl<'a> VisitView<'a> {
    pub(crate) fn of(visit: &'a OperatorVisit, reader: &Caller) -> Self {
        Self { at: visit.at, by: Actor::of(&visit.by, reader) }
    }
}

wire! {
    #[derive(Debug, Serialize)]
    pub(crate) struct VisitList<'a> {
        pub(crate) visits: Vec<VisitView<'a>>,
    }
}
