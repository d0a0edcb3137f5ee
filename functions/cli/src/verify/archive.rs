//! What is verified: the objects below a connector's prefix, wherever they lie.

use std::io::{self, Read};

/// The objects below a prefix, by their names below it.
pub(crate) trait Archive: Send + Sync {
    /// Tells every object, in any order.
    ///
    /// # Errors
    /// If it can't be listed to its end, or `each` fails.
    fn list(&self, each: &mut dyn FnMut(Entry) -> io::Result<()>) -> io::Result<()>;

    /// Opens an object that was told.
    ///
    /// # Errors
    /// If it is gone, can't be read, or lies elsewhere.
    fn open(&self, name: &str) -> io::Result<Box<dyn Read + Send + '_>>;

    /// How many small objects are best read at once.
    fn at_once(&self) -> usize;
}

/// An object.
#[derive(Debug)]
pub(crate) struct Entry {
    /// Its name below the prefix, segments joined by slashes.
    pub(crate) name: String,
    /// What is there.
    pub(crate) found: Found,
}

/// What is there under a name.
#[derive(Debug)]
pub(crate) enum Found {
    /// A file or object of so many bytes.
    File(u64),
    /// Something that no object of a bucket becomes when it is copied; it is left alone.
    Odd(&'static str),
    /// What the operating system of whoever has the copy left there: no part of the archive.
    Litter,
}
