//! A tenant's own contacts: whom a connector's notices reach beside the vendor, by e-mail and by a signed webhook.
//!
//! What they are told is [`News`]: of the bus's notices those that concern the customer, in words for it, without
//! what is the vendor's own. A webhook gets it as JSON, signed ([`WebhookSecret`]); an address gets it as a mail
//! ([`Mail`]), once it has confirmed that it wants any ([`Permission`]).
//!
//! What a contact may rely on: of each cause of trouble it gets a notice, and one a day while it lasts or comes again
//! ([`Notified`]), each at least once, if it can be reached within a day ([`retry`]). A crash between sending and
//! recording sends it twice, with the same `webhook-id`. The ledger is the truth, as for every notice.
//!
//! What other tenants may rely on: slow contacts of one delay nobody else's notices ([`share`]).

mod address;
mod link_token;
mod mail;
mod news;
mod notified;
mod permission;
pub mod retry;
mod secret;
pub mod share;
#[cfg(test)]
mod tests;
mod words;

use serde::{Deserialize, Serialize};

use crate::names::{EmailAddress, InvalidValueError, WebhookUrl};
use crate::time::Time;

pub use address::is_public;
pub use link_token::{LinkToken, TokenHash};
pub use mail::Mail;
pub use news::{
    ContactFact, ContactMessage, NOTIFIED_KINDS, NOTIFIED_VERBS, NoticeParseError, SignedRequest,
    requests_consent,
};
pub use notified::{ContactKey, Decision, MIN_INTERVAL, NotificationHistory, short_hash};
pub use permission::{
    AddressStatus, AskRefusal, ConfirmationMethod, Consent, LINK_VALIDITY, LinkError, MAIL_COOLDOWN,
    MAX_MAILS,
};
pub use secret::{SecretId, WebhookSecret};

/// How many addresses a connector's contacts are at most.
pub const MAX_ADDRESSES: usize = 5;

/// Whom a connector's notices reach.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Contacts {
    /// Who gets a mail.
    #[serde(default, skip_serializing_if = "Addresses::is_empty")]
    pub emails: Addresses,
    /// What gets a signed request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook: Option<Webhook>,
    /// When they were last tested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tested_at: Option<Time>,
    /// When addresses that have not confirmed were last asked again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_again_at: Option<Time>,
}

impl Contacts {
    /// Whether there is nobody to tell.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.emails.is_empty() && self.webhook.is_none()
    }

    /// Whether there is nothing to store.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// At most [`MOST_ADDRESSES`] addresses, each once.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "Vec<EmailAddress>", into = "Vec<EmailAddress>")]
pub struct Addresses(Vec<EmailAddress>);

impl Addresses {
    /// None at all.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this is one of them, in whatever case it is written.
    #[must_use]
    pub fn contains(&self, address: &EmailAddress) -> bool {
        self.0.iter().any(|one| one.folded() == address.folded())
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &EmailAddress> {
        self.0.iter()
    }
}

impl TryFrom<Vec<EmailAddress>> for Addresses {
    type Error = InvalidValueError;

    fn try_from(given: Vec<EmailAddress>) -> Result<Self, InvalidValueError> {
        let mut kept: Vec<EmailAddress> = Vec::new();
        for address in given {
            if !kept.iter().any(|one| one.folded() == address.folded()) {
                kept.push(address);
            }
        }
        if kept.len() > MAX_ADDRESSES {
            let (value, problem) = (kept.len().to_string(), "are too many");
            return Err(InvalidValueError::new(
                "e-mail addresses",
                &value,
                problem,
                "use at most 5, or a list's address",
            ));
        }
        Ok(Self(kept))
    }
}

impl From<Addresses> for Vec<EmailAddress> {
    fn from(addresses: Addresses) -> Self {
        addresses.0
    }
}

/// Where a signed request goes. The secrets themselves are no settings: a record of a change, a listing or a notice
/// can't show what is not in it. They are kept beside, by their IDs.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Webhook {
    /// Where.
    pub url: WebhookUrl,
    /// Which secret signs.
    pub secret: SecretId,
    /// The one before, while it signs too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retiring: Option<RetiringSecret>,
}

/// A secret that was replaced.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RetiringSecret {
    /// Which.
    pub secret: SecretId,
    /// Until when it still signs.
    pub until: Time,
}

impl Webhook {
    /// Whether a URL leads to where this one does: the same host, and so the same port and scheme, of which a webhook's
    /// URL knows one each.
    #[must_use]
    pub fn same_host(&self, url: &WebhookUrl) -> bool {
        self.url.host() == url.host()
    }

    /// The secrets that sign at `now`, the newest first.
    pub fn secrets(&self, now: Time) -> impl Iterator<Item = &SecretId> {
        let retiring = self.retiring.iter().filter(move |retiring| now < retiring.until);
        std::iter::once(&self.secret).chain(retiring.map(|retiring| &retiring.secret))
    }
}

#[cfg(test)]
mod few {
    use super::*;

    fn address(n: usize) -> EmailAddress {
        format!("a{n}@acme.example").parse().unwrap()
    }

    #[test]
    fn an_address_counts_once_and_there_are_five_at_most() {
        let five: Vec<EmailAddress> = (0..5).chain(0..5).map(address).collect();
        assert_eq!(Addresses::try_from(five).unwrap().iter().count(), 5);
        let error = Addresses::try_from((0..6).map(address).collect::<Vec<_>>()).unwrap_err();
        assert!(error.to_string().contains("at most 5"), "{error}");
    }

    #[test]
    fn what_a_connector_does_not_have_is_not_stored_and_what_it_has_comes_back() {
        let some = Addresses::try_from(vec![address(1), address(2)]).unwrap();
        let webhook = Webhook {
            url: "https://acme.example/".parse().unwrap(),
            secret: SecretId::new(1),
            retiring: None,
        };
        let none = Contacts::default();
        for (contacts, stored) in [
            (none.clone(), vec![]),
            (Contacts { emails: some, ..none.clone() }, vec!["emails"]),
            (Contacts { webhook: Some(webhook), ..none.clone() }, vec!["webhook"]),
            (Contacts { tested_at: Some(Time::EPOCH), ..none.clone() }, vec!["tested_at"]),
            (Contacts { asked_again_at: Some(Time::EPOCH), ..none }, vec!["asked_again_at"]),
        ] {
            let json = serde_json::to_value(&contacts).unwrap();
            assert_eq!(json.as_object().unwrap().keys().collect::<Vec<_>>(), stored);
            assert_eq!(serde_json::from_value::<Contacts>(json).unwrap(), contacts);
            assert_eq!(contacts.is_default(), stored.is_empty());
        }
    }

    #[test]
    fn a_secret_that_was_replaced_signs_until_its_time_and_then_no_more() {
        let until: Time = "2026-11-21T20:15:30Z".parse().unwrap();
        let (new, old) = (SecretId::new(2), SecretId::new(1));
        let retiring = Some(RetiringSecret { secret: old.clone(), until });
        let webhook =
            Webhook { url: "https://acme.example/".parse().unwrap(), secret: new.clone(), retiring };
        let just_before = until - std::time::Duration::from_millis(1);
        assert_eq!(webhook.secrets(just_before).collect::<Vec<_>>(), [&new, &old]);
        assert_eq!(webhook.secrets(until).collect::<Vec<_>>(), [&new]);
    }
}
