//! The stored form of the roll-up of a day.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::day::{DayIndex, DayPart, MAX_DAY_PARTS, is_of_day, times_of};
use super::super::day_values::{DayDictionary, DayValue};
use super::super::dictionary::Dictionaries;
use super::super::error::IndexError;
use super::super::part_set::PartSet;
use super::cube::CubeWire;
use super::dictionary::check_values;
use super::{VERSION, damaged, pack, require, unpack};
use crate::fields::{Field, MappingHash};
use crate::part::{PartNumber, Window};
use crate::time::Time;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DayWire {
    version: u64,
    day: Time,
    mapping: MappingHash,
    /// The number of the first part; the others follow it.
    first_part: PartNumber,
    parts: Vec<DayPartWire>,
    cube: CubeWire,
    values: Vec<DayDictionaryWire>,
}

/// All times in milliseconds after the beginning of the day.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DayPartWire {
    from: i64,
    to: i64,
    events: u64,
    late: u64,
    blocks: u64,
    times: Option<(i64, i64)>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DayDictionaryWire {
    field: Field,
    cut: bool,
    /// As `parts`.
    open: String,
    values: Vec<String>,
    events: Vec<u64>,
    /// Which parts have the value, see `PartSet::encode`.
    parts: Vec<String>,
}

impl DayIndex {
    /// The stored form.
    ///
    /// # Errors
    /// If the compressor fails (out of memory), or the roll-up would be larger than one can be.
    pub fn encode(&self) -> Result<Vec<u8>, IndexError> {
        self.pack()?.ok_or(IndexError::TooLarge)
    }

    /// The stored form; `None` if it is too large to be read again.
    pub(in super::super) fn pack(&self) -> Result<Option<Vec<u8>>, IndexError> {
        let after = |time: Time| time.millis() - self.day.millis();
        let part = |part: &DayPart| DayPartWire {
            from: after(part.window.from),
            to: after(part.window.to),
            events: part.events,
            late: part.late,
            blocks: part.blocks,
            times: part.times.map(|(first, last)| (after(first), after(last))),
        };
        let dictionary = |(field, dictionary): (&Field, &DayDictionary)| DayDictionaryWire {
            field: *field,
            cut: dictionary.is_cut,
            open: dictionary.open.encode(),
            values: dictionary.values.keys().cloned().collect(),
            events: dictionary.values.values().map(|of| of.events).collect(),
            parts: dictionary.values.values().map(|of| of.parts.encode()).collect(),
        };
        pack(&DayWire {
            version: VERSION,
            day: self.day,
            mapping: self.mapping,
            first_part: self.key().first_part,
            parts: self.parts.iter().map(part).collect(),
            cube: (&self.cube).into(),
            values: self.values.iter().map(dictionary).collect(),
        })
    }

    /// Reads the stored form.
    ///
    /// # Errors
    /// If the bytes are not a roll-up, one of another version, or one that contradicts itself.
    pub fn decode(bytes: &[u8]) -> Result<Self, IndexError> {
        let DayWire { day, mapping, first_part, parts, cube, values, .. } = unpack(bytes)?;
        require((1..=MAX_DAY_PARTS).contains(&parts.len()), "it has no parts, or too many")?;
        let mut number = first_part;
        let mut checked = Vec::with_capacity(parts.len());
        let mut events = 0_u64;
        for part in parts {
            let part = part.check(day, number)?;
            number = number.next();
            events = events.checked_add(part.events).ok_or_else(|| damaged("it has too many events"))?;
            checked.push(part);
        }
        let (first, last) = times_of(&checked).unwrap_or((day, day));
        let cube = cube.check(events, first, last)?;
        let values = check_dictionaries(values, &checked)?;
        Ok(Self { day, mapping, parts: checked, cube, values })
    }
}

impl DayPartWire {
    fn check(self, day: Time, number: PartNumber) -> Result<DayPart, IndexError> {
        let time = |after: i64| {
            let time = Time::from_millis(day.millis().saturating_add(after));
            time.ok_or_else(|| damaged("a part has a time before 1970"))
        };
        let Self { from, to, events, late, blocks, times } = self;
        let window = Window { from: time(from)?, to: time(to)? };
        require(is_of_day(day, window), "a part has the window of another day")?;
        let times = match times {
            Some((first, last)) => Some((time(first)?, time(last)?)),
            None => None,
        };
        let is_possible = match times {
            Some((first, last)) => first <= last && late <= events && (1..=events).contains(&blocks),
            None => [events, late, blocks] == [0; 3],
        };
        require(is_possible, "a part contradicts itself")?;
        Ok(DayPart { number, window, events, late, blocks, times })
    }
}

fn check_dictionaries(
    wires: Vec<DayDictionaryWire>,
    parts: &[DayPart],
) -> Result<BTreeMap<Field, DayDictionary>, IndexError> {
    require(wires.iter().map(|wire| wire.field).eq(Dictionaries::all()), "it has other dictionaries")?;
    let read = |text: &String| {
        let set = PartSet::decode(text).ok_or_else(|| damaged("a set of parts has another form"))?;
        let has_events = |place: usize| parts.get(place).is_some_and(|part| part.events > 0);
        require(set.iter().all(has_events), "a set of parts has others than those with events")?;
        Ok::<_, IndexError>(set)
    };
    let mut dictionaries = BTreeMap::new();
    for DayDictionaryWire { field, cut, open, values, events, parts: sets } in wires {
        check_values(&values)?;
        let is_whole = [events.len(), sets.len()] == [values.len(); 2];
        require(is_whole, "a dictionary has other counts")?;
        let mut dictionary = DayDictionary { is_cut: cut, open: read(&open)?, ..DayDictionary::default() };
        for ((value, events), set) in values.into_iter().zip(events).zip(sets) {
            let of = DayValue { events, parts: read(&set)? };
            let sum = of.parts.iter().filter_map(|place| parts.get(place)).map(|part| part.events).sum();
            let least = of.parts.len() as u64;
            require(least > 0 && (least..=sum).contains(&events), "a value has other events")?;
            dictionary.values.insert(value, of);
        }
        dictionaries.insert(field, dictionary);
    }
    Ok(dictionaries)
}
