//! The settings of watchdog and metrics.

use std::time::Duration;

use tracing::Level;

use super::read::{Lookup, SettingsError, number, optional, zip_errors};
use crate::logs;

/// The name of the deployment, and its log level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackSettings {
    /// The stack's name, a dimension of its metrics that distinguishes stacks in the same account.
    pub name: String,
    /// The least severe level that is logged. [`logs::init`] has read it before; here an invalid level is
    /// rejected.
    pub log_level: Level,
}

impl StackSettings {
    /// Reads `STACK_NAME`; absent means `auditferry`. Reads `LOG_LEVEL`; absent means `INFO`.
    ///
    /// # Errors
    /// If `STACK_NAME` is not a valid stack name, or `LOG_LEVEL` not a level.
    pub fn read(env: Lookup<'_>) -> Result<Self, SettingsError> {
        let form = "the stack's name: a letter and up to 127 of A-Z a-z 0-9 -, or empty for auditferry";
        let levels = "one of TRACE, DEBUG, INFO, WARN, ERROR, or empty for INFO";
        let (name, level) = zip_errors(
            optional(env, "STACK_NAME", form, is_stack_name),
            optional(env, "LOG_LEVEL", levels, |text| logs::parse_level(text).is_some()),
        )?;
        Ok(Self {
            name: name.unwrap_or_else(|| "auditferry".to_owned()),
            log_level: level.as_deref().and_then(logs::parse_level).unwrap_or(Level::INFO),
        })
    }
}

/// Source: `CloudFormation` API reference, `CreateStack`, `StackName`.
fn is_stack_name(text: &str) -> bool {
    text.len() <= 128
        && text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// Reads `EVENT_RETENTION_DAYS`: how long the source keeps an event. Absent or zero means forever.
///
/// # Errors
/// If it is not a whole number from 0 to 3,650.
pub fn retention(env: Lookup<'_>) -> Result<Option<Duration>, SettingsError> {
    let days = number(env, "EVENT_RETENTION_DAYS", 0..=3_650, 0)?;
    Ok((days > 0).then(|| Duration::from_hours(24 * days)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_name_is_what_cloudformation_accepts() {
        let read = |text: &str| StackSettings::read(&|name| (name == "STACK_NAME").then(|| text.to_owned()));
        assert_eq!(read("").unwrap().name, "auditferry");
        assert_eq!(read("Audit-2").unwrap().name, "Audit-2");
        for bad in ["2-audit", "audit_ferry", "-", "a b", &"a".repeat(129)] {
            assert!(read(bad).unwrap_err().to_string().contains("STACK_NAME is `"), "{bad}");
        }
    }

    #[test]
    fn a_log_level_is_one_of_five_or_info() {
        let read = |text: &str| StackSettings::read(&|name| (name == "LOG_LEVEL").then(|| text.to_owned()));
        assert_eq!(read("").unwrap().log_level, Level::INFO);
        assert_eq!(read("WARN").unwrap().log_level, Level::WARN);
        for bad in ["warn", "FATAL", "verbose"] {
            let error = read(bad).unwrap_err().to_string();
            assert!(error.contains("LOG_LEVEL is `") && error.contains("TRACE, DEBUG, INFO"), "{error}");
        }
    }

    #[test]
    fn no_days_is_for_ever() {
        let read = |days: &str| retention(&|_| Some(days.to_owned()));
        assert_eq!((read("").unwrap(), read("0").unwrap()), (None, None));
        assert_eq!(read("90").unwrap(), Some(Duration::from_hours(90 * 24)));
        assert!(read("3651").unwrap_err().to_string().contains("0 to 3650"));
    }
}
