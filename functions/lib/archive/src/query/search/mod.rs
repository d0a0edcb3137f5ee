//! Best-first search over days, parts and blocks, without I/O.
//!
//! A [`Search`] holds nodes: days, parts, blocks of parts, and spans of the events table. Each node has
//! bounds of the times of its events. The search asks for the nodes that may hold the next rows
//! ([`Search::wanted`]); whoever drives it reads them and gives them back (`take_…`). A day becomes its
//! parts, a part its blocks, a block its events. What can't match is left out, and what a summary answers
//! exactly is not read. So an answer equals that of a loop over all events, and memory is bounded by it.
//!
//! A search has a [`Budget`]. When it is spent, the answer says how far it reaches.

mod budget;
mod collect;
mod node;
mod plan;
mod prune;

use std::collections::{BTreeMap, BinaryHeap};
use std::ops::ControlFlow;

use self::node::{Bounds, Node};
use self::prune::Pruner;
use super::Span;
use super::filter::{Filter, Matcher};
use super::index::{Block, DayIndex, PartIndex, read_block};
use super::row::{Order, RowKey, TableKey};
use crate::event;
use crate::fields::{EventFields, Reading};
use crate::part::{Encoding, PartNumber};
use crate::time::Time;

pub use budget::{Budget, Reach, Spent};
pub use collect::Collect;
pub use node::{NodeId, Read, Wanted};
pub use plan::{PartSummary, Scope};

/// Which events a search looks for, and in which order it reads.
#[derive(Debug, Clone)]
pub struct Looking {
    /// Which events match.
    pub filter: Filter,
    /// The times of the events, half-open; narrowed by the `time:` terms of the filter.
    pub span: Span,
    /// What is read first.
    pub order: Order,
    /// How much may be read.
    pub budget: Budget,
}

/// A search in progress.
#[derive(Debug)]
pub struct Search<C> {
    matcher: Matcher,
    pruner: Pruner,
    span: Span,
    order: Order,
    budget: Budget,
    spent: Spent,
    last_part: PartNumber,
    queue: BinaryHeap<Node>,
    reading: BTreeMap<NodeId, Node>,
    /// The blocks of the parts whose index was read and that wait in the queue.
    parts: BTreeMap<PartNumber, Part>,
    /// What could not be read.
    missing: Vec<Missing>,
    /// How many events of the table matched, by the beginning of their window.
    in_table: BTreeMap<Time, u64>,
    next_id: u64,
    collector: C,
}

/// A part whose blocks are being searched.
#[derive(Debug)]
struct Part {
    from: Time,
    blocks: Vec<Block>,
    /// How many of them are still waiting.
    waiting: usize,
}

/// What could not be searched, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// The part.
    pub part: PartNumber,
    /// How many of its events were not searched.
    pub events: u64,
    /// Why not.
    pub why: MissingReason,
}

/// Why something could not be searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MissingReason {
    /// The bytes are gone: the time for which they are kept is over.
    Gone,
    /// The bytes differ from what was sealed. They are not shown.
    Altered,
}

/// What a search has found, and how far it reaches.
#[derive(Debug)]
pub struct Found<C> {
    /// What was collected.
    pub collector: C,
    /// How far the search reaches.
    pub reach: Reach,
    /// What it cost.
    pub spent: Spent,
    /// What could not be searched.
    pub missing: Vec<Missing>,
    /// How many of the events that were found are from the events table, by the beginning of the window in
    /// which they were written.
    pub in_table: BTreeMap<Time, u64>,
}

impl<C: Collect> Search<C> {
    /// Starts a search over `scope` by a mapping.
    #[must_use]
    pub fn new(looking: &Looking, fields: &EventFields, scope: Scope, collector: C) -> Self {
        let matcher = looking.filter.matcher(fields);
        let mut search = Self {
            pruner: Pruner::new(&matcher),
            matcher,
            span: looking.span.intersect(looking.filter.span()),
            order: looking.order,
            budget: looking.budget,
            spent: Spent::default(),
            last_part: scope.last_part.unwrap_or(PartNumber::new(u64::MAX)),
            queue: BinaryHeap::new(),
            reading: BTreeMap::new(),
            parts: BTreeMap::new(),
            missing: Vec::new(),
            in_table: BTreeMap::new(),
            next_id: 0,
            collector,
        };
        if search.span.is_empty() {
            return search;
        }
        for window in scope.table {
            // An event's own time may be any.
            search.add(Bounds::ANY, Read::Table(window));
        }
        for part in scope.parts.into_iter().filter(|part| part.events > 0) {
            search.add(Bounds::ANY, Read::Index(part.number));
        }
        for day in scope.days {
            if let Some((first, last)) = day.times {
                search.add(Bounds { first, last }, Read::Day(day));
            }
        }
        search
    }

    /// The mapping's paths and those of the filter, for reading events of the table.
    #[must_use]
    pub const fn matcher(&self) -> &Matcher {
        &self.matcher
    }

    /// The next reads, at most `limit`. None if the search is complete or its budget is spent. Several may be
    /// done at once, and given back in any order.
    pub fn wanted(&mut self, limit: usize) -> Vec<Wanted> {
        let mut wanted = Vec::new();
        while wanted.len() < limit
            && let Some(node) = self.queue.peek()
        {
            if !self.collector.wants(node.bounds.start(self.order)) {
                // Nothing behind it can be wanted either.
                self.queue.clear();
                break;
            }
            if matches!(node.read, Read::Block(..)) && self.budget.is_spent_by(self.spent) {
                break;
            }
            let Some(node) = self.queue.pop() else { break };
            match &node.read {
                Read::Day(_) => self.spent.days += 1,
                Read::Index(_) => self.spent.indexes += 1,
                Read::Block(part, block) => {
                    self.spent.blocks += 1;
                    let block = self.parts.get(part).and_then(|part| part.blocks.get(*block));
                    self.spent.bytes += block.map_or(0, |block| block.size);
                }
                Read::Table(_) => {}
            }
            wanted.push(Wanted { id: node.id, read: node.read.clone() });
            self.reading.insert(node.id, node);
        }
        wanted
    }

    /// Gives back the roll-up of a day.
    pub fn take_day(&mut self, id: NodeId, day: &DayIndex) {
        let Some(Read::Day(_)) = self.done(id) else { return };
        let is_within = day.parts.iter().all(|part| part.number <= self.last_part);
        if !self.pruner.may_match_day(&self.matcher, day) {
            return;
        }
        let rest = if is_within { self.collector.take_day(&self.matcher, self.span, day) } else { None };
        let may_match = self.pruner.parts_of_day(&self.matcher, day);
        let parts = day.parts.iter().enumerate().zip(may_match);
        for ((place, part), _) in parts.filter(|(_, may_match)| *may_match) {
            if rest.as_ref().is_some_and(|rest| !rest.contains(place)) {
                continue;
            }
            if let Some((first, last)) = part.times.filter(|_| part.number <= self.last_part) {
                self.add(Bounds { first, last }, Read::Index(part.number));
            }
        }
    }

    /// Gives back the index of a part whose window begins at `from`.
    pub fn take_index(&mut self, id: NodeId, index: &PartIndex, from: Time) {
        let Some(Read::Index(number)) = self.done(id) else { return };
        if number > self.last_part
            || !self.pruner.may_match_part(&self.matcher, index)
            || self.collector.take_part(&self.matcher, self.span, index)
        {
            return;
        }
        let mut waiting = 0;
        for (place, block) in index.blocks.iter().enumerate() {
            let bounds = Bounds { first: block.first, last: block.last };
            if self.pruner.may_match_block(block) && self.add(bounds, Read::Block(number, place)) {
                waiting += 1;
            }
        }
        if waiting > 0 {
            self.parts.insert(number, Part { from, blocks: index.blocks.clone(), waiting });
        }
    }

    /// The block to read, with its offset and size in the part's object.
    #[must_use]
    pub fn block(&self, part: PartNumber, block: usize) -> Option<&Block> {
        self.parts.get(&part)?.blocks.get(block)
    }

    /// Gives back the bytes of a block.
    pub fn take_block(&mut self, id: NodeId, encoding: Encoding, bytes: &[u8]) {
        let Some(Read::Block(number, place)) = self.done(id) else { return };
        let Some((from, block)) = self.taken(number, place) else { return };
        let Self { matcher, collector, span, .. } = self;
        let read = read_block(&block, encoding, bytes, |position, event| {
            visit(matcher, *span, from, event, |time, reading| {
                collector.take_event(RowKey::sealed(time, number, position), event, reading);
            });
            ControlFlow::Continue(())
        });
        if read.is_err() {
            self.missing.push(Missing { part: number, events: block.events, why: MissingReason::Altered });
        }
    }

    /// Gives back that the part of a read has no bytes any more, or none that are as they were sealed.
    pub fn take_missing(&mut self, id: NodeId, events: u64, why: MissingReason) {
        match self.done(id) {
            Some(Read::Index(part)) => self.missing.push(Missing { part, events, why }),
            Some(Read::Block(part, place)) => {
                let events = self.taken(part, place).map_or(events, |(_, block)| block.events);
                self.missing.push(Missing { part, events, why });
            }
            Some(Read::Day(_) | Read::Table(_)) | None => {}
        }
    }

    /// Gives back that a roll-up is missing or altered: these are its parts.
    pub fn take_parts(&mut self, id: NodeId, parts: &[PartSummary]) {
        let Some(Read::Day(_)) = self.done(id) else { return };
        let last = self.last_part;
        for part in parts.iter().filter(|part| part.events > 0 && part.number <= last) {
            self.add(Bounds::ANY, Read::Index(part.number));
        }
    }

    /// Gives back that a read is left out of the answer, which says so.
    pub fn skip(&mut self, id: NodeId) {
        self.done(id);
    }

    /// Gives back what the events table holds: keys, the time of writing, and the events.
    pub fn take_table<'e>(
        &mut self,
        id: NodeId,
        items: impl IntoIterator<Item = (TableKey, Time, &'e [u8])>,
    ) {
        let Some(Read::Table(window)) = self.done(id) else { return };
        let Self { matcher, collector, span, in_table, .. } = self;
        let matches = in_table.entry(window.from).or_default();
        for (key, written, event) in items {
            visit(matcher, *span, written, event, |time, reading| {
                *matches += 1;
                collector.take_event(RowKey::in_table(time, key.clone()), event, reading);
            });
        }
    }

    /// What the search has found. Reads that were not given back count as not done.
    #[must_use]
    pub fn finish(mut self) -> Found<C> {
        self.queue.extend(std::mem::take(&mut self.reading).into_values());
        let first_unread = self.queue.peek().map(|node| node.bounds.start(self.order));
        let reach = first_unread.map_or(Reach::Whole, Reach::Until);
        let Self { collector, spent, missing, in_table, .. } = self;
        Found { collector, reach, spent, missing, in_table }
    }

    /// Adds a node if its bounds and the span of the search overlap.
    fn add(&mut self, bounds: Bounds, read: Read) -> bool {
        let Some(bounds) = bounds.within(self.span) else { return false };
        let id = NodeId(self.next_id);
        self.next_id += 1;
        self.queue.push(Node { id, order: self.order, bounds, read });
        true
    }

    fn done(&mut self, id: NodeId) -> Option<Read> {
        self.reading.remove(&id).map(|node| node.read)
    }

    /// The block of a read that is done; the part is forgotten with its last one.
    fn taken(&mut self, number: PartNumber, place: usize) -> Option<(Time, Block)> {
        let part = self.parts.get_mut(&number)?;
        let block = part.blocks.get(place)?.clone();
        let from = part.from;
        part.waiting = part.waiting.saturating_sub(1);
        if part.waiting == 0 {
            self.parts.remove(&number);
        }
        Some((from, block))
    }
}

/// Calls `found` for an event that matches; `otherwise` is its time if it says none itself.
fn visit(
    matcher: &Matcher,
    span: Span,
    otherwise: Time,
    event: &[u8],
    found: impl FnOnce(Time, &Reading<'_>),
) {
    // What was exported is an event. What is not would be an item that came past the exporter.
    let Ok(values) = event::find(event, matcher.paths()) else { return };
    let reading = matcher.read(&values);
    let time = reading.time.unwrap_or(otherwise);
    if span.contains(time) && matcher.matches(event, &values, &reading, time) {
        found(time, &reading);
    }
}
