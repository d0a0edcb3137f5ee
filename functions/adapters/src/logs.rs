//! Logs as Lambda wants them: one JSON object a line on standard output, whatever the platform's own setting.

use tracing::Level;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Our own packages.
const OURS: [&str; 7] = ["adapters", "api", "dispatcher", "domain", "exporter", "notifier", "services"];

/// Starts logging. `level` is `AWS_LAMBDA_LOG_LEVEL` as Lambda sets it (`TRACE` to `FATAL`); without one, or
/// with one that is not known, it is `INFO`.
///
/// Below `INFO` it concerns our own packages only: the SDK then logs whole answers, with events, keys and
/// external IDs in them.
pub fn start(level: Option<&str>) {
    let level = match level.map(str::to_ascii_uppercase).as_deref() {
        Some("TRACE") => Level::TRACE,
        Some("DEBUG") => Level::DEBUG,
        Some("WARN") => Level::WARN,
        Some("ERROR" | "FATAL") => Level::ERROR,
        _ => Level::INFO,
    };
    let others = LevelFilter::from_level(level.min(Level::INFO));
    let targets = Targets::new().with_default(others).with_targets(OURS.map(|target| (target, level)));
    let lines = tracing_subscriber::fmt::layer().json().flatten_event(true);
    tracing_subscriber::registry().with(lines).with(targets).init();
}
