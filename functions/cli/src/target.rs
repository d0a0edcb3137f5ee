//! What a command works on: the options `--local`, `--now` and `--json`, and commands for the same target.

use std::path::PathBuf;

use archive::time::Time;
use clap::Args;

/// What a command works on: a local folder or AWS.
#[derive(Debug, Clone, Args)]
pub(crate) struct Target {
    /// Work in this folder, on the embedded stand-ins, instead of in AWS
    #[arg(long, value_name = "DIR", help_heading = "Where")]
    pub(crate) local: Option<PathBuf>,
    /// Use this time instead of now, such as 2023-07-10T12:06:00Z (only with --local)
    #[arg(long, value_name = "TIME", requires = "local", help_heading = "Where")]
    pub(crate) now: Option<Time>,
    /// Print one JSON object on stdout, also on failure
    #[arg(long, help_heading = "Where")]
    pub(crate) json: bool,
}

/// Inserts the target flag before the options of a command.
pub(crate) fn with_target_flag(command: &str, flag: &str) -> String {
    let (arguments, options) = command.split_at(command.find(" --").unwrap_or(command.len()));
    format!("{arguments}{flag}{options}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_target_flag_comes_before_the_options_of_a_command() {
        assert_eq!(
            with_target_flag("auditferry connector show con_1", " --local ./af"),
            "auditferry connector show con_1 --local ./af"
        );
        assert_eq!(
            with_target_flag("auditferry connector create --tenant T", " --local d"),
            "auditferry connector create --local d --tenant T"
        );
        assert_eq!(with_target_flag("auditferry connector list", ""), "auditferry connector list");
    }
}
