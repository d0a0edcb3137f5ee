//! Whom a connector's notices reach: setting, rotating and testing, each of which leaves its record. Whether an address
//! wants them is in `permissions.rs`.
//!
//! A webhook's secret is kept first and named by the settings then. So a change that loses a race leaves a secret that
//! nothing names, and never a name without its secret.

use super::{ChangeResult, Onboarding, OnboardingError};
use crate::connector::{Caller, Connector, Verb};
use crate::contacts::{Addresses, SecretId, WebhookSecret};
use crate::names::{ConnectorId, EmailAddress, WebhookUrl};
use crate::ports::PortError;

/// How many IDs are tried for a new secret. The first is free but for a request that came twice, or one chance in 2^64
/// for each secret of the connector.
const MAX_ATTEMPTS: usize = 4;

/// Contacts to be set, as a whole: who is not among them is told nothing any more.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NewContacts {
    /// Who gets a mail.
    pub emails: Addresses,
    /// What gets a signed request.
    pub webhook: Option<WebhookUrl>,
}

/// A connector whose change is stored, and a secret that was made with it: it is shown now and never again.
type ChangedWithSecret = Result<(Connector, Option<WebhookSecret>), OnboardingError>;

impl Onboarding {
    /// Sets the contacts. With a webhook where there was none, or at another host, comes its secret. An address that is
    /// new gets one mail that asks whether it wants notices, if it has not had it.
    ///
    /// # Errors
    /// If the tenant's budget of such mails is used up, the connector is deleted, someone else was faster, or the ledger
    /// fails.
    pub async fn set_contacts(
        &self,
        caller: &Caller,
        id: &ConnectorId,
        if_match: Option<u64>,
        new: NewContacts,
    ) -> ChangedWithSecret {
        let before = self.read(caller, id).await?.connector;
        if if_match.is_some_and(|version| version != before.version) {
            return Err(OnboardingError::Stale { id: id.clone(), current: before.version });
        }
        // Nothing is kept or asked for a request that is refused anyway.
        before.clone().set_contacts(new.emails.clone(), new.webhook.clone(), &SecretId::new(0))?;
        let added: Vec<EmailAddress> =
            new.emails.iter().filter(|address| !before.contacts.emails.contains(address)).cloned().collect();
        self.ask(caller, &before.tenant, &added).await?;
        let at_its_host =
            |url: &WebhookUrl| before.contacts.webhook.as_ref().is_some_and(|webhook| webhook.same_host(url));
        let needs_secret = new.webhook.as_ref().is_some_and(|url| !at_its_host(url));
        if !needs_secret {
            // Should the webhook go or move at this moment, this is stale, and is tried again with a secret.
            let nothing = SecretId::new(0);
            let if_match = if_match.or_else(|| new.webhook.as_ref().map(|_| before.version));
            let apply =
                |now: &mut Connector| now.set_contacts(new.emails.clone(), new.webhook.clone(), &nothing);
            return Ok((self.change(caller, id, if_match, Verb::SetContacts, apply).await?, None));
        }
        let (secret_id, secret) = self.new_secret(id).await?;
        let apply =
            |now: &mut Connector| now.set_contacts(new.emails.clone(), new.webhook.clone(), &secret_id);
        let if_match = if_match.or(Some(before.version));
        let connector = self.change(caller, id, if_match, Verb::SetContacts, apply).await?;
        Ok((connector, Some(secret)))
    }

    /// Issues a new secret of the webhook; the one before signs beside it for a day.
    ///
    /// # Errors
    /// If there is no webhook, the connector is deleted, someone else was faster, or the ledger fails.
    pub async fn rotate_webhook_secret(
        &self,
        caller: &Caller,
        id: &ConnectorId,
        if_match: Option<u64>,
    ) -> Result<(Connector, WebhookSecret), OnboardingError> {
        let now = self.clock.now();
        self.read(caller, id).await?.connector.rotate_webhook_secret(now, &SecretId::new(0))?;
        let (secret_id, secret) = self.new_secret(id).await?;
        let apply = |connector: &mut Connector| connector.rotate_webhook_secret(now, &secret_id);
        let connector = self.change(caller, id, if_match, Verb::RotateWebhookSecret, apply).await?;
        Ok((connector, secret))
    }

    /// Has the contacts told a test: the notice of this change is what they get.
    ///
    /// # Errors
    /// If there are none, they were tested a moment ago, the connector is deleted, or the ledger fails.
    pub async fn test_contacts(
        &self,
        caller: &Caller,
        id: &ConnectorId,
        if_match: Option<u64>,
    ) -> ChangeResult {
        let now = self.clock.now();
        self.change(caller, id, if_match, Verb::TestContacts, |connector| connector.test_contacts(now)).await
    }

    /// A secret under an ID that is free. Whoever sets contacts can't read secrets, so one that lies under an ID
    /// already is never looked at, be it of our own first try: it is left, and another ID is taken.
    async fn new_secret(&self, id: &ConnectorId) -> Result<(SecretId, WebhookSecret), OnboardingError> {
        for _ in 0..MAX_ATTEMPTS {
            let secret_id = SecretId::new(self.rng.next_u64());
            let secret = WebhookSecret::new(self.rng.as_ref());
            if self.connectors.store_secret(id, &secret_id, &secret).await? {
                return Ok((secret_id, secret));
            }
        }
        let source = format!("{MAX_ATTEMPTS} IDs of a new secret were taken, one after the other").into();
        Err(PortError::Bug { what: "storing a webhook secret", source }.into())
    }
}
