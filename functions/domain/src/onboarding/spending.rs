//! What a caller uses of the budgets.

use super::{Onboarding, OnboardingError};
use crate::budget::{Budget, Exhausted, Scope, Spending};
use crate::connector::Caller;
use crate::ports::Spent;

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
        scope: Scope,
        amount: u32,
    ) -> Result<(), OnboardingError> {
        let Some(spending) = self.spending(caller, budget, scope, amount) else { return Ok(()) };
        match self.connectors.spend(&spending).await? {
            Spent::Yes => Ok(()),
            Spent::Exhausted => Err(Exhausted::from(&spending).into()),
        }
    }

    /// What a caller spends, to be carried by a transaction; `None` if the budget does not bind it.
    pub(super) fn spending(
        &self,
        caller: &Caller,
        budget: Budget,
        scope: Scope,
        amount: u32,
    ) -> Option<Spending> {
        let party = budget.party(caller)?;
        let (limit, now) = (self.budgets.limit(budget), self.clock.now());
        Some(Spending { budget, scope, party, amount, limit, now })
    }
}

/// The error that a transaction's answer means.
pub(super) fn exhausted(budget: Budget, spends: &[Spending]) -> OnboardingError {
    let spending = spends.iter().find(|spending| spending.budget == budget);
    let unasked = || {
        let source = "a budget was refused that nobody had asked for".into();
        crate::ports::PortError::Bug { what: "spending", source }.into()
    };
    spending.map_or_else(unasked, |spending| Exhausted::from(spending).into())
}
