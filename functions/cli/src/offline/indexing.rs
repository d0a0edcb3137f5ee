//! Makes the indexes of an archive, the newest parts first, while pages can be opened already: they say what
//! is not indexed yet.

use std::time::Duration;

use archive::part::PartNumber;
use control::explorer::{AskError, Asker, Explorer, RebuildAnswer, RebuildRequest};
use ports::PortError;

use super::parts::VerifiedParts;

/// How many numbers of parts are gone through at a time.
const STEP: u64 = 20;

/// How often a request is repeated that failed for a time, and after which pause.
const REPEATS: u32 = 4;
const PAUSE: Duration = Duration::from_secs(1);

/// How far the indexes are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct IndexProgress {
    /// Parts with events that were gone through.
    pub(super) done: usize,
    /// All parts with events.
    pub(super) of: usize,
}

/// Makes the missing indexes and roll-ups, and reports after each step.
///
/// # Errors
/// If the reader gives no answer. What was made stays.
pub(super) async fn index(
    explorer: &Explorer,
    asker: &Asker,
    parts: &VerifiedParts,
    mut report: impl FnMut(IndexProgress),
) -> Result<(), AskError> {
    let mut progress = IndexProgress { done: 0, of: parts.with_events() };
    report(progress);
    let mut end = None;
    loop {
        let mut step = parts.before(end).map(|part| &part.part);
        let Some(newest) = step.next() else { return Ok(()) };
        let first = PartNumber::new(newest.number.get().saturating_sub(STEP - 1));
        let rest: Vec<_> = step.take_while(|part| part.number >= first).collect();
        let first = rest.last().map_or(newest.number, |part| part.number);
        let mut next = Some(first);
        // One request ends after so many bytes.
        while let Some(from) = next.filter(|from| *from <= newest.number) {
            let request = RebuildRequest { from_part: Some(from), all: false };
            next = rebuild(explorer, asker, &request).await?.next;
        }
        progress.done += rest.iter().chain([&newest]).filter(|part| part.events > 0).count();
        report(progress);
        end = Some(first);
    }
}

/// One request. A connection to a bucket may break at any time; asking again makes what is still missing.
async fn rebuild(
    explorer: &Explorer,
    asker: &Asker,
    request: &RebuildRequest,
) -> Result<RebuildAnswer, AskError> {
    for _ in 0..REPEATS {
        match explorer.rebuild(asker, request.clone()).await {
            Err(AskError::Port(PortError::Transient { .. })) => tokio::time::sleep(PAUSE).await,
            answer => return answer,
        }
    }
    explorer.rebuild(asker, request.clone()).await
}
