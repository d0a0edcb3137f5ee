//! The stored form of the index of a part.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use serde::{Deserialize, Serialize};

use super::super::error::IndexError;
use super::super::membership::{Filter, Membership};
use super::super::part_index::{Block, PartIndex};
use super::cube::CubeWire;
use super::dictionary::{self, DictionaryWire};
use super::{VERSION, damaged, pack, require, unpack};
use crate::fields::MappingHash;
use crate::part::{Compression, Encoding, Format, PartNumber};
use crate::sha256::Sha256;
use crate::time::Time;

/// The most bits of a filter for a value.
const MAX_BITS_PER_KEY: u8 = 10;
/// What stands before and after the blocks of a gzip part, bytes.
const GZIP_ENDS: (u64, u64) = (10, 8);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PartWire {
    version: u64,
    part: PartNumber,
    sha256: Sha256,
    size: u64,
    format: Format,
    compression: Compression,
    mapping: MappingHash,
    events: u64,
    first: Time,
    last: Time,
    /// Where the first block begins.
    offset: u64,
    blocks: BlocksWire,
    cube: CubeWire,
    values: Vec<DictionaryWire>,
}

/// The blocks by column, which takes less space than by row.
#[derive(Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct BlocksWire {
    size: Vec<u64>,
    sha256: Vec<Sha256>,
    events: Vec<u64>,
    /// Milliseconds after the first time of the part.
    first: Vec<u64>,
    /// The same.
    last: Vec<u64>,
    /// Of all filters; 0 if there are none.
    bits_per_key: u8,
    /// Whether IDs are in the filters.
    ids: bool,
    keys: Vec<u64>,
    /// In base64.
    filter: Vec<String>,
}

impl PartIndex {
    /// The stored form.
    ///
    /// # Errors
    /// If the compressor fails (out of memory), or the index would be larger than one can be.
    pub fn encode(&self) -> Result<Vec<u8>, IndexError> {
        self.pack()?.ok_or(IndexError::TooLarge)
    }

    /// The stored form; `None` if it is too large to be read again.
    pub(in super::super) fn pack(&self) -> Result<Option<Vec<u8>>, IndexError> {
        pack(&PartWire {
            version: VERSION,
            part: self.part,
            sha256: self.sha256,
            size: self.size,
            format: self.encoding.format,
            compression: self.encoding.compression,
            mapping: self.mapping,
            events: self.events,
            first: self.first,
            last: self.last,
            offset: self.blocks.first().map_or(0, |block| block.offset),
            blocks: BlocksWire::new(&self.blocks, self.first),
            cube: (&self.cube).into(),
            values: dictionary::of(&self.values),
        })
    }

    /// Reads the stored form.
    ///
    /// # Errors
    /// If the bytes are not an index, one of another version, or one that contradicts itself.
    pub fn decode(bytes: &[u8]) -> Result<Self, IndexError> {
        let wire: PartWire = unpack(bytes)?;
        let PartWire { part, sha256, size, mapping, events, first, last, offset, .. } = wire;
        let encoding = Encoding { format: wire.format, compression: wire.compression };
        require(first <= last, "its times are the wrong way round")?;
        let blocks = wire.blocks.check(offset, first)?;
        check_blocks(&blocks, encoding, size, events)?;
        let is_earliest = blocks.iter().map(|block| block.first).min() == Some(first);
        let is_latest = blocks.iter().map(|block| block.last).max() == Some(last);
        require(is_earliest && is_latest, "its times are not those of its blocks")?;
        let cube = wire.cube.check(events, first, last)?;
        let values = dictionary::check(wire.values, events)?;
        Ok(Self { part, sha256, size, encoding, mapping, events, first, last, blocks, cube, values })
    }
}

/// Checks that the blocks have all bytes and all events of the part.
fn check_blocks(blocks: &[Block], encoding: Encoding, size: u64, events: u64) -> Result<(), IndexError> {
    let (Some(first), Some(last)) = (blocks.first(), blocks.last()) else {
        return Err(damaged("it has no blocks"));
    };
    let (header, trailer) = match encoding.compression {
        Compression::Gzip if first.offset > 0 => GZIP_ENDS,
        _ => (0, 0),
    };
    let is_whole = first.offset == header && last.offset.checked_add(last.size + trailer) == Some(size);
    require(is_whole, "its blocks are not the part")?;
    let is_alone = first.offset == 0 && encoding.compression != Compression::None;
    require(!is_alone || blocks.len() == 1, "it has blocks that can't be read alone")?;
    require(last.position + last.events == events, "its blocks have other events")
}

impl BlocksWire {
    fn new(blocks: &[Block], start: Time) -> Self {
        let mut wire = Self::default();
        let after = |time: Time| u64::try_from(time.since(start).as_millis()).unwrap_or(u64::MAX);
        for block in blocks {
            wire.size.push(block.size);
            wire.sha256.push(block.sha256);
            wire.events.push(block.events);
            wire.first.push(after(block.first));
            wire.last.push(after(block.last));
            if let Some(filter) = &block.members.filter {
                wire.bits_per_key = filter.bits_per_key;
                wire.ids = filter.has_ids;
                wire.keys.push(filter.keys);
                wire.filter.push(BASE64.encode(&filter.bits));
            }
        }
        wire
    }

    /// The blocks, each after the one before.
    fn check(self, mut offset: u64, start: Time) -> Result<Vec<Block>, IndexError> {
        let Self { size, sha256, events, first, last, bits_per_key, ids, keys, filter } = self;
        let filters = if bits_per_key == 0 { 0 } else { size.len() };
        let columns = [sha256.len(), events.len(), first.len(), last.len()];
        let is_whole = columns.iter().all(|length| *length == size.len())
            && [keys.len(), filter.len()] == [filters; 2]
            && bits_per_key <= MAX_BITS_PER_KEY
            && !(ids && bits_per_key == 0);
        require(is_whole, "its blocks are incomplete")?;
        let (mut keys, mut filter) = (keys.into_iter(), filter.into_iter());
        let mut blocks = Vec::with_capacity(size.len());
        let mut position = 0_u64;
        let times = first.into_iter().zip(last);
        for (((size, sha256), events), (first, last)) in size.into_iter().zip(sha256).zip(events).zip(times) {
            require(size > 0 && events > 0 && first <= last, "a block is empty")?;
            let [first, last] = [first, last].map(|after| start + Duration::from_millis(after));
            let members = membership((bits_per_key, ids), keys.next(), filter.next())?;
            blocks.push(Block { offset, size, sha256, position, events, first, last, members });
            let too_large = || damaged("its blocks are too large");
            offset = offset.checked_add(size).ok_or_else(too_large)?;
            position = position.checked_add(events).ok_or_else(too_large)?;
        }
        Ok(blocks)
    }
}

fn membership(
    (bits_per_key, has_ids): (u8, bool),
    keys: Option<u64>,
    filter: Option<String>,
) -> Result<Membership, IndexError> {
    let (Some(keys), Some(filter)) = (keys, filter) else { return Ok(Membership::default()) };
    let bits = BASE64.decode(filter).map_err(|_| damaged("a filter is not in base64"))?;
    require(Filter::size(keys, bits_per_key) == Some(bits.len()), "a filter has another length")?;
    Ok(Membership { filter: Some(Filter { keys, bits_per_key, has_ids, bits }) })
}
