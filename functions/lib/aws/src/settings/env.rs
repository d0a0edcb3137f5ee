//! The reader of the environment. It collects what is wrong, so that one start-up reports everything.
//!
//! Settings implement [`FromEnv`]. A tuple of settings reads all of them before it fails. So a struct reads
//! its concerns, each by its type, with one `let (ledger, bus) = env.read()?`.

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::error::{SettingError, SettingsError};

/// Looks up a variable. A value that is not UTF-8 is given lossily, since it must not look absent.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Reads settings from an environment.
///
/// # Errors
/// All variables that are missing or malformed, each with the right form, in the order of reading.
pub fn read<T: FromEnv>(lookup: Lookup<'_>) -> Result<T, SettingsError> {
    read_with(lookup, T::from_env)
}

pub(super) fn read_with<T>(
    lookup: Lookup<'_>,
    read: impl FnOnce(&mut Env<'_>) -> Result<T, ReportedError>,
) -> Result<T, SettingsError> {
    let mut env = Env { lookup, errors: Vec::new() };
    match read(&mut env) {
        Ok(settings) if env.errors.is_empty() => Ok(settings),
        _ => Err(SettingsError(env.errors)),
    }
}

/// The names of all variables that settings are read from, as `template.yaml` must set them.
#[must_use]
pub fn names<T: FromEnv>() -> BTreeSet<String> {
    let names = RefCell::new(BTreeSet::new());
    // Only the names matter: with no variable set, everything that is required is missing.
    let _ = read::<T>(&|name| {
        names.borrow_mut().insert(name.to_owned());
        None
    });
    names.into_inner()
}

/// Settings that are read from the environment.
pub trait FromEnv: Sized {
    /// Reads all variables of the settings, and then fails if one is missing or malformed.
    ///
    /// # Errors
    /// If there is no value. The reason was reported to `env`.
    fn from_env(env: &mut Env<'_>) -> Result<Self, ReportedError>;
}

/// Each element is read, also if one before it fails.
macro_rules! from_env_for_tuples {
    () => {};
    ($first:ident $($other:ident)*) => {
        impl<$first: FromEnv, $($other: FromEnv),*> FromEnv for ($first, $($other,)*) {
            #[expect(non_snake_case, reason = "a value is named like its type parameter")]
            fn from_env(env: &mut Env<'_>) -> Result<Self, ReportedError> {
                let ($first, $($other,)*) = (env.read(), $(env.read::<$other>(),)*);
                Ok(($first?, $($other?,)*))
            }
        }
        from_env_for_tuples!($($other)*);
    };
}
from_env_for_tuples!(A B C D E F G H I J);

/// An environment that is being read, with the errors so far.
pub struct Env<'a> {
    lookup: Lookup<'a>,
    errors: Vec<SettingError>,
}

impl std::fmt::Debug for Env<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Env").field("errors", &self.errors).finish_non_exhaustive()
    }
}

/// There is no value, and [`Env`] has the reason: only `Env` creates one of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a variable is missing or malformed")]
pub struct ReportedError(());

impl Env<'_> {
    /// Reads settings: those of a concern, or a tuple of several.
    ///
    /// # Errors
    /// If there is no value. The reason was reported.
    pub fn read<T: FromEnv>(&mut self) -> Result<T, ReportedError> {
        T::from_env(self)
    }

    /// Whether a variable has a value. An empty one counts as absent, since `CloudFormation` can't omit a
    /// variable.
    pub(super) fn is_set(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    fn value(&self, name: &str) -> Option<String> {
        (self.lookup)(name).filter(|value| !value.is_empty())
    }

    /// The value of a required variable. `parse` returns `None` for a value that does not have the form.
    pub(super) fn required<T>(
        &mut self,
        name: &'static str,
        form: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, ReportedError> {
        self.optional(name, form, parse)?.ok_or_else(|| self.missing(name, form))
    }

    /// The value of an optional variable, if it is set. `parse` returns `None` for a value that does not have
    /// the form.
    pub(super) fn optional<T>(
        &mut self,
        name: &'static str,
        form: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, ReportedError> {
        self.parsed(name, |value| parse(value).ok_or_else(|| form.to_owned()))
    }

    /// The value of an optional variable, if it is set. For a malformed one `parse` returns the right form.
    pub(super) fn parsed<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<Option<T>, ReportedError> {
        let Some(value) = self.value(name) else { return Ok(None) };
        parse(&value).map(Some).map_err(|form| self.malformed(name, &value, form))
    }

    /// A whole number within `range`, or `default` if the variable is absent. Digits only: no sign, no unit,
    /// no blank.
    pub(super) fn number(
        &mut self,
        name: &'static str,
        range: std::ops::RangeInclusive<u64>,
        default: u64,
    ) -> Result<u64, ReportedError> {
        let form =
            format!("a whole number from {} to {}, or empty for {default}", range.start(), range.end());
        let number = self.optional(name, &form, |value| {
            let number = value.bytes().all(|b| b.is_ascii_digit()).then(|| value.parse().ok()).flatten();
            number.filter(|number| range.contains(number))
        });
        Ok(number?.unwrap_or(default))
    }

    /// Reports a required variable that is absent.
    pub(super) fn missing(&mut self, name: &'static str, form: &str) -> ReportedError {
        self.report(SettingError::missing(name, form))
    }

    /// Reports a value that does not have the form.
    pub(super) fn malformed(&mut self, name: &'static str, value: &str, form: String) -> ReportedError {
        self.report(SettingError::malformed(name, value, form))
    }

    /// A variable that two settings read is reported once.
    fn report(&mut self, error: SettingError) -> ReportedError {
        if !self.errors.iter().any(|reported| reported.name == error.name) {
            self.errors.push(error);
        }
        ReportedError(())
    }
}

/// A text that satisfies `is_right`, to parse a variable that stays a text.
pub(super) fn text(is_right: impl Fn(&str) -> bool) -> impl Fn(&str) -> Option<String> {
    move |value| is_right(value).then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_digits_within_its_range_or_absent() {
        let number = |value: &str| read_with(&|_| Some(value.to_owned()), |env| env.number("N", 1..=20, 7));
        assert_eq!(number(""), Ok(7));
        assert_eq!(number("20"), Ok(20));
        for bad in ["0", "21", "-1", "+1", "1.5", " 1", "1s", "1_0", "x", "99999999999999999999999"] {
            let error = number(bad).unwrap_err().to_string();
            let right = format!(
                "the environment variable N is `{bad}`; it must be a whole number from 1 to 20, or \
                 empty for 7"
            );
            assert_eq!(error, right);
        }
    }

    #[test]
    fn a_variable_that_two_settings_read_is_reported_once() {
        let twice = read_with(&|_| Some("x".to_owned()), |env| {
            let _ = (env.number("N", 1..=2, 1), env.number("N", 1..=2, 1), env.number("M", 1..=2, 1));
            Ok(())
        });
        assert_eq!(twice.unwrap_err().0.len(), 2);
    }

    #[test]
    fn a_value_that_was_reported_is_an_error_even_if_nobody_asks_for_it() {
        let ignored = read_with(&|_| None, |env| {
            let _ = env.required("N", "set", text(|_| true));
            Ok(())
        });
        assert_eq!(ignored.unwrap_err().to_string(), "the environment variable N is not set; it must be set");
    }
}
