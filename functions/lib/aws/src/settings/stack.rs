//! The settings of metrics and logs.

use tracing::Level;

use super::env::{Env, FromEnv, ReportedError, text};
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

impl FromEnv for StackSettings {
    /// Reads `STACK_NAME`; absent means `auditferry`. Reads `LOG_LEVEL`; absent means `INFO`.
    fn from_env(env: &mut Env<'_>) -> Result<Self, ReportedError> {
        let form = "the stack's name: a letter and up to 127 of A-Z a-z 0-9 -, or empty for auditferry";
        let levels = "one of TRACE, DEBUG, INFO, WARN, ERROR, or empty for INFO";
        let name = env.optional("STACK_NAME", form, text(is_stack_name));
        let log_level = env.optional("LOG_LEVEL", levels, logs::parse_level);
        Ok(Self {
            name: name?.unwrap_or_else(|| "auditferry".to_owned()),
            log_level: log_level?.unwrap_or(Level::INFO),
        })
    }
}

/// Source: `CloudFormation` API reference, `CreateStack`, `StackName`.
fn is_stack_name(text: &str) -> bool {
    text.len() <= 128
        && text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{SettingsError, read as settings};

    fn with(variable: &str, value: &str) -> Result<StackSettings, SettingsError> {
        settings::<StackSettings>(&|name| (name == variable).then(|| value.to_owned()))
    }

    #[test]
    fn a_stack_name_is_what_cloudformation_accepts() {
        let read = |text: &str| with("STACK_NAME", text);
        assert_eq!(read("").unwrap().name, "auditferry");
        assert_eq!(read("Audit-2").unwrap().name, "Audit-2");
        for bad in ["2-audit", "audit_ferry", "-", "a b", &"a".repeat(129)] {
            assert!(read(bad).unwrap_err().to_string().contains("STACK_NAME is `"), "{bad}");
        }
    }

    #[test]
    fn a_log_level_is_one_of_five_or_info() {
        let read = |text: &str| with("LOG_LEVEL", text);
        assert_eq!(read("").unwrap().log_level, Level::INFO);
        assert_eq!(read("WARN").unwrap().log_level, Level::WARN);
        for bad in ["warn", "FATAL", "verbose"] {
            let error = read(bad).unwrap_err().to_string();
            assert!(error.contains("LOG_LEVEL is `") && error.contains("TRACE, DEBUG, INFO"), "{error}");
        }
    }
}
