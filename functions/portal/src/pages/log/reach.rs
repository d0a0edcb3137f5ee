//! How current an answer is, how far it reaches, and what was left out: nothing is left out silently.

use control::explorer::{Lag, MissingAnswer};
use maud::{Markup, html};

use super::viewer::Viewer;
use crate::components::{Tone, count, date_time, notice, number};

/// How current it is: complete up to, read up to, kept since.
pub(super) fn sentence(lag: &Lag, viewer: &Viewer) -> Markup {
    html! {
        p.reach {
            @if viewer.is_offline() {
                "The last window of this copy ends at " (date_time(lag.complete_to)) "."
            } @else {
                "Complete up to " (date_time(lag.complete_to)) "; what is newer is not signed yet, and was read at " (date_time(lag.read_to)) "."
                @if let Some(before) = lag.let_go_before {
                    " Files from before " (date_time(before)) " are no longer kept here; your bucket has them."
                } @else if let Some(from) = lag.kept_from {
                    " Kept since " (date_time(from)) "."
                }
            }
        }
    }
}

/// What was left out, each with what to do.
pub(super) fn notes(lag: &Lag) -> Markup {
    let notes = sentences(lag);
    html! {
        @if !notes.is_empty() {
            (notice(Tone::Warn, &html! { ul { @for note in notes { li { (note) } } } }))
        }
    }
}

fn sentences(lag: &Lag) -> Vec<Markup> {
    let mut notes = Vec::new();
    if let Some(to) = lag.searched_to {
        notes.push(html! { "The chart reaches back to " (date_time(to)) ": one request reads no more. Shorten the time, or add to the filter." });
    }
    if let Some(before) = lag.not_indexed_before {
        notes.push(html! { "What was written before " (date_time(before)) " has no index yet, and was not searched. Indexes are made by themselves; come back later." });
    }
    if let Some(from) = lag.unsealed_from {
        notes.push(html! { "There is more that is not signed yet than one request reads: what was written after " (date_time(from)) " is not here." });
    }
    if let Some(from) = lag.let_go_from {
        notes.push(html! { "Of the time whose files are no longer kept, what was written after " (date_time(from)) " is not here. Shorten the time." });
    }
    let of = |why: &str| lag.missing.iter().filter(|missing| missing.why == why).collect::<Vec<_>>();
    let not_indexed = of("not_indexed");
    if !not_indexed.is_empty() {
        notes.push(html! { (files(&not_indexed)) " without an index yet, not searched. Load the page again: each time some are made." });
    }
    let gone = of("gone");
    if !gone.is_empty() {
        notes.push(html! { (files(&gone)) " missing here, so their events are not shown." });
    }
    let altered = of("altered");
    if !altered.is_empty() {
        notes
            .push(html! { (files(&altered)) " that differ from what was signed. Nothing of them is shown." });
    }
    notes
}

/// `2 files (parts 7, 9; 31 events)`.
fn files(missing: &[&MissingAnswer]) -> String {
    const NAMED: usize = 5;
    let numbers: Vec<String> = missing.iter().take(NAMED).map(|one| number(one.part.get())).collect();
    let more = if missing.len() > NAMED { ", …" } else { "" };
    let events: u64 = missing.iter().map(|one| one.events).sum();
    let files = count(missing.len() as u64, "file");
    format!("{files} ({}{more}; {})", numbers.join(", "), count(events, "event"))
}
