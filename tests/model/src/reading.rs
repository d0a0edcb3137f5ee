//! Executes a `Build` as the exporter does: lists the sealed parts first, then reads each partition page by
//! page, merges them in key order, drops what is sealed, and stops at the limits between two timestamps.
//!
//! One page is one step, so that an event may become readable, be deleted or be sealed by another worker
//! between any two pages. The merge between two pages touches nothing outside and is done at once.
//!
//! The sort keys here have a form that orders by the millisecond. The effect of a form on the order of keys
//! is tested with the forms themselves.

use std::collections::VecDeque;
use std::time::Duration;

use archive::encode::Encoded;
use archive::part::Window;
use archive::sha256::Sha256;
use archive::time::Time;
use protocol::machine::{BuildRequest, Built, Span, StagedPart};

use crate::setup::{Event, Setup};
use crate::variant::Variant;
use crate::world::{Account, Events, World, events_of, keys_of};

const GRAIN: Duration = Duration::from_millis(1);

/// A read in progress.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PartRead {
    /// The events of the sealed parts, as listed before the first page.
    sealed: Events,
    /// The events in the list of sealed out-of-order keys.
    out_of_order: Events,
    shards: Vec<Shard>,
    staged: Events,
    /// The event that was added last.
    last: Option<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
struct Shard {
    page: VecDeque<usize>,
    /// The last event that was read: the next page starts after it.
    after: Option<usize>,
    ended: bool,
}

impl PartRead {
    /// Finds the lists of the parts that may contain an event of the span.
    #[must_use]
    pub fn begin(setup: &Setup, account: &Account, request: &BuildRequest) -> Self {
        let reaching = request.exclude.reaching;
        let listed = reaching.into_iter().flat_map(|after| account.parts_reaching(after, request.number));
        let may_hold = |part: &&archive::part::Part| match (&request.span, part.first, part.last) {
            (Span::Window(window), Some(first), Some(last)) if part.unreadable == 0 => {
                first < window.to && last >= window.from
            }
            _ => true,
        };
        let sealed = listed.filter(may_hold).fold(Events::default(), |all, part| all.and(events_of(part)));
        let out_of_order =
            request.exclude.out_of_order_in.and_then(|number| account.part(number)).map(keys_of);
        Self {
            sealed,
            out_of_order: out_of_order.unwrap_or_default(),
            shards: vec![Shard::default(); usize::from(setup.shards)],
            staged: Events::default(),
            last: None,
        }
    }

    /// The partitions whose next page the merge needs.
    pub fn starved(&self) -> impl Iterator<Item = usize> {
        let is_starved = |(_, shard): &(usize, &Shard)| shard.page.is_empty() && !shard.ended;
        self.shards.iter().enumerate().filter(is_starved).map(|(number, _)| number)
    }

    /// Takes a failed page for the last one, which only a broken reader does.
    pub fn end(&mut self) {
        for shard in self.shards.iter_mut().filter(|shard| shard.page.is_empty()) {
            shard.ended = true;
        }
    }

    /// Reads the next page of a partition. An item of another tenant ends the read.
    pub fn page(
        &mut self,
        setup: &Setup,
        world: &World,
        account: usize,
        request: &BuildRequest,
        shard: usize,
        variant: Variant,
    ) -> Option<Built> {
        let key = |event: usize| (setup.events[event].at, event);
        let after = self.shards[shard].after.map(key);
        let expected = |number: &usize| {
            let event = &setup.events[*number];
            event.account == account
                && usize::from(event.shard) == shard
                && world.is_readable(*number)
                && after.is_none_or(|after| key(*number) > after)
                && is_inside(event, &request.span, variant)
        };
        let mut found: Vec<usize> = (0..setup.events.len()).filter(expected).collect();
        found.sort_by_key(|event| key(*event));
        found.truncate(setup.page);
        if variant != Variant::AcceptsForeignItems && found.iter().any(|event| setup.events[*event].foreign) {
            return Some(Built::TenantMismatch { detail: "an item of another tenant was read".into() });
        }
        let reader = &mut self.shards[shard];
        reader.ended = found.len() < setup.page;
        reader.after = found.last().copied().or(reader.after);
        reader.page = found.into();
        None
    }

    /// Merges what the pages contain, until a partition needs its next page or the part is complete.
    pub fn merge(&mut self, setup: &Setup, request: &BuildRequest, now: Time) -> Option<Built> {
        loop {
            if self.starved().next().is_some() {
                return None;
            }
            let Some(item) = self.pop(setup) else { return Some(self.built(setup, request, None)) };
            let end = self.end_before(setup, request, item);
            if now >= request.stop_at
                && let Some(end) = end.clone()
            {
                return Some(end);
            }
            if self.sealed.and(self.out_of_order).has(item) {
                continue;
            }
            if u64::from(self.staged.len()) >= setup.part_events
                && let Some(end) = end
            {
                return Some(end);
            }
            self.staged = self.staged.and(Events::only(item));
            self.last = Some(item);
        }
    }

    fn pop(&mut self, setup: &Setup) -> Option<usize> {
        let key = |event: usize| (setup.events[event].at, event);
        let smallest = self
            .shards
            .iter_mut()
            .filter(|shard| !shard.page.is_empty())
            .min_by_key(|shard| key(shard.page[0]))?;
        smallest.page.pop_front()
    }

    /// The result of a read that stops before this item, if it can stop there.
    fn end_before(&self, setup: &Setup, request: &BuildRequest, item: usize) -> Option<Built> {
        let item = &setup.events[item];
        match (&request.span, self.last.map(|last| &setup.events[last])) {
            (Span::Window(_), Some(last)) => {
                cut_between(last, item).map(|cut| self.built(setup, request, Some(cut)))
            }
            (Span::Window(window), None) => {
                let through = item.has_time.then_some(item.at)?;
                (through > window.from).then_some(Built::OutOfTime { through })
            }
            (Span::OutOfOrderKeys { until: beyond, .. }, Some(_)) => {
                Some(self.built(setup, request, Some(*beyond)))
            }
            (Span::OutOfOrderKeys { .. }, None) => None,
        }
    }

    fn built(&self, setup: &Setup, request: &BuildRequest, cut: Option<Time>) -> Built {
        if self.staged.is_empty() {
            return Built::Nothing;
        }
        let is_out_of_order = matches!(request.span, Span::OutOfOrderKeys { .. });
        let keys = if is_out_of_order { self.staged.and(self.out_of_order) } else { self.staged };
        let held =
            || setup.events.iter().enumerate().filter(|(n, _)| self.staged.has(*n)).map(|(_, event)| event);
        let times = || held().filter(|event| event.has_time).map(|event| event.at);
        let late = held().filter(|event| is_out_of_order || event.at < request.watermark).count();
        // The same events have the same bytes, so the events are the hash.
        let mut hash = [0; 32];
        hash[..2].copy_from_slice(&self.staged.0.to_be_bytes());
        let sha256 = Sha256::new(hash);
        let size = u64::from(self.staged.len());
        Built::Staged(StagedPart {
            cut,
            events: size,
            late: late as u64,
            unreadable: 0,
            first_unreadable: None,
            first: times().min(),
            last: times().max(),
            encoded: Encoded { sha256, size, raw_sha256: sha256, raw_size: size },
            data: self.staged.staging_key(),
            keys: keys.staging_key(),
        })
    }
}

/// A time between two consecutive items, if there is one.
fn cut_between(last: &Event, next: &Event) -> Option<Time> {
    let lies_between = |cut: &Time| last.at < *cut && next.at >= *cut;
    let behind_last = last.has_time.then(|| last.at + GRAIN);
    next.has_time.then_some(next.at).filter(lies_between).or(behind_last.filter(lies_between))
}

fn is_inside(event: &Event, span: &Span, variant: Variant) -> bool {
    match span {
        Span::Window(Window { from, to }) => {
            let before_end = event.at < *to || variant == Variant::IncludesTheEnd && event.at == *to;
            *from <= event.at && before_end
        }
        Span::OutOfOrderKeys { since, until: beyond } => {
            !event.has_time && (event.at >= *beyond || event.at < *since)
        }
    }
}
