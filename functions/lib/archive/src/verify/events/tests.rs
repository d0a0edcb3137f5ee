//! Events as products write them, and what is read of them.

use super::*;

fn read(fields: &Fields, line: &str) -> Event {
    EventReader::new(fields).read(line.as_bytes()).unwrap()
}

#[test]
fn an_event_is_identified_by_its_id_however_it_is_written() {
    let fields = Fields::default();
    let one = read(&fields, r#"{"a":{"id":9},"eventID":"x-1","n":1}"#);
    let other = read(&fields, r#"{"n":2,"event\u0049D":"\u0078-1"}"#);
    assert!(one.has_id && one.identities[0].has_id && one.identities[0].hash == other.identities[0].hash);
    assert_ne!(one.identities[0].line, other.identities[0].line);
    assert_ne!(one.identities[0].hash, read(&fields, r#"{"id":"x-1"}"#).identities[0].hash, "another field");
    let (bare, same) = (read(&fields, r#"{"id":null,"a":1}"#), read(&fields, r#"{"id":null,"a":1}"#));
    assert!(!bare.has_id && !bare.identities[0].has_id && bare == same);
}

#[test]
fn the_auditor_can_name_nested_fields() {
    let fields = Fields {
        id: Some("/detail/key".into()),
        time: Some("at".into()),
        tenant: Some("/who/org~1unit".into()),
    };
    let line = r#"{"id":"no","detail":{"x":[{"key":0}],"key":7},"at":"2026-11-20T20:00:00Z","who":{"org/unit":"acme"}}"#;
    let event = read(&fields, line);
    assert_eq!(event.time, EventTime::Times(vec!["2026-11-20T20:00:00Z".parse().unwrap()]));
    assert!(event.has_id && event.has_tenant && event.tenants == ["acme"]);
    assert_eq!(event.repeated, RepeatedFields::default());
    assert_eq!(read(&fields, r#"{"at":17}"#).time, EventTime::Invalid);
    assert_eq!(read(&fields, "{}").time, EventTime::Missing);
}

#[test]
fn each_value_of_a_repeated_field_counts() {
    let fields = Fields { id: Some("id".into()), time: Some("/w/at".into()), tenant: Some("tenant".into()) };
    let event = read(&fields, r#"{"tenant":"acme","id":1,"ten\u0061nt":"other","id":2,"id":1}"#);
    assert_eq!(event.tenants, ["acme", "other"]);
    assert_eq!(event.identities.len(), 2, "a repeated value adds no identity");
    assert_eq!(event.repeated, RepeatedFields { id: true, tenant: true, time: false });
    let line = r#"{"w":{"at":"2026-11-20T20:00:00Z"},"w":{"at":"2026-11-20T21:00:00Z"}}"#;
    let event = read(&fields, line);
    assert!(event.repeated.time && matches!(&event.time, EventTime::Times(times) if times.len() == 2));
    assert!(read(&fields, r#"{"w":{"at":"2026-11-20T20:00:00Z"},"w":1}"#).repeated.time);
    // A repeated field that only looks like an ID is not reported, and both values are compared.
    let event = read(&Fields::default(), r#"{"id":1,"id":2}"#);
    assert!(event.identities.len() == 2 && event.repeated == RepeatedFields::default());
}

#[test]
fn a_line_that_is_not_an_event_is_rejected_without_its_content() {
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
        let error = EventReader::new(&Fields::default()).read(line.as_bytes()).unwrap_err();
        assert!(error.starts_with("it is not an event: ") && !error.contains("secret"), "{error}");
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
    assert!(event.record == Some(EventTime::Missing) && event.identities[0].has_id && !event.has_id);
    assert!(event.tenants == ["acme"] && !event.has_tenant, "the tenant of its event counts");
    let timed = read(&fields, &record(r#""2026-11-20T20:00:00.000Z""#, "{}"));
    assert_eq!(timed.record, Some(EventTime::Times(vec!["2026-11-20T20:00:00Z".parse().unwrap()])));
    // A product's own event of that type is an ordinary event.
    for line in [
        r#"{"id":"unreadable-1","time":null,"type":"auditferry.unreadable"}"#.to_owned(),
        record("null", "{}").replacen("\"time\"", "\"more\":1,\"time\"", 1),
        record("null", "{}").replacen('{', "{ ", 1),
    ] {
        assert_eq!(read(&fields, &line).record, None, "{line}");
    }
}
