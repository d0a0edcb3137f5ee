//! Prints the result of a verification: for people as lines, for programs as one JSON object with one finding
//! per line.

use std::time::Duration;

use serde::Serialize;

use super::numbers::{counted, grouped};
use super::output::{Output, Style};
use super::verification::Verification;
use crate::verify::chain_summary::ChainSummary;
use crate::verify::check::{Outcome, Progress, Verdict, VerifyOptions};
use crate::verify::content::Content;
use crate::verify::finding::{Finding, Kind, Severity};
use crate::verify::totals::Missing;

/// Maximum number of findings of a kind that are printed for people.
const MAX_SHOWN_PER_KIND: u64 = 10;

/// The progress of a verification, as a line that is printed again and again.
#[derive(Debug, Default)]
pub struct ProgressLine {
    /// When the first object was read, since the start of the process.
    reading_since: Option<Duration>,
}

impl ProgressLine {
    /// The progress now, with rate and time left; `elapsed` is the time since the start of the process.
    pub fn text(&mut self, progress: &Progress, elapsed: Duration) -> String {
        let (total, read) = (Progress::get(&progress.total), Progress::get(&progress.read));
        if total > 0 && self.reading_since.is_none() {
            self.reading_since = Some(elapsed);
        }
        let Some(since) = self.reading_since else {
            return format!("{} read", counted(Progress::get(&progress.manifests), "manifest"));
        };
        let rate = read / elapsed.saturating_sub(since).as_secs().max(1);
        let left = match rate {
            0 => String::new(),
            rate => format!(", {} s left", grouped(total.saturating_sub(read) / rate)),
        };
        let events = counted(Progress::get(&progress.events), "event");
        format!("{} of {} MB, {events}, {} MB/s{left}", megabytes(read), megabytes(total), megabytes(rate))
    }
}

fn megabytes(bytes: u64) -> String {
    grouped(bytes / 1_000_000)
}

/// The JSON object of `--json`, up to its findings.
#[derive(Serialize)]
struct ReportHeader<'a> {
    verdict: &'static str,
    summary: &'a str,
    /// The verified path: the given one, or the only archive below it.
    archive: &'a str,
    origin: Option<String>,
    trusted_keys: Vec<String>,
    /// The command to repeat once the vendor has confirmed the key, if none was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    repeat: Option<String>,
    chain: &'a ChainSummary,
    content: &'a Content,
    checked: Checked<'a>,
    counts: std::collections::BTreeMap<String, u64>,
    missing: Missing,
    seconds: f64,
}

/// What was checked in the events; `null` is not checked.
#[derive(Serialize)]
struct Checked<'a> {
    keys: &'static str,
    connector: &'static str,
    id: &'a str,
    time: Option<&'a str>,
    tenant: Option<&'a str>,
}

/// Prints the result of a verification.
pub fn print(outcome: &Outcome, verification: &Verification, output: Output, took: Duration) {
    let summary = summary(outcome);
    if output.is_json() {
        output.json(&json(outcome, verification, &summary, took));
    } else {
        print_lines(outcome, verification, &summary, output);
    }
}

/// One JSON object; each finding is on its own line, so that `grep` works too.
fn json(outcome: &Outcome, verification: &Verification, summary: &str, took: Duration) -> String {
    let options = &verification.options;
    let head = ReportHeader {
        verdict: outcome.verdict.as_str(),
        summary,
        archive: &verification.opened.path,
        origin: outcome.origin.as_ref().map(ToString::to_string),
        trusted_keys: outcome.trusted.iter().map(ToString::to_string).collect(),
        repeat: repeat(outcome, verification),
        chain: &outcome.chain,
        content: &outcome.content,
        checked: Checked {
            keys: match (options.pins.is_empty(), outcome.trusted.is_empty()) {
                (false, _) => "named",
                (true, false) => "trust on first use",
                (true, true) => "none",
            },
            connector: if options.connector.is_some() { "named" } else { "as found" },
            id: options.fields.id.as_deref().unwrap_or("likely"),
            time: options.fields.time.as_deref(),
            tenant: options.fields.tenant.as_deref(),
        },
        counts: outcome.counts.iter().map(|(kind, count)| (kind.name(), *count)).collect(),
        missing: outcome.totals.missing,
        seconds: (took.as_secs_f64() * 1000.0).round() / 1000.0,
    };
    let head = serde_json::to_string(&head).unwrap_or_default();
    let line = |finding: &Finding| serde_json::to_string(finding).unwrap_or_default();
    let findings: Vec<String> = outcome.findings.iter().map(line).collect();
    let head = head.strip_suffix('}').unwrap_or(&head);
    if findings.is_empty() {
        return format!("{head},\"findings\":[]}}\n");
    }
    format!("{head},\"findings\":[\n{}\n]}}\n", findings.join(",\n"))
}

fn print_lines(outcome: &Outcome, verification: &Verification, summary: &str, output: Output) {
    let options = &verification.options;
    if let Some(origin) = &outcome.origin {
        output.line(origin);
    }
    if let (Some(from), Some(to)) = (outcome.chain.from, outcome.chain.to) {
        output.line(format_args!("from {from} to {to}"));
    }
    let mut shown = std::collections::BTreeMap::new();
    for finding in &outcome.findings {
        let of_kind: &mut u64 = shown.entry(finding.kind).or_default();
        *of_kind += 1;
        if *of_kind <= MAX_SHOWN_PER_KIND {
            print_finding(finding, output);
        }
    }
    for (kind, count) in &outcome.counts {
        if *count > MAX_SHOWN_PER_KIND {
            let more = grouped(count - MAX_SHOWN_PER_KIND);
            output.line(format_args!("  and {more} more of {}: use --json to list them", kind.name()));
        }
    }
    output.line("");
    output.line(checked_line(outcome, options));
    if let Some(newest) = &outcome.chain.newest_manifest {
        output.line(format_args!("newest manifest: {newest}"));
    }
    if let Some(command) = repeat(outcome, verification) {
        output.line("Once the vendor has confirmed this key, by a channel other than the bucket, repeat:");
        output.line(format_args!("  {command}"));
    }
    let tone = match outcome.verdict {
        Verdict::Proven => Style::Success,
        Verdict::Consistent => Style::Bold,
        Verdict::Violated | Verdict::Incomplete => Style::Failure,
    };
    output.line(format_args!("{summary}. {}", output.styled(tone, verdict_sentence(outcome, options))));
}

/// The verdict, as the last sentence of a report.
fn verdict_sentence(outcome: &Outcome, options: &VerifyOptions) -> String {
    match outcome.verdict {
        Verdict::Proven => format!("Proven{}.", connector_suffix(outcome, options)),
        Verdict::Consistent => {
            format!("Consistent, signer not confirmed{}.", connector_suffix(outcome, options))
        }
        Verdict::Violated => "Violated.".to_owned(),
        Verdict::Incomplete => "Incomplete: the available files don't suffice.".to_owned(),
    }
}

/// The last line of a report for people: the summary and the verdict.
pub(super) fn last_line(outcome: &Outcome, verification: &Verification) -> String {
    format!("{}. {}", summary(outcome), verdict_sentence(outcome, &verification.options))
}

/// The connector of the archive, if the auditor did not name one: the archive of another connector of the
/// same vendor would be equally valid.
fn connector_suffix(outcome: &Outcome, options: &VerifyOptions) -> String {
    match (&outcome.origin, &options.connector) {
        (Some(origin), None) => format!(", for connector {} of {}", origin.connector, origin.vendor),
        _ => String::new(),
    }
}

/// The command to repeat with the key that was found, if the auditor named none.
fn repeat(outcome: &Outcome, Verification { invocation, opened, .. }: &Verification) -> Option<String> {
    match outcome.trusted.as_slice() {
        // The newest is enough: a signed text's successor follows the key that names it.
        [.., newest] if outcome.counts.contains_key(&Kind::TrustOnFirstUse) => {
            Some(invocation.command(&opened.path, &[newest.to_string()]))
        }
        _ => None,
    }
}

fn print_finding(finding: &Finding, output: Output) {
    let mark = match finding.severity {
        Severity::Violated => output.styled(Style::Failure, "✗"),
        Severity::Incomplete => output.styled(Style::Failure, "?"),
        Severity::Note => "·".to_owned(),
    };
    let part = finding.part.map(|part| format!(" part {part}")).unwrap_or_default();
    let since = finding.since.map(|since| format!(" since {since}")).unwrap_or_default();
    output.line(format_args!("{mark} {}{part}{since}: {}", finding.kind.name(), finding.detail));
    if let Some(file) = &finding.file {
        output.line(format_args!("    {file}"));
    }
}

/// What was checked in the events, and what was not.
fn checked_line(outcome: &Outcome, options: &VerifyOptions) -> String {
    let content = &outcome.content;
    let of = |with: u64| format!("{} of {}", grouped(with), grouped(content.events));
    let keys = match (options.pins.is_empty(), outcome.trusted.is_empty()) {
        (false, _) => "named by you",
        (true, false) => "taken from the archive, not confirmed",
        (true, true) => "missing",
    };
    let id = match &options.fields.id {
        Some(field) => format!("IDs by `{field}`"),
        None => format!("IDs in likely fields ({})", of(content.with_id)),
    };
    let time = match &options.fields.time {
        Some(field) => format!("times by `{field}`"),
        None => "times of single events not checked (--time-field)".to_owned(),
    };
    let tenant = match (&options.fields.tenant, &content.tenant) {
        (Some(field), Some(tenant)) => {
            let tenant: String = tenant.chars().take(80).flat_map(char::escape_debug).collect();
            format!("tenant by `{field}`: {tenant}")
        }
        (Some(field), None) => format!("tenant by `{field}`: none found"),
        (None, _) => "tenant of single events not checked (--tenant-field)".to_owned(),
    };
    format!("Keys {keys}; {id}; {time}; {tenant}.")
}

/// The one-line summary for people.
#[must_use]
pub fn summary(outcome: &Outcome) -> String {
    let Outcome { chain, content, totals, .. } = outcome;
    if !outcome.has_manifests {
        return match totals.added.saturating_add(totals.changed) {
            0 => "no manifest found".to_owned(),
            files => format!("no manifest found, so {} can't be verified", counted(files, "file")),
        };
    }
    let first = if totals.start_missing { Some(1) } else { chain.first_part };
    let all =
        first.zip(chain.last_part).map_or(0, |(first, last)| last.saturating_sub(first).saturating_add(1));
    let found = |what: &str, number: u64| match number {
        0 => format!("nothing {what}"),
        number => format!("{} {what}", grouped(number)),
    };
    [
        format!("{} of {}", grouped(content.objects), counted(all, "part")),
        counted(chain.quiet_seconds / 3_600, "quiet hour"),
        counted(content.events, "event"),
        format!("{} late", grouped(chain.late)),
        missing(totals.missing),
        found("changed", totals.changed),
        found("added", totals.added),
    ]
    .join(", ")
}

/// `2 parts missing (4 files)`
fn missing(missing: Missing) -> String {
    if missing.parts == 0 {
        return "nothing missing".to_owned();
    }
    let least = if missing.at_least { "at least " } else { "" };
    format!("{least}{} missing ({})", counted(missing.parts, "part"), counted(missing.files, "file"))
}
