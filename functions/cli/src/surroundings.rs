//! What the process was given: its environment, and when it began. Read once, by `main.rs`.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use domain::connector::Caller;

use crate::output::Output;

/// What a command may know of the process.
#[derive(Debug)]
pub(crate) struct Surroundings {
    environment: HashMap<String, String>,
    began: Instant,
    /// Where it prints.
    pub(crate) output: Output,
}

impl Surroundings {
    /// The process as `main.rs` found it.
    pub(crate) const fn new(environment: HashMap<String, String>, began: Instant, output: Output) -> Self {
        Self { environment, began, output }
    }

    /// The value of a variable.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        self.environment.get(name).cloned()
    }

    /// The person at this machine, by the name that the shell knows, for the records of what is changed on
    /// stand-ins. Nobody has verified it.
    pub(crate) fn person(&self) -> Caller {
        let mut names = ["USER", "LOGNAME", "USERNAME"].iter().filter_map(|name| self.variable(name));
        let sound = |name: &String| !name.is_empty() && !name.chars().any(char::is_control);
        let name = names.find(sound).unwrap_or_else(|| "local".to_owned());
        let most: String = name.chars().take(64).collect();
        Caller::Operator { name: Caller::recorded_name(&most).unwrap_or_else(|| "local".to_owned()) }
    }

    /// For how long the process has run.
    pub(crate) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }
}
