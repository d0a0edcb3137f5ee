//! Whether the addresses among a connector's contacts want notices: asking them, what their answer does, and what an
//! operator has by contract.

use serde::Serialize;

use super::{ChangeResult, Onboarding, OnboardingError};
use crate::budget::{Budget, BudgetScope};
use crate::connector::{Caller, Connector, NotAllowedError, Verb};
use crate::contacts::{AddressStatus, AskRefusal, Consent, LinkError, LinkToken};
use crate::names::{ConnectorId, EmailAddress, TenantId};
use crate::ports::PortError;
use crate::time::Time;

/// How often a write is tried against other writers of the same item: a link that is opened twice, an operator.
const MAX_ATTEMPTS: u32 = 4;

/// Whether the deployment asks addresses by mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MailMode {
    /// It sends no mails: it has no sender.
    #[default]
    None,
    /// It sends notices, and asks no address: there is no page behind the link, since it has no portal. Operators
    /// confirm.
    WithoutPortal,
    /// It asks them.
    DoubleOptIn,
}

impl MailMode {
    /// By what the deployment has.
    #[must_use]
    pub const fn of(has_sender: bool, has_portal: bool) -> Self {
        match (has_sender, has_portal) {
            (false, _) => Self::None,
            (true, false) => Self::WithoutPortal,
            (true, true) => Self::DoubleOptIn,
        }
    }
}

/// An address among a connector's contacts, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AddressView {
    /// Which.
    pub email: EmailAddress,
    /// Where it stands.
    #[serde(flatten)]
    pub status: AddressStatus,
    /// Who confirmed it by contract; shown to operators only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<Caller>,
}

/// What the page behind a link shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LinkView {
    /// Whose link it is: whoever reads the mail.
    pub email: EmailAddress,
    /// Where the address stands.
    #[serde(flatten)]
    pub status: AddressStatus,
}

impl Onboarding {
    /// Where each address of a connector stands.
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
            let permission = self.consent(&connector.tenant, email).await?;
            let by = permission.confirmed_by().filter(|_| !matches!(caller, Caller::Tenant { .. }));
            let (by, status) = (by.cloned(), permission.status(now));
            views.push(AddressView { email: email.clone(), status, by });
        }
        Ok(views)
    }

    /// What whoever looks at a connector's contacts must know of this deployment.
    #[must_use]
    pub fn contacts_warning(&self, addresses: &[AddressView]) -> Option<&'static str> {
        let is_confirmed = |view: &AddressView| matches!(view.status, AddressStatus::Confirmed { .. });
        match self.mail_mode {
            MailMode::None if !addresses.is_empty() => Some(
                "No mails are sent: the deployment has no sender (NotifySender). Webhooks are notified all the same.",
            ),
            MailMode::WithoutPortal if !addresses.iter().all(is_confirmed) => Some(
                "An address gets no mail before it is confirmed, and the deployment has no portal whose page would ask \
                 it: it waits for an operator to confirm it.",
            ),
            _ => None,
        }
    }

    /// Marks an address as one that wants notices, because the vendor has it by contract. It is recorded who did so and
    /// when. Confirmed again, nothing changes.
    ///
    /// # Errors
    /// If the caller is no operator, it is no contact of this connector, its owner has declined, or the ledger fails.
    pub async fn confirm_by_contract(
        &self,
        caller: &Caller,
        id: &ConnectorId,
        address: &EmailAddress,
    ) -> ChangeResult {
        let connector = self.read(caller, id).await?.connector;
        if matches!(caller, Caller::Tenant { .. }) {
            return Err(OnboardingError::Forbidden("that an address is confirmed by contract"));
        }
        if !connector.contacts.emails.contains(address) {
            let (id, address) = (id.clone(), address.clone());
            return Err(NotAllowedError::NotAContact { id, address }.into());
        }
        let now = self.clock.now();
        let confirmed = self
            .update_consent(&connector.tenant, address, |permission| {
                permission.confirm_by_contract(caller, now).map_err(|at| {
                    OnboardingError::from(NotAllowedError::Declined { address: address.clone(), at })
                })
            })
            .await;
        confirmed?;
        Ok(connector)
    }

    /// Asks those addresses of a connector again that have not answered. The notice of this change has the notifier send
    /// the mails, also those that were asked for before and whose notice was lost.
    ///
    /// # Errors
    /// If none may be asked now, the tenant's budget of such mails is used up, the connector is deleted, someone else was
    /// faster, or the ledger fails.
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
                "this deployment asks no address by mail; an operator confirms it".to_owned(),
            ));
        }
        let (mut again, mut owed, mut next) = (Vec::new(), false, None::<Time>);
        for address in connector.contacts.emails.iter() {
            let permission = self.consent(&connector.tenant, address).await?;
            owed |= matches!(permission.status(now), AddressStatus::Requested { .. });
            match permission.may_ask(now) {
                Ok(()) => again.push(address.clone()),
                Err(AskRefusal::NotBefore(at)) => next = next.into_iter().chain([at]).min(),
                Err(AskRefusal::NotNeeded | AskRefusal::LimitReached) => {}
            }
        }
        if again.is_empty() && !owed {
            return Err(nothing(match next {
                Some(at) => format!("an address is asked once a day at most; the next mail may go out at {at}"),
                None => "no address waits for another mail: each has confirmed, has declined, or has had all that it \
                         gets"
                    .to_owned(),
            }));
        }
        self.ask(caller, &connector.tenant, &again).await?;
        self.change(caller, id, if_match, Verb::AskContacts, |connector| connector.ask_contacts(now)).await
    }

    /// What the page behind a link shows. It changes nothing: mail scanners open links.
    ///
    /// # Errors
    /// [`OnboardingError::Link`] if the link is none of ours, or a newer one replaced it; if the ledger fails. One that
    /// has expired is shown as that.
    pub async fn link(&self, token: &LinkToken) -> Result<LinkView, OnboardingError> {
        let (tenant, address) = self.owner_of(token).await?;
        let permission = self.consent(&tenant, &address).await?;
        let now = self.clock.now();
        match permission.confirm(&token.hash(), now) {
            Err(LinkError::Expired(_)) | Ok(_) => {
                Ok(LinkView { email: permission.address.clone(), status: permission.status(now) })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// What the button on that page does: the address wants notices. One conditional write; pressed again, nothing
    /// changes and the answer is the same.
    ///
    /// # Errors
    /// [`OnboardingError::Link`] if the link is none of ours, was replaced, or is too old; if the ledger fails.
    pub async fn confirm(&self, token: &LinkToken) -> Result<LinkView, OnboardingError> {
        self.answer(token, Consent::confirm).await
    }

    /// What the other button does: the address wants no notices, and no mail any more from this tenant's connectors.
    ///
    /// # Errors
    /// [`OnboardingError::Link`] if the link is none of ours or was replaced; if the ledger fails.
    pub async fn decline(&self, token: &LinkToken) -> Result<LinkView, OnboardingError> {
        self.answer(token, Consent::decline).await
    }

    async fn answer(
        &self,
        token: &LinkToken,
        answer: fn(&Consent, &crate::contacts::TokenHash, Time) -> Result<Option<Consent>, LinkError>,
    ) -> Result<LinkView, OnboardingError> {
        let (tenant, address) = self.owner_of(token).await?;
        let (hash, now) = (token.hash(), self.clock.now());
        let apply = |permission: &Consent| answer(permission, &hash, now).map_err(OnboardingError::from);
        let permission = self.update_consent(&tenant, &address, apply).await?;
        Ok(LinkView { email: permission.address.clone(), status: permission.status(now) })
    }

    async fn owner_of(&self, token: &LinkToken) -> Result<(TenantId, EmailAddress), OnboardingError> {
        Ok(self.connectors.link(&token.hash()).await?.ok_or(LinkError::Unknown)?)
    }

    /// Asks for a mail to each of those that may get one, out of the tenant's budget; all of them or none.
    pub(super) async fn ask(
        &self,
        caller: &Caller,
        tenant: &TenantId,
        addresses: &[EmailAddress],
    ) -> Result<(), OnboardingError> {
        if self.mail_mode != MailMode::DoubleOptIn {
            return Ok(());
        }
        let (now, mut asked) = (self.clock.now(), Vec::new());
        for address in addresses {
            if self.consent(tenant, address).await?.may_ask(now).is_ok() {
                asked.push(address);
            }
        }
        let Some(amount) = u32::try_from(asked.len()).ok().filter(|amount| *amount > 0) else {
            return Ok(());
        };
        self.spend(caller, Budget::Confirmations, BudgetScope::Tenant(tenant.clone()), amount).await?;
        for address in asked {
            // Someone else may have asked meanwhile: then there is a mail, and no second one.
            self.update_consent(tenant, address, |permission| Ok(permission.ask(now).ok())).await?;
        }
        Ok(())
    }

    /// What is known of an address; nothing, if nothing is stored.
    async fn consent(&self, tenant: &TenantId, address: &EmailAddress) -> Result<Consent, OnboardingError> {
        let found = self.connectors.consent(tenant, address).await?;
        Ok(found.unwrap_or_else(|| Consent::unknown(address.clone())))
    }

    /// Applies a change to what is stored of an address, again to what another writer has stored meanwhile. `None` is no
    /// change. Returns what is stored then.
    async fn update_consent(
        &self,
        tenant: &TenantId,
        address: &EmailAddress,
        apply: impl Fn(&Consent) -> Result<Option<Consent>, OnboardingError> + Send,
    ) -> Result<Consent, OnboardingError> {
        for _ in 0..MAX_ATTEMPTS {
            let before = self.consent(tenant, address).await?;
            let Some(after) = apply(&before)? else { return Ok(before) };
            // A first try whose answer was lost is seen by the next read: it changes nothing then.
            if self.connectors.store_consent(tenant, &after).await? {
                return Ok(after);
            }
        }
        let source = "others came first on every attempt".into();
        Err(PortError::Transient { what: "recording an address's answer", source }.into())
    }
}
