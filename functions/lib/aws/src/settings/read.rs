//! Reads single variables and reports what is wrong with them.

use std::fmt;

/// Looks up a variable. A `main.rs` passes the environment as `&|name| std::env::var_os(name).map(|value|
/// value.to_string_lossy().into_owned())`, so that a value that is not UTF-8 doesn't look absent.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

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

impl SettingsError {
    pub(super) fn missing(name: &'static str, form: impl Into<String>) -> Self {
        Self(vec![SettingError { name, problem: SettingErrorKind::Missing, form: form.into() }])
    }

    pub(crate) fn malformed(name: &'static str, value: &str, form: impl Into<String>) -> Self {
        let value = value.chars().take(80).flat_map(char::escape_debug).collect();
        Self(vec![SettingError { name, problem: SettingErrorKind::Malformed(value), form: form.into() }])
    }
}

/// Both values, or all errors of both.
///
/// # Errors
/// The errors of the first, then those of the second.
pub fn zip_errors<A, B>(
    a: Result<A, SettingsError>,
    b: Result<B, SettingsError>,
) -> Result<(A, B), SettingsError> {
    match (a, b) {
        (Ok(a), Ok(b)) => Ok((a, b)),
        (Err(a), Ok(_)) => Err(a),
        (Ok(_), Err(b)) => Err(b),
        (Err(mut a), Err(b)) => {
            a.0.extend(b.0);
            Err(a)
        }
    }
}

/// The value of a variable; an empty one counts as absent.
pub(super) fn non_empty(env: Lookup<'_>, name: &str) -> Option<String> {
    env(name).filter(|value| !value.is_empty())
}

/// The value of a required variable, which must satisfy `is_right`.
pub(super) fn required(
    env: Lookup<'_>,
    name: &'static str,
    form: &str,
    is_right: impl Fn(&str) -> bool,
) -> Result<String, SettingsError> {
    optional(env, name, form, is_right)?.ok_or_else(|| SettingsError::missing(name, form))
}

/// The value of an optional variable, which must satisfy `is_right` if it is set.
pub(super) fn optional(
    env: Lookup<'_>,
    name: &'static str,
    form: &str,
    is_right: impl Fn(&str) -> bool,
) -> Result<Option<String>, SettingsError> {
    match non_empty(env, name) {
        Some(value) if !is_right(&value) => Err(SettingsError::malformed(name, &value, form)),
        value => Ok(value),
    }
}

/// A whole number within `range`, or `default` if the variable is absent. Digits only: no sign, no unit, no
/// blank.
pub(super) fn number(
    env: Lookup<'_>,
    name: &'static str,
    range: std::ops::RangeInclusive<u64>,
    default: u64,
) -> Result<u64, SettingsError> {
    let Some(value) = non_empty(env, name) else { return Ok(default) };
    let number = value.bytes().all(|b| b.is_ascii_digit()).then(|| value.parse().ok()).flatten();
    number.filter(|number| range.contains(number)).ok_or_else(|| {
        let form =
            format!("a whole number from {} to {}, or empty for {default}", range.start(), range.end());
        SettingsError::malformed(name, &value, form)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_digits_within_its_range_or_absent() {
        let read = |value: &str| number(&|_| Some(value.to_owned()), "N", 1..=20, 7);
        assert_eq!(read(""), Ok(7));
        assert_eq!(read("20"), Ok(20));
        for bad in ["0", "21", "-1", "+1", "1.5", " 1", "1s", "1_0", "x", "99999999999999999999999"] {
            let error = read(bad).unwrap_err().to_string();
            let right = format!(
                "the environment variable N is `{bad}`; it must be a whole number from 1 to 20, or \
                 empty for 7"
            );
            assert_eq!(error, right);
        }
    }

    #[test]
    fn a_value_is_reported_short_and_without_control_characters() {
        let error = SettingsError::malformed("N", &format!("\u{1b}{}", "x".repeat(500)), "short").to_string();
        assert!(error.len() < 200 && !error.chars().any(char::is_control), "{error}");
    }
}
