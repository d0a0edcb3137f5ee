//! How much one request may read, and how far its answer reaches.

use serde::{Deserialize, Serialize};

use crate::time::Time;

/// How much one request may read. Summaries are free: there are few, and they are small.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// The most blocks.
    pub blocks: u64,
    /// The most stored bytes of blocks.
    pub bytes: u64,
}

impl Budget {
    /// What a request gets in which a person waits: some seconds of reading.
    pub const INTERACTIVE: Self = Self { blocks: 512, bytes: 256 << 20 };
    /// No limit: a download, or a search over a folder.
    pub const NONE: Self = Self { blocks: u64::MAX, bytes: u64::MAX };

    pub(super) const fn is_spent_by(self, spent: Spent) -> bool {
        spent.blocks >= self.blocks || spent.bytes >= self.bytes
    }
}

/// What an answer has cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    /// How many roll-ups of days were read.
    pub days: u64,
    /// How many indexes of parts were read.
    pub indexes: u64,
    /// How many blocks were read.
    pub blocks: u64,
    /// How many stored bytes these blocks have.
    pub bytes: u64,
}

/// How far an answer reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Everything that was asked for was searched.
    Whole,
    /// The budget was spent. What is later than this is complete if the newest event comes first, and what is
    /// earlier if the oldest one does.
    Until(Time),
}
