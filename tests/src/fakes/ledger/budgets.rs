//! Budget use.

use async_trait::async_trait;
use ports::{PortError, SpendOutcome, Spender};
use protocol::budget::{Budget, BudgetScope, Counter, Party, Spending};
use protocol::connector::{Change, Connector, State};

use super::{FakeLedger, Table};

#[async_trait]
impl Spender for FakeLedger {
    async fn spend(&self, spending: &Spending) -> Result<SpendOutcome, PortError> {
        let spent = self.table().spend_all(std::slice::from_ref(spending));
        Ok(if spent.is_ok() { SpendOutcome::Counted } else { SpendOutcome::Exhausted })
    }
}

impl FakeLedger {
    /// The use on a counter.
    #[must_use]
    pub fn used(&self, counter: &Counter) -> i64 {
        self.table().used.get(counter).copied().unwrap_or_default()
    }
}

impl Table {
    /// Counts all uses or none; the error is the exhausted budget.
    pub(super) fn spend_all(&mut self, spends: &[Spending]) -> Result<(), Budget> {
        for spending in spends {
            let used = self.used.get(&spending.counter()).copied().unwrap_or_default();
            if used + i64::from(spending.amount) > i64::from(spending.limit) {
                return Err(spending.budget);
            }
        }
        for spending in spends {
            *self.used.entry(spending.counter()).or_default() += i64::from(spending.amount);
        }
        Ok(())
    }

    /// The same for a change, and counts the connector that it creates or deletes.
    pub(super) fn spend_for(&mut self, change: &Change, spends: &[Spending]) -> Result<(), Budget> {
        self.spend_all(spends)?;
        let counts = |connector: &Connector| connector.state != State::Deleted;
        let (before, after) = (change.before.as_ref().is_some_and(counts), counts(&change.after));
        let is_limited = spends.iter().any(|spending| spending.budget == Budget::Connectors);
        if before != after && !is_limited {
            let scope = BudgetScope::Tenant(change.after.tenant.clone());
            let (budget, party) = (Budget::Connectors, Party::Tenant);
            let counter = Counter { scope, budget, party, since: None };
            *self.used.entry(counter).or_default() += if after { 1 } else { -1 };
        }
        Ok(())
    }
}
