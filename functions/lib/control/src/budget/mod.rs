//! The vendor's limits of each budget, and the error of a budget that is exhausted.

mod exhausted;
mod limits;

pub use exhausted::{BudgetExhaustedError, DEFAULT_RETRY_AFTER};
pub use limits::{Budgets, BudgetsParseError, MAX_BUDGET_LIMIT};
