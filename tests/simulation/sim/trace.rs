//! Everything that happened in a simulation, in order: as a hash, and optionally as lines.

use std::fmt::Arguments;
use std::fmt::Write as _;

use archive::time::Time;

/// FNV-1a: all input is ours and small, so a simple hash is enough to distinguish two histories.
const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0100_0000_01b3;

#[derive(Debug)]
pub(crate) struct Trace {
    hash: u64,
    /// The line being written; its buffer is reused.
    line: String,
    lines: Option<Vec<String>>,
}

impl Trace {
    pub(crate) fn new(keep_lines: bool) -> Self {
        Self { hash: OFFSET, line: String::new(), lines: keep_lines.then(Vec::new) }
    }

    pub(crate) fn log(&mut self, now: Time, line: Arguments<'_>) {
        self.line.clear();
        write!(self.line, "{} {line}", now.millis()).expect("writing to a String never fails");
        for byte in self.line.bytes() {
            self.hash = (self.hash ^ u64::from(byte)).wrapping_mul(PRIME);
        }
        if let Some(lines) = &mut self.lines {
            lines.push(format!("{now} {line}"));
        }
    }

    /// The hash of all lines, and the lines if they were kept.
    pub(crate) fn end(&mut self) -> (u64, Vec<String>) {
        (self.hash, self.lines.take().unwrap_or_default())
    }
}
