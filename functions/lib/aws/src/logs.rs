//! Logs as Lambda expects them: one JSON object per line on standard output, whatever the platform's own
//! setting.
//!
//! The process itself drops lines below `LOG_LEVEL`. Lambda could do that too, but it drops every line below
//! its level: metrics, which are lines at INFO ([`crate::metrics`]), and the text of a panic, which has no
//! level and counts as INFO. Neither metrics nor panics pass through here, so both are written at every
//! level. The template gives Lambda no level above INFO.
//!
//! Source: AWS Lambda developer guide, "Log-level filtering".

use tracing::Level;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Target prefixes of our own packages; a function's `main.rs` logs under the name of its package's library.
const OUR_CRATES: [&str; 11] = [
    "api",
    "archive",
    "aws::",
    "control",
    "dispatcher",
    "exporter",
    "notifier",
    "portal",
    "ports",
    "protocol",
    "reader",
];

/// The target whose spans identify a line's invocation. It has only spans, which are needed at every level.
const INVOCATION_SPANS: &str = "lambda_runtime::layers::trace";

/// The level with this name: `TRACE` to `ERROR`, in capitals as the template writes it; `None` for any other
/// text.
#[must_use]
pub fn parse_level(text: &str) -> Option<Level> {
    match text {
        "TRACE" => Some(Level::TRACE),
        "DEBUG" => Some(Level::DEBUG),
        "INFO" => Some(Level::INFO),
        "WARN" => Some(Level::WARN),
        "ERROR" => Some(Level::ERROR),
        _ => None,
    }
}

/// Starts logging, with the value of `LOG_LEVEL`. A missing or unknown value means `INFO`: this runs before
/// the settings are read, which reject an unknown value and need a log to report it.
pub fn init(named: Option<&str>) {
    let lines = tracing_subscriber::fmt::layer().json().flatten_event(true);
    let targets = targets(named.and_then(parse_level).unwrap_or(Level::INFO));
    tracing_subscriber::registry().with(lines).with(targets).init();
}

/// The targets of a level. Levels below `INFO` apply to our own packages only. At those, the SDK logs whole
/// responses, with events, keys and external IDs in them, and Lambda's runtime logs whole events.
fn targets(level: Level) -> Targets {
    let external_level = LevelFilter::from_level(level.min(Level::INFO));
    let ours = OUR_CRATES.map(|target| (target, level));
    Targets::new().with_default(external_level).with_targets(ours).with_target(INVOCATION_SPANS, Level::INFO)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEVELS: [Level; 5] = [Level::TRACE, Level::DEBUG, Level::INFO, Level::WARN, Level::ERROR];

    #[test]
    fn a_level_is_written_as_the_template_writes_it() {
        for known in LEVELS {
            assert_eq!(parse_level(known.as_str()), Some(known));
        }
        for unknown in ["", "info", "Warn", "FATAL", "OFF", "INFO ", "3"] {
            assert_eq!(parse_level(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn our_packages_are_logged_at_the_level_and_others_at_info_at_most() {
        for set in LEVELS {
            for of in LEVELS {
                for ours in ["api", "aws::ses", "exporter::batch"] {
                    assert_eq!(targets(set).would_enable(ours, &of), of <= set, "{ours} at {set}: {of}");
                }
                for other in ["aws_smithy_runtime::client", "lambda_runtime::requests", "hyper"] {
                    let most = set.min(Level::INFO);
                    assert_eq!(targets(set).would_enable(other, &of), of <= most, "{other} at {set}: {of}");
                }
            }
            assert!(targets(set).would_enable(INVOCATION_SPANS, &Level::INFO), "{set}");
        }
    }

    /// Every package that a function links, and the functions themselves.
    #[test]
    fn no_package_of_ours_is_left_out() {
        let workspace = include_str!("../../../../Cargo.toml");
        let packages = workspace.lines().filter_map(|line| line.split_once(" = { path = \"functions/"));
        let linked: Vec<&str> = packages.map(|(name, _)| name).filter(|name| *name != "sandbox").collect();
        assert!(linked.len() >= 9, "{linked:?}");
        for package in linked {
            let named = |target: &&str| target.strip_suffix("::").unwrap_or(target) == package;
            assert!(OUR_CRATES.iter().any(named), "{package} logs nothing below INFO");
        }
    }
}
