//! The bytes that are not done with, and where in the input they are.

use super::Place;

/// A window of the input.
#[derive(Debug)]
pub(super) struct Buffer {
    bytes: Vec<u8>,
    /// What is before this is done with.
    start: usize,
    /// Where `start` is.
    pub(super) place: Place,
}

impl Default for Buffer {
    fn default() -> Self {
        Self { bytes: Vec::new(), start: 0, place: Place { line: 1, column: 1, byte: 0 } }
    }
}

impl Buffer {
    /// Takes the bytes that come next, and lets go of those that are done with.
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.start);
        self.start = 0;
        self.bytes.extend_from_slice(bytes);
    }

    /// How much memory it takes.
    #[cfg(test)]
    pub(super) const fn size(&self) -> usize {
        self.bytes.len()
    }

    /// What is not done with.
    pub(super) fn here(&self) -> &[u8] {
        self.bytes.get(self.start..).unwrap_or_default()
    }

    /// What lies so many bytes on, and all behind it.
    pub(super) fn behind(&self, bytes: usize) -> &[u8] {
        self.here().get(bytes..).unwrap_or_default()
    }

    /// The next bytes, so many of them.
    pub(super) fn next(&self, bytes: usize) -> &[u8] {
        self.here().get(..bytes).unwrap_or_default()
    }

    /// Is done with so many bytes.
    pub(super) fn pass(&mut self, bytes: usize) {
        self.place = self.place_behind(bytes);
        self.start += self.next(bytes).len();
    }

    /// The place behind so many bytes.
    pub(super) fn place_behind(&self, bytes: usize) -> Place {
        let (passed, Place { line, column, byte }) = (self.next(bytes), self.place);
        let column = match memchr::memrchr(b'\n', passed) {
            Some(last) => (passed.len() - last) as u64,
            None => column + passed.len() as u64,
        };
        let lines = memchr::memchr_iter(b'\n', passed).count() as u64;
        Place { line: line + lines, column, byte: byte + passed.len() as u64 }
    }
}
