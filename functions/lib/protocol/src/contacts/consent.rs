//! Whether an e-mail address has agreed to receive notices: its owner confirms (double opt-in), or an
//! operator has it by contract.
//!
//! Until then an address receives only confirmation mails: one when it becomes a contact, and without an
//! answer at most one a day and [`MAX_MAILS`] in total. Consent is per tenant: it applies to all connectors
//! of the tenant and outlives the contact, so that removing an address and adding it again sends nothing.
//!
//! A mail has two steps, because the service that may send mails may not spend a tenant's budget. The API
//! requests it ([`Consent::ask`]) and the notifier sends it ([`Consent::mark_sent`]), each by a write that is
//! conditional on the previous version. A crash between the second write and the mail leaves a mail unsent,
//! and never sends two.

use std::time::Duration;

use archive::names::EmailAddress;
use archive::time::Time;
use serde::{Deserialize, Serialize};

use super::TokenHash;
use crate::caller::Caller;

/// How long a mail's link can confirm.
pub const LINK_VALIDITY: Duration = Duration::from_hours(7 * 24);
/// The minimum time between two mails to an address.
pub const MAIL_COOLDOWN: Duration = Duration::from_hours(24);
/// The maximum number of mails to an address that never answers.
pub const MAX_MAILS: u32 = 3;

/// The stored consent of an address: one item per tenant and address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// The address, as it was first written.
    pub address: EmailAddress,
    /// Incremented by every change, from 1: a write is conditional on the previous one.
    pub version: u64,
    /// When a mail was requested that is not sent yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    asked_at: Option<Time>,
    /// The last mail; only its link confirms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sent: Option<SentMail>,
    /// How many mails were sent.
    #[serde(default)]
    mails: u32,
    /// Set once it has agreed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    confirmed: Option<Confirmation>,
    /// When its owner declined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    declined_at: Option<Time>,
}

/// A mail that was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct SentMail {
    at: Time,
    token: TokenHash,
}

/// How an address was confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Confirmation {
    at: Time,
    /// The operator who has it by contract; `None` if its owner confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    by: Option<Caller>,
}

/// The status of an address, as displayed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum AddressStatus {
    /// No mail was sent and none is requested: an operator must confirm it.
    Waiting,
    /// A mail is requested and not sent yet.
    #[serde(rename = "asked")]
    Requested {
        /// When it was requested.
        since: Time,
    },
    /// A mail was sent and its link is valid.
    Pending {
        /// When it was sent.
        since: Time,
        /// When the link expires.
        until: Time,
    },
    /// The last mail's link has expired.
    Expired {
        /// When the mail was sent.
        since: Time,
        /// When the link expired.
        until: Time,
    },
    /// It receives notices, until its owner declines.
    Confirmed {
        /// When it was confirmed.
        since: Time,
        /// How it was confirmed.
        how: ConfirmationMethod,
    },
    /// It has declined, and receives no more mails.
    Declined {
        /// When its owner declined.
        since: Time,
    },
}

/// How an address was confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ConfirmationMethod {
    /// Its owner confirmed by a mail's link.
    Link,
    /// An operator confirmed it: the vendor has it by contract.
    Contract,
}

/// Why no mail can be requested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskRefusal {
    /// It has confirmed or declined, or a mail is already requested.
    NotNeeded,
    /// The last mail is less than a day old; the next is possible from this time.
    NotBefore(Time),
    /// It has received the maximum number of mails.
    LimitReached,
}

/// Why a link does not confirm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum LinkError {
    /// No address was ever sent this link.
    #[error("this link is not valid; open it exactly as it appears in the mail")]
    Unknown,
    /// A later mail's link has replaced it.
    #[error("a newer mail has replaced this link; open the one in the newest mail")]
    Replaced,
    /// The link has expired, at this time.
    #[error("this link expired at {0}; ask the person who added the address to send a new one")]
    Expired(Time),
}

impl Consent {
    /// The consent of an address without a stored item.
    #[must_use]
    pub const fn unknown(address: EmailAddress) -> Self {
        Self { address, version: 0, asked_at: None, sent: None, mails: 0, confirmed: None, declined_at: None }
    }

    /// Whether it receives notices.
    #[must_use]
    pub const fn is_confirmed(&self) -> bool {
        self.confirmed.is_some() && self.declined_at.is_none()
    }

    /// The operator who confirmed it by contract.
    #[must_use]
    pub fn confirmed_by(&self) -> Option<&Caller> {
        self.confirmed.as_ref().and_then(|confirmed| confirmed.by.as_ref())
    }

    /// The status at `now`.
    #[must_use]
    pub fn status(&self, now: Time) -> AddressStatus {
        let Self { asked_at, sent, confirmed, declined_at, .. } = self;
        if let Some(since) = *declined_at {
            return AddressStatus::Declined { since };
        }
        if let Some(Confirmation { at, by }) = confirmed {
            let how = if by.is_some() { ConfirmationMethod::Contract } else { ConfirmationMethod::Link };
            return AddressStatus::Confirmed { since: *at, how };
        }
        match (sent, asked_at) {
            (Some(sent), _) if now < sent.until() => {
                AddressStatus::Pending { since: sent.at, until: sent.until() }
            }
            (_, Some(since)) => AddressStatus::Requested { since: *since },
            (Some(sent), None) => AddressStatus::Expired { since: sent.at, until: sent.until() },
            (None, None) => AddressStatus::Waiting,
        }
    }

    /// Whether a mail can be requested at `now`.
    ///
    /// # Errors
    /// The reason why not.
    pub fn may_ask(&self, now: Time) -> Result<(), AskRefusal> {
        if self.confirmed.is_some() || self.declined_at.is_some() || self.asked_at.is_some() {
            return Err(AskRefusal::NotNeeded);
        }
        if self.mails >= MAX_MAILS {
            return Err(AskRefusal::LimitReached);
        }
        match &self.sent {
            Some(sent) if now < sent.at + MAIL_COOLDOWN => {
                Err(AskRefusal::NotBefore(sent.at + MAIL_COOLDOWN))
            }
            _ => Ok(()),
        }
    }

    /// With a mail requested at `now`.
    ///
    /// # Errors
    /// The reason why none can be.
    pub fn ask(&self, now: Time) -> Result<Self, AskRefusal> {
        self.may_ask(now)?;
        Ok(Self { asked_at: Some(now), ..self.next() })
    }

    /// With the requested mail sent at `now`, containing this token. `None` if none was requested. It is
    /// stored before the mail is sent, so that a second worker sends none.
    #[must_use]
    pub fn mark_sent(&self, token: TokenHash, now: Time) -> Option<Self> {
        let is_due = self.asked_at.is_some() && self.confirmed.is_none() && self.declined_at.is_none();
        is_due.then(|| Self {
            asked_at: None,
            sent: Some(SentMail { at: now, token }),
            mails: self.mails.saturating_add(1),
            ..self.next()
        })
    }

    /// As it was `before` the mail was sent, because the mail service rejected it: the mail is still due.
    #[must_use]
    pub fn revert_sent(&self, before: &Self) -> Self {
        let Self { asked_at, sent, mails, .. } = before.clone();
        Self { asked_at, sent, mails, ..self.next() }
    }

    /// Confirmed at `now` by the link with this token; `None` if it is already confirmed. An address that has
    /// declined can change its mind.
    ///
    /// # Errors
    /// If the link is not the last mail's, or has expired.
    pub fn confirm(&self, token: &TokenHash, now: Time) -> Result<Option<Self>, LinkError> {
        let sent = self.sent_with(token)?;
        if self.is_confirmed() {
            return Ok(None);
        }
        if now >= sent.until() {
            return Err(LinkError::Expired(sent.until()));
        }
        let confirmed = Some(Confirmation { at: now, by: None });
        Ok(Some(Self { confirmed, declined_at: None, asked_at: None, ..self.next() }))
    }

    /// Declined at `now` by the link with this token, even an expired one: it is never too late to decline.
    /// `None` if it has already declined.
    ///
    /// # Errors
    /// If the link is not the last mail's.
    pub fn decline(&self, token: &TokenHash, now: Time) -> Result<Option<Self>, LinkError> {
        self.sent_with(token)?;
        let declined = || Self { declined_at: Some(now), confirmed: None, asked_at: None, ..self.next() };
        Ok(self.declined_at.is_none().then(declined))
    }

    /// Confirmed at `now` by an operator who has it by contract; `None` if it is already confirmed.
    ///
    /// # Errors
    /// The time when it declined: only its owner can revoke that, by the link.
    pub fn confirm_by_contract(&self, by: &Caller, now: Time) -> Result<Option<Self>, Time> {
        if let Some(at) = self.declined_at {
            return Err(at);
        }
        let confirmed = || Some(Confirmation { at: now, by: Some(by.clone()) });
        Ok(self.confirmed.is_none().then(|| Self { confirmed: confirmed(), asked_at: None, ..self.next() }))
    }

    fn sent_with(&self, token: &TokenHash) -> Result<&SentMail, LinkError> {
        self.sent.as_ref().filter(|sent| sent.token == *token).ok_or(LinkError::Replaced)
    }

    fn next(&self) -> Self {
        Self { version: self.version + 1, ..self.clone() }
    }
}

impl SentMail {
    fn until(&self) -> Time {
        self.at + LINK_VALIDITY
    }
}

#[cfg(test)]
mod tests;
