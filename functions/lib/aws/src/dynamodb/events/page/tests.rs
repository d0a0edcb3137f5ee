//! Pages that DynamoDB may send, and some that it never should.

use archive::item::{OriginalContent, UnreadableReason};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

use super::super::schema::KeyType;
use super::*;

const KEY: &str = "2026-11-20T20:15:30.123Z#evt_01";

pub(super) fn context(table_keys: &[&str]) -> QueryContext {
    let layout = EventsTable::default_layout("events");
    let table_keys = table_keys.iter().map(|name| (*name).to_owned()).collect();
    let schema = Schema { sort_key: KeyType::Text, table_keys };
    QueryContext { layout: layout.into(), schema: schema.into(), partition: "acme".into() }
}

pub(super) fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.into())
}

/// A value in DynamoDB's typed JSON, by its API reference.
pub(super) fn wire(value: &AttributeValue) -> Value {
    let base64 = |blob: &aws_sdk_dynamodb::primitives::Blob| BASE64.encode(blob.as_ref());
    match value {
        AttributeValue::S(text) => json!({"S": text}),
        AttributeValue::N(number) => json!({"N": number}),
        AttributeValue::B(blob) => json!({"B": base64(blob)}),
        AttributeValue::Bool(yes) => json!({"BOOL": yes}),
        AttributeValue::Null(yes) => json!({"NULL": yes}),
        AttributeValue::L(list) => json!({"L": list.iter().map(wire).collect::<Vec<_>>()}),
        AttributeValue::M(map) => json!({"M": wire_map(map)}),
        AttributeValue::Ss(set) => json!({"SS": set}),
        AttributeValue::Ns(set) => json!({"NS": set}),
        AttributeValue::Bs(set) => json!({"BS": set.iter().map(base64).collect::<Vec<_>>()}),
        other => panic!("{other:?}"),
    }
}

pub(super) fn wire_map(map: &HashMap<String, AttributeValue>) -> Value {
    map.iter().map(|(name, value)| (name.clone(), wire(value))).collect()
}

pub(super) type Attributes<const N: usize> = [(&'static str, AttributeValue); N];

pub(super) fn item<const N: usize>(sort: &str, more: Attributes<N>) -> HashMap<String, AttributeValue> {
    let keys = [("pk", text("acme")), ("sk", text(sort)), ("expires_at", AttributeValue::N("1".into()))];
    keys.into_iter().chain(more).map(|(name, value)| (name.to_owned(), value)).collect()
}

fn read_one(item: &Value, context: &QueryContext) -> Result<SourceItem, ReadError> {
    let mut page = read(&json!({"Count": 1, "Items": [item], "ScannedCount": 1}).to_string(), context)?;
    assert!(page.items.len() == 1 && page.last_evaluated_key.is_none());
    Ok(page.items.remove(0))
}

fn read_default(item: &HashMap<String, AttributeValue>) -> Result<SourceItem, ReadError> {
    read_one(&wire_map(item), &context(&[]))
}

fn json_of(value: AttributeValue) -> String {
    let map = AttributeValue::M(HashMap::from([("v".to_owned(), value)]));
    let read = read_default(&item(KEY, [("event", map)])).unwrap();
    String::from_utf8(read.content.unwrap().to_vec()).unwrap()
}

#[test]
fn all_three_forms_of_an_event_are_read() {
    let map = HashMap::from([("n".to_owned(), AttributeValue::N("1".into()))]);
    for (more, json) in [
        (vec![("event", text("{\"b\": 1.00,\n\"a\":2}")), ("other", text("x"))], "{\"b\": 1.00,\"a\":2}"),
        (vec![("event", AttributeValue::M(map))], r#"{"n":1}"#),
        (vec![("actor", text("ann"))], r#"{"actor":"ann"}"#),
    ] {
        let mut whole = item(KEY, []);
        whole.extend(more.into_iter().map(|(name, value)| (name.to_owned(), value)));
        let read = read_default(&whole).unwrap();
        assert_eq!(read.content.unwrap(), json);
        assert_eq!(read.time.unwrap().to_string(), "2026-11-20T20:15:30.123Z");
        assert_eq!(
            (read.key.sort.as_slice(), read.key.tie_breaker.as_slice()),
            (KEY.as_bytes(), &b"acme"[..])
        );
    }
}

#[test]
fn keys_of_a_map_keep_the_order_that_dynamodb_gives() {
    let page = format!(
        r#"{{"Items":[{{"zeta":{{"N":"1"}},"pk":{{"S":"acme"}},"Alpha":{{"L":[]}},"sk":{{"S":"{KEY}"}},"":{{"M":{{"b":{{"NULL":true}},"a":{{"S":""}}}}}}}}]}}"#
    );
    let read = read(&page, &context(&[])).unwrap().items.remove(0);
    assert_eq!(read.content.unwrap(), r#"{"zeta":1,"Alpha":[],"":{"b":null,"a":""}}"#);
}

#[test]
fn every_type_is_written_without_loss() {
    let numbers = ["12345678901234567890123456789012345678", "-0.10", "2", "1E+2", "-10"];
    for (value, written) in [
        (text(""), r#""""#),
        (text("a\"\\\n\u{1}\u{2028}\u{1F600}"), "\"a\\\"\\\\\\n\\u0001\u{2028}\u{1F600}\""),
        (AttributeValue::N(numbers[0].into()), numbers[0]),
        (AttributeValue::B(vec![0, 255, 16].into()), r#""AP8Q""#),
        (AttributeValue::Bool(false), "false"),
        (AttributeValue::Null(true), "null"),
        (AttributeValue::L(vec![]), "[]"),
        (AttributeValue::M(HashMap::new()), "{}"),
        (AttributeValue::Ss(["b", "a", "B", "ä"].map(Into::into).into()), r#"["B","a","b","ä"]"#),
        (
            AttributeValue::Ns(numbers.map(Into::into).into()),
            "[-10,-0.10,2,1E+2,12345678901234567890123456789012345678]",
        ),
        (AttributeValue::Bs([vec![2], vec![], vec![1, 1]].map(Into::into).into()), r#"["","AQE=","Ag=="]"#),
    ] {
        assert_eq!(json_of(value), format!("{{\"v\":{written}}}"));
    }
    let deep = (0..31).fold(text("x"), |inner, _| AttributeValue::L(vec![inner]));
    assert_eq!(json_of(deep), format!("{{\"v\":{}\"x\"{}}}", "[".repeat(31), "]".repeat(31)));
}

/// The item's event as one line.
fn event<const N: usize>(sort: &str, more: Attributes<N>) -> String {
    let read = read_default(&item(sort, more)).unwrap();
    String::from_utf8(read.content.unwrap().to_vec()).unwrap()
}

/// Why the item has no event, and its original content.
fn unreadable<const N: usize>(
    sort: &str,
    more: Attributes<N>,
) -> (UnreadableReason, Option<OriginalContent>) {
    let unreadable = read_default(&item(sort, more)).unwrap().content.unwrap_err();
    assert_eq!((unreadable.partition_key.as_str(), unreadable.sort_key.as_str()), ("acme", sort));
    (unreadable.reason, unreadable.original)
}

#[test]
fn attributes_beside_a_valid_body_are_not_exported_and_beside_any_other_they_are() {
    use AttributeValue::{L, M, N, Null};
    let ann = || ("actor", text("ann"));
    assert_eq!(event(KEY, [("event", text(r#"{"a":1}"#)), ann()]), r#"{"a":1}"#);
    assert_eq!(event(KEY, [("event", M(HashMap::new())), ann()]), "{}");
    for (body, json) in [
        (text("4624"), r#""4624""#),
        (text("user.login"), r#""user.login""#),
        (text(""), r#""""#),
        (text("[{}]"), r#""[{}]""#),
        (text("{\"a\":"), r#""{\"a\":""#),
        (text("{} {}"), r#""{} {}""#),
        (text("{\"a\":\n1e400"), r#""{\"a\":\n1e400""#),
        (text(r#""\ud83d""#), r#""\"\\ud83d\"""#),
        (text("\u{feff}{}"), "\"\u{feff}{}\""),
        (N("4624".into()), "4624"),
        (Null(true), "null"),
        (L(vec![]), "[]"),
        (AttributeValue::Bool(false), "false"),
        (AttributeValue::B(vec![0].into()), r#""AA==""#),
    ] {
        assert_eq!(
            event(KEY, [("event", body.clone()), ann()]),
            format!(r#"{{"actor":"ann","event":{json}}}"#)
        );
        assert_eq!(event(KEY, [("event", body)]), format!(r#"{{"event":{json}}}"#));
    }
}

#[test]
fn only_a_number_is_an_expiry() {
    for (value, json) in [
        (text("2027-01-01"), r#""2027-01-01""#),
        (AttributeValue::Null(true), "null"),
        (AttributeValue::L(vec![AttributeValue::N("1".into())]), "[1]"),
    ] {
        let expires = ("expires_at", value);
        assert_eq!(
            event(KEY, [expires.clone(), ("a", text("b"))]),
            format!(r#"{{"a":"b","expires_at":{json}}}"#)
        );
        assert_eq!(event(KEY, [expires]), format!(r#"{{"expires_at":{json}}}"#));
    }
    assert_eq!(event(KEY, [("expires_at", AttributeValue::N("2".into())), ("a", text("b"))]), r#"{"a":"b"}"#);
}

#[test]
fn an_invalid_event_is_kept_unchanged() {
    use AttributeValue::{L, M, N};
    let raw = |text: &str| Some(OriginalContent::Raw(text.into()));
    assert_eq!(unreadable(KEY, []), (UnreadableReason::NoEvent, None));
    for (body, reason) in [
        (r#"{"id":"a","k\ud83d":1}"#.to_owned(), UnreadableReason::LoneSurrogate),
        ("{\n\"a\": 1e400}".to_owned(), UnreadableReason::NumberRange),
        (format!("{{\"a\":{}{}}}", "[".repeat(5_000), "]".repeat(5_000)), UnreadableReason::Nesting),
    ] {
        assert_eq!(unreadable(KEY, [("event", text(&body)), ("actor", text("ann"))]), (reason, raw(&body)));
    }
    // DynamoDB has no number that large; a stand-in may.
    let large = || HashMap::from([("n".to_owned(), N("1E+400".into()))]);
    assert_eq!(
        unreadable(KEY, [("event", M(large()))]),
        (UnreadableReason::NumberRange, raw(r#"{"n":1E+400}"#))
    );
    assert_eq!(
        unreadable(KEY, [("o", M(large()))]),
        (UnreadableReason::NumberRange, raw(r#"{"o":{"n":1E+400}}"#))
    );
    let no_number = || HashMap::from([("deep".to_owned(), L(vec![N("1".into()), N("NaN".into())]))]);
    let source = r#"{"M":{"deep":{"L":[{"N":"1"},{"N":"NaN"}]}}}"#;
    assert_eq!(unreadable(KEY, [("event", M(no_number()))]), (UnreadableReason::UnknownValue, raw(source)));
    let source = format!(r#"{{"other":{source}}}"#);
    assert_eq!(unreadable(KEY, [("other", M(no_number()))]), (UnreadableReason::UnknownValue, raw(&source)));
}

#[test]
fn an_item_with_an_unparsable_key_keeps_its_event() {
    let raw = |text: &str| Some(OriginalContent::Raw(text.into()));
    let written = |text: &'static str| Some(OriginalContent::Event(text.into()));
    let unparsable = |more| unreadable::<1>("PROFILE", more);
    assert_eq!(
        unparsable([("event", text("{\n\"a\": 1}"))]),
        (UnreadableReason::SortKeyForm, written("{\"a\": 1}"))
    );
    assert_eq!(
        unparsable([("actor", text("ann"))]),
        (UnreadableReason::SortKeyForm, written(r#"{"actor":"ann"}"#))
    );
    assert_eq!(
        unparsable([("event", text(r#"{"a":1e400}"#))]),
        (UnreadableReason::SortKeyForm, raw(r#"{"a":1e400}"#))
    );
    assert_eq!(
        unparsable([("expires_at", AttributeValue::N("1".into()))]),
        (UnreadableReason::SortKeyForm, None)
    );
}

#[test]
fn a_map_that_is_nested_too_deep_is_kept_unchanged() {
    let raw = |text: &str| Some(OriginalContent::Raw(text.into()));
    let nested = |levels: usize| (1..levels).fold(json!({"S": "x"}), |inner, _| json!({"L": [inner]}));
    let read = |levels: usize| {
        let item = json!({"event": {"M": {"a": nested(levels)}}, "pk": {"S": "acme"}, "sk": {"S": KEY}});
        read_one(&item, &context(&[])).unwrap().content
    };
    let json = |levels: usize| format!("{{\"a\":{}\"x\"{}}}", "[".repeat(levels - 1), "]".repeat(levels - 1));
    assert_eq!(read(100).unwrap(), json(100));
    let why = read(101).unwrap_err();
    assert_eq!((why.reason, why.original), (UnreadableReason::Nesting, raw(&json(101))));
    let why = read(121).unwrap_err();
    let source = json!({"M": {"a": nested(121)}}).to_string();
    assert_eq!((why.reason, why.original), (UnreadableReason::Nesting, raw(&source)));
}

#[test]
fn an_unreadable_item_does_not_affect_the_next_one() {
    for unreadable in [
        json!({"M": {"a": {"S": "secret"}, "n": {"N": "NaN"}, "b": {"S": "}]"}}}),
        json!({"M": {"a": {"X": [1, {"S": "new"}]}}}),
        json!({"M": {"a": {"B": "=not base64="}}}),
        json!({"X": {"deep": [true, null, -1.5e3]}}),
    ] {
        let keys = |n: u8| json!({"pk": {"S": "acme"}, "sk": {"S": format!("2026-11-20T20:15:3{n}Z")}});
        let (mut first, mut second) = (keys(0), keys(1));
        first["event"] = unreadable.clone();
        second["event"] = json!({"M": {"ok": {"BOOL": true}}});
        let page = read(&json!({"Items": [first, second]}).to_string(), &context(&[])).unwrap();
        let why = page.items[0].content.as_ref().unwrap_err();
        assert!(why.reason == UnreadableReason::UnknownValue && !why.detail.contains("secret"), "{why:?}");
        let Some(OriginalContent::Raw(raw)) = &why.original else { panic!("{why:?}") };
        assert!(raw.contains(&unreadable.to_string()), "{raw}");
        assert_eq!(page.items[1].content.as_ref().unwrap(), r#"{"ok":true}"#);
    }
}

#[test]
fn the_detail_never_contains_the_events_content() {
    let secret = item(KEY, [("event", text("{\"password\": \"hunter2\\ud83d\"}"))]);
    let detail = read_default(&secret).unwrap().content.unwrap_err().detail;
    assert!(
        detail.contains("`event`") && detail.contains("line 1") && !detail.contains("hunter2"),
        "{detail}"
    );
}

#[test]
fn an_item_of_another_partition_is_foreign_whatever_else_it_is() {
    for (other, start) in
        [(Some(text(&"b".repeat(300))), "bbb"), (Some(AttributeValue::Null(true)), "(not"), (None, "(none")]
    {
        let mut item = item(KEY, [("event", text("{}"))]);
        item.remove("pk");
        item.extend(other.map(|value| ("pk".to_owned(), value)));
        let Err(ReadError::Rejected(PageError::Foreign { expected, found })) = read_default(&item) else {
            panic!("it was accepted")
        };
        assert!(expected == "acme" && found.starts_with(start) && found.len() <= 100, "{found}");
    }
}

#[test]
fn through_an_index_the_key_of_the_table_breaks_the_tie_and_stays_in_the_event() {
    let of = |id: &str| read_one(&wire_map(&item(KEY, [("id", text(id))])), &context(&["id"])).unwrap();
    let (one, other) = (of("1"), of("2"));
    assert_eq!(one.key.sort, other.key.sort);
    assert!(one.key.tie_breaker < other.key.tie_breaker);
    assert_eq!(one.content.unwrap(), r#"{"id":"1"}"#);
    assert!(matches!(read_one(&wire_map(&item(KEY, [])), &context(&["id"])), Err(ReadError::Rejected(_))));
}

#[test]
fn the_next_page_starts_where_dynamodb_says() {
    let key = json!({"pk": {"S": "acme"}, "sk": {"N": "1"}, "id": {"B": "AP8Q"}});
    let page = json!({"Items": [], "LastEvaluatedKey": key, "ConsumedCapacity": {"CapacityUnits": 0.5}});
    let next = read(&page.to_string(), &context(&[])).unwrap().last_evaluated_key.unwrap();
    assert_eq!(
        (&next["sk"], &next["id"]),
        (&AttributeValue::N("1".into()), &AttributeValue::B(vec![0, 255, 16].into()))
    );
    let last = json!({"Items": [], "LastEvaluatedKey": null});
    assert!(read(&last.to_string(), &context(&[])).unwrap().last_evaluated_key.is_none());
    let malformed = json!({"Items": [], "LastEvaluatedKey": {"sk": {"L": []}}});
    assert!(matches!(read(&malformed.to_string(), &context(&[])), Err(ReadError::Malformed(_))));
}

#[test]
fn a_truncated_page_is_never_accepted() {
    let page = json!({"Items": [wire_map(&item(KEY, [("event", text("{}"))]))], "Count": 1}).to_string();
    for end in (0..page.len()).filter(|end| page.is_char_boundary(*end)) {
        let cut = read(&page[..end], &context(&[]));
        // Damage within an item may first look like an item that lacks something; neither is accepted.
        assert!(cut.is_err(), "{}", &page[..end]);
    }
    for more in [",", "}", "{}", "x"] {
        assert!(
            matches!(read(&format!("{page}{more}"), &context(&[])), Err(ReadError::Malformed(_))),
            "{more}"
        );
    }
}
