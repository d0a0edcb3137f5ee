//! The contacts of a connector's notices: set, rotated, tested, asked again.

use std::time::Duration;

use archive::names::WebhookUrl;
use archive::time::Time;

use super::{Connector, NotAllowedError, State};
use crate::contacts::{Addresses, Contacts, RetiringSecret, SecretId, Webhook};

/// How long a replaced webhook secret keeps signing along with the new one.
pub const SECRET_OVERLAP: Duration = Duration::from_hours(24);

/// The minimum time between two tests of the contacts: a test sends mails.
pub const TEST_COOLDOWN: Duration = Duration::from_mins(5);

impl Connector {
    /// Sets all contacts. `new_secret` is the secret of a webhook where there was none, or one at another
    /// host: the new host must not know the previous host's secret, nor the previous host a secret that still
    /// signs. A webhook at the same host keeps its secrets, including the retiring one.
    ///
    /// # Errors
    /// If it is deleted.
    pub fn set_contacts(
        &mut self,
        emails: Addresses,
        webhook: Option<WebhookUrl>,
        new_secret: &SecretId,
    ) -> Result<(), NotAllowedError> {
        self.require_not_deleted("set-contacts")?;
        let before = self.contacts.webhook.take();
        let webhook = webhook.map(|url| match &before {
            Some(before) if before.same_host(&url) => Webhook { url, ..before.clone() },
            _ => Webhook { url, secret: new_secret.clone(), retiring: None },
        });
        self.contacts.webhook = before;
        let after = Contacts { emails, webhook, ..self.contacts.clone() };
        // Without a difference there is no change and no record.
        if after != self.contacts {
            self.contacts = after;
            self.version += 1;
        }
        Ok(())
    }

    /// Gives the webhook a new secret at `now`. The previous one keeps signing for [`SECRET_OVERLAP`]; the
    /// one before that stops at once.
    ///
    /// # Errors
    /// If it has no webhook, or is deleted.
    pub fn rotate_webhook_secret(&mut self, now: Time, new_secret: &SecretId) -> Result<(), NotAllowedError> {
        self.require_not_deleted("rotate-webhook-secret")?;
        let webhook =
            self.contacts.webhook.as_mut().ok_or_else(|| NotAllowedError::NoWebhook(self.id.clone()))?;
        let secret = std::mem::replace(&mut webhook.secret, new_secret.clone());
        webhook.retiring = Some(RetiringSecret { secret, until: now + SECRET_OVERLAP });
        self.version += 1;
        Ok(())
    }

    /// Records a test of the contacts at `now`; the notice of this change is the test.
    ///
    /// # Errors
    /// If there are no contacts, they were tested less than [`TEST_COOLDOWN`] ago, or it is deleted.
    pub fn test_contacts(&mut self, now: Time) -> Result<(), NotAllowedError> {
        self.require_not_deleted("test-contacts")?;
        if self.contacts.is_empty() {
            return Err(NotAllowedError::NoContacts(self.id.clone()));
        }
        if let Some(at) = self.contacts.tested_at.filter(|at| now < *at + TEST_COOLDOWN) {
            return Err(NotAllowedError::TestCooldown { at, again: at + TEST_COOLDOWN });
        }
        self.contacts.tested_at = Some(now);
        self.version += 1;
        Ok(())
    }

    /// Records at `now` that addresses are asked again for their consent; the notice of this change has the
    /// notifier do it.
    ///
    /// # Errors
    /// If it is deleted.
    pub fn ask_contacts(&mut self, now: Time) -> Result<(), NotAllowedError> {
        self.require_not_deleted("ask-contacts")?;
        self.contacts.asked_again_at = Some(now);
        self.version += 1;
        Ok(())
    }

    fn require_not_deleted(&self, verb: &'static str) -> Result<(), NotAllowedError> {
        if self.state == State::Deleted {
            let (id, state) = (self.id.clone(), self.state.as_str());
            return Err(NotAllowedError::WrongState { id, state, verb, needs: "not deleted" });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use archive::names::{ConnectorId, ExternalId};

    use super::*;

    fn draft() -> Connector {
        Connector::draft(ConnectorId::new(1), "acme".parse().unwrap(), ExternalId::new(1, 2), Time::EPOCH)
    }

    fn url(text: &str) -> WebhookUrl {
        text.parse().unwrap()
    }

    #[test]
    fn a_webhook_at_another_host_has_only_a_new_secret_and_at_the_same_host_keeps_its_secrets() {
        let (mut connector, none) = (draft(), Addresses::default());
        let [first, second, third, unused] = [1, 2, 3, 4].map(SecretId::new);
        let secrets = |connector: &Connector| {
            let webhook = connector.contacts.webhook.clone().unwrap();
            (webhook.secret, webhook.retiring.map(|retiring| retiring.secret))
        };
        connector.set_contacts(none.clone(), Some(url("https://a.example/one")), &first).unwrap();
        connector.rotate_webhook_secret(Time::EPOCH, &second).unwrap();
        for same in ["https://a.example/two", "https://A.Example:443/three?x", "https://a.example"] {
            connector.set_contacts(none.clone(), Some(url(same)), &unused).unwrap();
            assert_eq!(secrets(&connector), (second.clone(), Some(first.clone())), "{same}");
        }
        for (other, new_secret) in
            [("https://b.a.example/two", &third), ("https://a.example.org/two", &first)]
        {
            connector.set_contacts(none.clone(), Some(url(other)), new_secret).unwrap();
            assert_eq!(secrets(&connector), (new_secret.clone(), None), "{other}");
        }
    }

    #[test]
    fn a_webhook_keeps_its_secret_until_it_is_rotated_or_removed() {
        let (mut connector, none) = (draft(), Addresses::default());
        let [first, second, third] = [1, 2, 3].map(SecretId::new);
        connector.set_contacts(none.clone(), Some(url("https://a.example/")), &first).unwrap();
        connector.set_contacts(none.clone(), Some(url("https://a.example/b")), &second).unwrap();
        assert_eq!(connector.contacts.webhook.as_ref().unwrap().secret, first);
        connector.rotate_webhook_secret(Time::EPOCH, &second).unwrap();
        let now = Time::EPOCH + Duration::from_hours(1);
        let signing = |connector: &Connector| {
            connector.contacts.webhook.as_ref().unwrap().secrets(now).cloned().collect::<Vec<_>>()
        };
        assert_eq!(signing(&connector), [second.clone(), first]);
        connector.rotate_webhook_secret(now, &third).unwrap();
        assert_eq!(signing(&connector), [third, second]);
        connector.set_contacts(none.clone(), None, &SecretId::new(4)).unwrap();
        connector.set_contacts(none, Some(url("https://a.example/")), &SecretId::new(5)).unwrap();
        assert_eq!(signing(&connector), [SecretId::new(5)]);
        assert_eq!(connector.version, 7);
    }

    #[test]
    fn setting_the_same_contacts_is_no_change() {
        let mut connector = draft();
        let emails: Addresses = vec!["a@acme.example".parse().unwrap()].try_into().unwrap();
        connector.set_contacts(emails.clone(), None, &SecretId::new(1)).unwrap();
        let before = connector.clone();
        connector.set_contacts(emails, None, &SecretId::new(2)).unwrap();
        assert_eq!(connector, before);
    }

    #[test]
    fn a_test_needs_a_contact_and_five_minutes_since_the_last() {
        let mut connector = draft();
        assert_eq!(
            connector.test_contacts(Time::EPOCH),
            Err(NotAllowedError::NoContacts(connector.id.clone()))
        );
        assert_eq!(
            connector.rotate_webhook_secret(Time::EPOCH, &SecretId::new(1)),
            Err(NotAllowedError::NoWebhook(connector.id.clone()))
        );
        connector
            .set_contacts(Addresses::default(), Some(url("https://a.example/")), &SecretId::new(1))
            .unwrap();
        let before = connector.version;
        connector.test_contacts(Time::EPOCH).unwrap();
        assert_eq!(connector.version, before + 1);
        let again = Time::EPOCH + TEST_COOLDOWN;
        let just_before = again - Duration::from_millis(1);
        assert_eq!(
            connector.test_contacts(just_before),
            Err(NotAllowedError::TestCooldown { at: Time::EPOCH, again })
        );
        connector.test_contacts(again).unwrap();
        connector.state = State::Deleted;
        assert!(matches!(connector.test_contacts(Time::LAST), Err(NotAllowedError::WrongState { .. })));
    }

    #[test]
    fn asking_addresses_again_is_a_change_of_its_own_and_a_deleted_connector_refuses_it() {
        let mut connector = draft();
        let (before, now) = (connector.version, Time::EPOCH + Duration::from_hours(1));
        connector.ask_contacts(now).unwrap();
        assert_eq!((connector.version, connector.contacts.asked_again_at), (before + 1, Some(now)));
        connector.state = State::Deleted;
        let untouched = connector.clone();
        assert!(matches!(connector.ask_contacts(Time::LAST), Err(NotAllowedError::WrongState { .. })));
        assert_eq!(connector, untouched);
    }
}
