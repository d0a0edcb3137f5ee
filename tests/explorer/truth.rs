//! What the archive contains, counted while its events were made: no index and no query had a part in it.

use std::collections::BTreeMap;

use archive::fields::Outcome;
use archive::names::ConnectorId;
use serde::{Deserialize, Serialize};

use crate::world::Made;

/// Of how many windows one has an event whose ID is remembered.
const REMEMBERED: u64 = 20;

/// What the archive contains.
#[derive(Debug, Serialize, Deserialize)]
pub struct Truth {
    pub connector: ConnectorId,
    pub events: u64,
    /// Of the parts, compressed and as JSON.
    pub stored_bytes: u64,
    pub raw_bytes: u64,
    /// By window.
    pub windows: Vec<WindowTruth>,
    pub actions: BTreeMap<String, u64>,
    pub actors: BTreeMap<String, u64>,
    pub ips: BTreeMap<String, u64>,
    /// The IDs of the rare actor's events, in order.
    pub rare: Vec<String>,
    /// IDs of some other events.
    pub ids: Vec<String>,
}

/// What one window contains.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct WindowTruth {
    pub success: u64,
    pub failure: u64,
    /// What failed, by action.
    pub failures: BTreeMap<String, u64>,
}

/// The counts of one part while it is made.
#[derive(Debug, Default)]
pub struct Counted {
    pub window: WindowTruth,
    actions: BTreeMap<String, u64>,
    actors: BTreeMap<String, u64>,
    ips: BTreeMap<String, u64>,
    rare: Vec<String>,
    id: Option<String>,
}

impl Counted {
    pub fn add(&mut self, made: Made<'_>) {
        match made.outcome {
            Outcome::Failure => {
                self.window.failure += 1;
                count(&mut self.window.failures, made.action);
            }
            Outcome::Success | Outcome::Unknown => self.window.success += 1,
        }
        count(&mut self.actions, made.action);
        made.actor.inspect(|actor| count(&mut self.actors, actor));
        made.ip.inspect(|ip| count(&mut self.ips, ip));
        if made.is_rare {
            self.rare.push(made.id);
        } else if self.id.is_none() {
            self.id = Some(made.id);
        }
    }
}

impl Truth {
    pub fn new(connector: ConnectorId) -> Self {
        Self {
            connector,
            events: 0,
            stored_bytes: 0,
            raw_bytes: 0,
            windows: Vec::new(),
            actions: BTreeMap::new(),
            actors: BTreeMap::new(),
            ips: BTreeMap::new(),
            rare: Vec::new(),
            ids: Vec::new(),
        }
    }

    /// Adds the next window.
    pub fn add(&mut self, counted: Counted) {
        self.events += counted.window.success + counted.window.failure;
        for (all, part) in [
            (&mut self.actions, counted.actions),
            (&mut self.actors, counted.actors),
            (&mut self.ips, counted.ips),
        ] {
            for (value, events) in part {
                *all.entry(value).or_default() += events;
            }
        }
        self.rare.extend(counted.rare);
        if self.windows.len() as u64 % REMEMBERED == 7 {
            self.ids.extend(counted.id);
        }
        self.windows.push(counted.window);
    }
}

fn count(counts: &mut BTreeMap<String, u64>, value: &str) {
    match counts.get_mut(value) {
        Some(count) => *count += 1,
        None => {
            counts.insert(value.to_owned(), 1);
        }
    }
}
