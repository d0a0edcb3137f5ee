//! Which budgets an operation spends.
//!
//! What stops a connector is never refused: a pause, a disabling, a deletion. There can be no more of these
//! than of what starts it again, which is limited. What follows from a connection check (passing, an
//! activation, a resumption, a refused destination) is bounded by the check, which was paid for. Otherwise a
//! check that has written its object could have no effect, or an unsafe role could stay in use.

use ports::SpendOutcome;
use protocol::budget::{Budget, BudgetScope, Spending};
use protocol::caller::Caller;
use protocol::connector::{Connector, Verb};

use super::{Onboarding, OnboardingError};
use crate::budget::BudgetExhaustedError;

impl Onboarding {
    /// Spends a budget for something that is not a change of a connector. A budget that does not limit the
    /// caller is not counted.
    ///
    /// # Errors
    /// [`OnboardingError::Exhausted`] if it would be exceeded: nothing was written then. Also if the ledger
    /// fails; then the operation must not proceed either.
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

    /// What a caller spends, as part of a transaction; `None` if the budget does not limit the caller.
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
        // More at once than the limit of a whole period.
        if amount > limit {
            return Err(BudgetExhaustedError::from(&spending).into());
        }
        Ok(Some(spending))
    }

    /// What a change spends that results in this connector.
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
            // `create` computes its own spending.
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

/// The error for a transaction that was refused for this budget.
pub(super) fn exhausted_error(budget: Budget, spends: &[Spending]) -> OnboardingError {
    let spending = spends.iter().find(|spending| spending.budget == budget);
    let unexpected =
        || ports::PortError::bug("spending", "a budget was refused that was not requested").into();
    spending.map_or_else(unexpected, |spending| BudgetExhaustedError::from(spending).into())
}
