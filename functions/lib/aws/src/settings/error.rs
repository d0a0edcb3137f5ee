//! What is wrong with the environment: each variable with its value and the form that it must have.
//!
//! No variable holds a secret (keys are named by their location), so a value may be shown.

use std::fmt;

/// All variables that are missing or malformed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct SettingsError(pub Vec<SettingError>);

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [one] => write!(f, "the environment variable {one}"),
            several => {
                write!(f, "{} environment variables are missing or malformed:", several.len())?;
                several.iter().try_for_each(|wrong| write!(f, "\n- {wrong}"))
            }
        }
    }
}

/// A variable that is missing or malformed: its name, what is wrong, the right form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name} {problem}; it must be {form}")]
pub struct SettingError {
    /// The name of the variable.
    pub name: &'static str,
    /// What is wrong with it.
    pub problem: SettingErrorKind,
    /// The right form, as it reads after "it must be".
    pub form: String,
}

/// What is wrong with a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SettingErrorKind {
    /// It is required, but absent or empty.
    Missing,
    /// Its value has another form.
    Malformed(
        /// The value, shortened and with control characters escaped.
        String,
    ),
}

impl fmt::Display for SettingErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("is not set"),
            Self::Malformed(value) => write!(f, "is `{value}`"),
        }
    }
}

impl SettingError {
    pub(super) fn missing(name: &'static str, form: impl Into<String>) -> Self {
        Self { name, problem: SettingErrorKind::Missing, form: form.into() }
    }

    pub(crate) fn malformed(name: &'static str, value: &str, form: impl Into<String>) -> Self {
        let value = value.chars().take(80).flat_map(char::escape_debug).collect();
        Self { name, problem: SettingErrorKind::Malformed(value), form: form.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_reported_short_and_without_control_characters() {
        let error = SettingError::malformed("N", &format!("\u{1b}{}", "x".repeat(500)), "short");
        let error = SettingsError(vec![error]).to_string();
        assert!(error.len() < 200 && !error.chars().any(char::is_control), "{error}");
    }
}
