//! The contacts of a connector: setting, rotating and testing, each with its record. Consent of addresses is
//! in `consents.rs`.
//!
//! A webhook's secret is stored first and referenced by the settings second. So a change that loses a race
//! leaves an unreferenced secret, and never a reference without its secret.

use archive::names::{ConnectorId, EmailAddress, WebhookUrl};
use ports::PortError;
use protocol::budget::{Budget, BudgetScope};
use protocol::caller::Caller;
use protocol::connector::{Connector, NotAllowedError, Verb};
use protocol::contacts::{Addresses, SecretId, WebhookSecret};

use super::{ChangeResult, Onboarding, OnboardingError};

/// The maximum number of IDs tried for a new secret. The first is free except for a repeated request, or a
/// chance of 2^-64 for each secret of the connector.
const MAX_ATTEMPTS: usize = 4;

/// All contacts to set: anyone not listed is no longer notified.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NewContacts {
    /// The addresses that receive mails.
    pub emails: Addresses,
    /// The webhook that receives signed requests.
    pub webhook: Option<WebhookUrl>,
}

/// A connector after a stored change, and the secret created with it, which is shown only now.
type ChangedWithSecret = Result<(Connector, Option<WebhookSecret>), OnboardingError>;

impl Onboarding {
    /// Sets the contacts. A webhook where there was none, or at another host, comes with a new secret. A new
    /// address receives one confirmation mail, unless it has had it already.
    ///
    /// # Errors
    /// If the tenant's budget of confirmation mails is used up, the connector is deleted, a concurrent writer
    /// was faster, or the ledger fails.
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
        // A request that will be refused stores no secret and sends no mail.
        before.clone().set_contacts(new.emails.clone(), new.webhook.clone(), &SecretId::new(0))?;
        let added: Vec<EmailAddress> =
            new.emails.iter().filter(|address| !before.contacts.emails.contains(address)).cloned().collect();
        self.ask(caller, &before.tenant, &added).await?;
        let is_same_host =
            |url: &WebhookUrl| before.contacts.webhook.as_ref().is_some_and(|webhook| webhook.same_host(url));
        let needs_secret = new.webhook.as_ref().is_some_and(|url| !is_same_host(url));
        if !needs_secret {
            // If the webhook is removed or moved concurrently, this is stale, and the retry creates a secret.
            let nothing = SecretId::new(0);
            let if_match = if_match.or_else(|| new.webhook.as_ref().map(|_| before.version));
            let apply =
                |now: &mut Connector| now.set_contacts(new.emails.clone(), new.webhook.clone(), &nothing);
            return Ok((self.change(caller, id, if_match, Verb::SetContacts, apply).await?, None));
        }
        let (secret_id, secret) = self.new_secret(caller, id).await?;
        let apply =
            |now: &mut Connector| now.set_contacts(new.emails.clone(), new.webhook.clone(), &secret_id);
        let if_match = if_match.or(Some(before.version));
        let connector = self.change_prepaid((caller, id, if_match, Verb::SetContacts), apply).await?;
        Ok((connector, Some(secret)))
    }

    /// Issues a new secret of the webhook; the previous one keeps signing for a day.
    ///
    /// # Errors
    /// If there is no webhook, the connector is deleted, a concurrent writer was faster, or the ledger fails.
    pub async fn rotate_webhook_secret(
        &self,
        caller: &Caller,
        id: &ConnectorId,
        if_match: Option<u64>,
    ) -> Result<(Connector, WebhookSecret), OnboardingError> {
        let now = self.clock.now();
        // A request that will be refused stores no secret.
        let before = self.read_version(caller, id, if_match).await?.connector;
        before.clone().rotate_webhook_secret(now, &SecretId::new(0))?;
        let (secret_id, secret) = self.new_secret(caller, id).await?;
        let apply = |connector: &mut Connector| connector.rotate_webhook_secret(now, &secret_id);
        let connector = self.change_prepaid((caller, id, if_match, Verb::RotateWebhookSecret), apply).await?;
        Ok((connector, secret))
    }

    /// Tests the contacts: they receive the notice of this change.
    ///
    /// # Errors
    /// If there are none, they were tested moments ago, the connector is deleted, or the ledger fails.
    pub async fn test_contacts(
        &self,
        caller: &Caller,
        id: &ConnectorId,
        if_match: Option<u64>,
    ) -> ChangeResult {
        let now = self.clock.now();
        self.change(caller, id, if_match, Verb::TestContacts, |connector| connector.test_contacts(now)).await
    }

    /// A change for which [`Self::new_secret`] has paid.
    async fn change_prepaid(
        &self,
        change: (&Caller, &ConnectorId, Option<u64>, Verb),
        apply: impl Fn(&mut Connector) -> Result<(), NotAllowedError> + Send,
    ) -> ChangeResult {
        Ok(self.change_spending(change, apply, |_| Ok(Vec::new())).await?.1)
    }

    /// A secret under a free ID, and the payment for the change that will reference it: otherwise whoever has
    /// used up the budget of changes could store secrets without end. This service can't read secrets, so one
    /// stored under an ID already is never inspected, even if it is from an earlier attempt of the same
    /// request: another ID is taken.
    async fn new_secret(
        &self,
        caller: &Caller,
        id: &ConnectorId,
    ) -> Result<(SecretId, WebhookSecret), OnboardingError> {
        self.spend(caller, Budget::Changes, BudgetScope::Connector(id.clone()), 1).await?;
        for _ in 0..MAX_ATTEMPTS {
            let secret_id = SecretId::new(self.rng.next_u64());
            let secret = WebhookSecret::new(|| self.rng.next_u64());
            if self.connectors.store_secret(id, &secret_id, &secret).await? {
                return Ok((secret_id, secret));
            }
        }
        let source = format!("{MAX_ATTEMPTS} consecutive IDs for a new secret were taken");
        Err(PortError::bug("storing a webhook secret", source).into())
    }
}
