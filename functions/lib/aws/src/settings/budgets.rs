//! Reads the budgets: how much a tenant may use in a time.

use control::budget::Budgets;

use super::read::{Lookup, SettingsError, non_empty};

const NAME: &str = "BUDGETS";

/// Reads `BUDGETS`, such as `connectors=20,changes=60`; budgets that are not listed keep their default
/// ([`Budgets::default`]).
///
/// # Errors
/// If it lists an unknown budget, a budget twice, or a limit that is not a whole number from 1 to 10,000.
pub fn budgets(env: Lookup<'_>) -> Result<Budgets, SettingsError> {
    let Some(value) = non_empty(env, NAME) else { return Ok(Budgets::default()) };
    value.parse().map_err(|wrong| {
        let defaults = Budgets::default();
        let form = format!(
            "comma-separated limits from 1 to 10000, any of `{defaults}`, or empty for these ({wrong})"
        );
        SettingsError::malformed(NAME, &value, form)
    })
}

#[cfg(test)]
mod tests {
    use protocol::budget::Budget;

    use super::*;

    #[test]
    fn limits_are_read_and_a_typo_is_reported_with_the_right_form() {
        let read = |value: &str| budgets(&|_| Some(value.to_owned()));
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
