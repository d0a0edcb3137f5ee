//! What the watchdog and the metrics must be told of the deployment.

use std::time::Duration;

use super::read::{Lookup, WrongSettings, number, optional};

/// Which deployment this is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackSettings {
    /// The stack's name, by which its metrics are told from another's in the same account.
    pub name: String,
}

impl StackSettings {
    /// Reads `STACK_NAME`; absent means `auditferry`.
    ///
    /// # Errors
    /// If it is no stack's name.
    pub fn read(env: Lookup<'_>) -> Result<Self, WrongSettings> {
        let form = "the stack's name: a letter and up to 127 of A-Z a-z 0-9 -, or empty for auditferry";
        let name = optional(env, "STACK_NAME", form, is_stack_name)?;
        Ok(Self { name: name.unwrap_or_else(|| "auditferry".to_owned()) })
    }
}

/// Source: `CloudFormation` API reference, `CreateStack`, `StackName`.
fn is_stack_name(text: &str) -> bool {
    text.len() <= 128
        && text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// Reads `EVENT_RETENTION_DAYS`: how long the source keeps an event. Absent or zero means for ever.
///
/// # Errors
/// If it is not a whole number from 0 to 3,650.
pub fn retention(env: Lookup<'_>) -> Result<Option<Duration>, WrongSettings> {
    let days = number(env, "EVENT_RETENTION_DAYS", 0..=3_650, 0)?;
    Ok((days > 0).then(|| Duration::from_hours(24 * days)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stacks_name_is_what_cloudformation_takes() {
        let read = |name: &str| StackSettings::read(&|_| Some(name.to_owned()));
        assert_eq!(read("").unwrap().name, "auditferry");
        assert_eq!(read("Audit-2").unwrap().name, "Audit-2");
        for bad in ["2-audit", "audit_ferry", "-", "a b", &"a".repeat(129)] {
            assert!(read(bad).unwrap_err().to_string().contains("STACK_NAME is `"), "{bad}");
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
