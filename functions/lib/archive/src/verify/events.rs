//! Reads what matters of an event's text: its identity, its time, its tenant. The exporter's own function
//! decides what an event is; this module reads the values of the fields.

use std::hash::Hasher as _;

use sha2::{Digest, Sha256 as Hasher};

use crate::event;
use crate::event::{FieldPath, FieldValues};
use crate::generated_events::{UNREADABLE_TYPE, is_unreadable_record};
use crate::time::Time;

/// The fields with an event's ID in most products. A value that occurs in two equal events is a duplicate; in
/// different events it may not be an ID at all, and is only reported.
const LIKELY_IDS: [&str; 4] = ["id", "eventID", "event_id", "uuid"];
/// The fields with an event's time in most products. It need not be the time of writing, which windows use.
const LIKELY_TIMES: [&str; 4] = ["time", "eventTime", "timestamp", "@timestamp"];

/// Maximum number of different IDs of one event that are compared: more are no IDs, and would fill the
/// auditor's disk.
const MAX_IDS: usize = 16;

/// The fields to check.
#[derive(Debug, Clone, Default)]
pub struct Fields {
    /// The field with the unique ID, if the auditor named one.
    pub id: Option<String>,
    /// The field with the time of writing, if the auditor named one.
    pub time: Option<String>,
    /// The field with the tenant, if the auditor named one.
    pub tenant: Option<String>,
}

/// The role of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Id,
    Time,
    Tenant,
    /// The tenant of an event inside of a record of an unreadable item.
    NestedTenant,
    Type,
    /// The ID of a record of an unreadable item, whatever was named.
    RecordId,
    RecordTime,
}

/// Reads the same fields of each event.
#[derive(Debug, Clone)]
pub(crate) struct EventReader {
    /// Parallel lists: each path, and its role with whether the auditor named it.
    paths: Vec<FieldPath>,
    roles: Vec<(Role, bool)>,
    /// The first step of each path, which distinguishes IDs of different fields.
    names: Vec<String>,
}

/// The checked fields of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    /// Its identities: one for each value of its ID, or else that of the whole line.
    pub(crate) identities: Vec<Identity>,
    /// Whether it has an ID.
    pub(crate) has_id: bool,
    /// The time field's value, if it has one.
    pub(crate) time: EventTime,
    /// Its tenant, as JSON; all of them, if it has several.
    pub(crate) tenants: Vec<String>,
    /// Whether it has the tenant field. That of an event inside of a record of an unreadable item does not
    /// count.
    pub(crate) has_tenant: bool,
    /// The named fields that occur in it more than once.
    pub(crate) repeated: RepeatedFields,
    /// Its time as a record of an unreadable item, if it has the form of one.
    pub(crate) record: Option<EventTime>,
}

/// The time of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum EventTime {
    /// These times, all values of the field.
    Times(Vec<Time>),
    /// A value that is not a time.
    Invalid,
    /// The field is missing.
    Missing,
}

/// The named fields that occur more than once in an event.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct RepeatedFields {
    pub(crate) id: bool,
    pub(crate) time: bool,
    pub(crate) tenant: bool,
}

/// The identity of an event, for finding duplicates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity {
    /// Whether it is from an ID, and not from the whole line.
    pub(crate) has_id: bool,
    /// 128 bits of the SHA-256 of the ID or the line.
    pub(crate) hash: [u8; 16],
    /// 64 bits of a hash of the line; enough to decide whether two events with the same ID are equal.
    pub(crate) line: u64,
}

impl EventReader {
    /// A reader of these fields.
    pub(crate) fn new(fields: &Fields) -> Self {
        let mut reader = Self { paths: Vec::new(), roles: Vec::new(), names: Vec::new() };
        match &fields.id {
            Some(name) => reader.add_field(Role::Id, FieldPath::new(name), true),
            None => {
                for name in LIKELY_IDS {
                    reader.add_field(Role::Id, FieldPath::new(name), false);
                }
            }
        }
        match &fields.time {
            Some(name) => reader.add_field(Role::Time, FieldPath::new(name), true),
            None => {
                for name in LIKELY_TIMES {
                    reader.add_field(Role::Time, FieldPath::new(name), false);
                }
            }
        }
        if let Some(name) = &fields.tenant {
            reader.add_field(Role::Tenant, FieldPath::new(name), true);
            reader.add_field(Role::NestedTenant, FieldPath::new(name).inside("event"), true);
        }
        for (role, name) in [(Role::Type, "type"), (Role::RecordId, "id"), (Role::RecordTime, "time")] {
            reader.add_field(role, FieldPath::new(name), false);
        }
        reader
    }

    fn add_field(&mut self, role: Role, path: FieldPath, is_named: bool) {
        self.names.push(path.steps().first().cloned().unwrap_or_default());
        self.paths.push(path);
        self.roles.push((role, is_named));
    }

    /// Reads an event from a line.
    ///
    /// # Errors
    /// If it is not an event; the message never contains its content.
    pub(crate) fn read(&self, line: &[u8]) -> Result<Event, String> {
        let found = event::find(line, &self.paths).map_err(|not| format!("it is not an event: {not}"))?;
        // Genuine records have it in this spelling.
        let is_of_type = |raw: &&str| raw.trim_matches('"') == UNREADABLE_TYPE;
        let claims = self.values(Role::Type, &found).is_some_and(|(_, values)| values.iter().any(is_of_type));
        let is_record = claims && is_unreadable_record(line);
        let own_id = if is_record { self.values(Role::RecordId, &found) } else { None };
        let id = self.values(Role::Id, &found);
        let mut tenants = self.values(Role::Tenant, &found).map(|(_, values)| values).unwrap_or_default();
        let has_tenant = !tenants.is_empty();
        if is_record {
            tenants.extend(
                self.values(Role::NestedTenant, &found).map(|(_, values)| values).unwrap_or_default(),
            );
        }
        Ok(Event {
            has_id: id.is_some(),
            identities: identities(line, own_id.iter().chain(&id)),
            time: parse_times(self.values(Role::Time, &found)),
            tenants: tenants.into_iter().map(unquoted).collect(),
            has_tenant,
            repeated: RepeatedFields {
                id: self.is_repeated(Role::Id, &found),
                time: self.is_repeated(Role::Time, &found),
                tenant: self.is_repeated(Role::Tenant, &found)
                    || (is_record && self.is_repeated(Role::NestedTenant, &found)),
            },
            record: is_record.then(|| parse_times(self.values(Role::RecordTime, &found))),
        })
    }

    /// All values of the first field of a role that is present and neither null nor empty, and the field's
    /// name.
    fn values<'s, 'l>(&'s self, role: Role, found: &FieldValues<'l>) -> Option<(&'s str, Vec<&'l str>)> {
        let of_role = self.roles.iter().enumerate().filter(|(_, (of, _))| *of == role);
        of_role.map(|(index, _)| index).find_map(|index| {
            let is_value = |raw: &&str| !matches!(*raw, "null" | "\"\"");
            let values: Vec<&str> = found.all(index).filter(is_value).collect();
            (!values.is_empty()).then(|| (self.names.get(index).map_or("", String::as_str), values))
        })
    }

    /// Whether a named field of that role occurs more than once.
    fn is_repeated(&self, role: Role, found: &FieldValues<'_>) -> bool {
        let named = self.roles.iter().enumerate().filter(|(_, of)| **of == (role, true));
        named.map(|(index, _)| index).any(|index| found.is_repeated(index))
    }
}

/// One identity per ID, or that of the line if there is none.
fn identities<'i>(line: &[u8], ids: impl Iterator<Item = &'i (&'i str, Vec<&'i str>)>) -> Vec<Identity> {
    let mut hasher = std::hash::DefaultHasher::new();
    hasher.write(line);
    let of_line = hasher.finish();
    let identity = |has_id, digest: Hasher| {
        let [hash @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _]: [u8; 32] = digest.finalize().into();
        Identity { has_id, hash, line: of_line }
    };
    let mut identities: Vec<Identity> = Vec::with_capacity(1);
    for (name, values) in ids {
        for raw in values {
            let digest = Hasher::new().chain_update(name).chain_update([0]).chain_update(unquoted(raw));
            identities.push(identity(true, digest));
        }
    }
    if identities.len() > 1 {
        // A repeated value in one event is one identity.
        identities.sort_unstable_by_key(|identity| identity.hash);
        identities.dedup();
        identities.truncate(MAX_IDS);
    }
    if identities.is_empty() {
        identities.push(identity(false, Hasher::new().chain_update(line)));
    }
    identities
}

/// Parses the values of a time field.
fn parse_times(values: Option<(&str, Vec<&str>)>) -> EventTime {
    let Some((_, values)) = values else { return EventTime::Missing };
    let time = |raw: &&str| serde_json::from_str::<String>(raw).ok().and_then(|text| text.parse().ok());
    values.iter().map(time).collect::<Option<_>>().map_or(EventTime::Invalid, EventTime::Times)
}

/// A string without quotes and escapes, or another value as it is written.
fn unquoted(raw: &str) -> String {
    serde_json::from_str::<String>(raw).unwrap_or_else(|_| raw.to_owned())
}

#[cfg(test)]
mod tests;
