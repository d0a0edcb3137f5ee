//! Budgets: how much of the vendor's deployment one tenant may use per period, so that no tenant pays for
//! another.
//!
//! A budget has a limit, a period and a scope. Periods are hours and days of the clock in UTC. So a refusal
//! can say when the budget resets, and a count is one item of the ledger that never has to be reset: a worker
//! whose clock has jumped counts in another hour's item, and finds there what that hour has used already. A
//! budget without a period is freed only by deletion.
//!
//! [`Spending`] is the request to a port; `control::budget::BudgetExhaustedError` is the refusal.
//!
//! **Notices about problems never count against a budget.** Only what a caller requests does.

mod spending;

use std::time::Duration;

use crate::caller::Caller;

pub use spending::{BudgetScope, Counter, Party, Spending};

/// An hour, the period of most budgets.
pub const HOUR: Duration = Duration::from_hours(1);
/// A day, the period of mails.
pub const DAY: Duration = Duration::from_hours(24);

/// What is limited per tenant or connector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Budget {
    /// A tenant's connectors that are not deleted, drafts included.
    Connectors,
    /// A connector's changes per hour, and a tenant's creations: each leaves a permanent record, and a
    /// notice.
    Changes,
    /// A connector's connection checks per hour: each writes an object to the customer's bucket.
    Verifications,
    /// A connector's requested runs per hour.
    Runs,
    /// A tenant's test messages per day: each reaches a person.
    TestMessages,
    /// A tenant's confirmation mails per day.
    Confirmations,
    /// Links to the portal that a tenant's people hand on to colleagues, per day.
    HandOvers,
}

impl Budget {
    /// All budgets, in the order of the settings.
    pub const ALL: [Self; 7] = [
        Self::Connectors,
        Self::Changes,
        Self::Verifications,
        Self::Runs,
        Self::TestMessages,
        Self::Confirmations,
        Self::HandOvers,
    ];

    /// The name in settings and API errors.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connectors => "connectors",
            Self::Changes => "changes",
            Self::Verifications => "verifications",
            Self::Runs => "runs",
            Self::TestMessages => "test_messages",
            Self::Confirmations => "confirmations",
            Self::HandOvers => "hand_overs",
        }
    }

    /// The time after which it resets; `None` if only deletions free it.
    #[must_use]
    pub const fn period(self) -> Option<Duration> {
        match self {
            Self::Connectors => None,
            Self::Changes | Self::Verifications | Self::Runs => Some(HOUR),
            Self::TestMessages | Self::Confirmations | Self::HandOvers => Some(DAY),
        }
    }

    /// Whose count a caller spends; `None` if the budget does not limit the caller.
    ///
    /// Auditferry itself is never limited: its weekly connection check and its cleanup must not fail because
    /// a tenant was busy. An operator may give a tenant more connectors than the limit, and may request any
    /// number of runs, which cost only the vendor. Changes and connection checks leave permanent records and
    /// objects, so they limit operators too, in a count of their own: a tenant that has used up its budget
    /// can't keep an operator from fixing something. Messages to people share one count.
    #[must_use]
    pub const fn party(self, caller: &Caller) -> Option<Party> {
        match (caller, self) {
            (Caller::System, _) | (Caller::Operator { .. }, Self::Connectors | Self::Runs) => None,
            (Caller::Operator { .. }, Self::Changes | Self::Verifications) => Some(Party::Operators),
            (Caller::Operator { .. }, Self::TestMessages | Self::Confirmations | Self::HandOvers)
            | (Caller::Tenant { .. }, _) => Some(Party::Tenant),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_to_people_limit_operators_too_and_nothing_limits_auditferry_itself() {
        let operator = Caller::Operator { name: "ops".into() };
        let tenant = Caller::Tenant { tenant: "acme".parse().unwrap(), name: "ann".into() };
        for budget in Budget::ALL {
            assert_eq!(budget.party(&Caller::System), None, "{budget:?}");
            assert_eq!(budget.party(&tenant), Some(Party::Tenant), "{budget:?}");
        }
        let of_an_operator = Budget::ALL.map(|budget| budget.party(&operator));
        let own = Some(Party::Operators);
        let shared = Some(Party::Tenant);
        assert_eq!(of_an_operator, [None, own, own, None, shared, shared, shared]);
    }
}
