//! The session of a redeemed link.

use std::time::Duration;

use archive::time::Time;
use serde::{Deserialize, Serialize};

use super::Network;
use crate::contacts::TokenHash;

/// How long a session lasts without a request. Polling does not count as one.
pub const IDLE_LIMIT: Duration = Duration::from_mins(30);
/// How long a session lasts at most.
pub const SESSION_LIMIT: Duration = Duration::from_hours(8);
/// The minimum age of the recorded activity before it is recorded again, so that not every request writes.
const ACTIVITY_GRAIN: Duration = Duration::from_mins(1);

/// A session. Its secret is in the person's cookie.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortalSession {
    /// The hash of its secret.
    pub secret: TokenHash,
    /// When the link was redeemed.
    pub started_at: Time,
    /// From which network.
    pub network: Network,
    /// When it was last used, to the minute.
    pub active_at: Time,
    /// When it ends at the latest.
    pub limit: Time,
    /// When the person left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_at: Option<Time>,
}

/// Why a cookie opens no session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum SessionRefusal {
    /// There is no such session.
    #[error("this session does not exist")]
    Unknown,
    /// The person left it.
    #[error("you left this session at {0}")]
    Left(Time),
    /// It was idle for too long, or has reached its absolute limit.
    #[error("this session ended at {0}")]
    Ended(Time),
    /// Its link, or the link that handed it on, was revoked.
    #[error("the link of this session was revoked at {0}")]
    Revoked(Time),
}

impl PortalSession {
    /// A session that starts at `now`.
    #[must_use]
    pub fn new(secret: TokenHash, network: Network, now: Time) -> Self {
        Self { secret, started_at: now, network, active_at: now, limit: now + SESSION_LIMIT, left_at: None }
    }

    /// When it ends if nobody uses it any more.
    #[must_use]
    pub fn ends_at(&self) -> Time {
        (self.active_at + IDLE_LIMIT).min(self.limit)
    }

    /// Whether it can be used at `now`. The clocks of two workers may differ, so a time shortly before the
    /// last use is not refused. A clock that has jumped back by more than the idle time opens nothing: it
    /// could make the session last for as long as it likes.
    ///
    /// # Errors
    /// The reason why not.
    pub fn check(&self, now: Time) -> Result<(), SessionRefusal> {
        if let Some(at) = self.left_at {
            return Err(SessionRefusal::Left(at));
        }
        if now >= self.ends_at() || now + IDLE_LIMIT < self.active_at {
            return Err(SessionRefusal::Ended(self.ends_at()));
        }
        Ok(())
    }

    /// The session as used at `now`; `None` if that needs no record yet.
    pub(super) fn used(&self, now: Time) -> Option<Self> {
        (now >= self.active_at + ACTIVITY_GRAIN).then(|| Self { active_at: now, ..self.clone() })
    }
}
