//! Rows: a page of the events that match, in order.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::time::Duration;

use crate::fields::Reading;
use crate::query::Span;
use crate::query::filter::Matcher;
use crate::query::index::{DayIndex, PartIndex, PartSet};
use crate::query::row::{Order, Origin, RowKey};
use crate::query::search::{Collect, Reach};
use crate::time::Time;

/// The most bytes of events in a page, so that a page of large ones fits into one answer of a function: AWS
/// Lambda answers with at most 6 MB (AWS Lambda developer guide, "Lambda quotas"), and within a text of JSON
/// each quote takes two bytes.
pub const MAX_PAGE_BYTES: usize = 2 << 20;

/// Collects one page of rows.
#[derive(Debug)]
pub struct Rows {
    order: Order,
    limit: usize,
    max_bytes: usize,
    after: Option<RowKey>,
    kept: BTreeMap<Ranked, Vec<u8>>,
    bytes: usize,
    /// Whether rows were dropped that follow those that are kept.
    has_more: bool,
}

/// A key that is ordered as the rows of an answer are.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Ranked(Order, RowKey);

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.compare(&self.1, &other.1)
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A row of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Where it is.
    pub key: RowKey,
    /// The event as it was exported: one line of JSON.
    pub event: Vec<u8>,
}

/// A page of rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The rows, in order.
    pub rows: Vec<Row>,
    /// The last row of this page, or the point up to which it was searched: the next page follows it. `None`
    /// if nothing follows.
    pub next: Option<RowKey>,
    /// The time up to which it was searched, if the budget ended the search before the page was full.
    pub searched_to: Option<Time>,
}

/// The budget was spent on events of one instant: no page can get past it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "too many blocks hold events of about {at}; narrow the filter by an exact value, such as actor:ana, or the time"
)]
pub struct StuckError {
    /// The time that the search can't get past.
    pub at: Time,
}

impl Rows {
    /// At most `limit` rows, which follow `after` in this order.
    #[must_use]
    pub const fn new(order: Order, limit: usize, after: Option<RowKey>) -> Self {
        Self {
            order,
            limit,
            max_bytes: MAX_PAGE_BYTES,
            after,
            kept: BTreeMap::new(),
            bytes: 0,
            has_more: false,
        }
    }

    /// The same with more room, for files.
    #[must_use]
    pub fn with_max_bytes(self, max_bytes: usize) -> Self {
        Self { max_bytes, ..self }
    }

    /// The page, of a search that has this reach.
    ///
    /// # Errors
    /// If the search got no further than the page before.
    pub fn page(self, reach: Reach) -> Result<Page, StuckError> {
        let Self { order, after, kept, has_more, .. } = self;
        let rows = kept.into_iter().map(|(Ranked(_, key), event)| Row { key, event });
        let Reach::Until(reached) = reach else {
            let rows: Vec<_> = rows.collect();
            let next = if has_more { rows.last().map(|row| row.key.clone()) } else { None };
            return Ok(Page { rows, next, searched_to: None });
        };
        // Unread blocks may hold rows of `reached` and of what follows it. Those before it are certain.
        let edge = RowKey {
            time: reached,
            origin: match order {
                Order::Newest => Origin::After,
                Order::Oldest => Origin::Before,
            },
        };
        let rows: Vec<_> = rows.take_while(|row| order.compare(&row.key, &edge).is_lt()).collect();
        // If rows of the page's end were dropped, the page is full, and its end is before the edge.
        let (next, searched_to) = match rows.last() {
            Some(last) if has_more && rows.len() >= self.limit => (last.key.clone(), None),
            _ => (edge, Some(reached)),
        };
        match after {
            Some(after) if order.compare(&next, &after).is_le() => Err(StuckError { at: reached }),
            _ => Ok(Page { rows, next: Some(next), searched_to }),
        }
    }

    /// Whether a row with this key belongs into the page as it is.
    fn takes(&self, key: &Ranked) -> bool {
        if self.after.as_ref().is_some_and(|after| self.order.compare(&key.1, after).is_le()) {
            return false;
        }
        self.kept.len() < self.limit || self.kept.last_key_value().is_some_and(|(last, _)| key < last)
    }
}

impl Collect for Rows {
    fn wants(&self, start: Time) -> bool {
        let is_full = self.kept.len() >= self.limit;
        // A block of the same time may hold a row that comes before the last one.
        !(is_full
            && self.has_more
            && self
                .kept
                .last_key_value()
                .is_some_and(|(last, _)| self.order.compare(&last.1.time, &start).is_lt()))
    }

    fn take_day(&mut self, _: &Matcher, _: Span, _: &DayIndex) -> Option<PartSet> {
        None
    }

    fn take_part(&mut self, _: &Matcher, _: Span, _: &PartIndex) -> bool {
        false
    }

    fn take_event(&mut self, key: RowKey, event: &[u8], _: &Reading<'_>) {
        let key = Ranked(self.order, key);
        if !self.takes(&key) {
            self.has_more |=
                self.after.as_ref().is_none_or(|after| self.order.compare(&key.1, after).is_gt());
            return;
        }
        self.bytes += event.len();
        self.kept.insert(key, event.to_vec());
        while self.kept.len() > self.limit || (self.bytes > self.max_bytes && self.kept.len() > 1) {
            let Some((_, event)) = self.kept.pop_last() else { break };
            self.bytes -= event.len();
            self.has_more = true;
            // A page that large events have filled stays as short: what was dropped follows it.
            self.limit = self.limit.min(self.kept.len().max(1));
        }
    }
}

/// What of a span the pages after this row can have.
#[must_use]
pub fn remaining(span: Span, order: Order, after: Option<&RowKey>) -> Span {
    let Some(after) = after else { return span };
    let whole = Span::WHOLE;
    span.intersect(match order {
        Order::Newest => Span { to: after.time + Duration::from_millis(1), ..whole },
        Order::Oldest => Span { from: after.time, ..whole },
    })
}
