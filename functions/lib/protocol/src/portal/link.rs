//! A link: its record, and what can happen to it.
//!
//! Every transition returns the record under the next version. It is stored if the stored version is still
//! the previous one, so of two people who redeem one link at once only one gets a session.

use std::time::Duration;

use archive::names::{ReturnUrl, TenantId};
use archive::time::Time;
use serde::{Deserialize, Serialize};

use super::{Abilities, Addressee, LinkId, Network, PortalSession, SESSION_LIMIT, SessionRefusal};
use crate::caller::Caller;
use crate::contacts::TokenHash;

/// How long a record is kept after the end of its link and session, so that a late visitor still learns what
/// happened to the link, and so that it outlives every link that was handed on from it.
const RETENTION: Duration = Duration::from_hours(90 * 24);

/// How a link reaches its person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkKind {
    /// The vendor's product redirects the person's browser to it at once. It lasts 5 minutes.
    Redirect,
    /// It is sent, by mail or chat. It lasts 72 hours unless said otherwise.
    Invite,
}

impl LinkKind {
    /// The longest validity that an invitation can have.
    pub const MAX_VALIDITY: Duration = Duration::from_hours(14 * 24);

    /// The name in requests and listings.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Redirect => "redirect",
            Self::Invite => "invite",
        }
    }

    /// How long a link of this kind can be redeemed, unless its maker says otherwise.
    #[must_use]
    pub const fn default_validity(self) -> Duration {
        match self {
            Self::Redirect => Duration::from_mins(5),
            Self::Invite => Duration::from_hours(72),
        }
    }
}

/// Whose pages a link opens.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum LinkScope {
    /// One tenant's.
    Tenant {
        /// The tenant.
        tenant: TenantId,
    },
    /// Every tenant's: for the vendor's own people.
    Operators,
}

impl LinkScope {
    /// The tenant; `None` for operators.
    #[must_use]
    pub const fn tenant(&self) -> Option<&TenantId> {
        match self {
            Self::Tenant { tenant } => Some(tenant),
            Self::Operators => None,
        }
    }
}

/// The link from which another was handed on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandOver {
    /// The link of the person who handed it on. Revoking that revokes this one.
    pub from: LinkId,
    /// That person.
    pub by: Addressee,
}

/// Who revoked a link, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revocation {
    /// When it was revoked.
    pub at: Time,
    /// Who revoked it.
    pub by: Caller,
}

/// What the maker of a link decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPortalLink {
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
    /// How long it can be redeemed.
    pub validity: Duration,
    /// The link that it is handed on from.
    pub hand_over: Option<HandOver>,
}

/// The record of a link, and of its session once it is redeemed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortalLink {
    /// Its ID.
    pub id: LinkId,
    /// Incremented by every change, from 1: a write is conditional on the previous one.
    pub version: u64,
    /// The hash of its secret.
    pub secret: TokenHash,
    /// Whose pages it opens.
    pub scope: LinkScope,
    /// How it reaches its person.
    pub kind: LinkKind,
    /// What it allows.
    pub abilities: Abilities,
    /// Whom it is for.
    pub addressee: Addressee,
    /// The way back to the vendor's product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_url: Option<ReturnUrl>,
    /// The link that it was handed on from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hand_over: Option<HandOver>,
    /// Who made it.
    pub created_by: Caller,
    /// When it was made.
    pub created_at: Time,
    /// Until when it can be redeemed, exclusive.
    pub expires_at: Time,
    /// Its session, once it is redeemed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<PortalSession>,
    /// Set once it is revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<Revocation>,
    /// When its person asked for a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_requested_at: Option<Time>,
}

/// The status of a link, as displayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum LinkStatus {
    /// It can be redeemed.
    Open {
        /// Until when, exclusive.
        until: Time,
    },
    /// It was redeemed.
    Redeemed {
        /// When.
        at: Time,
    },
    /// Nobody redeemed it in time.
    Expired {
        /// When it expired.
        at: Time,
    },
    /// It was revoked, and its session with it.
    Revoked {
        /// When.
        at: Time,
    },
}

/// Why a link can't be redeemed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum LinkRefusal {
    /// There is no such link.
    #[error("this link is not valid; open it exactly as you got it")]
    Unknown,
    /// It was redeemed before.
    #[error("this link was used at {0}; each link works once")]
    Redeemed(Time),
    /// It was not redeemed in time.
    #[error("this link expired at {0}")]
    Expired(Time),
    /// It, or the link that handed it on, was revoked.
    #[error("this link was revoked at {0}")]
    Revoked(Time),
}

impl PortalLink {
    /// A new link with the hash of its secret.
    #[must_use]
    pub fn new(id: LinkId, secret: TokenHash, new: NewPortalLink, created_by: Caller, now: Time) -> Self {
        let NewPortalLink { scope, kind, abilities, addressee, return_url, validity, hand_over } = new;
        Self {
            id,
            version: 1,
            secret,
            scope,
            kind,
            abilities,
            addressee,
            return_url,
            hand_over,
            created_by,
            created_at: now,
            expires_at: now + validity,
            session: None,
            revoked: None,
            new_requested_at: None,
        }
    }

    /// The status at `now`.
    #[must_use]
    pub fn status(&self, now: Time) -> LinkStatus {
        if let Some(revoked) = &self.revoked {
            return LinkStatus::Revoked { at: revoked.at };
        }
        match &self.session {
            Some(session) => LinkStatus::Redeemed { at: session.started_at },
            None if now >= self.expires_at => LinkStatus::Expired { at: self.expires_at },
            None => LinkStatus::Open { until: self.expires_at },
        }
    }

    /// Whether the text of the link has this hash. The hashes of wrong guesses share no prefix with the right
    /// one but by chance, so the time of the comparison tells nothing about the secret.
    #[must_use]
    pub fn is_opened_by(&self, secret: &TokenHash) -> bool {
        self.secret == *secret
    }

    /// Redeemed at `now`, with a session that has this new secret. The session of a link that was handed on
    /// ends with the link's own time.
    ///
    /// # Errors
    /// The reason why it can't be.
    pub fn redeem(&self, session: TokenHash, network: Network, now: Time) -> Result<Self, LinkRefusal> {
        match self.status(now) {
            LinkStatus::Open { .. } => {
                let mut session = PortalSession::new(session, network, now);
                if self.hand_over.is_some() {
                    // Otherwise people could extend their own session by handing a link on to themselves.
                    session.limit = session.limit.min(self.expires_at);
                }
                Ok(Self { session: Some(session), ..self.next() })
            }
            LinkStatus::Redeemed { at } => Err(LinkRefusal::Redeemed(at)),
            LinkStatus::Expired { at } => Err(LinkRefusal::Expired(at)),
            LinkStatus::Revoked { at } => Err(LinkRefusal::Revoked(at)),
        }
    }

    /// Its session, if `secret` is the session's and it can be used at `now`.
    ///
    /// # Errors
    /// The reason why not. Only whoever has the secret learns more than that there is no such session.
    pub fn session(&self, secret: &TokenHash, now: Time) -> Result<&PortalSession, SessionRefusal> {
        let session = self.session.as_ref().filter(|session| session.secret == *secret);
        let session = session.ok_or(SessionRefusal::Unknown)?;
        if let Some(revoked) = &self.revoked {
            return Err(SessionRefusal::Revoked(revoked.at));
        }
        session.check(now).map(|()| session)
    }

    /// With the session's use at `now` recorded; `None` if that needs no record yet.
    #[must_use]
    pub fn use_session(&self, now: Time) -> Option<Self> {
        let used = self.session.as_ref()?.used(now)?;
        Some(Self { session: Some(used), ..self.next() })
    }

    /// With the session left at `now`; `None` if there is none to leave.
    #[must_use]
    pub fn leave(&self, now: Time) -> Option<Self> {
        let session = self.session.as_ref().filter(|session| session.left_at.is_none())?;
        let left = PortalSession { left_at: Some(now), ..session.clone() };
        Some(Self { session: Some(left), ..self.next() })
    }

    /// Revoked at `now`, with its session; `None` if it was before.
    #[must_use]
    pub fn revoke(&self, by: Caller, now: Time) -> Option<Self> {
        let revoked = || Self { revoked: Some(Revocation { at: now, by }), ..self.next() };
        self.revoked.is_none().then(revoked)
    }

    /// With a new link requested by its person at `now`. `None` if one was requested before, or if it is
    /// revoked: the vendor has decided then.
    #[must_use]
    pub fn request_new(&self, now: Time) -> Option<Self> {
        let may = self.new_requested_at.is_none() && self.revoked.is_none();
        may.then(|| Self { new_requested_at: Some(now), ..self.next() })
    }

    /// Until when the record is kept: 90 days after the latest end of its session. It never changes, so the
    /// entry in a list is deleted together with the record.
    #[must_use]
    pub fn kept_until(&self) -> Time {
        self.expires_at + SESSION_LIMIT + RETENTION
    }

    /// Until when a link that is handed on from this one may last: as long as this one's own time, which is
    /// that of the link or of its session, whichever is later.
    #[must_use]
    pub fn hand_over_limit(&self) -> Time {
        self.session.as_ref().map_or(self.expires_at, |session| self.expires_at.max(session.limit))
    }

    /// Whom a change is recorded as made by. An operator is named as whoever made the link, who is
    /// authenticated, and not as the maker calls the addressee.
    #[must_use]
    pub fn caller(&self) -> Caller {
        match (&self.scope, &self.created_by) {
            (LinkScope::Tenant { tenant }, _) => {
                Caller::Tenant { tenant: tenant.clone(), name: self.addressee.as_str().to_owned() }
            }
            (LinkScope::Operators, Caller::Operator { name }) => Caller::Operator { name: name.clone() },
            (LinkScope::Operators, _) => Caller::Operator { name: self.addressee.as_str().to_owned() },
        }
    }

    fn next(&self) -> Self {
        Self { version: self.version + 1, ..self.clone() }
    }
}
