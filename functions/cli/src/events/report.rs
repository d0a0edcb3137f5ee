//! Reports the result of an import: as lines for a person, or as one object for a program.

use std::time::Duration;

use archive::names::TenantId;
use serde::Serialize;

use super::import::Progress;
use super::stats::ImportStats;
use crate::output::{Output, eprint_line};
use crate::table::{counted, grouped};

/// The JSON output of an import.
#[derive(Serialize)]
struct Report<'a> {
    tenant: &'a TenantId,
    #[serde(flatten)]
    stats: &'a ImportStats,
}

pub(super) fn report(output: Output, tenant: &TenantId, stats: &ImportStats) {
    if !output.is_json() {
        print(output, tenant, stats);
    }
    output.object(&Report { tenant, stats });
}

fn print(output: Output, tenant: &TenantId, stats: &ImportStats) {
    output.line(format_args!("{} imported for {}", counted(stats.imported, "event"), tenant.escaped()));
    if stats.already_there > 0 {
        output.line(format_args!(
            "{} already in the table, and unchanged",
            counted(stats.already_there, "event")
        ));
    }
    if let (Some(first), Some(last)) = (stats.first, stats.last) {
        output.line(format_args!("from {first} to {last}"));
    }
    if stats.heartbeats > 0 {
        output.line(format_args!("{} of Auditferry's own skipped", counted(stats.heartbeats, "heartbeat")));
    }
    if let Some(first) = &stats.first_other_partition {
        let items = counted(stats.other_partitions, "item");
        let first: String = first.chars().take(100).flat_map(char::escape_debug).collect();
        output.line(format_args!("{items} of other partitions skipped, the first one of `{first}`"));
    }
    let unreadable: u64 = stats.unreadable.values().sum();
    if unreadable > 0 {
        let reasons: Vec<String> =
            stats.unreadable.iter().map(|(why, count)| format!("{} {why}", grouped(*count))).collect();
        output.line(format_args!(
            "{} will be exported as unreadable records with their text, since not every reader accepts them: {}",
            counted(unreadable, "event"),
            reasons.join(", ")
        ));
    }
    if stats.skipped.count > 0 {
        output.line(&stats.skipped);
    }
    if !stats.is_complete() {
        print_failures(stats);
    }
}

fn print_failures(stats: &ImportStats) {
    let more = stats.not_imported - stats.bad.len() as u64;
    if more > 0 {
        eprint_line(format_args!("and {} more", grouped(more)));
    }
    print_hint(stats);
    for file in &stats.unread_files {
        eprint_line(format_args!("{} {}\n  {}", file.file, file.reason, file.remedy));
    }
    let more = stats.unread - stats.unread_files.len() as u64;
    if more > 0 {
        eprint_line(format_args!("and {} more", counted(more, "file")));
    }
    let mut missing = Vec::new();
    if stats.not_imported == 1 {
        missing.push("1 entry could not be imported".to_owned());
    } else if stats.not_imported > 1 {
        missing.push(format!("{} entries could not be imported", grouped(stats.not_imported)));
    }
    if stats.unread > 0 {
        missing.push(format!("{} could not be read to the end", counted(stats.unread, "file")));
    }
    eprint_line(format_args!("error: {}, as shown above", missing.join(", and ")));
    eprint_line("Fix these lines and run it again: imported events stay unchanged.");
}

/// Prints the fields of the first event without time or ID, and the options to try.
pub(super) fn print_hint(stats: &ImportStats) {
    let Some(hint) = &stats.hint else { return };
    let more = if hint.more_fields > 0 { format!(" and {} more", hint.more_fields) } else { String::new() };
    eprint_line(format_args!("the first event without these fields has: {}{more}", hint.fields.join(", ")));
    if let Some(field) = &hint.wrapped_in {
        eprint_line(format_args!(
            "if `{field}` contains the events: jq -c '.[\"{field}\"][]' FILE | auditferry events import … -"
        ));
    }
    if !hint.options.is_empty() {
        eprint_line(format_args!("try {}", hint.options.join(" ")));
    }
}

/// Formats the progress; with percentage and remaining time, if the size is known.
pub(super) fn progress(progress: &Progress<'_>, size: Option<u64>, took: Duration) -> String {
    let events = counted(progress.events, "event");
    let seconds = took.as_secs();
    let rate = progress.events.checked_div(seconds);
    let rate = rate.map_or_else(String::new, |rate| format!(", {} a second", grouped(rate)));
    let Some(size) = size.filter(|size| *size > 0) else { return format!("{events} imported{rate}") };
    let share = (u128::from(progress.read) * 100 / u128::from(size)).min(100);
    let left =
        u128::from(size.saturating_sub(progress.read)) * took.as_millis() / u128::from(progress.read.max(1));
    let left = match u64::try_from(left / 1000).unwrap_or(u64::MAX) {
        _ if seconds < 2 || share == 100 => String::new(),
        seconds if seconds < 120 => format!(", {seconds} s left"),
        seconds => format!(", {} min left", grouped(seconds / 60)),
    };
    format!("{events} imported, {share} %{rate}{left}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_has_percentage_rate_and_remaining_time_if_known() {
        let at = |events, read| Progress { events, read, rejected: &[] };
        let seconds = Duration::from_secs;
        for (at, size, took, expected) in [
            (at(10, 0), Some(1000), seconds(0), "10 events imported, 0 %"),
            (at(2000, 250), Some(1000), seconds(10), "2,000 events imported, 25 %, 200 a second, 30 s left"),
            (at(2000, 1), Some(1000), seconds(10), "2,000 events imported, 0 %, 200 a second, 166 min left"),
            (at(2000, 1000), Some(1000), seconds(10), "2,000 events imported, 100 %, 200 a second"),
            (at(2000, 5000), None, seconds(10), "2,000 events imported, 200 a second"),
            (at(1, u64::MAX), Some(u64::MAX), seconds(10), "1 event imported, 100 %, 0 a second"),
            (at(0, 0), Some(0), seconds(10), "0 events imported, 0 a second"),
        ] {
            assert_eq!(progress(&at, size, took), expected);
        }
    }
}
