//! Consent of the addresses among a connector's contacts: asking for it, recording the answer, and
//! confirmation by contract.

use archive::names::{ConnectorId, EmailAddress, TenantId};
use archive::time::Time;
use ports::PortError;
use protocol::budget::{Budget, BudgetScope};
use protocol::caller::Caller;
use protocol::connector::{Connector, NotAllowedError, Verb};
use protocol::contacts::{AddressStatus, AskRefusal, Consent, LinkError, LinkToken};
use serde::Serialize;

use super::{ChangeResult, Onboarding, OnboardingError};

/// The maximum number of attempts of a write against concurrent writers of the same item: a link opened
/// twice, an operator.
const MAX_ATTEMPTS: u32 = 4;

/// Whether the deployment asks addresses for their consent by mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MailMode {
    /// It sends no mails, because it has no sender.
    #[default]
    None,
    /// It sends notices but no confirmation mails: without a portal there is no page behind their link.
    /// Operators confirm.
    WithoutPortal,
    /// It sends confirmation mails.
    DoubleOptIn,
}

impl MailMode {
    /// The mode that follows from the deployment.
    #[must_use]
    pub const fn of(has_sender: bool, has_portal: bool) -> Self {
        match (has_sender, has_portal) {
            (false, _) => Self::None,
            (true, false) => Self::WithoutPortal,
            (true, true) => Self::DoubleOptIn,
        }
    }
}

/// An address among a connector's contacts, with its status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AddressView {
    /// The address, as the contacts have it.
    pub email: EmailAddress,
    /// The status of its consent.
    #[serde(flatten)]
    pub status: AddressStatus,
    /// Who confirmed it by contract; shown to operators only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<Caller>,
}

/// What the page behind a link shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LinkView {
    /// The address that the link belongs to; only its owner has the link.
    pub email: EmailAddress,
    /// The status of its consent.
    #[serde(flatten)]
    pub status: AddressStatus,
}

impl Onboarding {
    /// The status of each address of a connector.
    ///
    /// # Errors
    /// If the ledger fails.
    pub async fn addresses(
        &self,
        caller: &Caller,
        connector: &Connector,
    ) -> Result<Vec<AddressView>, OnboardingError> {
        let (now, mut views) = (self.clock.now(), Vec::new());
        for email in connector.contacts.emails.iter() {
            let consent = self.consent(&connector.tenant, email).await?;
            let by = consent.confirmed_by().filter(|_| !matches!(caller, Caller::Tenant { .. }));
            let (by, status) = (by.cloned(), consent.status(now));
            views.push(AddressView { email: email.clone(), status, by });
        }
        Ok(views)
    }

    /// What readers of a connector's contacts must know about this deployment.
    #[must_use]
    pub fn contacts_warning(&self, addresses: &[AddressView]) -> Option<&'static str> {
        let is_confirmed = |view: &AddressView| matches!(view.status, AddressStatus::Confirmed { .. });
        match self.mail_mode {
            MailMode::None if !addresses.is_empty() => Some(
                "No mails are sent: this deployment has no sender (NotifySender). Webhooks are still \
                 notified.",
            ),
            MailMode::WithoutPortal if !addresses.iter().all(is_confirmed) => Some(
                "An address receives no mails until it is confirmed. This deployment has no portal where it \
                 could confirm, so an operator must confirm it.",
            ),
            _ => None,
        }
    }

    /// Confirms an address that the vendor has by contract. Who did so, and when, is recorded. Idempotent.
    ///
    /// # Errors
    /// If the caller is not an operator, it is not a contact of this connector, its owner has declined, or
    /// the ledger fails.
    pub async fn confirm_by_contract(
        &self,
        caller: &Caller,
        id: &ConnectorId,
        address: &EmailAddress,
    ) -> ChangeResult {
        let connector = self.read(caller, id).await?.connector;
        if matches!(caller, Caller::Tenant { .. }) {
            return Err(OnboardingError::Forbidden("confirmation by contract"));
        }
        if !connector.contacts.emails.contains(address) {
            let (id, address) = (id.clone(), address.clone());
            return Err(NotAllowedError::NotAContact { id, address }.into());
        }
        let now = self.clock.now();
        let confirmed = self
            .update_consent(&connector.tenant, address, |consent| {
                consent.confirm_by_contract(caller, now).map_err(|at| {
                    OnboardingError::from(NotAllowedError::Declined { address: address.clone(), at })
                })
            })
            .await;
        confirmed?;
        Ok(connector)
    }

    /// Asks the unconfirmed addresses of a connector again. The notice of this change has the notifier send
    /// the mails, including those requested before whose notice was lost.
    ///
    /// # Errors
    /// If none may be asked now, the tenant's budget of confirmation mails is used up, the connector is
    /// deleted, a concurrent writer was faster, or the ledger fails.
    pub async fn ask_contacts(
        &self,
        caller: &Caller,
        id: &ConnectorId,
        if_match: Option<u64>,
    ) -> ChangeResult {
        let connector = self.read(caller, id).await?.connector;
        let now = self.clock.now();
        connector.clone().ask_contacts(now)?;
        if if_match.is_some_and(|version| version != connector.version) {
            return Err(OnboardingError::Stale { id: id.clone(), current: connector.version });
        }
        let nothing =
            |why: String| OnboardingError::from(NotAllowedError::NothingToAsk { id: id.clone(), why });
        if self.mail_mode != MailMode::DoubleOptIn {
            return Err(nothing(
                "this deployment sends no confirmation mails; an operator must confirm addresses".to_owned(),
            ));
        }
        let (mut again, mut is_pending, mut next) = (Vec::new(), false, None::<Time>);
        for address in connector.contacts.emails.iter() {
            let consent = self.consent(&connector.tenant, address).await?;
            is_pending |= matches!(consent.status(now), AddressStatus::Requested { .. });
            match consent.may_ask(now) {
                Ok(()) => again.push(address.clone()),
                Err(AskRefusal::NotBefore(at)) => next = next.into_iter().chain([at]).min(),
                Err(AskRefusal::NotNeeded | AskRefusal::LimitReached) => {}
            }
        }
        if again.is_empty() && !is_pending {
            return Err(nothing(match next {
                Some(at) => {
                    format!(
                        "an address gets at most one confirmation mail a day; the next one is possible at {at}"
                    )
                }
                None => {
                    "no address is due another mail: each has confirmed, declined, or received the maximum \
                         number"
                        .to_owned()
                }
            }));
        }
        self.ask(caller, &connector.tenant, &again).await?;
        self.change(caller, id, if_match, Verb::AskContacts, |connector| connector.ask_contacts(now)).await
    }

    /// What the page behind a link shows. It changes nothing: mail scanners open links.
    ///
    /// # Errors
    /// [`OnboardingError::Link`] if the link is unknown or was replaced; if the ledger fails. An expired link
    /// is shown as expired.
    pub async fn link(&self, token: &LinkToken) -> Result<LinkView, OnboardingError> {
        let (tenant, address) = self.owner_of(token).await?;
        let consent = self.consent(&tenant, &address).await?;
        let now = self.clock.now();
        match consent.confirm(&token.hash(), now) {
            Err(LinkError::Expired(_)) | Ok(_) => {
                Ok(LinkView { email: consent.address.clone(), status: consent.status(now) })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The confirm button of that page. One conditional write; idempotent.
    ///
    /// # Errors
    /// [`OnboardingError::Link`] if the link is unknown, was replaced, or has expired; if the ledger fails.
    pub async fn confirm(&self, token: &LinkToken) -> Result<LinkView, OnboardingError> {
        self.answer(token, Consent::confirm).await
    }

    /// The decline button of that page: the address receives no more mails from this tenant's connectors.
    ///
    /// # Errors
    /// [`OnboardingError::Link`] if the link is unknown or was replaced; if the ledger fails.
    pub async fn decline(&self, token: &LinkToken) -> Result<LinkView, OnboardingError> {
        self.answer(token, Consent::decline).await
    }

    async fn answer(
        &self,
        token: &LinkToken,
        answer: fn(&Consent, &protocol::contacts::TokenHash, Time) -> Result<Option<Consent>, LinkError>,
    ) -> Result<LinkView, OnboardingError> {
        let (tenant, address) = self.owner_of(token).await?;
        let (hash, now) = (token.hash(), self.clock.now());
        let apply = |consent: &Consent| answer(consent, &hash, now).map_err(OnboardingError::from);
        let consent = self.update_consent(&tenant, &address, apply).await?;
        Ok(LinkView { email: consent.address.clone(), status: consent.status(now) })
    }

    async fn owner_of(&self, token: &LinkToken) -> Result<(TenantId, EmailAddress), OnboardingError> {
        Ok(self.connectors.link(&token.hash()).await?.ok_or(LinkError::Unknown)?)
    }

    /// Requests a mail to each address that may get one, from the tenant's budget; all of them or none.
    pub(super) async fn ask(
        &self,
        caller: &Caller,
        tenant: &TenantId,
        addresses: &[EmailAddress],
    ) -> Result<(), OnboardingError> {
        if self.mail_mode != MailMode::DoubleOptIn {
            return Ok(());
        }
        let (now, mut due) = (self.clock.now(), Vec::new());
        for address in addresses {
            if self.consent(tenant, address).await?.may_ask(now).is_ok() {
                due.push(address);
            }
        }
        let Some(amount) = u32::try_from(due.len()).ok().filter(|amount| *amount > 0) else {
            return Ok(());
        };
        self.spend(caller, Budget::Confirmations, BudgetScope::Tenant(tenant.clone()), amount).await?;
        for address in due {
            // If a concurrent writer has requested one already, there is a mail, and no second one.
            self.update_consent(tenant, address, |consent| Ok(consent.ask(now).ok())).await?;
        }
        Ok(())
    }

    /// The stored consent of an address, or an empty one.
    async fn consent(&self, tenant: &TenantId, address: &EmailAddress) -> Result<Consent, OnboardingError> {
        let found = self.connectors.consent(tenant, address).await?;
        Ok(found.unwrap_or_else(|| Consent::unknown(address.clone())))
    }

    /// Applies a change to the stored consent of an address, and again if a concurrent writer has changed it.
    /// `None` is no change. Returns what is stored then.
    async fn update_consent(
        &self,
        tenant: &TenantId,
        address: &EmailAddress,
        apply: impl Fn(&Consent) -> Result<Option<Consent>, OnboardingError> + Send,
    ) -> Result<Consent, OnboardingError> {
        for _ in 0..MAX_ATTEMPTS {
            let before = self.consent(tenant, address).await?;
            let Some(after) = apply(&before)? else { return Ok(before) };
            // If the answer of a successful attempt was lost, the next read sees it and changes nothing.
            if self.connectors.store_consent(tenant, &after).await? {
                return Ok(after);
            }
        }
        let source = "others came first on every attempt";
        Err(PortError::transient("recording an address's answer", source).into())
    }
}
