//! The objects below a connector's prefix, wherever they are stored.

use std::io::{self, Read};

/// Read access to the objects below a prefix, by their names relative to it.
pub trait Archive: Send + Sync {
    /// Lists every object, in any order.
    ///
    /// # Errors
    /// If the listing can't be completed, or `each` fails.
    fn list(&self, each: &mut dyn FnMut(Entry) -> io::Result<()>) -> io::Result<()>;

    /// Opens an object that was listed.
    ///
    /// # Errors
    /// If it no longer exists, can't be read, or is outside of the archive.
    fn open(&self, name: &str) -> io::Result<Box<dyn Read + Send + '_>>;

    /// Opens a piece of an object: at most `length` bytes from `offset` on, and none beyond its end.
    ///
    /// # Errors
    /// As those of [`Self::open`]; of kind [`io::ErrorKind::NotFound`] if there is no such object.
    fn open_range(&self, name: &str, offset: u64, length: u64) -> io::Result<Box<dyn Read + Send + '_>>;

    /// How many small objects to read concurrently.
    fn concurrency(&self) -> usize;
}

/// An entry of an archive's listing.
#[derive(Debug)]
pub struct Entry {
    /// Its name relative to the prefix, with segments joined by slashes.
    pub name: String,
    /// What kind of entry it is.
    pub kind: EntryKind,
}

/// The kind of an entry.
#[derive(Debug)]
pub enum EntryKind {
    /// A file or object, with its size in bytes.
    File(u64),
    /// Something that no copied object of a bucket becomes, with the reason; it is not read.
    Unsupported(&'static str),
    /// A file that an operating system leaves in folders, not part of the archive.
    SystemFile,
}
