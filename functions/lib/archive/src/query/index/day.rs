//! The roll-up of a day: what each of its parts has, so that a search skips parts without reading their
//! indexes.

use std::collections::BTreeMap;

use super::cube::Cube;
use super::day_values::{DayCounts, DayDictionary};
use super::dictionary::Dictionaries;
use super::error::IndexError;
use super::fit;
use super::part_index::PartIndex;
use crate::fields::{Field, MappingHash};
use crate::part::{PartNumber, Window};
use crate::staging_keys::DayKey;
use crate::time::Time;

/// The most parts of a roll-up. A day with more has several.
pub const MAX_DAY_PARTS: usize = 4_096;

/// What parts contain that follow on one another, and whose windows begin on the same day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayIndex {
    /// The beginning of the day, UTC.
    pub day: Time,
    /// The mapping by which the events were read.
    pub mapping: MappingHash,
    /// The parts, numbered without a gap; at least one.
    pub parts: Vec<DayPart>,
    /// Their events by hour, category, action and outcome.
    pub cube: Cube,
    /// The values of all fields but time and id.
    pub values: BTreeMap<Field, DayDictionary>,
}

/// One part of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayPart {
    /// Its number.
    pub number: PartNumber,
    /// Its window.
    pub window: Window,
    /// How many events it has; 0 for a heartbeat.
    pub events: u64,
    /// How many of them are late.
    pub late: u64,
    /// How many blocks it has; 0 for a heartbeat.
    pub blocks: u64,
    /// The least and the greatest time of its events; `None` for a heartbeat.
    pub times: Option<(Time, Time)>,
}

impl DayIndex {
    /// The least and the greatest time of an event; `None` if all parts are heartbeats.
    #[must_use]
    pub fn times(&self) -> Option<(Time, Time)> {
        times_of(&self.parts)
    }

    /// What the key of its object says of it.
    #[must_use]
    pub fn key(&self) -> DayKey {
        let number = |part: Option<&DayPart>| part.map_or(PartNumber::NONE, |part| part.number);
        DayKey {
            day: self.day,
            first_part: number(self.parts.first()),
            last_part: number(self.parts.last()),
            times: self.times(),
        }
    }
}

pub(super) fn times_of(parts: &[DayPart]) -> Option<(Time, Time)> {
    let times = parts.iter().filter_map(|part| part.times);
    times.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)))
}

/// Makes the roll-up of a day from its parts, in their order.
#[derive(Debug)]
pub struct DayIndexBuilder {
    day: Time,
    mapping: MappingHash,
    parts: Vec<DayPart>,
    cube: Cube,
    values: BTreeMap<Field, DayCounts>,
}

impl DayIndexBuilder {
    /// Starts the roll-up of the UTC day in which this time lies.
    #[must_use]
    pub fn new(day: Time, mapping: MappingHash) -> Self {
        let values = Dictionaries::all().map(|field| (field, DayCounts::default())).collect();
        Self { day: midnight(day), mapping, parts: Vec::new(), cube: Cube::default(), values }
    }

    /// Adds a part without events.
    ///
    /// # Errors
    /// If it isn't the next part, or not of this day; or if there are too many parts.
    pub fn add_heartbeat(&mut self, number: PartNumber, window: Window) -> Result<(), IndexError> {
        self.add_part(DayPart { number, window, events: 0, late: 0, blocks: 0, times: None })
    }

    /// Adds a part by its index, with the window and the count of late events of its record.
    ///
    /// # Errors
    /// As those of [`Self::add_heartbeat`], or if the index is by another mapping.
    pub fn add(&mut self, index: &PartIndex, window: Window, late: u64) -> Result<(), IndexError> {
        let PartIndex { part: number, events, first, last, .. } = *index;
        let refuse = |reason| Err(IndexError::OtherDay { part: number, reason });
        if index.mapping != self.mapping {
            return refuse("it is by another mapping");
        }
        if late > events {
            return refuse("it has fewer events than late ones");
        }
        let (place, blocks) = (self.parts.len(), index.blocks.len() as u64);
        self.add_part(DayPart { number, window, events, late, blocks, times: Some((first, last)) })?;
        self.cube.merge(&index.cube);
        for (field, counts) in &mut self.values {
            if let Some(dictionary) = index.values.of(*field) {
                counts.add(place, dictionary);
            }
        }
        Ok(())
    }

    fn add_part(&mut self, part: DayPart) -> Result<(), IndexError> {
        let refuse = |reason| Err(IndexError::OtherDay { part: part.number, reason });
        if self.parts.last().is_some_and(|last| last.number.next() != part.number) {
            return refuse("it is not the next one");
        }
        if !is_of_day(self.day, part.window) {
            return refuse("its window is not of that day");
        }
        if self.parts.len() >= MAX_DAY_PARTS {
            return refuse("there are too many parts for one roll-up");
        }
        self.parts.push(part);
        Ok(())
    }

    /// The roll-up, within its limit of size.
    ///
    /// # Errors
    /// If there is no part, or the compressor fails.
    pub fn finish(self) -> Result<DayIndex, IndexError> {
        let Self { day, mapping, parts, cube, values } = self;
        if parts.is_empty() {
            return Err(IndexError::EmptyDay);
        }
        let values = values.into_iter().map(|(field, counts)| (field, counts.finish())).collect();
        fit::fit_day(DayIndex { day, mapping, parts, cube, values })
    }
}

/// Whether a window belongs to the day that begins at this time.
pub(super) fn is_of_day(day: Time, window: Window) -> bool {
    midnight(window.from) == day && window.from <= window.to && window.to <= day.next_midnight()
}

/// The beginning of the UTC day of a time.
fn midnight(time: Time) -> Time {
    time.floor(std::time::Duration::from_hours(24))
}
