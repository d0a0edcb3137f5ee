//! What of an event's text matters here: its identity, its time, its tenant. What an event is, the one function decides
//! that the exporter calls too; here the values of the fields are read.

use std::hash::Hasher as _;

use domain::event::{self, FieldPath, FieldValues};
use domain::generated_events::{UNREADABLE_TYPE, is_unreadable_record};
use domain::time::Time;
use sha2::{Digest, Sha256 as Hasher};

/// The fields that hold an event's ID in most products. A value that comes twice in equal events is a double; in
/// different events it may be no ID at all, and is only told.
const LIKELY_IDS: [&str; 4] = ["id", "eventID", "event_id", "uuid"];
/// The fields that hold an event's time in most products. It need not be the time of writing, by which windows go.
const LIKELY_TIMES: [&str; 4] = ["time", "eventTime", "timestamp", "@timestamp"];

/// So many different IDs of one event are compared: more are no ID, and would cost the auditor's disk.
const MOST_IDS: usize = 16;

/// Which fields are looked at.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fields {
    /// That of the unique ID, if the auditor named one.
    pub(crate) id: Option<String>,
    /// That of the time of writing, if the auditor named one.
    pub(crate) time: Option<String>,
    /// That of the tenant, if the auditor named one.
    pub(crate) tenant: Option<String>,
}

/// What role a field plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Id,
    Time,
    Tenant,
    /// The tenant of an event that lies in a record of ours.
    TenantInside,
    Type,
    /// Of a record of ours, whatever was named.
    OwnId,
    OwnTime,
}

/// Reads events, always the same fields.
#[derive(Debug, Clone)]
pub(crate) struct Reader {
    /// Side by side: each path, and its role with whether the auditor named it.
    paths: Vec<FieldPath>,
    roles: Vec<(Role, bool)>,
    /// What an ID is told apart by: the first step of its path.
    names: Vec<String>,
}

/// An event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    /// What tells it from others: one for each value of its ID, or that of the whole line.
    pub(crate) identities: Vec<Identity>,
    /// Whether an ID was found.
    pub(crate) has_id: bool,
    /// The times that it tells.
    pub(crate) time: Told,
    /// Its tenant, as JSON; all of them, if it has several.
    pub(crate) tenants: Vec<String>,
    /// Whether the field of the tenant is there. That of an event that lies in a record of ours does not count.
    pub(crate) has_tenant: bool,
    /// Which of the fields that the auditor named stand there more than once.
    pub(crate) repeated: Repeated,
    /// The time that it tells as a record of an unreadable item, if it has the form of one.
    pub(crate) record: Option<Told>,
}

/// What an event says of its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Told {
    /// These times, all values of the field.
    Times(Vec<Time>),
    /// Something that is no time.
    Other,
    /// There is no such field.
    Nothing,
}

/// Which of the fields that the auditor named stand more than once in an event.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Repeated {
    pub(crate) id: bool,
    pub(crate) time: bool,
    pub(crate) tenant: bool,
}

/// What tells events apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity {
    /// Whether it is that of an ID, and not of the whole line.
    pub(crate) has_id: bool,
    /// 128 bits of the SHA-256 of the ID or the line.
    pub(crate) hash: [u8; 16],
    /// 64 bits of the line; enough to tell whether two events of one ID are equal.
    pub(crate) line: u64,
}

impl Reader {
    /// One that looks for these fields.
    pub(crate) fn new(fields: &Fields) -> Self {
        let mut reader = Self { paths: Vec::new(), roles: Vec::new(), names: Vec::new() };
        match &fields.id {
            Some(name) => reader.want(Role::Id, FieldPath::new(name), true),
            None => LIKELY_IDS.iter().for_each(|name| reader.want(Role::Id, FieldPath::new(name), false)),
        }
        match &fields.time {
            Some(name) => reader.want(Role::Time, FieldPath::new(name), true),
            None => LIKELY_TIMES.iter().for_each(|name| reader.want(Role::Time, FieldPath::new(name), false)),
        }
        if let Some(name) = &fields.tenant {
            reader.want(Role::Tenant, FieldPath::new(name), true);
            reader.want(Role::TenantInside, FieldPath::new(name).inside("event"), true);
        }
        for (role, name) in [(Role::Type, "type"), (Role::OwnId, "id"), (Role::OwnTime, "time")] {
            reader.want(role, FieldPath::new(name), false);
        }
        reader
    }

    fn want(&mut self, role: Role, path: FieldPath, is_named: bool) {
        self.names.push(path.steps().first().cloned().unwrap_or_default());
        self.paths.push(path);
        self.roles.push((role, is_named));
    }

    /// Reads a line.
    ///
    /// # Errors
    /// If it is no event; the words never tell its content.
    pub(crate) fn read(&self, line: &[u8]) -> Result<Event, String> {
        let found = event::find(line, &self.paths).map_err(|not| format!("it is no event: {not}"))?;
        // A record of ours has it in this spelling.
        let is_of_type = |raw: &&str| raw.trim_matches('"') == UNREADABLE_TYPE;
        let claims = self.values(Role::Type, &found).is_some_and(|(_, values)| values.iter().any(is_of_type));
        let is_record = claims && is_unreadable_record(line);
        let own_id = if is_record { self.values(Role::OwnId, &found) } else { None };
        let id = self.values(Role::Id, &found);
        let mut tenants = self.values(Role::Tenant, &found).map(|(_, values)| values).unwrap_or_default();
        let has_tenant = !tenants.is_empty();
        if is_record {
            tenants.extend(
                self.values(Role::TenantInside, &found).map(|(_, values)| values).unwrap_or_default(),
            );
        }
        Ok(Event {
            has_id: id.is_some(),
            identities: identities(line, own_id.iter().chain(&id)),
            time: told(self.values(Role::Time, &found)),
            tenants: tenants.into_iter().map(plain).collect(),
            has_tenant,
            repeated: Repeated {
                id: self.is_repeated(Role::Id, &found),
                time: self.is_repeated(Role::Time, &found),
                tenant: self.is_repeated(Role::Tenant, &found)
                    || (is_record && self.is_repeated(Role::TenantInside, &found)),
            },
            record: is_record.then(|| told(self.values(Role::OwnTime, &found))),
        })
    }

    /// All values of the first field of a role that is there, is no null and no empty text; and the field's name.
    fn values<'s, 'l>(&'s self, role: Role, found: &FieldValues<'l>) -> Option<(&'s str, Vec<&'l str>)> {
        let of_role = self.roles.iter().enumerate().filter(|(_, (of, _))| *of == role);
        of_role.map(|(place, _)| place).find_map(|place| {
            let is_value = |raw: &&str| !matches!(*raw, "null" | "\"\"");
            let values: Vec<&str> = found.all(place).filter(is_value).collect();
            (!values.is_empty()).then(|| (self.names.get(place).map_or("", String::as_str), values))
        })
    }

    /// Whether a field of that role, if the auditor named it, stands more than once.
    fn is_repeated(&self, role: Role, found: &FieldValues<'_>) -> bool {
        let named = self.roles.iter().enumerate().filter(|(_, of)| **of == (role, true));
        named.map(|(place, _)| place).any(|place| found.is_repeated(place))
    }
}

/// An identity for each ID, or that of the line if there is none.
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
            let digest = Hasher::new().chain_update(name).chain_update([0]).chain_update(plain(raw));
            identities.push(identity(true, digest));
        }
    }
    if identities.len() > 1 {
        // The same value twice in one event is one identity.
        identities.sort_unstable_by_key(|identity| identity.hash);
        identities.dedup();
        identities.truncate(MOST_IDS);
    }
    if identities.is_empty() {
        identities.push(identity(false, Hasher::new().chain_update(line)));
    }
    identities
}

/// What the values of a field say of a time.
fn told(values: Option<(&str, Vec<&str>)>) -> Told {
    let Some((_, values)) = values else { return Told::Nothing };
    let time = |raw: &&str| serde_json::from_str::<String>(raw).ok().and_then(|text| text.parse().ok());
    values.iter().map(time).collect::<Option<_>>().map_or(Told::Other, Told::Times)
}

/// A text without quotes and escapes, or another value as it is written.
fn plain(raw: &str) -> String {
    serde_json::from_str::<String>(raw).unwrap_or_else(|_| raw.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(fields: &Fields, line: &str) -> Event {
        Reader::new(fields).read(line.as_bytes()).unwrap()
    }

    #[test]
    fn an_event_is_known_by_its_id_however_it_is_written() {
        let fields = Fields::default();
        let one = read(&fields, r#"{"a":{"id":9},"eventID":"x-1","n":1}"#);
        let other = read(&fields, r#"{"n":2,"event\u0049D":"\u0078-1"}"#);
        assert!(one.has_id && one.identities[0].has_id && one.identities[0].hash == other.identities[0].hash);
        assert_ne!(one.identities[0].line, other.identities[0].line);
        assert_ne!(
            one.identities[0].hash,
            read(&fields, r#"{"id":"x-1"}"#).identities[0].hash,
            "another field"
        );
        let (bare, same) = (read(&fields, r#"{"id":null,"a":1}"#), read(&fields, r#"{"id":null,"a":1}"#));
        assert!(!bare.has_id && !bare.identities[0].has_id && bare == same);
    }

    #[test]
    fn fields_are_named_by_the_auditor_also_inside_of_others() {
        let fields = Fields {
            id: Some("/detail/key".into()),
            time: Some("at".into()),
            tenant: Some("/who/org~1unit".into()),
        };
        let line = r#"{"id":"no","detail":{"x":[{"key":0}],"key":7},"at":"2026-11-20T20:00:00Z","who":{"org/unit":"acme"}}"#;
        let event = read(&fields, line);
        assert_eq!(event.time, Told::Times(vec!["2026-11-20T20:00:00Z".parse().unwrap()]));
        assert!(event.has_id && event.has_tenant && event.tenants == ["acme"]);
        assert_eq!(event.repeated, Repeated::default());
        assert_eq!(read(&fields, r#"{"at":17}"#).time, Told::Other);
        assert_eq!(read(&fields, "{}").time, Told::Nothing);
    }

    #[test]
    fn of_a_field_that_stands_twice_each_value_counts() {
        let fields =
            Fields { id: Some("id".into()), time: Some("/w/at".into()), tenant: Some("tenant".into()) };
        let event = read(&fields, r#"{"tenant":"acme","id":1,"ten\u0061nt":"other","id":2,"id":1}"#);
        assert_eq!(event.tenants, ["acme", "other"]);
        assert_eq!(event.identities.len(), 2, "a value that is there twice tells nothing new");
        assert_eq!(event.repeated, Repeated { id: true, tenant: true, time: false });
        let line = r#"{"w":{"at":"2026-11-20T20:00:00Z"},"w":{"at":"2026-11-20T21:00:00Z"}}"#;
        let event = read(&fields, line);
        assert!(event.repeated.time && matches!(&event.time, Told::Times(times) if times.len() == 2));
        assert!(read(&fields, r#"{"w":{"at":"2026-11-20T20:00:00Z"},"w":1}"#).repeated.time);
        // Of a field that only looks like an ID nothing is told, and both values are compared.
        let event = read(&Fields::default(), r#"{"id":1,"id":2}"#);
        assert!(event.identities.len() == 2 && event.repeated == Repeated::default());
    }

    #[test]
    fn what_is_no_event_is_refused_without_its_content() {
        for line in [
            "1",
            "\"a\"",
            "null",
            "[1,{}]",
            "",
            "{",
            "{}{}",
            "{\"a\":1,}",
            "a",
            "{\"secret\":\"\u{1}\"}",
            r#"{"secret\ud83d":1}"#,
            r#"{"secret":1e400}"#,
            r#""\ud83d""#,
        ] {
            let error = Reader::new(&Fields::default()).read(line.as_bytes()).unwrap_err();
            assert!(error.starts_with("it is no event: ") && !error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn a_record_of_an_unreadable_item_has_its_own_id_and_time() {
        let fields = Fields { id: Some("key".into()), time: Some("at".into()), tenant: Some("/org".into()) };
        let record = |time: &str, event: &str| {
            format!(
                r#"{{"id":"unreadable-0123456789abcdef","time":{time},"type":"auditferry.unreadable","partition_key":"acme","sort_key":"x","reason":"sort_key_form","detail":"none","event":{event}}}"#
            )
        };
        let event = read(&fields, &record("null", r#"{"key":1,"org":"acme"}"#));
        assert!(event.record == Some(Told::Nothing) && event.identities[0].has_id && !event.has_id);
        assert!(event.tenants == ["acme"] && !event.has_tenant, "the tenant of what it carries counts");
        let timed = read(&fields, &record(r#""2026-11-20T20:00:00.000Z""#, "{}"));
        assert_eq!(timed.record, Some(Told::Times(vec!["2026-11-20T20:00:00Z".parse().unwrap()])));
        // A product's own event of that type is an event like any other.
        for line in [
            r#"{"id":"unreadable-1","time":null,"type":"auditferry.unreadable"}"#.to_owned(),
            record("null", "{}").replacen("\"time\"", "\"more\":1,\"time\"", 1),
            record("null", "{}").replacen('{', "{ ", 1),
        ] {
            assert_eq!(read(&fields, &line).record, None, "{line}");
        }
    }
}
