//! What a search is about to read.

use std::cmp::Ordering;
use std::time::Duration;

use crate::part::{PartNumber, Window};
use crate::query::Span;
use crate::query::row::Order;
use crate::staging_keys::DayKey;
use crate::time::Time;

/// Identifies one read of one search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub(super) u64);

/// What must be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Read {
    /// The roll-up of a day.
    Day(DayKey),
    /// The index of a part.
    Index(PartNumber),
    /// A block of a part: its index in the part's list of blocks, from 0.
    Block(PartNumber, usize),
    /// What the events table holds of this span of the time of writing.
    Table(Window),
}

/// A read that the search waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// By this ID the content is given back.
    pub id: NodeId,
    /// What to read.
    pub read: Read,
}

/// Bounds of the times of a node's events, both inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bounds {
    pub(super) first: Time,
    pub(super) last: Time,
}

impl Bounds {
    /// Nothing is known.
    pub(super) const ANY: Self = Self { first: Time::EPOCH, last: Time::LAST };

    /// What of it is in a span; `None` if nothing is.
    pub(super) fn within(self, span: Span) -> Option<Self> {
        if !span.overlaps(self.first, self.last) {
            return None;
        }
        let last = if span.to < Time::LAST { span.to - Duration::from_millis(1) } else { Time::LAST };
        Some(Self { first: self.first.max(span.from), last: self.last.min(last) })
    }

    /// The time in it that comes first in this order.
    pub(super) const fn start(self, order: Order) -> Time {
        match order {
            Order::Newest => self.last,
            Order::Oldest => self.first,
        }
    }
}

/// A node in the queue of a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) id: NodeId,
    pub(super) order: Order,
    pub(super) bounds: Bounds,
    pub(super) read: Read,
}

impl Ord for Node {
    /// The greatest node is read next: the one whose events may come first, and of two such the one that was
    /// found first.
    fn cmp(&self, other: &Self) -> Ordering {
        let starts = [self, other].map(|node| node.bounds.start(self.order));
        let [mine, theirs] = starts;
        self.order.compare(&theirs, &mine).then_with(|| other.id.cmp(&self.id))
    }
}

impl PartialOrd for Node {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
