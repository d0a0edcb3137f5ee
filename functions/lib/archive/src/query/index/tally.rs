//! Counts events as they pass: their values, times and outcomes, for the part and for the current block.

use std::collections::{HashMap, HashSet};

use super::cube::{Combination, Cube, MAX_CELLS, MAX_COMBINATIONS, hour_of};
use super::dictionary::Dictionaries;
use super::error::IndexError;
use super::membership::MemberKey;
use super::value_counts::ValueCounts;
use crate::event;
use crate::fields::{EventFields, Field, Outcome};
use crate::time::Time;

/// The counts of the events so far.
#[derive(Debug)]
pub(super) struct Tally {
    mapping: EventFields,
    /// The time of events that have none.
    otherwise: Time,
    events: u64,
    values: [ValueCounts; Field::ALL.len()],
    cells: Cells,
    /// Which block the next event belongs to, from 1.
    block_number: usize,
    block: BlockTally,
}

/// The counts of a block.
#[derive(Debug, Default)]
pub(super) struct BlockTally {
    /// The position of its first event in the part.
    pub(super) position: u64,
    pub(super) events: u64,
    /// The least and the greatest time of its events.
    pub(super) times: Option<(Time, Time)>,
    /// The keys of its values but the IDs, each once.
    pub(super) keys: Vec<MemberKey>,
    /// Those of the IDs.
    pub(super) ids: Vec<MemberKey>,
}

/// The cube with indexes of values in place of the values.
#[derive(Debug, Default)]
struct Cells {
    counts: HashMap<(Time, IndexedCombination), u64>,
    combinations: HashSet<IndexedCombination>,
    is_cut: bool,
}

type IndexedCombination = (Option<usize>, Option<usize>, Outcome);

impl Tally {
    pub(super) fn new(mapping: EventFields, otherwise: Time) -> Self {
        Self {
            mapping,
            otherwise,
            events: 0,
            values: Default::default(),
            cells: Cells::default(),
            block_number: 1,
            block: BlockTally::default(),
        }
    }

    /// Counts an event, one line of JSON.
    pub(super) fn add(&mut self, line: &[u8]) -> Result<(), IndexError> {
        let not_an_event = |error| IndexError::NotAnEvent { position: self.events, error };
        let found = event::find(line, self.mapping.paths()).map_err(not_an_event)?;
        let reading = self.mapping.read(&found);
        let (mut category, mut action, mut is_in_cube) = (None, None, true);
        for (field, values) in Field::ALL.into_iter().zip(&mut self.values) {
            let Some(value) = reading.text(field) else { continue };
            let counted = match field {
                Field::Time => continue,
                Field::Id => {
                    self.block.ids.push(MemberKey::of_value(field, value));
                    continue;
                }
                _ => values.add(field, value, self.block_number),
            };
            self.block.keys.extend(counted.key);
            match field {
                Field::Category => category = counted.index,
                Field::Action => action = counted.index,
                _ => continue,
            }
            is_in_cube &= counted.index.is_some();
        }
        let time = reading.time.unwrap_or(self.otherwise);
        if is_in_cube {
            self.cells.add(time, (category, action, reading.outcome));
        } else {
            self.cells.cut();
        }
        self.block.add(time);
        self.events += 1;
        Ok(())
    }

    /// How many events there were.
    pub(super) const fn events(&self) -> u64 {
        self.events
    }

    /// Ends the current block.
    pub(super) fn end_block(&mut self) -> BlockTally {
        self.block_number += 1;
        let next = BlockTally { position: self.events, ..BlockTally::default() };
        let mut block = std::mem::replace(&mut self.block, next);
        for keys in [&mut block.keys, &mut block.ids] {
            keys.sort_unstable();
            keys.dedup();
            keys.shrink_to_fit();
        }
        block
    }

    /// The cube and the dictionaries of all events.
    pub(super) fn finish(&self) -> (Cube, Dictionaries) {
        let of = |field: Field| self.values.get(field as usize);
        let names = |field| of(field).map(ValueCounts::names).unwrap_or_default();
        let cube = self.cells.cube(&names(Field::Category), &names(Field::Action));
        let dictionary = |field| Some((field, of(field)?.dictionary()));
        (cube, Dictionaries { fields: Dictionaries::all().filter_map(dictionary).collect() })
    }
}

impl BlockTally {
    fn add(&mut self, time: Time) {
        self.events += 1;
        let (first, last) = self.times.unwrap_or((time, time));
        self.times = Some((first.min(time), last.max(time)));
    }
}

impl Cells {
    fn add(&mut self, time: Time, of: IndexedCombination) {
        if self.is_cut {
            return;
        }
        let count = self.counts.entry((hour_of(time), of)).or_default();
        *count += 1;
        if *count == 1 {
            self.combinations.insert(of);
            if self.counts.len() > MAX_CELLS || self.combinations.len() > MAX_COMBINATIONS {
                self.cut();
            }
        }
    }

    /// Gives up: there are too many counts, or a value that is not counted.
    fn cut(&mut self) {
        *self = Self { is_cut: true, ..Self::default() };
    }

    fn cube(&self, categories: &[&str], actions: &[&str]) -> Cube {
        if self.is_cut {
            return Cube::cut();
        }
        let name = |names: &[&str], index: Option<usize>| Some((*names.get(index?)?).to_owned());
        let mut cube = Cube::default();
        for ((hour, (category, action, outcome)), events) in &self.counts {
            let (category, action) = (name(categories, *category), name(actions, *action));
            cube.add(Combination { category, action, outcome: *outcome }, *hour, *events);
        }
        cube
    }
}
