//! The limits of a deployment, and their form in its settings.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use protocol::budget::Budget;

/// The largest limit: a count must stay one small item.
pub const MAX_BUDGET_LIMIT: u32 = 10_000;

/// The limit of each budget, 1 to [`MAX_BUDGET_LIMIT`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budgets([u32; Budget::ALL.len()]);

impl Default for Budgets {
    /// 20 connectors per tenant; per connector and hour 60 changes, 30 connection checks and 12 requested
    /// runs; per tenant and day 20 test messages, 10 confirmation mails and 5 links that are handed on.
    fn default() -> Self {
        Self(Budget::ALL.map(|budget| match budget {
            Budget::Connectors | Budget::TestMessages => 20,
            Budget::Changes => 60,
            Budget::Verifications => 30,
            Budget::Runs => 12,
            Budget::Confirmations => 10,
            Budget::HandOvers => 5,
        }))
    }
}

impl Budgets {
    /// The limit of a budget.
    #[must_use]
    pub fn limit(&self, budget: Budget) -> u32 {
        let limits = Budget::ALL.iter().zip(self.0);
        limits.filter(|(of_limit, _)| **of_limit == budget).map(|(_, limit)| limit).sum()
    }

    /// A copy with another limit for one budget, clamped to its bounds.
    #[must_use]
    pub fn with_limit(mut self, budget: Budget, limit: u32) -> Self {
        for (of_limit, slot) in Budget::ALL.iter().zip(&mut self.0) {
            if *of_limit == budget {
                *slot = limit.clamp(1, MAX_BUDGET_LIMIT);
            }
        }
        self
    }
}

impl fmt::Display for Budgets {
    /// As written in the settings: `connectors=20,changes=60,…`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, budget) in Budget::ALL.into_iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{}={}", budget.as_str(), self.limit(budget))?;
        }
        Ok(())
    }
}

/// A text that is not a list of budgets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BudgetsParseError {
    /// A piece between commas is not a name, an equals sign and a number.
    #[error("`{0}` is not NAME=LIMIT")]
    Syntax(String),
    /// No budget has this name.
    #[error("unknown budget `{0}`")]
    Unknown(String),
    /// A budget is named twice.
    #[error("{} is named twice", .0.as_str())]
    Duplicate(Budget),
    /// The limit is not a whole number within its bounds.
    #[error("{} is `{limit}`, which is not a whole number from 1 to 10000", .budget.as_str())]
    Limit {
        /// The budget whose limit is wrong.
        budget: Budget,
        /// The limit as written.
        limit: String,
    },
}

impl FromStr for Budgets {
    type Err = BudgetsParseError;

    /// Parses `NAME=LIMIT` pieces between commas. A budget that is not named keeps its default; an empty text
    /// names none.
    fn from_str(text: &str) -> Result<Self, BudgetsParseError> {
        let mut budgets = Self::default();
        let mut seen = BTreeSet::new();
        let escape = |text: &str| text.chars().take(40).flat_map(char::escape_debug).collect::<String>();
        for piece in text.split(',').filter(|_| !text.trim().is_empty()) {
            let (name, limit) =
                piece.split_once('=').ok_or_else(|| BudgetsParseError::Syntax(escape(piece)))?;
            let (name, limit) = (name.trim(), limit.trim());
            let named = Budget::ALL.into_iter().find(|budget| budget.as_str() == name);
            let budget = named.ok_or_else(|| BudgetsParseError::Unknown(escape(name)))?;
            if !seen.insert(budget) {
                return Err(BudgetsParseError::Duplicate(budget));
            }
            let digits = limit.bytes().all(|b| b.is_ascii_digit());
            let number =
                limit.parse::<u32>().ok().filter(|number| digits && (1..=MAX_BUDGET_LIMIT).contains(number));
            let number = number.ok_or_else(|| BudgetsParseError::Limit { budget, limit: escape(limit) })?;
            budgets = budgets.with_limit(budget, number);
        }
        Ok(budgets)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_budget_that_is_not_named_keeps_its_default() {
        assert_eq!("".parse::<Budgets>(), Ok(Budgets::default()));
        let some: Budgets = "changes=5, test_messages=1".parse().unwrap();
        assert_eq!(
            some.to_string(),
            "connectors=20,changes=5,verifications=30,runs=12,test_messages=1,confirmations=10,hand_overs=5"
        );
    }

    #[test]
    fn an_invalid_text_is_refused_with_the_reason() {
        for (bad, why) in [
            ("connector=1", "unknown budget `connector`"),
            ("changes", "`changes` is not NAME=LIMIT"),
            ("changes=1,", "`` is not NAME=LIMIT"),
            ("changes=1,changes=1", "changes is named twice"),
            ("runs=0", "runs is `0`, which is not a whole number from 1 to 10000"),
            ("runs=10001", "runs is `10001`"),
            ("runs=-1", "runs is `-1`"),
            ("runs=+1", "runs is `+1`"),
            ("runs=1.5", "runs is `1.5`"),
            ("runs=", "runs is ``"),
            ("runs=99999999999999999999", "runs is `99999999999999999999`"),
        ] {
            let error = bad.parse::<Budgets>().unwrap_err().to_string();
            assert!(error.starts_with(why), "{bad}: {error}");
        }
    }

    proptest! {
        #[test]
        fn a_formatted_text_parses_to_the_same_budgets(
            limits in prop::array::uniform7(1..=MAX_BUDGET_LIMIT),
        ) {
            let mut budgets = Budgets::default();
            for (budget, limit) in Budget::ALL.into_iter().zip(limits) {
                budgets = budgets.with_limit(budget, limit);
                prop_assert_eq!(budgets.limit(budget), limit);
            }
            prop_assert_eq!(budgets.to_string().parse::<Budgets>(), Ok(budgets));
        }

        #[test]
        fn no_text_makes_it_panic(text in any::<String>(), near in "[a-z_=,0-9 ]{0,60}") {
            for text in [text, near] {
                if let Ok(budgets) = text.parse::<Budgets>() {
                    let mut limits = Budget::ALL.iter().map(|of| budgets.limit(*of));
                    prop_assert!(limits.all(|limit| (1..=MAX_BUDGET_LIMIT).contains(&limit)));
                }
            }
        }
    }
}
