//! Whether an e-mail address wants notices: it confirms that itself (double opt-in), or an operator has it by contract.
//!
//! Until then an address gets confirmation mails and nothing else: one when it becomes a contact, and if nobody answers
//! at most one a day and [`MOST_MAILS`] in all. The permission is a tenant's: what it holds for one of a tenant's
//! connectors it holds for all, and it outlives the contact, so that taking an address off and setting it again sends
//! nothing.
//!
//! A mail has two steps, because the service that may send mails may not spend a tenant's budget. Whoever sets the
//! contacts asks for it ([`Permission::ask`]); the notifier sends it ([`Permission::send`]), each by a write that is
//! conditional on the version before. A crash between the second write and the mail leaves a mail unsent, and never
//! sends two.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::TokenHash;
use crate::connector::Caller;
use crate::names::EmailAddress;
use crate::time::Time;

/// For how long the link of a mail confirms.
pub const LINK_VALIDITY: Duration = Duration::from_hours(7 * 24);
/// How long after a mail the next one may be asked for.
pub const MAIL_COOLDOWN: Duration = Duration::from_hours(24);
/// How many mails an address gets at most that never answers.
pub const MAX_MAILS: u32 = 3;

/// What is stored of an address: one item for a tenant and an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// Whose it is, as it was written first.
    pub address: EmailAddress,
    /// Counts the changes, from 1: a write is conditional on the one before.
    pub version: u64,
    /// A mail that was asked for at this time, and not sent yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    asked_at: Option<Time>,
    /// The last mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sent: Option<SentMail>,
    /// How many mails were sent.
    #[serde(default)]
    mails: u32,
    /// That it wants notices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    confirmed: Option<Confirmation>,
    /// That it wants none.
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
    /// The operator who has it by contract; nobody where the address confirmed itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    by: Option<Caller>,
}

/// Where an address stands, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum AddressStatus {
    /// No mail was sent and none is on its way: an operator confirms it.
    Waiting,
    /// A mail is on its way.
    #[serde(rename = "asked")]
    Requested {
        /// Since when.
        since: Time,
    },
    /// A mail was sent and its link is good.
    Pending {
        /// When it was sent.
        since: Time,
        /// Until when the link confirms.
        until: Time,
    },
    /// The last mail's link is good no more.
    Expired {
        /// When the mail was sent.
        since: Time,
        /// Since when it is not.
        until: Time,
    },
    /// It gets notices.
    Confirmed {
        /// Since when.
        since: Time,
        /// How that is known.
        how: ConfirmationMethod,
    },
    /// It wants none, and gets no mail any more.
    Declined {
        /// Since when.
        since: Time,
    },
}

/// How it is known that an address wants notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ConfirmationMethod {
    /// Its owner followed the link of a mail.
    Link,
    /// An operator said so: the vendor has it by contract.
    Contract,
}

/// Why no mail may be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskRefusal {
    /// It is confirmed, or has declined, or a mail is on its way.
    NotNeeded,
    /// The last one is less than a day old; from then on it may.
    NotBefore(Time),
    /// It has had all that it gets.
    LimitReached,
}

/// Why a link does not confirm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum LinkError {
    /// Nobody was sent it.
    #[error("this link is not one of ours; open it as it stands in the mail")]
    Unknown,
    /// A later mail's link took its place.
    #[error("a newer mail has replaced this link; open the one in the newest mail")]
    Replaced,
    /// It is too old.
    #[error("this link was good until {0}; ask whoever named the address to send another")]
    Expired(Time),
}

impl Consent {
    /// What is known of an address of which nothing is stored.
    #[must_use]
    pub const fn unknown(address: EmailAddress) -> Self {
        Self { address, version: 0, asked_at: None, sent: None, mails: 0, confirmed: None, declined_at: None }
    }

    /// Whether it gets notices.
    #[must_use]
    pub const fn is_confirmed(&self) -> bool {
        self.confirmed.is_some() && self.declined_at.is_none()
    }

    /// The operator who confirmed it by contract.
    #[must_use]
    pub fn confirmed_by(&self) -> Option<&Caller> {
        self.confirmed.as_ref().and_then(|confirmed| confirmed.by.as_ref())
    }

    /// Where it stands at `now`.
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

    /// Whether a mail may be asked for at `now`.
    ///
    /// # Errors
    /// Why none may.
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

    /// With a mail asked for at `now`.
    ///
    /// # Errors
    /// Why none may be.
    pub fn ask(&self, now: Time) -> Result<Self, AskRefusal> {
        self.may_ask(now)?;
        Ok(Self { asked_at: Some(now), ..self.next() })
    }

    /// With the mail that was asked for sent at `now`, holding this token. `None` if none was asked for. It is stored
    /// before the mail is sent, so that a second worker sends none.
    #[must_use]
    pub fn mark_sent(&self, token: TokenHash, now: Time) -> Option<Self> {
        let owed = self.asked_at.is_some() && self.confirmed.is_none() && self.declined_at.is_none();
        owed.then(|| Self {
            asked_at: None,
            sent: Some(SentMail { at: now, token }),
            mails: self.mails.saturating_add(1),
            ..self.next()
        })
    }

    /// As it was `before` its mail was sent, which the mail service has refused: the mail is owed still.
    #[must_use]
    pub fn revert_sent(&self, before: &Self) -> Self {
        let Self { asked_at, sent, mails, .. } = before.clone();
        Self { asked_at, sent, mails, ..self.next() }
    }

    /// Confirmed at `now` by the link with this token; `None` if it is confirmed already. Whoever has declined may think
    /// again.
    ///
    /// # Errors
    /// If the link is not the last mail's, or too old.
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

    /// Declined at `now` by the link with this token, however old: who wants nothing is never too late. `None` if it
    /// has declined already.
    ///
    /// # Errors
    /// If the link is not the last mail's.
    pub fn decline(&self, token: &TokenHash, now: Time) -> Result<Option<Self>, LinkError> {
        self.sent_with(token)?;
        let declined = || Self { declined_at: Some(now), confirmed: None, asked_at: None, ..self.next() };
        Ok(self.declined_at.is_none().then(declined))
    }

    /// Confirmed at `now` by an operator, who has it by contract; `None` if it is confirmed already.
    ///
    /// # Errors
    /// When it declined: that is its owner's to take back, by the link.
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
