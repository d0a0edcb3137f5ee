//! The moving part of a connector: how far it has sealed and delivered, and when it runs next.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::connector::Destination;
use crate::events_source::RememberedSource;
use crate::fault::Block;
use crate::manifest::{ChainState, KeyId, Location, SignedManifest};
use crate::part::{PartNumber, Window};
use crate::time::Time;

const DAY: Duration = Duration::from_hours(24);
/// How long after a pass the next one is due: a little less than a day, so that a connector that runs once a
/// day, some minutes earlier or later, is reconciled by each of its runs.
const RECONCILE_INTERVAL: Duration = Duration::from_mins(23 * 60 + 30);
/// How far back the daily reconcile reads.
const DAILY_REACH: Duration = Duration::from_hours(2 * 24);
/// How far back every seventh reconcile reads.
const WEEKLY_REACH: Duration = Duration::from_hours(32 * 24);

/// Where a connector stands. The seal moves `next` and `watermark` together, in one transaction, and only if
/// both still are what the sealing worker read.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Cursor {
    /// The number of the part to be sealed next.
    pub next: PartNumber,
    /// The exclusive end of what is sealed.
    pub watermark: Time,
    /// The newest part that is delivered; all before it are too.
    pub delivered: PartNumber,
    /// The first instant that this connector exports.
    pub since: Time,
    /// When the connector runs next: the only clock of the system.
    pub next_run_at: Time,
    /// A run was asked for ("run now"): a window ends here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut: Option<Time>,
    /// How far the next window is read, if a run has begun it and not come to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "reading")]
    pub read_progress: Option<ReadProgress>,
    /// The search for events that came later than the look-back.
    pub reconcile: Reconcile,
    /// The newest part's note, on which the next one hangs, and the keys of the chain. None before the first, and in ledgers of a version that
    /// wrote no manifests: the next part begins the chain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "note")]
    pub chain_head: Option<ChainState>,
    /// Where the vendor's public keys were put.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "published")]
    pub published_keys: Option<PublishedKeys>,
    /// Why delivery (or reading) is blocked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block: Option<Block>,
    /// Up to this part the staging bucket was swept of what nobody sealed. It saves cost only.
    #[serde(default)]
    #[serde(rename = "swept")]
    pub orphans_swept_to: PartNumber,
    /// Where the events are read from; none before the first seal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<RememberedSource>,
}

impl Cursor {
    /// The cursor of a connector activated at `now` that exports events from `since` on.
    #[must_use]
    pub fn new(since: Time, now: Time, next_run_at: Time) -> Self {
        Self {
            next: PartNumber::FIRST,
            watermark: since,
            delivered: PartNumber::NONE,
            since,
            next_run_at,
            cut: None,
            read_progress: None,
            reconcile: Reconcile {
                due: now + RECONCILE_INTERVAL,
                passes: 0,
                resume_at: None,
                out_of_order_in: None,
            },
            chain_head: None,
            published_keys: None,
            block: None,
            orphans_swept_to: PartNumber::NONE,
            source: None,
        }
    }

    /// The first instant that is read: the connector's own, or that from which on a source that replaced another one
    /// holds the events.
    #[must_use]
    pub fn reads_from(&self) -> Time {
        let accepted = self.source.as_ref().and_then(|remembered| remembered.accepted.as_ref());
        accepted.map_or(self.since, |acceptance| acceptance.from.max(self.since))
    }

    /// The oldest part that is sealed but not delivered.
    #[must_use]
    pub fn undelivered(&self) -> Option<PartNumber> {
        let oldest = self.delivered.next();
        (oldest < self.next).then_some(oldest)
    }
}

/// Which keys lie beside the manifests, and where. A destination that changes, or a key, has them put again.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PublishedKeys {
    /// The place, as a manifest tells it.
    #[serde(rename = "to")]
    pub location: String,
    /// The keys.
    pub keys: Vec<KeyId>,
}

impl PublishedKeys {
    /// The keys of a note, at a destination.
    #[must_use]
    pub fn of(note: &SignedManifest, destination: &Destination) -> Self {
        let keys = note.keys().iter().map(|key| key.id().into()).collect();
        Self { location: Location::of(destination).to_string(), keys }
    }

    /// Whether all of the others lie there too.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self.location == other.location && other.keys.iter().all(|key| self.keys.contains(key))
    }

    /// These, and those that lay at the same place before.
    #[must_use]
    pub fn merged_with(mut self, before: Option<&Self>) -> Self {
        let kept = before
            .filter(|before| before.location == self.location)
            .into_iter()
            .flat_map(|before| &before.keys);
        let kept: Vec<KeyId> = kept.filter(|key| !self.keys.contains(key)).copied().collect();
        self.keys.extend(kept);
        self
    }
}

/// A window that takes several parts or several runs. What is read of it was read when it was settled, look-back
/// included, so nobody reads that again: the next run goes on behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ReadProgress {
    /// The window's end: what was read for this end is read for no other.
    pub to: Time,
    /// All keys before this were read, and what was new among them is sealed.
    pub through: Time,
}

/// The daily search for events that became readable later than the look-back, and for items whose keys lie
/// outside everything that a window can reach. It goes through its range a day at a time and keeps its place,
/// so that a run that ends early goes on where it stopped.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Reconcile {
    /// When the next pass starts, or the one under way started.
    pub due: Time,
    /// How many passes were completed; every seventh reads 32 days back instead of two.
    pub passes: u32,
    /// Where the pass under way goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "at")]
    pub resume_at: Option<Time>,
    /// The newest part that holds strays. A stray is exported once, and only key lists know it: that of this part
    /// names its own strays and all of the parts before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "strays_in")]
    pub out_of_order_in: Option<PartNumber>,
}

/// One step of a pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Slice {
    /// Read this span of event time again.
    Span(Window),
    /// Read the keys that are no times at all.
    OutOfOrderKeys,
}

impl Reconcile {
    /// The next slice to read, if a pass is due: at most a day long, ending at the watermark at the latest;
    /// the strays come last.
    #[must_use]
    pub fn slice(&self, since: Time, watermark: Time, now: Time) -> Option<Slice> {
        if now < self.due {
            return None;
        }
        let reach = if self.passes % 7 == 6 { WEEKLY_REACH } else { DAILY_REACH };
        let from = self.resume_at.unwrap_or_else(|| since.max(watermark - reach));
        let to = (from + DAY).min(watermark);
        Some(if from < to { Slice::Span(Window { from, to }) } else { Slice::OutOfOrderKeys })
    }

    /// The state after everything before `through` was read.
    #[must_use]
    pub fn read_through(&self, through: Time) -> Self {
        Self { resume_at: Some(through), ..self.clone() }
    }

    /// The state after the strays were read, and with them the pass is complete. `part` holds new ones.
    #[must_use]
    pub fn read_out_of_order_keys(&self, part: Option<PartNumber>, now: Time) -> Self {
        let strays_in = part.or(self.out_of_order_in);
        Self {
            due: now + RECONCILE_INTERVAL,
            passes: self.passes.wrapping_add(1),
            resume_at: None,
            out_of_order_in: strays_in,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_reads_two_days_in_slices_and_every_seventh_thirty_two() {
        let start = at("2026-01-01T00:00:00Z");
        let now = at("2026-11-20T21:05:00Z");
        let watermark = at("2026-11-20T21:00:00Z");
        let mut reconcile = Cursor::new(start, start, start).reconcile;
        let mut slices = Vec::new();
        for _ in 0..7 {
            reconcile.due = now;
            let mut spans = 0;
            while let Some(slice) = reconcile.slice(start, watermark, now) {
                reconcile = match slice {
                    Slice::Span(span) => {
                        assert!(span.to <= watermark && span.from < span.to);
                        spans += 1;
                        reconcile.read_through(span.to)
                    }
                    Slice::OutOfOrderKeys => reconcile.read_out_of_order_keys(None, now),
                };
            }
            assert_eq!(reconcile.due, now + RECONCILE_INTERVAL);
            slices.push(spans);
        }
        assert_eq!(slices, [2, 2, 2, 2, 2, 2, 32]);
    }

    fn at(text: &str) -> Time {
        text.parse().unwrap()
    }

    #[test]
    fn a_pass_is_due_once_a_day_also_for_who_runs_once_a_day_and_some_minutes_early() {
        let (start, ended) = (at("2026-01-01T00:00:00Z"), at("2026-11-20T21:05:00Z"));
        let reconcile = Cursor::new(start, start, start).reconcile.read_out_of_order_keys(None, ended);
        let slice = |now: &str| reconcile.slice(start, at("2026-11-20T21:00:00Z"), at(now));
        assert_eq!(slice("2026-11-21T20:05:00Z"), None, "an hourly run of the same day");
        assert!(slice("2026-11-21T20:50:00Z").is_some());
    }

    #[test]
    fn a_pass_reads_from_two_days_ago_and_nothing_from_before_the_connector_began() {
        let (watermark, now) = (at("2026-11-20T21:00:00Z"), at("2026-11-20T21:05:00Z"));
        let slice = |since| Cursor::new(since, since, since).reconcile.slice(since, watermark, now);
        let from_to = |from, to| Some(Slice::Span(Window { from: at(from), to: at(to) }));
        let old = slice(at("2026-01-01T00:00:00Z"));
        assert_eq!(old, from_to("2026-11-18T21:00:00Z", "2026-11-19T21:00:00Z"));
        let young = slice(at("2026-11-19T20:00:00Z"));
        assert_eq!(young, from_to("2026-11-19T20:00:00Z", "2026-11-20T20:00:00Z"));
    }

    #[test]
    fn what_was_read_is_not_read_again_and_strays_once_found_are_remembered() {
        let (since, watermark) = (at("2026-11-19T20:00:00Z"), at("2026-11-20T21:00:00Z"));
        let now = at("2026-11-20T21:05:00Z");
        let begun = Cursor::new(since, since, since).reconcile;
        let half = begun.read_through(at("2026-11-20T10:00:00Z"));
        let rest = Window { from: at("2026-11-20T10:00:00Z"), to: watermark };
        assert_eq!(half.slice(since, watermark, now), Some(Slice::Span(rest)));
        assert_eq!(half.read_through(watermark).slice(since, watermark, now), Some(Slice::OutOfOrderKeys));
        let found = half.read_out_of_order_keys(Some(PartNumber::new(7)), now);
        assert_eq!(
            (found.out_of_order_in, found.passes, found.resume_at),
            (Some(PartNumber::new(7)), 1, None)
        );
        assert_eq!(found.read_out_of_order_keys(None, now).out_of_order_in, Some(PartNumber::new(7)));
    }

    #[test]
    fn the_oldest_undelivered_part_follows_the_newest_delivered_one_if_it_is_sealed() {
        let mut cursor = Cursor::new(Time::EPOCH, Time::EPOCH, Time::EPOCH);
        assert_eq!(cursor.undelivered(), None, "nothing is sealed");
        (cursor.next, cursor.delivered) = (PartNumber::new(5), PartNumber::new(2));
        assert_eq!(cursor.undelivered(), Some(PartNumber::new(3)));
        cursor.delivered = PartNumber::new(3);
        assert_eq!(cursor.undelivered(), Some(PartNumber::new(4)));
        cursor.delivered = PartNumber::new(4);
        assert_eq!(cursor.undelivered(), None, "all that is sealed is delivered");
    }

    #[test]
    fn keys_are_known_only_where_they_were_put_and_those_put_earlier_stay_known() {
        let put = |to: &str, keys: &[u8]| PublishedKeys {
            location: to.into(),
            keys: keys.iter().map(|key| KeyId::from([*key; 4])).collect(),
        };
        let both = put("here", &[1, 2]);
        assert!(both.covers(&put("here", &[2])) && both.covers(&both));
        assert!(!both.covers(&put("here", &[2, 3])), "a key is missing");
        assert!(!both.covers(&put("elsewhere", &[1])), "another bucket");
        assert_eq!(put("here", &[2, 3]).merged_with(Some(&both)), put("here", &[2, 3, 1]));
        assert_eq!(put("here", &[3]).merged_with(Some(&put("elsewhere", &[1]))), put("here", &[3]));
        assert_eq!(put("here", &[3]).merged_with(None), put("here", &[3]));
    }
}
