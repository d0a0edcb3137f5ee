//! Splits files of events into single events: JSON in any wrapper, read as a stream.
//!
//! [`Splitter`] finds the JSON objects in a stream of bytes and reports what is invalid between them.
//! [`KeyFields`] reads time and ID of an event, [`KeyFieldGuess`] suggests where they are, [`classify()`]
//! recognizes the records that Auditferry writes itself, and [`FileType`] names a file that is not JSON.
//! [`crate::event`] decides what a valid event is.

mod compact;
mod guess;
mod keys;
mod kind;
mod members;
mod own;
mod scan;
mod split;
mod wrapper;

pub use compact::{compact, is_same};
pub use guess::Guess;
pub use keys::{Key, KeyError, Keys, TimeForm};
pub use kind::{Compression, Kind, START};
pub use own::{Own, own};
pub use split::{Bad, Piece, Place, Splitter};

/// The longest element of a file, bytes. An item of DynamoDB has at most 400 KB; its text may be a few times
/// as long, with escapes, types and indentation.
pub const LONGEST_ELEMENT: usize = 4 << 20;
