//! Reads the budgets: how much a tenant may use in a time.

use control::budget::Budgets;

use super::env::{Env, FromEnv, ReportedError};

impl FromEnv for Budgets {
    /// Reads `BUDGETS`, such as `connectors=20,changes=60`; budgets that are not listed keep their default
    /// ([`Budgets::default`]).
    fn from_env(env: &mut Env<'_>) -> Result<Self, ReportedError> {
        let budgets = env.parsed("BUDGETS", |value| {
            value.parse().map_err(|wrong| {
                let defaults = Budgets::default();
                format!(
                    "comma-separated limits from 1 to 10000, any of `{defaults}`, or empty for these ({wrong})"
                )
            })
        });
        Ok(budgets?.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use protocol::budget::Budget;

    use super::*;
    use crate::settings::read as settings;

    #[test]
    fn limits_are_read_and_a_typo_is_reported_with_the_right_form() {
        let read = |value: &str| settings::<Budgets>(&|_| Some(value.to_owned()));
        assert_eq!(read(""), Ok(Budgets::default()));
        assert_eq!(read("runs=3").unwrap().limit(Budget::Runs), 3);
        for (bad, why) in [
            ("run=3", "unknown budget `run`"),
            ("runs=0", "runs is `0`, which is not a whole number from 1 to 10000"),
            ("runs", "`runs` is not NAME=LIMIT"),
        ] {
            let error = read(bad).unwrap_err().to_string();
            assert!(error.contains(&format!("BUDGETS is `{bad}`")), "{error}");
            assert!(
                error.contains("connectors=20,changes=60,verifications=30") && error.contains(why),
                "{error}"
            );
        }
    }
}
