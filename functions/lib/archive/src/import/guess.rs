//! Suggests the fields of an event's time and ID if the user has named none: by the names that products use,
//! and by the values.

use super::key_fields::{KeyFields, TimeForm, is_number};
use super::members::{find, members, unescape};
use crate::event::FieldPath;

/// Candidates for the time, the likeliest first.
// From CloudTrail, OCSF, ECS, Auth0, WorkOS, Okta, GitHub, Google Workspace, Microsoft 365 and Entra,
// EventBridge, and names that are common in products.
const TIME_FIELDS: [&str; 30] = [
    "time",
    "eventTime",
    "timestamp",
    "@timestamp",
    "event_time",
    "eventTimestamp",
    "event_timestamp",
    "occurred_at",
    "occurredAt",
    "created_at",
    "createdAt",
    "created",
    "published",
    "date",
    "datetime",
    "dateTime",
    "ts",
    "logged_at",
    "loggedAt",
    "Timestamp",
    "Time",
    "EventTime",
    "CreationTime",
    "activityDateTime",
    "createdDateTime",
    "receiveTimestamp",
    "/detail/eventTime",
    "/id/time",
    "/event/created",
    "/metadata/time",
];

/// Candidates for the ID, the likeliest first.
const ID_FIELDS: [&str; 26] = [
    "id",
    "eventID",
    "eventId",
    "event_id",
    "uuid",
    "uid",
    "_id",
    "log_id",
    "logId",
    "guid",
    "audit_id",
    "auditId",
    "record_id",
    "_document_id",
    "insertId",
    "messageId",
    "message_id",
    "Id",
    "ID",
    "UUID",
    "EventId",
    "/detail/eventID",
    "/metadata/uid",
    "/event/id",
    "/id/uniqueQualifier",
    "/metadata/id",
];

/// At most this many fields are listed, each with at most [`MAX_NAME_CHARS`] characters.
const MAX_FIELDS: usize = 30;
const MAX_NAME_CHARS: usize = 40;

/// What helps a user to name the fields of time and ID.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFieldGuess {
    /// The names of the event's first fields, at most 30.
    pub fields: Vec<String>,
    /// How many fields follow those.
    pub more_fields: usize,
    /// The likely field of the time, and its form.
    pub time: Option<(&'static str, TimeForm)>,
    /// The likely field of the ID.
    pub id: Option<&'static str>,
    /// The only field whose value is an array of objects: it may be a wrapper of events.
    pub wrapper_field: Option<String>,
}

impl KeyFieldGuess {
    /// Examines an event, given as the text of a JSON object.
    #[must_use]
    pub fn new(event: &str) -> Self {
        let names: Vec<String> =
            members(event).take(MAX_FIELDS).map(|(name, _)| display_name(name)).collect();
        let more = members(event).skip(MAX_FIELDS).count();
        let mut wraps = members(event)
            .filter(|(_, value)| is_array_of_objects(value))
            .map(|(name, _)| display_name(name));
        let wraps = wraps.next().filter(|_| wraps.next().is_none());
        let id = ID_FIELDS
            .into_iter()
            .find(|path| find(event, &FieldPath::new(path)).is_some_and(is_id_candidate));
        Self {
            fields: names,
            more_fields: more,
            time: TIME_FIELDS.into_iter().find_map(|path| time(event, path)),
            id,
            wrapper_field: wraps,
        }
    }
}

/// The field and its form, if its value is a time.
fn time(event: &str, path: &'static str) -> Option<(&'static str, TimeForm)> {
    let value = find(event, &FieldPath::new(path))?;
    let is_time = |form| KeyFields::new(path, path, form).time_of(value).is_ok();
    if is_time(TimeForm::Rfc3339) {
        return Some((path, TimeForm::Rfc3339));
    }
    // Today's seconds read as milliseconds would lie in 1970 and are refused. Numbers of fewer than nine
    // digits are not taken for seconds either.
    let is_recent = |digits: &str| digits.trim_start_matches('-').find(['.']).unwrap_or(digits.len()) >= 9;
    let digits = unescape(value).filter(|text| is_number(text));
    if digits.is_some() || is_number(value) {
        let forms = [TimeForm::EpochMillis, TimeForm::EpochSeconds];
        return forms
            .into_iter()
            .find(|form| is_recent(digits.as_deref().unwrap_or(value)) && is_time(*form))
            .map(|form| (path, form));
    }
    None
}

fn is_id_candidate(value: &str) -> bool {
    is_number(value) || (value.starts_with('"') && value.len() > 2)
}

/// Whether a value is an array whose first element is an object.
fn is_array_of_objects(value: &str) -> bool {
    value
        .strip_prefix('[')
        .is_some_and(|inner| inner.trim_start_matches([' ', '\t', '\n', '\r']).starts_with('{'))
}

/// A name for display: control characters escaped, cut off after [`MAX_NAME_CHARS`] characters.
fn display_name(quoted: &str) -> String {
    let name = unescape(quoted).unwrap_or_else(|| quoted.trim_matches('"').into());
    let mut displayed: String = name.chars().take(MAX_NAME_CHARS).flat_map(char::escape_debug).collect();
    if name.chars().count() > MAX_NAME_CHARS {
        displayed.push('…');
    }
    displayed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_and_id_of_known_products_are_found() {
        for (event, time, id) in [
            (
                r#"{"eventVersion":"1.08","eventTime":"2023-07-10T11:42:18Z","eventID":"875240bf"}"#,
                "eventTime",
                "eventID",
            ),
            (r#"{"time":1689000000123,"metadata":{"uid":"a"},"class_uid":3002}"#, "time", "/metadata/uid"),
            (r#"{"@timestamp":"2023-07-10T11:42:18.000Z","event":{"id":"x"}}"#, "@timestamp", "/event/id"),
            (r#"{"date":"2023-07-10T11:42:18.000Z","log_id":"900","type":"s"}"#, "date", "log_id"),
            (r#"{"id":"evt","occurred_at":"2023-07-10T11:42:18.000Z"}"#, "occurred_at", "id"),
            (r#"{"uuid":"u","published":"2023-07-10T11:42:18.000Z"}"#, "published", "uuid"),
            (r#"{"@timestamp":1689000000123,"_document_id":"d"}"#, "@timestamp", "_document_id"),
            (
                r#"{"id":{"time":"2023-07-10T11:42:18.000Z","uniqueQualifier":"-1"}}"#,
                "/id/time",
                "/id/uniqueQualifier",
            ),
            (r#"{"Id":"x","CreationTime":"2023-07-10T11:42:18Z"}"#, "CreationTime", "Id"),
            (r#"{"time":"not yet","ts":1689000000.5,"uid":7}"#, "ts", "uid"),
        ] {
            let guess = KeyFieldGuess::new(event);
            assert_eq!((guess.time.map(|(path, _)| path), guess.id), (Some(time), Some(id)), "{event}");
        }
        let form = |event| KeyFieldGuess::new(event).time.map(|(_, form)| form);
        assert_eq!(form(r#"{"ts":1689000000123}"#), Some(TimeForm::EpochMillis));
        assert_eq!(form(r#"{"ts":1689000000}"#), Some(TimeForm::EpochSeconds));
        assert_eq!(form(r#"{"ts":"2023-07-10T11:42:18+02:00"}"#), Some(TimeForm::Rfc3339));
        assert_eq!(form(r#"{"ts":12,"time":null,"date":"2023-07-10"}"#), None);
    }

    #[test]
    fn the_fields_are_listed_up_to_a_limit() {
        let guess = KeyFieldGuess::new(r#"{"b":1,"a\n":{"c":2}}"#);
        assert_eq!(
            (guess.fields, guess.more_fields, guess.id),
            (vec!["b".to_owned(), r"a\n".into()], 0, None)
        );
        let many: Vec<String> = (0..100).map(|n| format!("\"{n:0100}\":{n}")).collect();
        let guess = KeyFieldGuess::new(&format!("{{{}}}", many.join(",")));
        assert_eq!((guess.fields.len(), guess.more_fields), (30, 70));
        assert!(guess.fields.iter().all(|name| name.chars().count() == 41));
    }

    #[test]
    fn a_wrapper_of_events_is_detected() {
        assert_eq!(
            KeyFieldGuess::new(r#"{"n":1,"value":[ {"a":1}]}"#).wrapper_field.as_deref(),
            Some("value")
        );
        assert_eq!(KeyFieldGuess::new(r#"{"a":[{}],"b":[{}]}"#).wrapper_field, None);
        assert_eq!(KeyFieldGuess::new(r#"{"a":[1],"b":{}}"#).wrapper_field, None);
    }
}
