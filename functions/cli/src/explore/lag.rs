//! What an answer leaves out, in sentences.

use std::time::Duration;

use archive::query::row::Order;
use control::explorer::{Lag, MissingAnswer};

use crate::table::counted;

/// The most parts that are named one by one.
const MAX_NAMED: usize = 5;
/// The least difference of two times.
const INSTANT: Duration = Duration::from_millis(1);

/// What the answer leaves out. `flags` names the log in a command.
pub(super) fn sentences(lag: &Lag, flags: &str) -> Vec<String> {
    let mut all = vec![format!("Complete to {}; newer events are not sealed yet.", lag.complete_to)];
    all.extend(lag.unsealed_from.map(|from| {
        format!(
            "Events that were written from {from} on are not in this answer: more are unsealed than one request \
             reads."
        )
    }));
    all.extend(lag.let_go_from.map(|from| {
        format!(
            "Events that were written from {from} on and whose parts are no longer kept are not in this answer: \
             the events table has more than one request reads. Ask for a shorter span."
        )
    }));
    all.extend(lag.not_indexed_before.map(|before| {
        format!(
            "Parts from before {before} have no index yet, and were not searched. Make them: auditferry index \
             rebuild{flags}"
        )
    }));
    all.extend(lag.let_go_before.map(|before| {
        format!(
            "The bytes of parts from before {before} are no longer kept: of these, this answer has what the \
             events table still has."
        )
    }));
    all.extend(lag.missing.iter().take(MAX_NAMED).map(missing));
    if let Some(more @ 1..) = lag.missing.len().checked_sub(MAX_NAMED) {
        all.push(format!("{more} more could not be searched; --json names them."));
    }
    all
}

fn missing(part: &MissingAnswer) -> String {
    let why = match part.why.as_str() {
        "gone" => "its bytes are no longer kept",
        "altered" => "it differs from what was sealed, so it is not shown",
        "not_indexed" => "it has no index yet",
        other => other,
    };
    format!("Part {} with {} was not searched: {why}.", part.part.get(), counted(part.events, "event"))
}

/// Where a search has ended, and how to go on. What is at that time itself is not complete.
pub(super) fn ended(lag: &Lag, order: Order) -> Option<String> {
    lag.searched_to.map(|time| match order {
        Order::Newest => {
            format!("Searched back to {time}; repeat with --to {} to go on.", time + INSTANT)
        }
        Order::Oldest => format!("Searched up to {time}; repeat with --from {time} to go on."),
    })
}

/// Since when counts are complete.
pub(super) fn counted_from(lag: &Lag) -> Option<String> {
    lag.searched_to.map(|time| {
        format!("Counted back to {time}; repeat with --to {time} for what is earlier, or narrow the filter.")
    })
}

/// The lag of several pages: that of the last one, with what all of them could not search.
pub(super) fn merged(pages: Lag, last: Lag) -> Lag {
    let mut missing = pages.missing;
    missing.extend(last.missing.iter().filter(|part| !missing.contains(part)).cloned().collect::<Vec<_>>());
    Lag { missing, ..last }
}
