//! What happens to links, for the vendor's event bus.
//!
//! A link belongs to no connector, so these are not notices of `protocol::notice`, and no contact gets them.
//! Each is published once after its step is stored. A crash between the two, or a bus that refuses, loses it:
//! the link's record has the same facts.

use archive::names::TenantId;
use archive::time::Time;
use serde::Serialize;

use super::{Abilities, Addressee, LinkId, LinkKind, Network, PortalLink, PortalSession, Revocation};
use crate::caller::Caller;

/// One event for the bus.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LinkNotice {
    /// The same for the same fact, however often it is published.
    pub id: String,
    /// The link. Neither the link's text nor any hash of it is part of a notice.
    pub link: LinkId,
    /// The tenant whose pages it opens; absent for the vendor's own people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantId>,
    /// Whom it is for.
    pub addressee: Addressee,
    /// When it happened.
    pub at: Time,
    /// What happened; its fields are part of the same JSON object.
    #[serde(flatten)]
    pub fact: LinkFact,
}

/// What happened to a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum LinkFact {
    /// It was made.
    Created {
        /// Who made it.
        by: Caller,
        /// How it reaches its person.
        kind: LinkKind,
        /// What it allows.
        abilities: Abilities,
        /// Until when it can be redeemed, exclusive.
        expires_at: Time,
        /// The link that it was handed on from.
        #[serde(skip_serializing_if = "Option::is_none")]
        handed_on_from: Option<LinkId>,
    },
    /// It was redeemed.
    Redeemed {
        /// From which network.
        network: Network,
    },
    /// Its person asked for a new one.
    Requested {
        /// Until when it could be redeemed.
        expires_at: Time,
    },
    /// It was revoked, and its session with it.
    Revoked {
        /// Who revoked it.
        by: Caller,
    },
}

impl LinkFact {
    /// The `detail-type` on the bus.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Created { .. } => "PortalLinkCreated",
            Self::Redeemed { .. } => "PortalLinkRedeemed",
            Self::Requested { .. } => "PortalLinkRequested",
            Self::Revoked { .. } => "PortalLinkRevoked",
        }
    }
}

impl LinkNotice {
    /// A link was made.
    #[must_use]
    pub fn created(link: &PortalLink) -> Self {
        let fact = LinkFact::Created {
            by: link.created_by.clone(),
            kind: link.kind,
            abilities: link.abilities.clone(),
            expires_at: link.expires_at,
            handed_on_from: link.hand_over.as_ref().map(|hand_over| hand_over.from.clone()),
        };
        Self::new(link, link.created_at, fact)
    }

    /// A link was redeemed, which started this session.
    #[must_use]
    pub fn redeemed(link: &PortalLink, session: &PortalSession) -> Self {
        Self::new(link, session.started_at, LinkFact::Redeemed { network: session.network.clone() })
    }

    /// The person behind a link asked for a new one at this time.
    #[must_use]
    pub fn requested(link: &PortalLink, at: Time) -> Self {
        Self::new(link, at, LinkFact::Requested { expires_at: link.expires_at })
    }

    /// A link was revoked.
    #[must_use]
    pub fn revoked(link: &PortalLink, Revocation { at, by }: &Revocation) -> Self {
        Self::new(link, *at, LinkFact::Revoked { by: by.clone() })
    }

    fn new(link: &PortalLink, at: Time, fact: LinkFact) -> Self {
        Self {
            id: format!("{}-{}", link.id, fact.kind().to_lowercase()),
            link: link.id.clone(),
            tenant: link.scope.tenant().cloned(),
            addressee: link.addressee.clone(),
            at,
            fact,
        }
    }
}
