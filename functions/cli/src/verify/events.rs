//! What of an event's text matters here: its identity, its time, its tenant. Read from the text as it stands, without
//! making values of the rest.

use std::fmt;
use std::hash::Hasher as _;

use domain::time::Time;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256 as Hasher};

/// The fields that hold an event's ID in most products. A value that comes twice in equal events is a double; in
/// different events it may be no ID at all, and is only told.
const LIKELY_IDS: [&str; 4] = ["id", "eventID", "event_id", "uuid"];
/// The fields that hold an event's time in most products. It need not be the time of writing, by which windows go.
const LIKELY_TIMES: [&str; 4] = ["time", "eventTime", "timestamp", "@timestamp"];
/// Tells Auditferry's own events from the product's.
const TYPE: &str = "type";

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

/// What a role a field plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Id,
    Time,
    Tenant,
    Type,
}

/// A field to look for.
#[derive(Debug, Clone)]
struct Wanted {
    role: Role,
    /// Its name on the first level, and those below it.
    path: Vec<String>,
}

/// Reads events, always the same fields.
#[derive(Debug, Clone)]
pub(crate) struct Reader {
    wanted: Vec<Wanted>,
}

/// An event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    /// What tells it from others.
    pub(crate) identity: Identity,
    /// The time that it tells, and whether it has the field at all.
    pub(crate) time: Told<Time>,
    /// Its tenant, as JSON.
    pub(crate) tenant: Option<String>,
    /// Whether Auditferry wrote it in place of an unreadable item.
    pub(crate) is_unreadable: bool,
}

/// A field's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told<T> {
    /// This.
    Value(T),
    /// Something that is no such value.
    Other,
    /// There is no such field.
    Nothing,
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
        let mut wanted = Vec::new();
        let mut want = |role, names: &[&str]| {
            for name in names {
                let path = match name.strip_prefix('/') {
                    // A JSON pointer: RFC 6901, section 3.
                    Some(pointer) => {
                        pointer.split('/').map(|s| s.replace("~1", "/").replace("~0", "~")).collect()
                    }
                    None => vec![(*name).to_owned()],
                };
                wanted.push(Wanted { role, path });
            }
        };
        match &fields.id {
            Some(name) => want(Role::Id, &[name]),
            None => want(Role::Id, &LIKELY_IDS),
        }
        match &fields.time {
            Some(name) => want(Role::Time, &[name]),
            None => want(Role::Time, &LIKELY_TIMES),
        }
        if let Some(name) = &fields.tenant {
            want(Role::Tenant, &[name]);
        }
        want(Role::Type, &[TYPE]);
        Self { wanted }
    }

    /// Reads a line.
    ///
    /// # Errors
    /// If it is not JSON; the words never tell its content.
    pub(crate) fn read(&self, line: &[u8]) -> Result<Event, String> {
        let mut found: Vec<(usize, &RawValue)> = Vec::new();
        let seed = Top { wanted: &self.wanted, found: &mut found };
        let mut json = serde_json::Deserializer::from_slice(line);
        let not_json = |error: serde_json::Error| format!("not JSON at column {}", error.column());
        seed.deserialize(&mut json).map_err(not_json)?;
        json.end().map_err(not_json)?;
        let first = |role| self.first(role, &found);
        let is_unreadable =
            first(Role::Type).is_some_and(|(_, raw)| raw.get() == "\"auditferry.unreadable\"");
        // Records of our own have an ID and a time of our own.
        let own = |name: &'static str| if is_unreadable { value(line, name) } else { None };
        let time = own("time").or_else(|| first(Role::Time).map(|(_, raw)| raw));
        let time = time.map_or(Told::Nothing, |raw| {
            serde_json::from_str::<String>(raw.get())
                .ok()
                .and_then(|text| text.parse().ok())
                .map_or(Told::Other, Told::Value)
        });
        let mut hasher = std::hash::DefaultHasher::new();
        hasher.write(line);
        let id = own("id").map(|raw| ("id", raw)).or_else(|| first(Role::Id));
        let digest = match id.as_ref() {
            Some((name, raw)) => Hasher::new().chain_update(name).chain_update([0]).chain_update(plain(raw)),
            None => Hasher::new().chain_update(line),
        };
        let [hash @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _]: [u8; 32] = digest.finalize().into();
        let tenant = if is_unreadable { None } else { first(Role::Tenant) };
        Ok(Event {
            identity: Identity { has_id: id.is_some(), hash, line: hasher.finish() },
            time,
            tenant: tenant.map(|(_, raw)| plain(raw)),
            is_unreadable,
        })
    }

    /// The first wanted field of a role that is there, is no null and no empty text.
    fn first<'a, 'l>(
        &'a self,
        role: Role,
        found: &[(usize, &'l RawValue)],
    ) -> Option<(&'a str, &'l RawValue)> {
        let of_role = |(place, wanted): (usize, &'a Wanted)| {
            let raw = found.iter().find(|(at, _)| *at == place)?.1;
            let (name, below) = wanted.path.split_first()?;
            let raw = below.iter().try_fold(raw, |raw, name| value(raw.get().as_bytes(), name))?;
            (wanted.role == role && !matches!(raw.get(), "null" | "\"\"")).then_some((name.as_str(), raw))
        };
        self.wanted.iter().enumerate().find_map(of_role)
    }
}

/// A text without quotes and escapes, or another value as it is written.
fn plain(raw: &RawValue) -> String {
    serde_json::from_str::<String>(raw.get()).unwrap_or_else(|_| raw.get().to_owned())
}

/// The value of a field of an object.
fn value<'l>(object: &'l [u8], name: &str) -> Option<&'l RawValue> {
    let wanted = [Wanted { role: Role::Type, path: vec![name.to_owned()] }];
    let mut found = Vec::new();
    Top { wanted: &wanted, found: &mut found }
        .deserialize(&mut serde_json::Deserializer::from_slice(object))
        .ok()?;
    found.first().map(|(_, raw)| *raw)
}

/// Reads an object's first level and keeps the wanted fields; takes any other JSON too.
struct Top<'w, 'f, 'l> {
    wanted: &'w [Wanted],
    found: &'f mut Vec<(usize, &'l RawValue)>,
}

impl<'l> DeserializeSeed<'l> for Top<'_, '_, 'l> {
    type Value = ();
    fn deserialize<D: Deserializer<'l>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'l> Visitor<'l> for Top<'_, '_, 'l> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'l>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(place) = map.next_key_seed(Key(self.wanted))? {
            match place {
                Some(place) => self.found.push((place, map.next_value()?)),
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }

    fn visit_seq<A: serde::de::SeqAccess<'l>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// Reads a field's name: its place among the wanted ones, or `None`.
struct Key<'w>(&'w [Wanted]);

impl<'l> DeserializeSeed<'l> for Key<'_> {
    type Value = Option<usize>;
    fn deserialize<D: Deserializer<'l>>(self, from: D) -> Result<Option<usize>, D::Error> {
        from.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field's name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Option<usize>, E> {
        Ok(self.0.iter().position(|wanted| wanted.path.first().is_some_and(|first| first == name)))
    }
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
        let other = read(&fields, r#"{"n":2,"eventID":"\u0078-1"}"#);
        assert!(one.identity.has_id && one.identity.hash == other.identity.hash);
        assert_ne!(one.identity.line, other.identity.line);
        assert_ne!(one.identity.hash, read(&fields, r#"{"id":"x-1"}"#).identity.hash, "another field");
        let (bare, same) = (read(&fields, r#"{"id":null,"a":1}"#), read(&fields, r#"{"id":null,"a":1}"#));
        assert!(!bare.identity.has_id && bare == same);
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
        assert_eq!(event.time, Told::Value("2026-11-20T20:00:00Z".parse().unwrap()));
        assert!(event.identity.has_id && event.tenant.as_deref() == Some("acme"));
        assert_eq!(read(&fields, r#"{"at":17}"#).time, Told::Other);
        assert_eq!(read(&fields, "{}").time, Told::Nothing);
    }

    #[test]
    fn any_json_is_an_event_and_nothing_else_is() {
        for line in ["1", "\"a\"", "null", "[1,{}]", "1.5", "-1", "true", "{}"] {
            assert!(!read(&Fields::default(), line).identity.has_id, "{line}");
        }
        for line in ["", "{", "{}{}", "{\"a\":1,}", "a", "{\"secret\":\"\u{1}\"}"] {
            let error = Reader::new(&Fields::default()).read(line.as_bytes()).unwrap_err();
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn a_record_of_an_unreadable_item_has_its_own_id_and_time() {
        let fields = Fields { id: Some("key".into()), time: Some("at".into()), tenant: Some("org".into()) };
        let event = read(&fields, r#"{"id":"unreadable-1","time":null,"type":"auditferry.unreadable"}"#);
        assert!(event.is_unreadable && event.identity.has_id && event.time == Told::Other);
    }
}
