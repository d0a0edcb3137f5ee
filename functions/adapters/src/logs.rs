//! Logs as Lambda wants them: one JSON object a line on standard output, whatever the platform's own setting.

use tracing::Level;

/// Starts logging. `level` is `AWS_LAMBDA_LOG_LEVEL` as Lambda sets it (`TRACE` to `FATAL`); without one, or
/// with one that is not known, it is `INFO`.
pub fn start(level: Option<&str>) {
    let level = match level.map(str::to_ascii_uppercase).as_deref() {
        Some("TRACE") => Level::TRACE,
        Some("DEBUG") => Level::DEBUG,
        Some("WARN") => Level::WARN,
        Some("ERROR" | "FATAL") => Level::ERROR,
        _ => Level::INFO,
    };
    tracing_subscriber::fmt().json().flatten_event(true).with_max_level(level).init();
}
