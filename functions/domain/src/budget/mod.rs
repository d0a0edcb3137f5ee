//! Budgets: how much of the vendor's deployment one tenant may use in a time, so that nobody pays for another.
//!
//! A budget has a limit, a period and a scope. Periods are hours and days of the clock in UTC, so that a refusal can say
//! when it frees, and so that a count is one item of the ledger that never has to be set back: a worker whose clock has
//! jumped counts in another hour's item, and finds there what that hour has used already. What has no period frees when
//! something is given back.
//!
//! [`Spending`] is what a port is asked for; [`Exhausted`] is what the caller hears.
//!
//! **No notice of trouble is ever held against a budget.** Only what somebody asks for is.

mod exhausted;
mod limits;
mod spending;

use std::time::Duration;

use crate::connector::Caller;

pub use exhausted::{BudgetExhaustedError, DEFAULT_RETRY_AFTER};
pub use limits::{Budgets, BudgetsParseError, MAX_BUDGET_LIMIT};
pub use spending::{BudgetScope, Counter, Party, Spending};

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// What is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Budget {
    /// A tenant's connectors that are not deleted, drafts included.
    Connectors,
    /// A connector's changes in an hour, and a tenant's creations: each leaves a record for ever, and a notice.
    Changes,
    /// A connector's connection checks in an hour: each writes an object to the customer's bucket.
    Verifications,
    /// A connector's runs in an hour that somebody asked for.
    Runs,
    /// A tenant's test messages in a day: each reaches somebody.
    TestMessages,
    /// A tenant's mails in a day that ask an address to confirm itself.
    Confirmations,
}

impl Budget {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Connectors,
        Self::Changes,
        Self::Verifications,
        Self::Runs,
        Self::TestMessages,
        Self::Confirmations,
    ];

    /// The name in settings and problems.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connectors => "connectors",
            Self::Changes => "changes",
            Self::Verifications => "verifications",
            Self::Runs => "runs",
            Self::TestMessages => "test_messages",
            Self::Confirmations => "confirmations",
        }
    }

    /// After how long it is whole again; `None` if it frees only by what is given back.
    #[must_use]
    pub const fn period(self) -> Option<Duration> {
        match self {
            Self::Connectors => None,
            Self::Changes | Self::Verifications | Self::Runs => Some(HOUR),
            Self::TestMessages | Self::Confirmations => Some(DAY),
        }
    }

    /// On whose count a caller spends; `None` if the budget does not bind it.
    ///
    /// Auditferry itself is bound by none: its weekly connection check and its clearing away must not fail because a
    /// tenant was busy. An operator may give a tenant more connectors than the limit, and may ask for any number of runs,
    /// which cost nobody but the vendor. Changes and connection checks leave records and objects for ever, whoever asks
    /// for them, so they bind operators too, by a count of their own: a tenant that has used up its budget can't keep
    /// an operator from mending. What is sent to people binds everybody together.
    #[must_use]
    pub const fn party(self, caller: &Caller) -> Option<Party> {
        match (caller, self) {
            (Caller::System, _) | (Caller::Operator { .. }, Self::Connectors | Self::Runs) => None,
            (Caller::Operator { .. }, Self::Changes | Self::Verifications) => Some(Party::Operators),
            (Caller::Operator { .. }, Self::TestMessages | Self::Confirmations)
            | (Caller::Tenant { .. }, _) => Some(Party::Tenant),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reaches_people_binds_operators_and_nothing_binds_auditferry_itself() {
        let operator = Caller::Operator { name: "ops".into() };
        let tenant = Caller::Tenant { tenant: "acme".parse().unwrap(), name: "ann".into() };
        for budget in Budget::ALL {
            assert_eq!(budget.party(&Caller::System), None, "{budget:?}");
            assert_eq!(budget.party(&tenant), Some(Party::Tenant), "{budget:?}");
        }
        let of_an_operator = Budget::ALL.map(|budget| budget.party(&operator));
        let own = Some(Party::Operators);
        let shared = Some(Party::Tenant);
        assert_eq!(of_an_operator, [None, own, own, None, shared, shared]);
    }
}
