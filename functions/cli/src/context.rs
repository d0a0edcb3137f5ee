//! The environment and start time of the process. Read once, by `main.rs`.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use aws::settings;
use aws::settings::{FromEnv, SettingsError};
use protocol::caller::Caller;

use crate::output::Output;

/// The environment variable that enables the log.
pub(crate) const LOG_VARIABLE: &str = "AUDITFERRY_LOG";

/// What commands may read from the process.
#[derive(Debug)]
pub(crate) struct ProcessContext {
    environment: HashMap<String, String>,
    started: Instant,
    pub(crate) output: Output,
}

impl ProcessContext {
    /// The context that `main.rs` read.
    pub(crate) const fn new(environment: HashMap<String, String>, started: Instant, output: Output) -> Self {
        Self { environment, started, output }
    }

    /// The value of an environment variable.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        self.environment.get(name).cloned()
    }

    /// Reads settings from the environment.
    ///
    /// # Errors
    /// All variables that are missing or malformed.
    pub(crate) fn settings<T: FromEnv>(&self) -> Result<T, SettingsError> {
        settings::read(&|name| self.variable(name))
    }

    /// The local user, by the shell's name, for the records of changes on stand-ins. The name is not
    /// authenticated.
    pub(crate) fn local_operator(&self) -> Caller {
        let mut names = ["USER", "LOGNAME", "USERNAME"].iter().filter_map(|name| self.variable(name));
        let is_valid = |name: &String| !name.is_empty() && !name.chars().any(char::is_control);
        let name = names.find(is_valid).unwrap_or_else(|| "local".to_owned());
        let truncated: String = name.chars().take(64).collect();
        Caller::Operator { name: Caller::recorded_name(&truncated).unwrap_or_else(|| "local".to_owned()) }
    }

    /// The time since the process started.
    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }
}
