//! Lambda's filter of a function's log, by the configured level.
//!
//! Source: AWS Lambda developer guide, "Log-level filtering". For a function that logs JSON, a line's `level`
//! decides. A line without a known `level`, or without a `timestamp` of RFC 3339, counts as INFO, and so does
//! one that isn't a JSON object.

use archive::time::Time;
use serde_json::Value;

/// From the most verbose on.
const LEVELS: [&str; 6] = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
const INFO: usize = 2;

/// Whether Lambda forwards a line to `CloudWatch` Logs, with this `ApplicationLogLevel`.
///
/// # Panics
/// If the level is unknown.
#[must_use]
pub fn passes_filter(application_log_level: &str, line: &str) -> bool {
    let threshold = level_rank(application_log_level).expect("a log level of Lambda");
    let line: Value = serde_json::from_str(line).unwrap_or_default();
    let has_timestamp = line["timestamp"].as_str().is_some_and(|text| text.parse::<Time>().is_ok());
    let level = line["level"].as_str().filter(|_| has_timestamp).and_then(level_rank);
    level.unwrap_or(INFO) >= threshold
}

/// The level that `template.yaml` gives Lambda for a function, when it is deployed with this `LogLevel`.
///
/// # Panics
/// If the template sets it in a way that is unknown here.
#[must_use]
pub fn application_log_level(template: &str, function: &str, log_level: &str) -> String {
    let (_, resource) = template.split_once(&format!("\n  {function}:\n")).expect("the function");
    let (_, level) = resource.split_once("ApplicationLogLevel: ").expect("a level for Lambda");
    match level.lines().next() {
        Some("!Ref LogLevel") => log_level.to_owned(),
        Some("!If [LogsBelowInfo, !Ref LogLevel, INFO]") => {
            let condition = template.split_once("  LogsBelowInfo: !Or\n").expect("the condition").1;
            let named = format!("    - !Equals [!Ref LogLevel, {log_level}]");
            let included =
                condition.lines().take_while(|line| line.starts_with("    -")).any(|line| line == named);
            if included { log_level.to_owned() } else { "INFO".to_owned() }
        }
        other => panic!("{other:?}"),
    }
}

fn level_rank(level: &str) -> Option<usize> {
    LEVELS.iter().position(|known| known.eq_ignore_ascii_case(level))
}
