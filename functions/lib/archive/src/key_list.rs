//! The key list of a part: its event keys in sort order. The look-back compares it with the table so that no
//! event is sealed twice. Both sides of that comparison are sorted streams, so its memory does not grow.
//!
//! Format: a zstd stream of records. Each is the length of the sort key bytes (u32, little endian), those
//! bytes, the length of the tie-breaker bytes (u32), and those bytes.

use std::io::Write;

use bytes::Bytes;
use zstd::stream::raw::Decoder;
use zstd::stream::zio::Writer;

use crate::item::EventKey;

/// Keys are collected up to this many bytes, since each call of zstd has a fixed cost.
const BLOCK_BYTES: usize = 1 << 16;

/// Writes a key list.
pub struct KeyListWriter {
    /// Bytes that are not compressed yet.
    block: Vec<u8>,
    stream: zstd::Encoder<'static, Vec<u8>>,
}

impl std::fmt::Debug for KeyListWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyListWriter")
    }
}

impl KeyListWriter {
    /// Starts an empty list.
    ///
    /// # Errors
    /// If zstd can't be set up (out of memory).
    pub fn new() -> std::io::Result<Self> {
        let mut stream = zstd::Encoder::new(Vec::new(), 1)?;
        // A damaged key would match another event, and its own event would be exported again.
        stream.include_checksum(true)?;
        Ok(Self { block: Vec::new(), stream })
    }

    /// Adds a key, which must be greater than the one before.
    ///
    /// # Errors
    /// If zstd fails, or a field of the key is 4 GiB or longer.
    pub fn push(&mut self, key: &EventKey) -> std::io::Result<()> {
        for field in [&key.sort, &key.tie_breaker] {
            let length = u32::try_from(field.len()).map_err(std::io::Error::other)?;
            self.block.extend_from_slice(&length.to_le_bytes());
            self.block.extend_from_slice(field);
        }
        if self.block.len() >= BLOCK_BYTES { self.close_block() } else { Ok(()) }
    }

    fn close_block(&mut self) -> std::io::Result<()> {
        self.stream.write_all(&self.block)?;
        self.block.clear();
        Ok(())
    }

    /// How many bytes [`Self::take`] would return.
    #[must_use]
    pub fn ready(&self) -> usize {
        self.stream.get_ref().len()
    }

    /// Takes the bytes that are ready to be stored.
    pub fn take(&mut self) -> Bytes {
        Bytes::from(std::mem::take(self.stream.get_mut()))
    }

    /// Closes the list, and returns its last bytes.
    ///
    /// # Errors
    /// If zstd fails.
    pub fn finish(mut self) -> std::io::Result<Bytes> {
        self.close_block()?;
        Ok(Bytes::from(self.stream.finish()?))
    }
}

/// Reads a list from a stream of bytes.
pub struct KeyListReader {
    stream: Writer<Vec<u8>, Decoder<'static>>,
    consumed: usize,
}

impl std::fmt::Debug for KeyListReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyListReader")
    }
}

impl KeyListReader {
    /// Starts before the first byte.
    ///
    /// # Errors
    /// If zstd can't be set up (out of memory).
    pub fn new() -> std::io::Result<Self> {
        Ok(Self { stream: Writer::new(Vec::new(), Decoder::new()?), consumed: 0 })
    }

    /// Adds the next bytes of the list.
    ///
    /// # Errors
    /// If they are not zstd, or the list ends with them and its checksum is wrong.
    pub fn feed(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.writer_mut().drain(..self.consumed);
        self.consumed = 0;
        self.stream.write_all(bytes)?;
        self.stream.flush()
    }

    /// The next key; `None` until all of its bytes were added.
    pub fn next_key(&mut self) -> Option<EventKey> {
        let ready = self.stream.writer().get(self.consumed..)?;
        let (sort, rest) = field(ready)?;
        let (tie, rest) = field(rest)?;
        let key = EventKey { sort: sort.to_vec(), tie_breaker: tie.to_vec() };
        self.consumed += ready.len() - rest.len();
        Some(key)
    }

    /// Ends the input.
    ///
    /// # Errors
    /// If the list is incomplete, or ends in the middle of a key.
    pub fn finish(&mut self) -> std::io::Result<()> {
        self.stream.finish()?;
        if self.stream.writer().len() == self.consumed {
            Ok(())
        } else {
            Err(std::io::Error::other("the list ends in the middle of a key"))
        }
    }
}

fn field(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// All keys of a list, if it is intact.
    fn read(bytes: &[u8]) -> std::io::Result<Vec<EventKey>> {
        let mut reader = KeyListReader::new()?;
        reader.feed(bytes)?;
        let keys = std::iter::from_fn(|| reader.next_key()).collect();
        reader.finish()?;
        Ok(keys)
    }

    #[test]
    fn a_list_with_a_flipped_bit_is_an_error_or_unchanged() {
        let keys: Vec<EventKey> = (0..5u8)
            .map(|n| EventKey {
                sort: format!("2023-07-10T12:00:0{n}.000Z#evt_{n}").into(),
                tie_breaker: b"acme".to_vec(),
            })
            .collect();
        let mut writer = KeyListWriter::new().unwrap();
        for key in &keys {
            writer.push(key).unwrap();
        }
        let bytes = writer.finish().unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.to_vec();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(read(&damaged).map_or(true, |found| found == keys), "bit {bit}");
        }
        for end in 0..bytes.len() {
            assert!(read(&bytes[..end]).is_err(), "a list cut to {end} bytes is accepted as complete");
        }
    }

    /// This bounds memory: written bytes can be taken while the list grows, and are not kept.
    #[test]
    fn a_list_can_be_taken_piece_by_piece_while_it_grows() {
        let mut writer = KeyListWriter::new().unwrap();
        let (mut stored, mut pieces) = (Vec::new(), 0);
        let keys = (0..40_000u64).map(|n| EventKey {
            sort: n.to_be_bytes().to_vec(),
            tie_breaker: n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes().repeat(2),
        });
        for key in keys.clone() {
            writer.push(&key).unwrap();
            let ready = writer.ready();
            if ready > 50_000 {
                stored.extend(writer.take());
                assert_eq!(writer.ready(), 0);
                pieces += 1;
            }
        }
        let rest = writer.finish().unwrap();
        assert!(pieces > 1 && rest.len() < 400_000, "{pieces} pieces, and {} bytes at the end", rest.len());
        stored.extend(rest);
        assert!(read(&stored).unwrap().into_iter().eq(keys));
    }

    #[test]
    fn a_key_as_large_as_a_block_is_compressed_at_once() {
        let mut writer = KeyListWriter::new().unwrap();
        let numbers = 0..1u64 << 17;
        let noise = numbers.flat_map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes()).collect();
        writer.push(&EventKey { sort: noise, tie_breaker: Vec::new() }).unwrap();
        assert!(writer.ready() > BLOCK_BYTES, "{} bytes", writer.ready());
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in any::<Vec<u8>>(), piece in 1usize..9) {
            let mut reader = KeyListReader::new().unwrap();
            for piece in bytes.chunks(piece) {
                if reader.feed(piece).is_err() {
                    return Ok(());
                }
                while reader.next_key().is_some() {}
            }
            let _ = reader.finish();
        }

        #[test]
        fn a_list_round_trips_however_it_is_split(
            fields in prop::collection::vec(
                (prop::collection::vec(any::<u8>(), 0..40), prop::collection::vec(any::<u8>(), 0..40)),
                0..50,
            ),
            piece in 1usize..64,
        ) {
            let key = |(sort, tie_breaker)| EventKey { sort, tie_breaker };
            let keys: Vec<EventKey> = fields.into_iter().map(key).collect();
            let mut writer = KeyListWriter::new().unwrap();
            let mut stored = Vec::new();
            for key in &keys {
                writer.push(key).unwrap();
                stored.extend(writer.take());
            }
            stored.extend(writer.finish().unwrap());
            let mut reader = KeyListReader::new().unwrap();
            let mut read = Vec::new();
            for piece in stored.chunks(piece) {
                reader.feed(piece).unwrap();
                while let Some(key) = reader.next_key() {
                    read.push(key);
                }
            }
            prop_assert_eq!(read, keys);
            prop_assert!(reader.finish().is_ok());
        }
    }
}
