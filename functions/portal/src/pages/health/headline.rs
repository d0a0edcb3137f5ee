//! The first two lines of the page: does the log arrive, what waits, and what would be lost.

use std::fmt::Write as _;

use archive::time::Time;
use protocol::connector::State;
use protocol::health::Health;
use protocol::loss_forecast::LossForecast;

use super::{Entry, complete_to};
use crate::components::{count, moment};
use crate::connector_state::name;

/// The first two lines.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Headline {
    /// Whether the log arrives.
    pub(super) title: String,
    /// What waits, and from which time events would be lost.
    pub(super) detail: String,
    /// The connector to look at first.
    pub(super) place: Option<String>,
}

/// What keeps a connector from delivering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    /// The customer can fix it.
    NeedsYou,
    /// Only the vendor can.
    Late,
    Paused,
}

fn trouble(entry: &Entry) -> Option<Trouble> {
    let status = &entry.health.status;
    match (status.health, &status.block) {
        (_, Some(block)) if block.kind.is_internal() => Some(Trouble::Late),
        (Some(Health::Blocked), _) => Some(Trouble::NeedsYou),
        (Some(Health::Stale), _) => Some(Trouble::Late),
        _ if entry.view.connector.state == State::Paused => Some(Trouble::Paused),
        _ => None,
    }
}

impl Headline {
    pub(super) fn of(entries: &[Entry], now: Time) -> Self {
        let exporting: Vec<&Entry> =
            entries.iter().filter(|entry| entry.view.connector.is_exporting()).collect();
        if exporting.is_empty() {
            return Self::without_export(entries);
        }
        let troubled: Vec<(&&Entry, Trouble)> =
            exporting.iter().filter_map(|entry| Some((entry, trouble(entry)?))).collect();
        if troubled.is_empty() {
            return Self::well(&exporting, now);
        }
        let of = |kind: Trouble| troubled.iter().filter(|(_, trouble)| *trouble == kind).count();
        let (needing, late, paused) = (of(Trouble::NeedsYou), of(Trouble::Late), of(Trouble::Paused));
        let title = if exporting.len() == 1 {
            match troubled.first() {
                Some((_, Trouble::NeedsYou)) => {
                    "Your log does not arrive: your bucket refuses it.".to_owned()
                }
                Some((_, Trouble::Paused)) => "Your log does not arrive: delivery is paused.".to_owned(),
                _ => "Your log is late.".to_owned(),
            }
        } else {
            let mut title = format!(
                "Your log arrives in {} of {} buckets",
                exporting.len() - troubled.len(),
                exporting.len()
            );
            for (number, one, many) in [
                (needing, "needs you", "need you"),
                (late, "is late", "are late"),
                (paused, "is paused", "are paused"),
            ] {
                if number > 0 {
                    let _ = write!(title, "; {number} {}", if number == 1 { one } else { many });
                }
            }
            title + "."
        };
        let place = troubled.first().map(|(entry, _)| entry.view.connector.id.to_string());
        Self { title, detail: waiting_words(&troubled), place }
    }

    fn without_export(entries: &[Entry]) -> Self {
        let begun = entries.iter().filter(|entry| entry.view.cursor.is_none()).count() as u64;
        let disabled = entries.len() as u64 - begun;
        let (title, detail) = match (begun, disabled) {
            (0, 0) => (
                "Nothing is connected yet.",
                "Connect one of your buckets, and your audit log arrives there every hour. It takes about ten \
                 minutes."
                    .to_owned(),
            ),
            (begun, 0) => (
                "Nothing is connected yet.",
                format!("{} begun and not finished. Go on where it was left.", is_or_are(begun, "connection")),
            ),
            (_, disabled) => (
                "Your log does not arrive: nothing is enabled.",
                format!("{} disabled. Nothing is read or delivered meanwhile.", is_or_are(disabled, "connector")),
            ),
        };
        Self { title: title.to_owned(), detail, place: None }
    }

    fn well(exporting: &[&Entry], now: Time) -> Self {
        let next = exporting.iter().filter_map(|entry| entry.health.status.next_run_at).min();
        let when = next.map(|next| if next > now { moment(next) } else { "any minute".to_owned() });
        if exporting.iter().all(|entry| entry.health.status.delivered_parts == 0) {
            let detail = when.map_or_else(String::new, |when| format!("The first file comes at {when}."));
            let detail = detail.replace("at any minute", "in a moment");
            return Self { title: "Your log is on its way.".to_owned(), detail, place: None };
        }
        let complete = exporting.iter().filter_map(|entry| complete_to(&entry.health)).min();
        let mut detail =
            complete.map_or_else(String::new, |to| format!("It is complete up to {}.", moment(to)));
        if let Some(when) = when {
            detail += &format!(" The next file comes at {when}.").replace("at any minute", "in a moment");
        }
        Self { title: "Your log arrives.".to_owned(), detail, place: None }
    }
}

fn waiting_words(troubled: &[(&&Entry, Trouble)]) -> String {
    let waiting = || troubled.iter().filter_map(|(entry, _)| entry.health.waiting);
    let files: u64 = waiting().map(|waiting| waiting.parts).sum();
    let since = waiting().map(|waiting| waiting.since).min();
    let losses = troubled.iter().filter_map(|(entry, _)| entry.health.loss);
    let lost_from = losses.filter_map(LossForecast::lost_from).min();
    let mut text = match lost_from {
        Some(lost_from) => format!("Nothing is lost before {}.", moment(lost_from)),
        None => "Nothing is lost.".to_owned(),
    };
    if let Some(since) = since {
        let place = match troubled {
            [(entry, _)] => name(&entry.view.connector),
            _ => "delivery".to_owned(),
        };
        let verb = if files == 1 { "waits" } else { "wait" };
        let _ = write!(text, " {} {verb} for {place} since {}.", count(files, "file"), moment(since));
    }
    if troubled.iter().any(|(_, trouble)| *trouble == Trouble::Late) {
        text += " The vendor is notified of what is late.";
    }
    text
}

fn is_or_are(number: u64, thing: &str) -> String {
    format!("{} {}", count(number, thing), if number == 1 { "is" } else { "are" })
}
