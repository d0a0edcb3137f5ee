//! The moving state of a connector: how far it has sealed and delivered, and when it runs next.

use std::time::Duration;

use archive::manifest::{ChainState, KeyId};
use archive::note::SignedManifest;
use archive::part::{PartNumber, Window};
use archive::time::Time;
use serde::{Deserialize, Serialize};

use crate::connector::S3Destination;
use crate::delivery_error::Block;
use crate::events_source::RememberedSource;

const DAY: Duration = Duration::from_hours(24);
/// How long after a reconcile pass the next one is due. A little less than a day, so that a connector that
/// runs once a day, some minutes earlier or later, is reconciled by each of its runs.
const RECONCILE_INTERVAL: Duration = Duration::from_mins(23 * 60 + 30);
/// How far back the daily reconcile reads.
const DAILY_REACH: Duration = Duration::from_hours(2 * 24);
/// How far back every seventh reconcile reads.
const WEEKLY_REACH: Duration = Duration::from_hours(32 * 24);

/// The progress of a connector. The seal moves `next` and `watermark` together, in one transaction, and only
/// if both are still what the sealing worker read.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Cursor {
    /// The number of the part to be sealed next.
    pub next: PartNumber,
    /// The exclusive end of what is sealed.
    pub watermark: Time,
    /// The newest delivered part; all parts before it are delivered too.
    pub delivered: PartNumber,
    /// The first instant that this connector exports.
    pub since: Time,
    /// When the connector runs next. The only schedule of the system: dispatchers read nothing else.
    pub next_run_at: Time,
    /// Where the current window ends early, because a run was requested ("run now").
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut: Option<Time>,
    /// How far the next window is read, if a run has begun it and not reached its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "reading")]
    pub read_progress: Option<ReadProgress>,
    /// The search for events that came later than the look-back.
    pub reconcile: Reconcile,
    /// The newest part's manifest, which the next one is chained to, and the keys of the chain. `None` before
    /// the first manifest, and in ledgers from versions that wrote none: the next part begins the chain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "note")]
    pub chain_state: Option<ChainState>,
    /// Which public keys the vendor put into the bucket, and where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "published")]
    pub published_keys: Option<PublishedKeys>,
    /// Why delivery (or reading) is blocked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block: Option<Block>,
    /// Up to this part the orphan sweep has gone through the staging bucket. It only saves cost.
    #[serde(default)]
    #[serde(rename = "swept")]
    pub orphans_swept_to: PartNumber,
    /// Where the events are read from; `None` before the first seal.
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
            chain_state: None,
            published_keys: None,
            block: None,
            orphans_swept_to: PartNumber::NONE,
            source: None,
        }
    }

    /// The first instant that is read: the connector's own, or the accepted start of a source that replaced
    /// another one.
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

/// Which public keys are in the bucket, and where. They are put again if the destination or a key changes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PublishedKeys {
    /// The location, in the form that a manifest has.
    #[serde(rename = "to")]
    pub location: String,
    /// The IDs of the keys.
    pub keys: Vec<KeyId>,
}

impl PublishedKeys {
    /// The keys of a manifest, at a destination.
    #[must_use]
    pub fn of(manifest: &SignedManifest, destination: &S3Destination) -> Self {
        let keys = manifest.keys().iter().map(|key| key.id().into()).collect();
        Self { location: destination.location().to_string(), keys }
    }

    /// Whether all keys of `other` are there too, at the same location.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self.location == other.location && other.keys.iter().all(|key| self.keys.contains(key))
    }

    /// These keys, and those that were put at the same location before.
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

/// How far a window that takes several parts or runs is read. What is read was settled, look-back included,
/// so no run reads it again: the next run continues after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ReadProgress {
    /// The window's end. What was read for this end counts for no other.
    pub to: Time,
    /// All keys before this were read, and what was new among them is sealed.
    pub through: Time,
}

/// The daily search for events that became readable later than the look-back, and for items whose keys no
/// window can reach. It goes through its range a day at a time and stores its position, so that a run that
/// ends early is continued by the next.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Reconcile {
    /// When the next pass starts, or the one in progress started.
    pub due: Time,
    /// How many passes were completed. Every seventh reads 32 days back instead of two.
    pub passes: u32,
    /// Where the pass in progress continues.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "at")]
    pub resume_at: Option<Time>,
    /// The newest part that contains out-of-order keys. Such a key is exported once, and only key lists
    /// record it: the list of this part names its own out-of-order keys and those of all parts before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "strays_in")]
    pub out_of_order_in: Option<PartNumber>,
}

/// One step of a pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Slice {
    /// Read this span of event time again.
    Span(Window),
    /// Read the unparsable keys that no window reaches.
    OutOfOrderKeys,
}

impl Reconcile {
    /// The next slice to read, if a pass is due. It is at most a day long and ends at the watermark at the
    /// latest; out-of-order keys come last.
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

    /// The state after the out-of-order keys were read, which completes the pass. `part` is the part with the
    /// new ones.
    #[must_use]
    pub fn read_out_of_order_keys(&self, part: Option<PartNumber>, now: Time) -> Self {
        let out_of_order_in = part.or(self.out_of_order_in);
        Self {
            due: now + RECONCILE_INTERVAL,
            passes: self.passes.wrapping_add(1),
            resume_at: None,
            out_of_order_in,
        }
    }
}

#[cfg(test)]
mod tests;
