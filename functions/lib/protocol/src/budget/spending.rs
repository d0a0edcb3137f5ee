//! A use of a budget, and the counter that it increments.

use std::time::Duration;

use archive::names::{ConnectorId, TenantId};
use archive::time::Time;

use super::Budget;

/// How long after its period a counter is kept. A clock that jumps back by less still finds what was used,
/// and grants nothing anew.
const COUNTER_RETENTION: Duration = Duration::from_hours(7 * 24);

/// Whose budget it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BudgetScope {
    /// All of a tenant's connectors together.
    Tenant(TenantId),
    /// Counts for one connector, whoever changes it.
    Connector(ConnectorId),
}

/// Whose use is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Party {
    /// The tenant's own people, or everybody where one count is shared.
    Tenant,
    /// The vendor's people, counted apart from the tenant's.
    Operators,
}

/// A use of a budget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spending {
    /// The budget that is used.
    pub budget: Budget,
    /// Whose budget it is.
    pub scope: BudgetScope,
    /// Whose use is counted.
    pub party: Party,
    /// How many units this use takes.
    pub amount: u32,
    /// How many units may be used per period in total.
    pub limit: u32,
    /// The time of the use; selects the period.
    pub now: Time,
}

/// The counter that a spending increments. Spendings with the same counter are never granted more than the
/// limit in total.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Counter {
    /// Whose budget it is.
    pub scope: BudgetScope,
    /// The budget that is counted.
    pub budget: Budget,
    /// Whose use is counted.
    pub party: Party,
    /// The start of the hour or day; `None` without a period.
    pub since: Option<Time>,
}

impl Spending {
    /// The counter that this spending increments.
    #[must_use]
    pub fn counter(&self) -> Counter {
        let since = self.budget.period().map(|period| self.now.floor(period));
        Counter { scope: self.scope.clone(), budget: self.budget, party: self.party, since }
    }

    /// When the budget resets: the end of the hour or day.
    #[must_use]
    pub fn resets_at(&self) -> Option<Time> {
        self.budget.period().map(|period| self.now.floor(period) + period)
    }

    /// When the counter can be deleted.
    #[must_use]
    pub fn expires_at(&self) -> Option<Time> {
        self.resets_at().map(|resets_at| resets_at + COUNTER_RETENTION)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn spending(budget: Budget, now: Time) -> Spending {
        let scope = BudgetScope::Tenant("acme".parse().unwrap());
        Spending { budget, scope, party: Party::Tenant, amount: 1, limit: 1, now }
    }

    #[test]
    fn periods_are_hours_and_days_of_the_clock() {
        let now: Time = "2026-11-29T22:59:59.999Z".parse().unwrap();
        let resets_at = |budget| spending(budget, now).resets_at().map(|time| time.to_string());
        assert_eq!(resets_at(Budget::Changes).as_deref(), Some("2026-11-29T23:00:00.000Z"));
        assert_eq!(resets_at(Budget::TestMessages).as_deref(), Some("2026-11-30T00:00:00.000Z"));
        assert_eq!(resets_at(Budget::Connectors), None);
    }

    proptest! {
        /// Whatever the clock does, an hour has one counter, and it is kept until long after the hour.
        #[test]
        fn a_clock_that_jumps_back_finds_the_same_counter(
            ms in 0_i64..4_000_000_000_000,
            back in 0_u64..3_600_000,
        ) {
            let now = Time::from_millis(ms).unwrap();
            let one = spending(Budget::Runs, now);
            let other = spending(Budget::Runs, now - Duration::from_millis(back));
            let same = now.floor(super::super::HOUR) == other.now.floor(super::super::HOUR);
            prop_assert_eq!(one.counter() == other.counter(), same);
            prop_assert!(one.resets_at().unwrap() > now);
            prop_assert!(one.expires_at().unwrap() > now + COUNTER_RETENTION);
        }
    }
}
