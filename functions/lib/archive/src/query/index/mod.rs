//! What a sealed part contains, in a small object beside it: its blocks, its counts and its values
//! (infra/schemas/index.md).
//!
//! An index is a cache. It is always the same for the same bytes, mapping and version, so it can be made
//! again at any time, and nothing is ever decided by it that the part's own bytes would decide otherwise:
//! where it can't answer exactly it says so, and a block that differs from its hash is not shown.
//!
//! - `build`: from the stored bytes of a part, in one pass; `stored` finds the blocks in them, `unpack` and
//!   `lines` make events of them, `tally` counts these, and `fit` keeps the result within its size.
//! - `part_index`, `cube`, `dictionary`, `membership`: the index and what it consists of.
//! - `day`, `day_values`, `part_set`: the roll-up of a day, by which a search skips parts without reading
//!   their indexes.
//! - `read_block`: the events of one block.
//! - `wire`: the stored form.

mod build;
mod content;
mod cube;
mod day;
mod day_values;
mod dictionary;
mod error;
mod fit;
mod lines;
mod membership;
mod part_index;
mod part_set;
mod read_block;
mod stored;
mod tally;
#[cfg(test)]
pub(super) mod tests;
mod unpack;
mod value_counts;
mod wire;

pub use build::IndexBuilder;
pub use cube::{Cell, Cube, MAX_CELLS, MAX_COMBINATIONS};
pub use day::{DayIndex, DayIndexBuilder, DayPart, MAX_DAY_PARTS};
pub use day_values::{DayDictionary, DayValue};
pub use dictionary::{Dictionaries, Dictionary, MAX_VALUE_BYTES, MAX_VALUES};
pub use error::{BlockError, IndexError};
pub use fit::size_limit;
pub use membership::{MemberKey, Membership};
pub use part_index::{Block, PartIndex};
pub use part_set::PartSet;
pub use read_block::read_block;
pub use wire::{MAX_DECODED_BYTES, VERSION};
