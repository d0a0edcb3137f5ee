//! An archive in memory, and a driver that reads it: what the reader does with a bucket.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::event::{self, FieldPath};
use crate::fields::{EventFields, Field, Outcome, OutcomeRule, OutcomeRules};
use crate::part::{Encoding, Part, PartKind, PartNumber, Window};
use crate::query::Span;
use crate::query::filter::Filter;
use crate::query::index::tests::part as sealed;
use crate::query::index::{DayIndex, DayIndexBuilder, IndexBuilder, PartIndex};
use crate::query::row::{RowKey, TableKey};
use crate::query::search::{Collect, Found, Looking, MissingReason, PartSummary, Read, Scope, Search};
use crate::staging_keys::DayKey;
use crate::time::Time;

pub(super) const HOUR: Duration = Duration::from_hours(1);

/// The fields of the events in these tests.
pub(in crate::query) fn fields() -> EventFields {
    let outcome = OutcomeRule {
        path: FieldPath::new("ok"),
        success: vec!["true".into()],
        failure: vec!["false".into()],
    };
    let paths = |field: Field| match field {
        Field::Time => vec![FieldPath::new("at")],
        Field::Id => vec![FieldPath::new("id")],
        Field::Action => vec![FieldPath::new("action")],
        Field::Category => vec![FieldPath::new("area")],
        Field::Actor => vec![FieldPath::new("/who/name")],
        Field::Ip => vec![FieldPath::new("ip")],
        _ => Vec::new(),
    };
    EventFields::new(paths, OutcomeRules::new(vec![outcome], Outcome::Unknown))
}

pub(super) fn at(text: &str) -> Time {
    text.parse().unwrap()
}

/// A part with its bytes.
pub(super) struct Stored {
    pub(super) part: Part,
    pub(super) bytes: Vec<u8>,
    pub(super) events: Vec<String>,
}

/// An archive: sealed parts, what is not sealed, and its indexes.
pub(super) struct World {
    pub(super) fields: EventFields,
    pub(super) parts: BTreeMap<PartNumber, Stored>,
    pub(super) unsealed: Vec<(Time, String)>,
    pub(super) indexes: BTreeMap<PartNumber, PartIndex>,
    pub(super) days: Vec<(DayKey, DayIndex)>,
    pub(super) watermark: Time,
}

impl std::fmt::Debug for World {
    /// Its events, the long ones shortened.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let short = |event: &String| event.chars().take(200).collect::<String>();
        for stored in self.parts.values().filter(|stored| !stored.events.is_empty()) {
            let (part, events) = (&stored.part, stored.events.iter().map(short).collect::<Vec<_>>());
            writeln!(f, "{} {} {:?} {events:?}", part.number, part.window, part.encoding)?;
        }
        writeln!(f, "days {:?}", self.days.iter().map(|(key, _)| key).collect::<Vec<_>>())?;
        writeln!(f, "unsealed {:?}", self.unsealed)
    }
}

impl World {
    pub(super) fn new(start: Time) -> Self {
        Self {
            fields: fields(),
            parts: BTreeMap::new(),
            unsealed: Vec::new(),
            indexes: BTreeMap::new(),
            days: Vec::new(),
            watermark: start,
        }
    }

    /// Seals a window of an hour with these events.
    pub(super) fn seal(&mut self, events: Vec<String>, encoding: Encoding) {
        let number = self.parts.last_key_value().map_or(PartNumber::FIRST, |(number, _)| number.next());
        let window = Window { from: self.watermark, to: self.watermark + HOUR };
        self.watermark = window.to;
        let (part, bytes) = sealed(encoding, &events);
        let part = Part { number, window, kind: PartKind::of(part.events, 0), ..part };
        if part.events > 0 {
            let mut builder = IndexBuilder::new(&part, &self.fields).unwrap();
            builder.push(&bytes).unwrap();
            let index = PartIndex::decode(&builder.finish().unwrap().encode().unwrap()).unwrap();
            self.indexes.insert(number, index);
        }
        self.parts.insert(number, Stored { part, bytes, events });
    }

    /// Rolls up all days that are over.
    pub(super) fn roll_up(&mut self) {
        self.days.clear();
        let mut by_date: BTreeMap<String, Vec<PartNumber>> = BTreeMap::new();
        for (number, stored) in &self.parts {
            by_date.entry(stored.part.window.from.date()).or_default().push(*number);
        }
        for (_, numbers) in by_date.into_iter().filter(|(date, _)| *date < self.watermark.date()) {
            let first = &self.parts[&numbers[0]].part;
            let mut day = DayIndexBuilder::new(first.window.from, self.fields.hash());
            for number in &numbers {
                let part = &self.parts[number].part;
                match self.indexes.get(number) {
                    Some(index) => day.add(index, part.window, part.late).unwrap(),
                    None => day.add_heartbeat(part.number, part.window).unwrap(),
                }
            }
            let day = DayIndex::decode(&day.finish().unwrap().encode().unwrap()).unwrap();
            self.days.push((day.key(), day));
        }
    }

    /// What a search is over: the roll-ups, the other parts, and what is not sealed.
    pub(super) fn scope(&self) -> Scope {
        let newest = self.parts.last_key_value().map_or(PartNumber::NONE, |(number, _)| *number);
        let (mut scope, gaps) = Scope::of_days(self.days.iter().map(|(key, _)| *key).collect(), newest);
        for (first, last) in gaps {
            scope.parts.extend(self.parts.range(first..=last).map(|(_, stored)| PartSummary {
                number: stored.part.number,
                window: stored.part.window,
                events: stored.part.events,
            }));
        }
        scope.table.push(Window { from: self.watermark, to: Time::LAST });
        scope.last_part = Some(newest);
        scope
    }

    /// Runs a search to its end, with this many reads at once.
    pub(super) fn run<C: Collect>(
        &self,
        looking: &Looking,
        scope: Scope,
        collector: C,
        width: usize,
    ) -> Found<C> {
        let mut search = Search::new(looking, &self.fields, scope, collector);
        loop {
            let mut wanted = search.wanted(width);
            if wanted.is_empty() {
                return search.finish();
            }
            // In any order.
            wanted.reverse();
            for wanted in wanted {
                match &wanted.read {
                    Read::Day(key) => {
                        let (_, day) = self.days.iter().find(|(known, _)| known == key).unwrap();
                        search.take_day(wanted.id, day);
                    }
                    Read::Index(number) => {
                        let from = self.parts[number].part.window.from;
                        match self.indexes.get(number) {
                            Some(index) => search.take_index(wanted.id, index, from),
                            None => search.take_missing(wanted.id, 0, MissingReason::Gone),
                        }
                    }
                    Read::Block(number, place) => {
                        let block = search.block(*number, *place).unwrap();
                        let [start, end] =
                            [block.offset, block.offset + block.size].map(|at| usize::try_from(at).unwrap());
                        let stored = &self.parts[number];
                        search.take_block(wanted.id, stored.part.encoding, &stored.bytes[start..end]);
                    }
                    Read::Table(_) => {
                        let items = self.unsealed.iter().enumerate();
                        let items =
                            items.map(|(index, (time, event))| (table_key(index), *time, event.as_bytes()));
                        search.take_table(wanted.id, items);
                    }
                }
            }
        }
    }

    /// All events that match, by a loop over all of them, in the order of time.
    pub(super) fn matching(&self, filter: &Filter, span: Span) -> Vec<(RowKey, String)> {
        let matcher = filter.matcher(&self.fields);
        let span = span.intersect(filter.span());
        let sealed = self.parts.values().flat_map(|stored| {
            stored.events.iter().enumerate().map(|(position, event)| {
                (stored.part.window.from, event, Some((stored.part.number, position as u64)), 0)
            })
        });
        let unsealed = self.unsealed.iter().enumerate();
        let unsealed = unsealed.map(|(index, (time, event))| (*time, event, None, index));
        let mut rows: Vec<_> = sealed
            .chain(unsealed)
            .filter_map(|(otherwise, event, place, index)| {
                let found = event::find(event.as_bytes(), matcher.paths()).unwrap();
                let reading = matcher.read(&found);
                let time = reading.time.unwrap_or(otherwise);
                let is_match =
                    span.contains(time) && matcher.matches(event.as_bytes(), &found, &reading, time);
                let key = || match place {
                    Some((part, position)) => RowKey::sealed(time, part, position),
                    None => RowKey::in_table(time, table_key(index)),
                };
                is_match.then(|| (key(), event.clone()))
            })
            .collect();
        rows.sort();
        rows
    }
}

fn table_key(index: usize) -> TableKey {
    TableKey { sort: format!("{index:08}"), partition: String::new() }
}
