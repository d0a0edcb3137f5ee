//! What the `main.rs` of each Lambda does alike: it starts the log, reads the settings once, and asks an
//! invocation for its deadline. It knows no Lambda runtime, which only the functions link.

use archive::time::Time;

use crate::settings::{FromEnv, SettingsError};
use crate::{logs, settings};

/// Starts logging and reads the settings of a function, such as `exporter`. `None` means that they are
/// invalid; everything that is wrong is logged.
#[must_use]
pub fn start<T: FromEnv>(function: &str) -> Option<T> {
    logs::init(variable("LOG_LEVEL").as_deref());
    valid(function, settings::read(&variable))
}

/// The value of a start-up, unless the settings turned out to be invalid. Everything that is wrong is logged.
pub fn valid<T>(function: &str, checked: Result<T, SettingsError>) -> Option<T> {
    let log = |error: &SettingsError| {
        tracing::error!(settings = %error, "the {function} can't start: its environment is invalid");
    };
    checked.inspect_err(log).ok()
}

/// The deadline of an invocation, from its context: in milliseconds since 1970.
#[must_use]
pub fn deadline(millis: u64) -> Time {
    i64::try_from(millis).ok().and_then(Time::from_millis).unwrap_or(Time::LAST)
}

/// A value that is not UTF-8 is read lossily, so that it is refused instead of looking absent.
#[expect(clippy::disallowed_methods, reason = "a function's start is where the environment is read, once")]
fn variable(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_beyond_the_range_of_time_is_its_end() {
        assert_eq!(deadline(1_689_000_000_000).millis(), 1_689_000_000_000);
        assert_eq!((deadline(u64::MAX), deadline(i64::MAX.unsigned_abs())), (Time::LAST, Time::LAST));
    }
}
