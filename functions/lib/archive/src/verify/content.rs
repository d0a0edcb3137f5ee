//! The totals of the objects' contents.

use serde::Serialize;

use super::event_counts::EventCounts;
use crate::manifest::Manifest;

/// The totals of the objects' contents.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Content {
    /// The number of objects that match their manifests.
    pub objects: u64,
    /// Their size in bytes.
    pub bytes: u64,
    /// Their uncompressed size in bytes.
    pub raw_bytes: u64,
    /// The number of their events, without heartbeats.
    pub events: u64,
    /// The number of events with an ID.
    pub with_id: u64,
    /// The number of events with a time.
    pub with_time: u64,
    /// The number of events whose likely time is outside of their window.
    pub time_outside: u64,
    /// The number of events with a tenant.
    pub with_tenant: u64,
    /// The tenant of all events, if its field was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
}

impl Content {
    /// Adds an object that matches its manifest.
    pub(super) fn count(&mut self, manifest: &Manifest, count: &EventCounts, time_is_likely: bool) {
        let total = count.total(manifest);
        self.objects += 1;
        self.bytes += manifest.size;
        self.raw_bytes += manifest.raw_size;
        self.events += count.events;
        self.with_id += total.with_id;
        self.with_time += total.with_time;
        self.with_tenant += total.with_tenant;
        if time_is_likely {
            self.time_outside += total.after_window + total.before_window.saturating_sub(manifest.late);
        }
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.objects += other.objects;
        self.bytes += other.bytes;
        self.raw_bytes += other.raw_bytes;
        self.events += other.events;
        self.with_id += other.with_id;
        self.with_time += other.with_time;
        self.time_outside += other.time_outside;
        self.with_tenant += other.with_tenant;
    }
}
