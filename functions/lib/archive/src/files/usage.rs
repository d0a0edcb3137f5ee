//! Prints what clap says about a command line that it does not run.

use clap::error::ErrorKind;

use super::error::VerifyError;
use super::output::Output;

/// Prints clap's message. Returns whether it is a result, which help and version are; anything else is
/// wrong usage.
pub fn print(error: &clap::Error, output: Output) -> bool {
    let is_result = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    if output.is_json() && !is_result {
        let text = error.render().to_string();
        let is_advice = |line: &str| line.starts_with("Usage:") || line.starts_with("For more information");
        let message: Vec<&str> = text.lines().take_while(|line| !is_advice(line)).map(str::trim).collect();
        let message = message.join(" ").trim().to_owned();
        let message = message.strip_prefix("error: ").unwrap_or(&message);
        output.error(&VerifyError::usage(message, "See the command's --help."));
    } else {
        // An error means that the terminal is closed.
        let _ = error.print();
    }
    is_result
}
