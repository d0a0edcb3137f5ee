//! A tenant's own contacts: who receives a connector's notices besides the vendor, by e-mail and by a signed
//! webhook.
//!
//! What they receive is a [`crate::notification`]. A webhook receives it as JSON, signed ([`WebhookSecret`]).
//! An address receives it as a mail ([`Mail`]) once it has confirmed that it wants notices ([`Consent`]).

mod consent;
mod link_token;
mod mail;
mod secret;

use archive::names::{EmailAddress, InvalidValueError, WebhookUrl};
use archive::time::Time;
use serde::{Deserialize, Serialize};

pub use consent::{
    AddressStatus, AskRefusal, ConfirmationMethod, Consent, LINK_VALIDITY, LinkError, MAIL_COOLDOWN,
    MAX_MAILS,
};
pub use link_token::{LinkToken, TokenHash};
pub use mail::Mail;
pub(crate) use secret::seconds;
pub use secret::{SecretId, WebhookSecret};

/// The maximum number of addresses among a connector's contacts.
pub const MAX_ADDRESSES: usize = 5;

/// Who receives a connector's notices.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Contacts {
    /// The addresses that receive mails, once each has confirmed.
    #[serde(default, skip_serializing_if = "Addresses::is_empty")]
    pub emails: Addresses,
    /// The webhook that receives signed requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook: Option<Webhook>,
    /// When they were last tested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tested_at: Option<Time>,
    /// When unconfirmed addresses were last asked again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_again_at: Option<Time>,
}

impl Contacts {
    /// Whether nobody is notified.
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

/// At most [`MAX_ADDRESSES`] addresses, without duplicates.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "Vec<EmailAddress>", into = "Vec<EmailAddress>")]
pub struct Addresses(Vec<EmailAddress>);

impl Addresses {
    /// Whether there are no addresses.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this address is among them, case-insensitively.
    #[must_use]
    pub fn contains(&self, address: &EmailAddress) -> bool {
        self.0.iter().any(|one| one.folded() == address.folded())
    }

    /// The addresses in the order given.
    pub fn iter(&self) -> impl Iterator<Item = &EmailAddress> {
        self.0.iter()
    }
}

impl TryFrom<Vec<EmailAddress>> for Addresses {
    type Error = InvalidValueError;

    fn try_from(addresses: Vec<EmailAddress>) -> Result<Self, InvalidValueError> {
        let mut unique: Vec<EmailAddress> = Vec::new();
        for address in addresses {
            if !unique.iter().any(|one| one.folded() == address.folded()) {
                unique.push(address);
            }
        }
        if unique.len() > MAX_ADDRESSES {
            let (value, problem) = (unique.len().to_string(), "exceed the limit");
            return Err(InvalidValueError::new(
                "e-mail addresses",
                &value,
                problem,
                "use at most 5, or a mailing list",
            ));
        }
        Ok(Self(unique))
    }
}

impl From<Addresses> for Vec<EmailAddress> {
    fn from(addresses: Addresses) -> Self {
        addresses.0
    }
}

/// Where signed requests go. Secrets are stored separately, by their IDs, so that no record of a change,
/// listing or notice can contain one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Webhook {
    /// The URL of the requests.
    pub url: WebhookUrl,
    /// The secret that signs.
    pub secret: SecretId,
    /// The previous secret, while it still signs too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retiring: Option<RetiringSecret>,
}

/// A secret that was replaced and still signs.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RetiringSecret {
    /// The replaced secret, which still signs.
    pub secret: SecretId,
    /// When it stops signing.
    pub until: Time,
}

impl Webhook {
    /// Whether a URL has the same host. Port and scheme are then the same too, since a webhook URL allows
    /// only one of each.
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
mod limits {
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
    fn only_existing_contacts_are_stored_and_they_parse_back() {
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
    fn a_replaced_secret_signs_until_its_end() {
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
