//! What a verification may use of the machine. The verifier itself opens no file and asks no clock: whoever
//! calls it says how much memory, how many threads, and where temporary files come from.

use std::io::{self, Read, Seek, Write};

use super::sorter::Sorter;

/// A temporary file, which disappears when it is dropped.
pub trait TempFile: Read + Write + Seek + Send {}

impl<F: Read + Write + Seek + Send> TempFile for F {}

/// Creates an empty temporary file.
///
/// # Errors
/// If it can't be created, for example because the disk is full.
pub type NewTempFile = fn() -> io::Result<Box<dyn TempFile>>;

/// What a verification may use of the machine.
#[derive(Debug, Clone, Copy)]
pub struct Resources {
    /// Approximate limit, in bytes, of the memory used for sorting.
    pub memory: usize,
    /// The number of threads that read objects.
    pub threads: usize,
    /// Bytes of temporary files for the events' identities that any archive may use, however small it is. A
    /// larger archive may use more, in proportion to its size.
    pub min_temp_bytes: u64,
    /// Stores what exceeds the memory.
    pub new_temp_file: NewTempFile,
}

impl Resources {
    /// A sorter with this fraction of the memory.
    pub(crate) fn sorter(&self, fraction: usize) -> Sorter {
        Sorter::new(self.memory / fraction.max(1), self.new_temp_file)
    }
}
