//! What the programs let a verification use of the machine.

use std::io;
use std::num::NonZero;
use std::thread::available_parallelism;

use crate::verify::resources::{Resources, TempFile};

/// 128 MiB of memory, unnamed temporary files, and a thread for each core: both of a small machine, and at
/// most 16 of a larger one.
#[must_use]
pub fn resources() -> Resources {
    Resources {
        memory: 128 << 20,
        threads: available_parallelism().map_or(2, NonZero::get).clamp(1, 16),
        min_temp_bytes: 256 << 20,
        new_temp_file,
    }
}

/// A file in the system's directory for temporary files (`TMPDIR`). It has no name, so it disappears with the
/// process however that ends.
///
/// # Errors
/// If it can't be created.
pub fn new_temp_file() -> io::Result<Box<dyn TempFile>> {
    Ok(Box::new(tempfile::tempfile()?))
}
