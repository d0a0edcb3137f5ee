//! What the reading thread sends to the writer: events with their positions, and rejected entries.

use archive::event::EventErrorKind;
use archive::import::{KeyFieldGuess, Position};
use aws::dynamodb::events::{MAX_BATCH_BYTES, MAX_BATCH_EVENTS, NewEvent};

/// The position of an entry in the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct InputSpan {
    /// The index of the file, from 0.
    pub(super) file: usize,
    /// Where the entry begins.
    pub(super) start: Position,
    /// The entry's last line.
    pub(super) last_line: u64,
}

/// An entry that can't be imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rejection {
    pub(super) at: InputSpan,
    pub(super) reason: String,
}

/// A file that can't be read to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FailedFile {
    pub(super) file: usize,
    pub(super) reason: String,
    pub(super) remedy: String,
}

/// A batch of entries, in the order of the input.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) events: Vec<NewEvent>,
    /// The position of each event, and why exports will contain a record instead of it, if they will.
    pub(super) spans: Vec<(InputSpan, Option<EventErrorKind>)>,
    pub(super) rejections: Vec<Rejection>,
    pub(super) failed_files: Vec<FailedFile>,
    pub(super) heartbeats: u64,
    /// The number of items of other partitions, and the first such partition.
    pub(super) foreign: u64,
    pub(super) first_foreign: Option<String>,
    /// The fields of the first object without time or ID.
    pub(super) guess: Option<Box<KeyFieldGuess>>,
    bytes: usize,
}

impl Batch {
    pub(super) fn push(&mut self, event: NewEvent, at: InputSpan, unreadable: Option<EventErrorKind>) {
        self.bytes += event.body().len();
        self.events.push(event);
        self.spans.push((at, unreadable));
    }

    /// Whether the batch must be sent.
    pub(super) const fn is_full(&self) -> bool {
        self.events.len() >= MAX_BATCH_EVENTS
            || self.bytes >= MAX_BATCH_BYTES
            || self.rejections.len() >= MAX_BATCH_EVENTS
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.events.is_empty() && self.rejections.is_empty() && self.failed_files.is_empty()
    }
}
