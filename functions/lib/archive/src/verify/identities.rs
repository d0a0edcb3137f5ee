//! Compares the identities of all events of all parts: sorted, equal ones are adjacent.

use std::collections::HashSet;
use std::io;

use super::events::{Fields, Identity};
use super::finding::{Finding, Findings, Kind};
use super::sorter::{Sorted, Sorter};
use crate::part::PartNumber;

/// Maximum number of parts with flawed objects that each thread records.
pub(crate) const MAX_FLAWED_PARTS: usize = 10_000;

/// The identities of all events.
#[derive(Debug, Default)]
pub(crate) struct Identities {
    /// One record per identity.
    pub(crate) sorters: Vec<Sorter>,
    /// The parts whose events are ignored, since their objects differ from what was sealed.
    pub(crate) flawed: HashSet<PartNumber>,
}

/// The position of an event: its part, and its number in the part, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EventPosition {
    pub(crate) part: PartNumber,
    pub(crate) number: u64,
}

/// Encodes an identity as a record: events with the same identity, and equal ones among them, sort
/// adjacently.
pub(crate) fn encode(identity: Identity, position: EventPosition) -> [u8; 41] {
    let mut record = [0; 41];
    let fields: [&[u8]; 5] = [
        &[u8::from(identity.has_id)],
        &identity.hash,
        &identity.line.to_be_bytes(),
        &position.part.get().to_be_bytes(),
        &position.number.to_be_bytes(),
    ];
    for (to, from) in record.iter_mut().zip(fields.into_iter().flatten()) {
        *to = *from;
    }
    record
}

fn decode(record: &[u8]) -> Option<(Identity, EventPosition)> {
    let (has_id, rest) = record.split_first()?;
    let (hash, rest) = rest.split_first_chunk::<16>()?;
    let (line, rest) = rest.split_first_chunk::<8>()?;
    let (part, number) = rest.split_first_chunk::<8>()?;
    let identity = Identity { has_id: *has_id == 1, hash: *hash, line: u64::from_be_bytes(*line) };
    let part = PartNumber::new(u64::from_be_bytes(*part));
    Some((identity, EventPosition { part, number: u64::from_be_bytes(number.try_into().ok()?) }))
}

/// Reports the events that occur twice.
pub(crate) fn report_duplicates(
    identities: Identities,
    fields: &Fields,
    findings: &Findings,
) -> io::Result<()> {
    let Identities { sorters, flawed } = identities;
    let mut sorted = Sorted::new(sorters)?;
    let mut before: Option<(Identity, EventPosition)> = None;
    while let Some(record) = sorted.next()? {
        let Some((identity, position)) =
            decode(record).filter(|(_, position)| !flawed.contains(&position.part))
        else {
            continue;
        };
        if let Some((known, first)) = before
            && known.hash == identity.hash
            && known.has_id == identity.has_id
        {
            let equal = known.line == identity.line;
            let (kind, what) = match (identity.has_id, equal, &fields.id) {
                (true, true, _) => (Kind::EventTwice, "the same event"),
                (true, false, Some(_)) => (Kind::EventTwice, "an event with the same ID"),
                (true, false, None) => {
                    (Kind::IdRepeated, "another event with the same value in the field that looks like an ID")
                }
                (false, ..) => (Kind::LineRepeated, "an equal event, neither of them with an ID,"),
            };
            let detail = format!(
                "event {} of this part: {what} is also event {} of part {}",
                position.number,
                first.number,
                first.part.get()
            );
            findings.add(Finding::new(kind, detail).part(position.part));
        }
        before = Some((identity, position));
    }
    Ok(())
}
