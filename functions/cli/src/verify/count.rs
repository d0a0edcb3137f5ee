//! What is counted in one object, and what it says against its manifest.

use domain::manifest::Manifest;
use domain::part::PartKind;

use super::events::{Event, Fields, Told};
use super::finding::Kind;

/// What is counted in one object. Lines in the form of records of unreadable items are counted apart, since only at the
/// end it is known whether they are ours: a product can write such a line too.
#[derive(Debug, Default)]
pub(crate) struct Count {
    /// Events so far, such lines included.
    pub(crate) events: u64,
    /// Lines in the form of records.
    records: u64,
    of_events: Tally,
    /// The records, taken as events of the product's own.
    records_as_events: Tally,
    /// The records, taken as ours.
    records_as_ours: Tally,
    repeated: [u64; 3],
    /// The first event of another tenant than the first that was met.
    pub(crate) other_tenant: Option<u64>,
}

/// What is counted of some events.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tally {
    /// Those whose ID was found.
    pub(crate) with_id: u64,
    /// Those whose time was found.
    pub(crate) with_time: u64,
    /// Those whose tenant was found.
    pub(crate) with_tenant: u64,
    /// Those of a time before the window.
    pub(crate) before: u64,
    /// Those of a time behind it.
    pub(crate) behind: u64,
    /// Records of ours that have no tenant, and need none.
    without_tenant: u64,
    /// Records of ours that tell no time, and need not.
    without_time: u64,
}

impl Count {
    /// Adds an event.
    pub(crate) fn add(&mut self, event: &Event, manifest: &Manifest) {
        self.events += 1;
        let as_event = if let Some(own_time) = &event.record {
            self.records += 1;
            let ours = &mut self.records_as_ours;
            ours.without_tenant += u64::from(!event.has_tenant);
            ours.with_id += 1;
            ours.with_tenant += u64::from(event.has_tenant);
            ours.add_time(own_time, manifest);
            ours.without_time += u64::from(!matches!(own_time, Told::Times(_)));
            &mut self.records_as_events
        } else {
            &mut self.of_events
        };
        as_event.with_id += u64::from(event.has_id);
        as_event.with_tenant += u64::from(event.has_tenant);
        as_event.add_time(&event.time, manifest);
        let repeated = [event.repeated.id, event.repeated.time, event.repeated.tenant];
        for (count, is_repeated) in self.repeated.iter_mut().zip(repeated) {
            *count += u64::from(is_repeated);
        }
    }

    /// Of all events. The signed manifest says how many records are ours; where there are more lines of their form, none
    /// of them is known to be, and all are held to what holds for any event.
    pub(crate) fn total(&self, manifest: &Manifest) -> Tally {
        let records =
            if self.records > manifest.unreadable { self.records_as_events } else { self.records_as_ours };
        self.of_events.plus(records)
    }

    /// Holds what was counted against what the manifest and the auditor say; `lines` is how many events were read.
    pub(crate) fn judge(
        &self,
        manifest: &Manifest,
        fields: &Fields,
        lines: u64,
        tell: &mut dyn FnMut(Kind, String),
    ) {
        let expected = expected(manifest);
        if lines != expected {
            tell(Kind::CountMismatch, format!("it holds {lines} events, and its manifest says {expected}"));
        }
        let (records, unreadable) = (self.records, manifest.unreadable);
        if records < unreadable {
            let detail =
                format!("it holds {records} records of unreadable items, and its manifest says {unreadable}");
            tell(Kind::CountMismatch, detail);
        } else if records > unreadable {
            let detail = format!(
                "{records} of its events have the form of records of unreadable items, and its manifest says that {unreadable} are. The product writes some of them itself, so all are checked like any event."
            );
            tell(Kind::RecordsImitated, detail);
        }
        let total = self.total(manifest);
        self.fields(fields, total, tell);
        if let Some(number) = self.other_tenant {
            let detail = format!("event {number} is of another tenant than the first event that was met");
            tell(Kind::TenantMixed, detail);
        }
        if fields.time.is_some() {
            total.judge_times(manifest, tell);
        }
    }

    /// Whether the fields that the auditor named are in all events, and in each once.
    fn fields(&self, fields: &Fields, total: Tally, tell: &mut dyn FnMut(Kind, String)) {
        let [id, time, tenant] = self.repeated;
        for (field, found, repeated) in [
            (&fields.id, total.with_id, id),
            (&fields.time, total.with_time + total.without_time, time),
            (&fields.tenant, total.with_tenant + total.without_tenant, tenant),
        ] {
            let Some(field) = field else { continue };
            if found < self.events {
                let missing = self.events - found;
                tell(Kind::FieldMissing, format!("{missing} of its events have no such field `{field}`"));
            }
            if repeated > 0 {
                let detail = format!(
                    "{repeated} of its events have the field `{field}`, or one that it lies in, more than once. Each value was checked, but readers differ in which of them they take."
                );
                tell(Kind::FieldRepeated, detail);
            }
        }
    }
}

impl Tally {
    fn add_time(&mut self, time: &Told, manifest: &Manifest) {
        if let Told::Times(times) = time {
            self.with_time += 1;
            self.before += u64::from(times.iter().any(|time| *time < manifest.window.from));
            self.behind += u64::from(times.iter().any(|time| *time >= manifest.window.to));
        }
    }

    fn plus(self, other: Self) -> Self {
        Self {
            with_id: self.with_id + other.with_id,
            with_time: self.with_time + other.with_time,
            with_tenant: self.with_tenant + other.with_tenant,
            before: self.before + other.before,
            behind: self.behind + other.behind,
            without_tenant: self.without_tenant + other.without_tenant,
            without_time: self.without_time + other.without_time,
        }
    }

    fn judge_times(self, manifest: &Manifest, tell: &mut dyn FnMut(Kind, String)) {
        if self.behind > 0 {
            let detail = format!("{} of its events are of a time behind its window", self.behind);
            tell(Kind::EventOutsideWindow, detail);
        }
        // A record without a time may be a late one.
        let late = self.before..=self.before + self.without_time;
        if !late.contains(&manifest.late) && self.with_time > 0 {
            let detail = format!(
                "{} of its events are of a time before its window, and its manifest says that {} are",
                self.before, manifest.late
            );
            tell(Kind::EventOutsideWindow, detail);
        }
    }
}

/// How many events the object of a manifest holds.
pub(crate) fn expected(manifest: &Manifest) -> u64 {
    if manifest.kind() == PartKind::Heartbeat { 1 } else { manifest.events }
}
