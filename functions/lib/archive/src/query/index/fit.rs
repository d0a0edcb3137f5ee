//! Keeps an index small: of its variants, the richest that is small enough.

use super::content::StoredBlock;
use super::cube::Cube;
use super::day::DayIndex;
use super::dictionary::Dictionaries;
use super::error::IndexError;
use super::membership::Membership;
use super::part_index::{Block, PartIndex};
use crate::fields::{Field, MappingHash};
use crate::part::{Compression, Encoding, PartNumber};
use crate::sha256::Sha256;
use crate::time::Time;

/// What an index may have at least, bytes.
const LEAST_LIMIT: u64 = 16 << 10;
/// The size of a gzip part up to which that is the limit, bytes.
const SMALL_PART: u64 = 1 << 20;
/// The size of the roll-up of a day, bytes. A search through 90 days reads as many.
const DAY_LIMIT: u64 = 1 << 20;
/// No dictionary is cut further, values.
const LEAST_VALUES: usize = 16;
/// How an index becomes smaller, step by step. Few ask for all sessions or for all targets, and their values
/// are long. IDs are half of all values, and whoever looks for one usually knows its time.
const STEPS: [Step; 9] = [
    Step::Filters(10, Ids::In),
    Step::Filters(8, Ids::In),
    Step::Cut(Field::Session),
    Step::Cut(Field::Target),
    Step::Filters(6, Ids::In),
    Step::Filters(4, Ids::In),
    Step::Filters(8, Ids::Left),
    Step::Filters(6, Ids::Left),
    Step::Filters(4, Ids::Left),
];

/// One step.
#[derive(Clone, Copy)]
enum Step {
    /// The filters have so many bits for each value.
    Filters(u8, Ids),
    /// The dictionary of a field keeps few values.
    Cut(Field),
}

/// Whether IDs are in the filters.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ids {
    In,
    Left,
}

/// The size in bytes that the index of a part may have: for gzip 5 % of a part over 1 MiB and 16 KiB below;
/// otherwise 1 %, and at least 16 KiB. `size` is that of the part in bytes.
#[must_use]
pub const fn size_limit(encoding: Encoding, size: u64) -> u64 {
    let share = match encoding.compression {
        Compression::Gzip if size > SMALL_PART => return size / 20,
        Compression::Gzip => 0,
        Compression::None | Compression::Zstd => size / 100,
    };
    if share > LEAST_LIMIT { share } else { LEAST_LIMIT }
}

/// All that is known of a part.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) part: PartNumber,
    pub(super) sha256: Sha256,
    pub(super) size: u64,
    pub(super) encoding: Encoding,
    pub(super) mapping: MappingHash,
    pub(super) events: u64,
    pub(super) blocks: Vec<StoredBlock>,
    pub(super) cube: Cube,
    pub(super) values: Dictionaries,
}

/// The richest index of a part that is small enough. What it knows less costs reading only, so it gives way
/// in the order in which few miss it: bits of the filters; the values of sessions and targets; more bits; the
/// IDs in the filters; the other dictionaries, the longest first; the filters altogether; and the cube. The
/// list of blocks is never cut: without it nothing could be read.
pub(super) fn fit(draft: &Draft) -> Result<PartIndex, IndexError> {
    let limit = size_limit(draft.encoding, draft.size);
    let mut index = draft.index();
    let is_small = |index: &PartIndex| {
        Ok::<_, IndexError>(index.pack()?.is_some_and(|bytes| bytes.len() as u64 <= limit))
    };
    for step in STEPS {
        match step {
            Step::Filters(bits, ids) => draft.set_filters(&mut index, bits, ids),
            Step::Cut(field) => cut(&mut index.values, field),
        }
        if is_small(&index)? {
            return Ok(index);
        }
    }
    while cut_longest(&mut index.values) {
        if is_small(&index)? {
            return Ok(index);
        }
    }
    draft.set_filters(&mut index, 0, Ids::Left);
    if !is_small(&index)? {
        index.cube = Cube::cut();
    }
    Ok(index)
}

/// The roll-up of a day, with as many values as are small enough.
pub(super) fn fit_day(mut index: DayIndex) -> Result<DayIndex, IndexError> {
    let is_small = |index: &DayIndex| {
        Ok::<_, IndexError>(index.pack()?.is_some_and(|bytes| bytes.len() as u64 <= DAY_LIMIT))
    };
    while !is_small(&index)? && halve_longest(index.values.values_mut()) {}
    if !is_small(&index)? {
        index.cube = Cube::cut();
    }
    Ok(index)
}

/// Something with values that can do with fewer.
pub(super) trait Shrink {
    /// How many values it has.
    fn len(&self) -> usize;
    /// About how many bytes it takes in an index.
    fn weight(&self) -> usize;
    /// Keeps the most frequent values.
    fn keep(&mut self, most: usize);
}

/// Cuts the dictionary of a field. An incomplete one answers nothing exactly, however many values it has, so
/// it keeps few, and others are complete for it.
fn cut(values: &mut Dictionaries, field: Field) {
    if let Some(dictionary) = values.fields.get_mut(&field) {
        dictionary.keep(LEAST_VALUES);
    }
}

/// Cuts the dictionary that takes the most; false if none can be cut.
fn cut_longest(values: &mut Dictionaries) -> bool {
    let long = values.fields.values_mut().filter(|dictionary| dictionary.len() > LEAST_VALUES);
    let longest = long.max_by_key(|dictionary| dictionary.weight());
    longest.map(|dictionary| dictionary.keep(LEAST_VALUES)).is_some()
}

/// Halves the dictionary that takes the most; false if none can be halved.
fn halve_longest<'d, D: Shrink + 'd>(dictionaries: impl Iterator<Item = &'d mut D>) -> bool {
    let halvable = dictionaries.filter(|dictionary| dictionary.len() > LEAST_VALUES);
    let Some(longest) = halvable.max_by_key(|dictionary| dictionary.weight()) else { return false };
    longest.keep((longest.len().next_power_of_two() / 2).max(LEAST_VALUES));
    true
}

impl Draft {
    fn index(&self) -> PartIndex {
        let times = self.blocks.iter().filter_map(|block| block.tally.times);
        let (first, last) = times
            .reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)))
            .unwrap_or((Time::EPOCH, Time::EPOCH));
        let block = |stored: &StoredBlock| {
            let (first, last) = stored.tally.times.unwrap_or((first, last));
            Block {
                offset: stored.offset,
                size: stored.size,
                sha256: stored.sha256,
                position: stored.tally.position,
                events: stored.tally.events,
                first,
                last,
                members: Membership::default(),
            }
        };
        PartIndex {
            part: self.part,
            sha256: self.sha256,
            size: self.size,
            encoding: self.encoding,
            mapping: self.mapping,
            events: self.events,
            first,
            last,
            blocks: self.blocks.iter().map(block).collect(),
            cube: self.cube.clone(),
            values: self.values.clone(),
        }
    }

    fn set_filters(&self, index: &mut PartIndex, bits_per_key: u8, ids: Ids) {
        for (block, stored) in index.blocks.iter_mut().zip(&self.blocks) {
            let ids = (ids == Ids::In).then_some(&*stored.tally.ids);
            block.members = Membership::new(&stored.tally.keys, ids, bits_per_key);
        }
    }
}
