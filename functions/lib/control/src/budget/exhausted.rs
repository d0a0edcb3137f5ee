//! A budget that is used up, in the text that API, command line and portal share.

use std::fmt;
use std::time::Duration;

use archive::time::Time;
use protocol::budget::{Budget, BudgetScope, DAY, HOUR, Spending};

/// When to retry where nothing resets by itself.
pub const DEFAULT_RETRY_AFTER: Duration = HOUR;

/// A use that would exceed a budget. Nothing was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BudgetExhaustedError {
    /// The budget that would be exceeded.
    pub budget: Budget,
    /// Whose budget it is.
    pub scope: BudgetScope,
    /// How many units may be used per period.
    pub limit: u32,
    /// How many units were requested.
    pub amount: u32,
    /// When they were requested.
    pub at: Time,
    /// When the budget resets; `None` if only deletions free it.
    pub resets_at: Option<Time>,
}

impl From<&Spending> for BudgetExhaustedError {
    fn from(spending: &Spending) -> Self {
        let Spending { budget, scope, limit, amount, now, .. } = spending.clone();
        Self { budget, scope, limit, amount, at: now, resets_at: spending.resets_at() }
    }
}

impl BudgetExhaustedError {
    /// How long to wait before a retry, at least one second.
    #[must_use]
    pub fn retry_after(&self) -> Duration {
        let left = self.resets_at.map_or(DEFAULT_RETRY_AFTER, |resets_at| resets_at.since(self.at));
        Duration::from_secs(left.as_millis().div_ceil(1_000).try_into().unwrap_or(u64::MAX))
            .max(Duration::from_secs(1))
    }

    /// What to do about it, as a sentence.
    #[must_use]
    pub fn remedy(&self) -> String {
        match (self.budget, self.resets_at) {
            (Budget::Connectors, _) => {
                "Delete a connector that is no longer needed, or ask the vendor to raise the limit."
                    .to_owned()
            }
            (_, Some(resets_at)) if self.amount <= self.limit => format!("Try again after {resets_at}."),
            _ => "Request less at once, or ask the vendor to raise the limit.".to_owned(),
        }
    }
}

impl fmt::Display for BudgetExhaustedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let things = match self.budget {
            Budget::Connectors => "connectors",
            Budget::Changes => "changes",
            Budget::Verifications => "connection checks",
            Budget::Runs => "requested runs",
            Budget::TestMessages => "test messages",
            Budget::Confirmations => "confirmation mails",
            Budget::HandOvers => "links to hand on",
        };
        match &self.scope {
            BudgetScope::Tenant(tenant) => write!(f, "tenant {}", tenant.escaped())?,
            BudgetScope::Connector(id) => write!(f, "connector {id}")?,
        }
        let limit = self.limit;
        let per = match self.budget.period() {
            Some(DAY) => " per day",
            Some(_) => " per hour",
            None => "",
        };
        match self.resets_at {
            _ if self.amount > limit => {
                write!(f, " may use {limit} {things}{per}, but {} were requested at once", self.amount)
            }
            Some(resets_at) => {
                write!(f, " has used its limit of {limit} {things}{per}; it resets at {resets_at}")
            }
            None => write!(
                f,
                " has reached its limit of {limit} {things}, drafts included; delete one to free it"
            ),
        }
    }
}

impl std::error::Error for BudgetExhaustedError {}

#[cfg(test)]
mod tests {
    use protocol::budget::Party;

    use super::*;

    fn exhausted(budget: Budget, amount: u32) -> BudgetExhaustedError {
        let now = "2026-11-29T22:59:58.001Z".parse().unwrap();
        let scope = match budget {
            Budget::Changes | Budget::Verifications | Budget::Runs => {
                BudgetScope::Connector("con_0000000000000007".parse().unwrap())
            }
            _ => BudgetScope::Tenant("acme".parse().unwrap()),
        };
        let spending = Spending { budget, scope, party: Party::Tenant, amount, limit: 20, now };
        BudgetExhaustedError::from(&spending)
    }

    #[test]
    fn the_text_contains_the_limit_and_the_reset() {
        assert_eq!(
            exhausted(Budget::Runs, 1).to_string(),
            "connector con_0000000000000007 has used its limit of 20 requested runs per hour; it resets at \
             2026-11-29T23:00:00.000Z"
        );
        assert_eq!(
            exhausted(Budget::TestMessages, 2).to_string(),
            "tenant acme has used its limit of 20 test messages per day; it resets at \
             2026-11-30T00:00:00.000Z"
        );
        assert_eq!(
            exhausted(Budget::Connectors, 1).to_string(),
            "tenant acme has reached its limit of 20 connectors, drafts included; delete one to free it"
        );
        let too_much = exhausted(Budget::TestMessages, 21);
        assert!(
            too_much.to_string().ends_with("may use 20 test messages per day, but 21 were requested at once")
        );
        assert!(!too_much.remedy().contains("2026"), "it never resets");
    }

    #[test]
    fn retry_after_is_long_enough() {
        assert_eq!(exhausted(Budget::Runs, 1).retry_after(), Duration::from_secs(2));
        assert_eq!(exhausted(Budget::Connectors, 1).retry_after(), HOUR);
    }
}
