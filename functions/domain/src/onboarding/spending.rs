//! What a caller uses of the budgets: which, for what.
//!
//! What stops a connector is never refused: a pause, a disabling, a deletion. There can be no more of them than of what
//! starts it again, which is. What follows from a connection check (that it was passed, an activation, a resumption, a
//! role that was found unsafe) is bounded by the check, which was spent for; else a check that has written its object
//! could come to nothing, or an unsafe role be kept.

use super::{Onboarding, OnboardingError};
use crate::budget::{Budget, BudgetExhaustedError, BudgetScope, Spending};
use crate::connector::{Caller, Connector, Verb};
use crate::ports::SpendOutcome;

impl Onboarding {
    /// Uses a budget for something that is no change of a connector. A budget that does not bind the caller is not asked.
    ///
    /// # Errors
    /// [`OnboardingError::Exhausted`] if it would be exceeded: nothing was written then. Also if the ledger can't be
    /// asked; then nothing may be done either.
    pub async fn spend(
        &self,
        caller: &Caller,
        budget: Budget,
        scope: BudgetScope,
        amount: u32,
    ) -> Result<(), OnboardingError> {
        let Some(spending) = self.spending(caller, budget, scope, amount)? else { return Ok(()) };
        match self.connectors.spend(&spending).await? {
            SpendOutcome::Counted => Ok(()),
            SpendOutcome::Exhausted => Err(BudgetExhaustedError::from(&spending).into()),
        }
    }

    /// What a caller spends, to be carried by a transaction; `None` if the budget does not bind it.
    pub(super) fn spending(
        &self,
        caller: &Caller,
        budget: Budget,
        scope: BudgetScope,
        amount: u32,
    ) -> Result<Option<Spending>, OnboardingError> {
        let Some(party) = budget.party(caller) else { return Ok(None) };
        let (limit, now) = (self.budgets.limit(budget), self.clock.now());
        let spending = Spending { budget, scope, party, amount, limit, now };
        // More at once than there ever is.
        if amount > limit {
            return Err(BudgetExhaustedError::from(&spending).into());
        }
        Ok(Some(spending))
    }

    /// What a change spends that makes the connector this.
    pub(super) fn spends(
        &self,
        caller: &Caller,
        verb: Verb,
        after: &Connector,
    ) -> Result<Vec<Spending>, OnboardingError> {
        let one = |budget| self.spending(caller, budget, BudgetScope::Connector(after.id.clone()), 1);
        let spending = match verb {
            Verb::Update
            | Verb::Enable
            | Verb::RotateExternalId
            | Verb::SetContacts
            | Verb::RotateWebhookSecret
            | Verb::AskContacts => one(Budget::Changes)?,
            Verb::TestContacts => {
                let contacts = &after.contacts;
                let messages = contacts.emails.iter().count() + usize::from(contacts.webhook.is_some());
                let amount = u32::try_from(messages).unwrap_or(u32::MAX);
                self.spending(
                    caller,
                    Budget::TestMessages,
                    BudgetScope::Tenant(after.tenant.clone()),
                    amount,
                )?
            }
            // A creation says itself what it spends.
            Verb::Create
            | Verb::Verify
            | Verb::RefuseDestination
            | Verb::Activate
            | Verb::Pause
            | Verb::Resume
            | Verb::Disable
            | Verb::Delete => None,
        };
        Ok(spending.into_iter().collect())
    }
}

/// The error that a transaction's answer means.
pub(super) fn exhausted_error(budget: Budget, spends: &[Spending]) -> OnboardingError {
    let spending = spends.iter().find(|spending| spending.budget == budget);
    let unasked = || {
        let source = "a budget was refused that nobody had asked for".into();
        crate::ports::PortError::Bug { what: "spending", source }.into()
    };
    spending.map_or_else(unasked, |spending| BudgetExhaustedError::from(spending).into())
}
