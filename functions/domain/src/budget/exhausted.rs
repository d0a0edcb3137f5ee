//! A budget that is used up, in the words that API, command line and portal share.

use std::fmt;
use std::time::Duration;

use super::{Budget, BudgetScope, DAY, HOUR, Spending};
use crate::time::Time;

/// After how long it is worth asking again where nothing frees by itself.
pub const DEFAULT_RETRY_AFTER: Duration = HOUR;

/// A use that would exceed a budget. Nothing was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BudgetExhaustedError {
    /// Which budget.
    pub budget: Budget,
    /// Whose.
    pub scope: BudgetScope,
    /// How much may be used in its period.
    pub limit: u32,
    /// How much was asked for.
    pub amount: u32,
    /// When.
    pub at: Time,
    /// When it frees; `None` if it frees with what is given back only.
    pub resets_at: Option<Time>,
}

impl From<&Spending> for BudgetExhaustedError {
    fn from(spending: &Spending) -> Self {
        let Spending { budget, scope, limit, amount, now, .. } = spending.clone();
        Self { budget, scope, limit, amount, at: now, resets_at: spending.resets_at() }
    }
}

impl BudgetExhaustedError {
    /// After how long it is worth asking again, at least a second.
    #[must_use]
    pub fn retry_after(&self) -> Duration {
        let left = self.resets_at.map_or(DEFAULT_RETRY_AFTER, |frees| frees.since(self.at));
        Duration::from_secs(left.as_millis().div_ceil(1_000).try_into().unwrap_or(u64::MAX))
            .max(Duration::from_secs(1))
    }

    /// What to do about it, as a sentence.
    #[must_use]
    pub fn remedy(&self) -> String {
        match (self.budget, self.resets_at) {
            (Budget::Connectors, _) => {
                "Delete a connector that is not needed, or ask the vendor for more.".to_owned()
            }
            (_, Some(frees)) if self.amount <= self.limit => format!("Try again from {frees} on."),
            _ => "Ask for less at once, or ask the vendor for more.".to_owned(),
        }
    }
}

impl fmt::Display for BudgetExhaustedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let things = match self.budget {
            Budget::Connectors => "connectors",
            Budget::Changes => "changes",
            Budget::Verifications => "connection checks",
            Budget::Runs => "runs asked for",
            Budget::TestMessages => "test messages",
            Budget::Confirmations => "confirmation mails",
        };
        match &self.scope {
            BudgetScope::Tenant(tenant) => write!(f, "tenant {}", tenant.escaped())?,
            BudgetScope::Connector(id) => write!(f, "connector {id}")?,
        }
        let limit = self.limit;
        let per = match self.budget.period() {
            Some(DAY) => " a day",
            Some(_) => " an hour",
            None => "",
        };
        match self.resets_at {
            _ if self.amount > limit => {
                write!(f, " may have {limit} {things}{per}, and this takes {} at once", self.amount)
            }
            Some(frees) => {
                write!(f, " may have {limit} {things}{per}, which are used up; that frees at {frees}")
            }
            None => write!(
                f,
                " may have {limit} {things}, drafts included, and has them; that frees with each that is deleted"
            ),
        }
    }
}

impl std::error::Error for BudgetExhaustedError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::Party;

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
    fn the_words_say_the_limit_and_when_it_frees() {
        assert_eq!(
            exhausted(Budget::Runs, 1).to_string(),
            "connector con_0000000000000007 may have 20 runs asked for an hour, which are used up; that frees at \
             2026-11-29T23:00:00.000Z"
        );
        assert_eq!(
            exhausted(Budget::TestMessages, 2).to_string(),
            "tenant acme may have 20 test messages a day, which are used up; that frees at 2026-11-30T00:00:00.000Z"
        );
        assert_eq!(
            exhausted(Budget::Connectors, 1).to_string(),
            "tenant acme may have 20 connectors, drafts included, and has them; that frees with each that is deleted"
        );
        let too_much = exhausted(Budget::TestMessages, 21);
        assert!(too_much.to_string().ends_with("may have 20 test messages a day, and this takes 21 at once"));
        assert!(!too_much.remedy().contains("2026"), "it never frees");
    }

    #[test]
    fn whoever_waits_as_long_as_it_says_waits_long_enough() {
        assert_eq!(exhausted(Budget::Runs, 1).retry_after(), Duration::from_secs(2));
        assert_eq!(exhausted(Budget::Connectors, 1).retry_after(), HOUR);
    }
}
