//! Compares what every customer got with what was promised, once everything is quiet.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use archive::note::KEY_FOLDER;
use bytes::Bytes;
use protocol::connector::Connector;
use protocol::cursor::Cursor;
use tests::oracle;

use super::fault::Fault;
use super::ground_truth::{GroundTruth, Item, Sealed};
use super::plan::Length;
use super::world::{World, destination};

const DAY: Duration = Duration::from_hours(24);

/// The counts of what was checked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct CheckStats {
    pub(crate) connectors: u64,
    pub(crate) events: u64,
    pub(crate) parts: u64,
    pub(crate) heartbeats: u64,
    pub(crate) lost: u64,
    pub(crate) double: u64,
    pub(crate) foreign: u64,
}

impl CheckStats {
    pub(crate) fn add(&mut self, other: &Self) {
        let Self { connectors, events, parts, heartbeats, lost, double, foreign } = other;
        self.connectors += connectors;
        self.events += events;
        self.parts += parts;
        self.heartbeats += heartbeats;
        self.lost += lost;
        self.double += double;
        self.foreign += foreign;
    }
}

/// Whether the history must end with a reconcile that began after all faults.
pub(crate) fn needs_reconcile(world: &World) -> bool {
    world.plan.length != Length::Hours || world.engine.counts().of(Fault::ClockForward) > 0
}

/// How far back that reconcile reads.
fn reach(world: &World) -> Duration {
    DAY * if world.plan.length == Length::Weeks { 32 } else { 2 }
}

/// Checks every connector. Violations are recorded in the ground truth.
pub(crate) fn check_all(world: &World) -> CheckStats {
    let buckets: BTreeSet<String> =
        (0..world.ids.len()).map(|index| destination(&world.connector(index)).bucket.to_string()).collect();
    for bucket in buckets {
        world.record_bucket(&bucket);
    }
    let mut stats = CheckStats::default();
    for index in 0..world.ids.len() {
        let connector = world.connector(index);
        let cursor = world.ledger.cursor(&connector.id);
        let mut violations = Vec::new();
        check_connector(world, &connector, &cursor, &mut stats, &mut violations);
        world.truth().violations.extend(violations);
    }
    stats
}

fn check_connector(
    world: &World,
    connector: &Connector,
    cursor: &Cursor,
    stats: &mut CheckStats,
    violations: &mut Vec<String>,
) {
    let id = &connector.id;
    let truth = world.truth();
    let GroundTruth { items, sealed, delivered, .. } = &*truth;
    let sealed = &sealed[id];
    let delivered: Vec<(String, Bytes)> =
        delivered[id].iter().map(|(name, bytes)| (name.clone(), bytes.clone())).collect();
    let names: BTreeSet<String> =
        sealed.parts.iter().flat_map(|part| part.manifest_name().into_iter().chain([part.name()])).collect();
    let found: BTreeSet<String> =
        delivered.iter().map(|(name, _)| name.clone()).filter(|name| !name.starts_with(KEY_FOLDER)).collect();
    let mut complete = true;
    for name in names.symmetric_difference(&found) {
        let what = if found.contains(name) { "foreign: not sealed:" } else { "lost: sealed and missing:" };
        violations.push(format!("{what} {name} of {id}"));
        complete = false;
    }
    if let Some(part) = sealed.parts.iter().find(|part| !sealed.published.contains(&part.number)) {
        violations.push(format!("part {} of {id} was delivered without a notice", part.number));
    }
    for (index, item) in items.iter().enumerate() {
        if sealed.items.contains(&index) && item.time.is_some_and(|time| time < cursor.since) {
            violations.push(format!("foreign: {id} exports from {} and sealed {}", cursor.since, item.line));
        }
    }
    if !complete {
        return;
    }
    let expected: Vec<&str> = items
        .iter()
        .enumerate()
        .filter(|(index, item)| sealed.items.contains(index) || must_be_exported(world, item, sealed, cursor))
        .map(|(_, item)| item.line.as_str())
        .collect();
    let result = catch_unwind(AssertUnwindSafe(|| {
        let files = oracle::files(&delivered);
        oracle::compare(&files, expected.iter().copied())
    }));
    let verdict = match result {
        Ok(verdict) => verdict,
        Err(panic) => {
            let message = panic.downcast_ref::<String>().cloned();
            violations.push(format!("{id}: {}", message.unwrap_or_else(|| "an invalid file".into())));
            return;
        }
    };
    stats.connectors += 1;
    stats.events += verdict.delivered as u64;
    stats.parts += verdict.parts as u64;
    stats.heartbeats += verdict.heartbeats as u64;
    stats.lost += verdict.missing.len() as u64;
    stats.double += verdict.duplicates.len() as u64;
    stats.foreign += (verdict.foreign.len() + verdict.unreadable) as u64;
    violations.extend(verdict.missing.iter().map(|line| format!("lost: {id} did not get {line}")));
    violations.extend(verdict.duplicates.iter().map(|line| format!("double: {id} got twice {line}")));
    violations.extend(verdict.foreign.iter().map(|line| format!("foreign: {id} got {line}")));
    if verdict.unreadable > 0 {
        violations.push(format!(
            "foreign: {id} got {} unreadable records of items that it does not have",
            verdict.unreadable
        ));
    }
}

/// Whether an item that is in no part should be in one.
fn must_be_exported(world: &World, item: &Item, sealed: &Sealed, cursor: &Cursor) -> bool {
    if item.deleted || item.tenant != sealed.tenant {
        return false;
    }
    let Some(time) = item.time else { return needs_reconcile(world) };
    if time < cursor.since {
        return false;
    }
    if needs_reconcile(world) {
        return time >= cursor.watermark - reach(world);
    }
    let timing = world.plan.timing;
    item.visible_at <= time + timing.settle + timing.look_back
}
