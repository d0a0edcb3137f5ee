//! Splits files of events into single events: JSON in any wrapper, read as a stream.
//!
//! [`Splitter`] finds the JSON objects in a stream of bytes and reports what is invalid between them.
//! [`KeyFields`] reads time and ID of an event, [`KeyFieldGuess`] suggests where they are, [`classify()`]
//! recognizes the records that Auditferry writes itself, and [`FileType`] names a file that is not JSON.
//! [`crate::event`] decides what a valid event is.

mod classify;
mod compact;
mod file_type;
mod guess;
mod key_fields;
mod members;
mod scan;
mod split;
mod wrapper;

pub use classify::{ImportObject, classify};
pub use compact::{compact, is_same};
pub use file_type::{Compression, FileType, SNIFF_BYTES};
pub use guess::KeyFieldGuess;
pub use key_fields::{ImportKey, KeyError, KeyFields, TimeForm};
pub use split::{Element, InvalidElement, Position, Splitter};

/// The longest element of a file, bytes. An item of DynamoDB has at most 400 KB; its text may be a few times
/// as long, with escapes, types and indentation.
pub const MAX_ELEMENT_BYTES: usize = 4 << 20;
