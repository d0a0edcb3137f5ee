//! Counts the events of one object, and compares the counts with its manifest.

use super::events::{Event, EventTime, Fields};
use super::finding::Kind;
use crate::manifest::Manifest;
use crate::part::PartKind;

/// The counts of one object. Lines in the form of records of unreadable items are counted separately, since
/// only at the end it is known whether they are genuine: a product can write such a line too.
#[derive(Debug, Default)]
pub(crate) struct EventCounts {
    /// Events so far, including such lines.
    pub(crate) events: u64,
    /// Lines in the form of records of unreadable items.
    records: u64,
    plain_events: FieldCounts,
    /// The records, counted as events of the product.
    records_as_events: FieldCounts,
    /// The records, counted as genuine ones.
    records_as_genuine: FieldCounts,
    repeated: [u64; 3],
    /// The first event with another tenant than the first event that was read.
    pub(crate) other_tenant: Option<u64>,
}

/// The counts of some events.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct FieldCounts {
    /// Events with an ID.
    pub(crate) with_id: u64,
    /// Events with a time.
    pub(crate) with_time: u64,
    /// Events with a tenant.
    pub(crate) with_tenant: u64,
    /// Events with a time before the window.
    pub(crate) before_window: u64,
    /// Events with a time after the window.
    pub(crate) after_window: u64,
    /// Genuine records without a tenant, which need none.
    without_tenant: u64,
    /// Genuine records without a time, which need none.
    without_time: u64,
}

impl EventCounts {
    /// Counts one event of the object.
    pub(crate) fn add(&mut self, event: &Event, manifest: &Manifest) {
        self.events += 1;
        let as_event = if let Some(own_time) = &event.record {
            self.records += 1;
            let ours = &mut self.records_as_genuine;
            ours.without_tenant += u64::from(!event.has_tenant);
            ours.with_id += 1;
            ours.with_tenant += u64::from(event.has_tenant);
            ours.add_time(own_time, manifest);
            ours.without_time += u64::from(!matches!(own_time, EventTime::Times(_)));
            &mut self.records_as_events
        } else {
            &mut self.plain_events
        };
        as_event.with_id += u64::from(event.has_id);
        as_event.with_tenant += u64::from(event.has_tenant);
        as_event.add_time(&event.time, manifest);
        let repeated = [event.repeated.id, event.repeated.time, event.repeated.tenant];
        for (count, is_repeated) in self.repeated.iter_mut().zip(repeated) {
            *count += u64::from(is_repeated);
        }
    }

    /// The counts of all events. The signed manifest says how many records are genuine. If there are more
    /// lines of their form, none of them is known to be genuine, and all are checked like any event.
    pub(crate) fn total(&self, manifest: &Manifest) -> FieldCounts {
        let records =
            if self.records > manifest.unreadable { self.records_as_events } else { self.records_as_genuine };
        self.plain_events.sum(records)
    }

    /// Compares the counts with the manifest and with the auditor's options; `lines` is the number of events
    /// read.
    pub(crate) fn check(
        &self,
        manifest: &Manifest,
        fields: &Fields,
        lines: u64,
        report: &mut dyn FnMut(Kind, String),
    ) {
        let expected = expected_events(manifest);
        if lines != expected {
            report(
                Kind::CountMismatch,
                format!("it contains {lines} events, and its manifest says {expected}"),
            );
        }
        let (records, unreadable) = (self.records, manifest.unreadable);
        if records < unreadable {
            let detail = format!(
                "it contains {records} records of unreadable items, and its manifest says {unreadable}"
            );
            report(Kind::CountMismatch, detail);
        } else if records > unreadable {
            let detail = format!(
                "{records} of its events have the form of records of unreadable items, but its manifest says \
                 {unreadable}. The product wrote some of them itself, so all are checked like any event."
            );
            report(Kind::RecordsImitated, detail);
        }
        let total = self.total(manifest);
        self.check_fields(fields, total, report);
        if let Some(number) = self.other_tenant {
            let detail = format!("event {number} has another tenant than the first event of the archive");
            report(Kind::TenantMixed, detail);
        }
        if fields.time.is_some() {
            total.check_times(manifest, report);
        }
    }

    /// Checks that all events have the fields that the auditor named, each exactly once.
    fn check_fields(&self, fields: &Fields, total: FieldCounts, report: &mut dyn FnMut(Kind, String)) {
        let [id, time, tenant] = self.repeated;
        for (field, found, repeated) in [
            (&fields.id, total.with_id, id),
            (&fields.time, total.with_time + total.without_time, time),
            (&fields.tenant, total.with_tenant + total.without_tenant, tenant),
        ] {
            let Some(field) = field else { continue };
            if found < self.events {
                let missing = self.events - found;
                report(Kind::FieldMissing, format!("{missing} of its events have no field `{field}`"));
            }
            if repeated > 0 {
                let detail = format!(
                    "{repeated} of its events have the field `{field}`, or one of its parents, more than \
                     once. Each value was checked, but readers differ in which one they use."
                );
                report(Kind::FieldRepeated, detail);
            }
        }
    }
}

impl FieldCounts {
    fn add_time(&mut self, time: &EventTime, manifest: &Manifest) {
        if let EventTime::Times(times) = time {
            self.with_time += 1;
            self.before_window += u64::from(times.iter().any(|time| *time < manifest.window.from));
            self.after_window += u64::from(times.iter().any(|time| *time >= manifest.window.to));
        }
    }

    fn sum(self, other: Self) -> Self {
        Self {
            with_id: self.with_id + other.with_id,
            with_time: self.with_time + other.with_time,
            with_tenant: self.with_tenant + other.with_tenant,
            before_window: self.before_window + other.before_window,
            after_window: self.after_window + other.after_window,
            without_tenant: self.without_tenant + other.without_tenant,
            without_time: self.without_time + other.without_time,
        }
    }

    fn check_times(self, manifest: &Manifest, report: &mut dyn FnMut(Kind, String)) {
        if self.after_window > 0 {
            let detail = format!("{} of its events have a time after its window", self.after_window);
            report(Kind::EventOutsideWindow, detail);
        }
        // A record without a time may be a late event.
        let late = self.before_window..=self.before_window + self.without_time;
        if !late.contains(&manifest.late) && self.with_time > 0 {
            let detail = format!(
                "{} of its events have a time before its window, and its manifest says {}",
                self.before_window, manifest.late
            );
            report(Kind::EventOutsideWindow, detail);
        }
    }
}

/// The number of events in the object of a manifest.
pub(crate) fn expected_events(manifest: &Manifest) -> u64 {
    if manifest.kind() == PartKind::Heartbeat { 1 } else { manifest.events }
}
