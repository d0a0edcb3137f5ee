//! What the reading thread hands over: events with their places, and what was found that is none.

use adapters::source::{NewEvent, WRITE_BATCH, WRITE_BYTES};
use domain::event::WhyNot;
use domain::import::{Guess, Place};

/// Where something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct At {
    /// Which of the files, from 0.
    pub(super) file: usize,
    /// Where it begins.
    pub(super) place: Place,
    /// The last line that belongs to it.
    pub(super) last_line: u64,
}

/// Something that can't be imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bad {
    pub(super) at: At,
    pub(super) reason: String,
}

/// A file that can't be read, or not to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BadFile {
    pub(super) file: usize,
    pub(super) reason: String,
    pub(super) remedy: String,
}

/// Some of what was found, in the order of the input.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) events: Vec<NewEvent>,
    /// Where each of them stands, and why exports will hold a record in its place, if they will.
    pub(super) places: Vec<(At, Option<WhyNot>)>,
    pub(super) bad: Vec<Bad>,
    pub(super) bad_files: Vec<BadFile>,
    pub(super) heartbeats: u64,
    /// Items of other partitions, and the first of those.
    pub(super) foreign: u64,
    pub(super) first_foreign: Option<String>,
    /// What the first object without time or ID looks like.
    pub(super) guess: Option<Box<Guess>>,
    bytes: usize,
}

impl Batch {
    pub(super) fn push(&mut self, event: NewEvent, at: At, unreadable: Option<WhyNot>) {
        self.bytes += event.body().len();
        self.events.push(event);
        self.places.push((at, unreadable));
    }

    /// Whether it is to be handed over now.
    pub(super) const fn is_full(&self) -> bool {
        self.events.len() >= WRITE_BATCH || self.bytes >= WRITE_BYTES || self.bad.len() >= WRITE_BATCH
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.events.is_empty() && self.bad.is_empty() && self.bad_files.is_empty()
    }
}
