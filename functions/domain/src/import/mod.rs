//! What people have as files of events, taken apart into events: JSON in every wrapping, read as a stream.
//!
//! [`Splitter`] finds the events in a stream of bytes, and says what stands between them that is none. [`Keys`] reads
//! time and ID out of an event, [`Guess`] says where they might be, [`own()`] knows the records that we write ourselves,
//! and [`Kind`] what a file is that is no JSON at all. What an event is [`crate::event`] decides.

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

/// No element of a file is longer than these bytes: an item of DynamoDB holds 400 KB, and its text may be a few times
/// as long, with escapes, types and indentation.
pub const LONGEST_ELEMENT: usize = 4 << 20;
