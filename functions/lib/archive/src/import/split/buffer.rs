//! The bytes that are not consumed yet, and their position in the input.

use super::Position;

/// A window of the input.
#[derive(Debug)]
pub(super) struct Buffer {
    bytes: Vec<u8>,
    /// The bytes before this index are consumed.
    start: usize,
    /// The position of `start` in the input.
    pub(super) position: Position,
}

impl Default for Buffer {
    fn default() -> Self {
        Self { bytes: Vec::new(), start: 0, position: Position { line: 1, column: 1, byte: 0 } }
    }
}

impl Buffer {
    /// Appends the next bytes and drops the consumed ones.
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.start);
        self.start = 0;
        self.bytes.extend_from_slice(bytes);
    }

    /// The size of the buffer, bytes.
    #[cfg(test)]
    pub(super) const fn size(&self) -> usize {
        self.bytes.len()
    }

    /// All bytes that are not consumed.
    pub(super) fn remaining(&self) -> &[u8] {
        self.bytes.get(self.start..).unwrap_or_default()
    }

    /// The remaining bytes after the first `bytes`.
    pub(super) fn after(&self, bytes: usize) -> &[u8] {
        self.remaining().get(bytes..).unwrap_or_default()
    }

    /// The first `bytes` of the remaining ones.
    pub(super) fn head(&self, bytes: usize) -> &[u8] {
        self.remaining().get(..bytes).unwrap_or_default()
    }

    /// Consumes that many bytes.
    pub(super) fn consume(&mut self, bytes: usize) {
        self.position = self.position_after(bytes);
        self.start += self.head(bytes).len();
    }

    /// The position after that many bytes.
    pub(super) fn position_after(&self, bytes: usize) -> Position {
        let (consumed, Position { line, column, byte }) = (self.head(bytes), self.position);
        let column = match memchr::memrchr(b'\n', consumed) {
            Some(last) => (consumed.len() - last) as u64,
            None => column + consumed.len() as u64,
        };
        let lines = memchr::memchr_iter(b'\n', consumed).count() as u64;
        Position { line: line + lines, column, byte: byte + consumed.len() as u64 }
    }
}
