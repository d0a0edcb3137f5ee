//! The stages of a connection check, in words.

use maud::{Markup, html};
use protocol::preflight::{
    CheckEnd, Finding, PreflightStage, PreflightVerdict, RoleWaiting, RunningCheck, StageReport,
};

use crate::components::{Tone, copyable, count, mark};

/// What a stage proves.
pub(super) const fn promise(stage: PreflightStage) -> &'static str {
    match stage {
        PreflightStage::AssumeRole => "The role can be assumed with your external ID",
        PreflightStage::RefusesWithoutExternalId => "It refuses a request without it",
        PreflightStage::RefusesWrongExternalId => "It refuses a wrong one",
        PreflightStage::Account => "It is in your account",
        PreflightStage::BucketRegion => "The bucket is in the region",
        PreflightStage::PutObject => "A file can be written to the folder",
        PreflightStage::PrefixScope => "Nothing can be written outside of it",
        PreflightStage::Encryption => "The file is encrypted as you asked",
    }
}

/// What a check is doing, or how it ended, in one line.
pub(super) fn summary(check: &RunningCheck) -> String {
    let failed = check.reports.iter().find(|report| report.verdict == PreflightVerdict::Failed);
    let warnings = check.reports.iter().filter(|report| report.verdict == PreflightVerdict::Warning).count();
    match (check.end, check.waiting, check.current(), failed) {
        (Some(CheckEnd::Passed), ..) if warnings == 0 => "All checks passed.".to_owned(),
        (Some(CheckEnd::Passed), ..) => {
            format!("Passed, with {}.", count(warnings as u64, "warning"))
        }
        (Some(CheckEnd::Failed), .., Some(report)) => {
            format!("Stopped at: {}. Nothing after it was tried.", promise(report.stage))
        }
        (Some(CheckEnd::Failed | CheckEnd::Aborted), ..) => "The check could not be finished.".to_owned(),
        (None, Some(waiting), ..) => waiting_words(waiting),
        (None, None, Some(stage), _) => {
            let nth = PreflightStage::ALL.iter().take_while(|other| **other != stage).count() + 1;
            format!("Checking {nth} of {}: {}…", PreflightStage::ALL.len(), promise(stage))
        }
        (None, None, None, _) => "Finishing…".to_owned(),
    }
}

/// The wait for a role that AWS may not know everywhere yet.
fn waiting_words(waiting: RoleWaiting) -> String {
    let (waited, at_most) = (waiting.waited_ms / 1_000, waiting.at_most_ms / 1_000);
    format!("Waiting for IAM: {waited} s of at most {at_most} s. A new role takes AWS some seconds.")
}

/// All stages: those that have ended with what they found, the one that runs, and those to come.
pub(super) fn list(check: Option<&RunningCheck>) -> Markup {
    let reports = check.map_or(&[][..], |check| check.reports.as_slice());
    let current = check.and_then(RunningCheck::current);
    html! {
        ol.stages {
            @for stage in PreflightStage::ALL {
                @match reports.iter().find(|report| report.stage == stage) {
                    Some(report) => (ended(report)),
                    None => (open(stage, current == Some(stage), check.and_then(|check| check.waiting))),
                }
            }
        }
    }
}

fn ended(report: &StageReport) -> Markup {
    let (tone, word) = match report.verdict {
        PreflightVerdict::Passed => (Tone::Good, "passed"),
        PreflightVerdict::Warning => (Tone::Warn, "warning"),
        PreflightVerdict::Failed => (Tone::Bad, "failed"),
        PreflightVerdict::Skipped => (Tone::Neutral, "skipped"),
    };
    let shown = match (report.verdict, report.waited_ms) {
        (PreflightVerdict::Skipped, _) => "skipped".to_owned(),
        (_, Some(waited)) => format!("{}, of it {} waiting", seconds(report.duration_ms), seconds(waited)),
        (_, None) => seconds(report.duration_ms),
    };
    html! {
        li.(tone.class()) {
            div.stage {
                (mark(tone)) span { (promise(report.stage)) @if word != "skipped" { span.hidden { ": " (word) } } }
                span.number.quiet { (shown) }
            }
            @if let Some(finding) = &report.finding { (found(finding)) }
        }
    }
}

fn open(stage: PreflightStage, runs: bool, waiting: Option<RoleWaiting>) -> Markup {
    let waiting = waiting.filter(|_| runs);
    html! {
        li.running[runs].open {
            div.stage {
                span.mark.neutral aria-hidden="true" { @if runs { span.spinner {} } @else { "○" } }
                span { (promise(stage)) }
                span.number.quiet { @if waiting.is_some() { "waiting" } @else if runs { "running" } }
            }
            @if let Some(waiting) = waiting {
                div.finding {
                    progress max=(waiting.at_most_ms) value=(waiting.waited_ms) aria-label="Waiting for IAM" {}
                }
            }
        }
    }
}

fn found(finding: &Finding) -> Markup {
    html! {
        div.finding {
            @if !finding.cause.is_empty() { p { (finding.cause) } }
            (remedy(&finding.remedy))
            @if !finding.code.is_empty() { p.quiet { "Code: " span.mono { (finding.code) } } }
        }
    }
}

/// What to do, with the policy in it to copy.
pub(crate) fn remedy(text: &str) -> Markup {
    let Some((before, policy, after)) = policy_in(text) else {
        return html! { @if !text.is_empty() { p { strong { "What to do: " } (text) } } };
    };
    html! {
        p { strong { "What to do: " } (before.trim_end()) }
        (copyable("policy statement", policy))
        @if !after.is_empty() { p { (after) } }
    }
}

/// The first JSON object in a text, with the text before and after it.
fn policy_in(text: &str) -> Option<(&str, &str, &str)> {
    let start = text.find("{\"")?;
    let rest = text.get(start..)?;
    let mut values = serde_json::Deserializer::from_str(rest).into_iter::<serde_json::Value>();
    values.next()?.ok()?;
    let end = values.byte_offset();
    let after = rest.get(end..)?.trim_start_matches('.').trim();
    Some((text.get(..start)?, rest.get(..end)?, after))
}

fn seconds(ms: u64) -> String {
    if ms < 1_000 { format!("{ms} ms") } else { format!("{}.{} s", ms / 1_000, ms % 1_000 / 100) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_of_a_remedy_can_be_copied_alone() {
        let text = r#"Add this: {"Effect": "Allow", "Action": ["a", "}"]}. Then try again."#;
        let expected = ("Add this: ", r#"{"Effect": "Allow", "Action": ["a", "}"]}"#, "Then try again.");
        assert_eq!(policy_in(text), Some(expected));
        for none in ["", "Ask them.", "Use {name}.", "{\"broken", "{\"a\": }"] {
            assert_eq!(policy_in(none), None, "{none}");
        }
        assert!(remedy(text).into_string().contains("data-copy"));
    }

    #[test]
    fn durations_are_short() {
        assert_eq!([0, 999, 1_000, 20_450].map(seconds), ["0 ms", "999 ms", "1.0 s", "20.4 s"]);
    }
}
