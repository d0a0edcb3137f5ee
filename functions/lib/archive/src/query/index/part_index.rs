//! The index of one part.

use super::cube::Cube;
use super::dictionary::Dictionaries;
use super::membership::Membership;
use crate::fields::MappingHash;
use crate::part::{Encoding, Part, PartNumber};
use crate::sha256::Sha256;
use crate::time::Time;

/// What a part contains, by one mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartIndex {
    /// The part.
    pub part: PartNumber,
    /// SHA-256 of the part's bytes.
    pub sha256: Sha256,
    /// The size of the part in bytes.
    pub size: u64,
    /// How the part is encoded.
    pub encoding: Encoding,
    /// The mapping by which its events were read.
    pub mapping: MappingHash,
    /// How many events it has, at least 1.
    pub events: u64,
    /// The least time of an event.
    pub first: Time,
    /// The greatest time of an event.
    pub last: Time,
    /// Its blocks, without a gap; at least one.
    pub blocks: Vec<Block>,
    /// Its events by hour, category, action and outcome.
    pub cube: Cube,
    /// The values of its fields.
    pub values: Dictionaries,
}

impl PartIndex {
    /// Whether it is the index of this part by this mapping. If not it is stale, or was altered.
    #[must_use]
    pub fn is_of(&self, mapping: MappingHash, part: &Part) -> bool {
        (self.mapping, self.part, self.sha256) == (mapping, part.number, part.sha256)
            && (self.size, self.events, self.encoding) == (part.size, part.events, part.encoding)
    }
}

/// A piece of a part that can be read alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Where its stored bytes begin in the part. In a gzip part a block at 0 is the whole file, with header
    /// and trailer; any other is raw deflate.
    pub offset: u64,
    /// How many stored bytes it has.
    pub size: u64,
    /// SHA-256 of its stored bytes.
    pub sha256: Sha256,
    /// The position of its first event in the part, from 0.
    pub position: u64,
    /// How many events it has, at least 1.
    pub events: u64,
    /// The least time of its events.
    pub first: Time,
    /// The greatest time of its events.
    pub last: Time,
    /// Which values its events have.
    pub members: Membership,
}
