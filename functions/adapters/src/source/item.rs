//! Makes an event of an item, or a record of why there is none. Nothing is dropped here: what can't be read is
//! handed on with its keys and the reason.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use bytes::Bytes;
use domain::item::{EventKey, SourceItem, Unreadable, WhyUnreadable, one_line};
use domain::ports::{PageError, PortError};

use super::layout::EventsTable;
use super::schema::Schema;
use super::{json, key};

/// How much of a foreign partition key is told.
const TOLD: usize = 100;

/// Reads one item that came back when `partition` was asked for.
pub(super) fn read(
    mut item: HashMap<String, AttributeValue>,
    layout: &EventsTable,
    schema: &Schema,
    partition: &str,
) -> Result<SourceItem, PageError> {
    own(&item, layout, partition)?;
    let sort_key = item
        .get(&layout.sort_key)
        .and_then(key::sort_key)
        .ok_or_else(|| bug(format!("an item has no text or number as its `{}`", layout.sort_key)))?;
    let sort = key::order(&sort_key).ok_or_else(|| bug("a sort key has no place in the order".to_owned()))?;
    let key = EventKey { sort, tie: tie(&item, schema, partition)? };
    let time = layout.sort_key_form.time_of(&sort_key);
    let content = match time {
        Some(_) => content(&mut item, layout),
        None => Err((
            WhyUnreadable::SortKeyForm,
            "the sort key tells no time in the form that the settings name".into(),
        )),
    };
    let content = content.map_err(|(reason, detail)| Unreadable {
        partition_key: partition.to_owned(),
        sort_key: sort_key.as_str().to_owned(),
        reason,
        detail,
    });
    Ok(SourceItem { key, sort_key, time, content })
}

/// The check behind isolation: DynamoDB was asked for one partition, and whatever the settings or a proxy do
/// to the question, an item of another one is never taken for this tenant's.
fn own(
    item: &HashMap<String, AttributeValue>,
    layout: &EventsTable,
    partition: &str,
) -> Result<(), PageError> {
    let found = match item.get(&layout.partition_key) {
        Some(AttributeValue::S(found)) if found == partition => return Ok(()),
        Some(AttributeValue::S(found)) => found.as_str(),
        Some(_) => "(not a text)",
        None => "(none)",
    };
    let told = |key: &str| key.chars().take(TOLD).collect::<String>();
    Err(PageError::Foreign { asked: told(partition), found: told(found) })
}

/// What makes the key unique besides the sort key: the partition key, and through an index, whose keys need
/// not be unique, the table's own key.
fn tie(
    item: &HashMap<String, AttributeValue>,
    schema: &Schema,
    partition: &str,
) -> Result<Vec<u8>, PageError> {
    if schema.table_keys.is_empty() {
        return Ok(partition.as_bytes().to_vec());
    }
    let asked = AttributeValue::S(partition.to_owned());
    let mut keys = vec![&asked];
    for name in &schema.table_keys {
        keys.push(item.get(name).ok_or_else(|| bug(format!("an item of the index has no `{name}`")))?);
    }
    key::joined(keys).ok_or_else(|| bug("a key of the table is of a type that no key has".to_owned()))
}

/// The event in one of the three shapes of contract 1.
fn content(
    item: &mut HashMap<String, AttributeValue>,
    layout: &EventsTable,
) -> Result<Bytes, (WhyUnreadable, String)> {
    let body = &layout.body;
    match item.remove(body) {
        Some(AttributeValue::S(text)) => one_line(text)
            .map_err(|problem| (WhyUnreadable::NotJson, format!("the attribute `{body}` is {problem}"))),
        Some(AttributeValue::M(map)) => object(&map, &format!("the attribute `{body}`")),
        Some(_) => {
            Err((WhyUnreadable::EventType, format!("the attribute `{body}` is neither a text nor a map")))
        }
        None => {
            item.remove(&layout.partition_key);
            item.remove(&layout.sort_key);
            if let Some(ttl) = &layout.ttl {
                item.remove(ttl);
            }
            // Through an index the table's own keys stay: to the index they are ordinary attributes, and often
            // the only place of the event's ID.
            if item.is_empty() {
                return Err((WhyUnreadable::NoEvent, "the item has keys only".to_owned()));
            }
            object(item, "the item")
        }
    }
}

fn object(map: &HashMap<String, AttributeValue>, whose: &str) -> Result<Bytes, (WhyUnreadable, String)> {
    match json::object(map) {
        Ok(json) => Ok(Bytes::from(json)),
        Err(problem) => {
            Err((WhyUnreadable::EventType, format!("{whose} can't be written as JSON: {problem}")))
        }
    }
}

fn bug(detail: String) -> PageError {
    PageError::Port(PortError::Bug { what: "reading an item of the events table", source: detail.into() })
}

#[cfg(test)]
mod tests {
    use super::super::layout::PartitionFormat;
    use super::super::schema::KeyType;
    use super::*;
    use aws_sdk_dynamodb::primitives::Blob;
    use domain::sort_key::SortKeyForm;
    use proptest::prelude::*;

    const KEY: &str = "2026-11-20T20:15:30.123Z#evt_01";

    fn layout() -> EventsTable {
        EventsTable {
            table: "events".into(),
            index: None,
            partition_key: "pk".into(),
            sort_key: "sk".into(),
            partition_format: PartitionFormat::default(),
            sort_key_form: SortKeyForm::Rfc3339,
            body: "event".into(),
            ttl: Some("expires_at".into()),
        }
    }

    fn text(text: &str) -> AttributeValue {
        AttributeValue::S(text.into())
    }

    fn item<const N: usize>(
        sort: &str,
        more: [(&str, AttributeValue); N],
    ) -> HashMap<String, AttributeValue> {
        let keys = [("pk", text("acme")), ("sk", text(sort)), ("expires_at", AttributeValue::N("1".into()))];
        keys.into_iter().chain(more).map(|(name, value)| (name.to_owned(), value)).collect()
    }

    fn read_default(item: HashMap<String, AttributeValue>) -> Result<SourceItem, PageError> {
        read(item, &layout(), &Schema { sort_key: KeyType::Text, table_keys: vec![] }, "acme")
    }

    fn reason<const N: usize>(sort: &str, more: [(&str, AttributeValue); N]) -> WhyUnreadable {
        let unreadable = read_default(item(sort, more)).unwrap().content.unwrap_err();
        assert_eq!((unreadable.partition_key.as_str(), unreadable.sort_key.as_str()), ("acme", sort));
        unreadable.reason
    }

    #[test]
    fn all_three_shapes_of_an_event_are_read() {
        let map = HashMap::from([("n".to_owned(), AttributeValue::N("1".into()))]);
        for (more, json) in [
            (vec![("event", text("{\"b\": 1.00,\n\"a\":2}")), ("other", text("x"))], "{\"b\": 1.00,\"a\":2}"),
            (vec![("event", AttributeValue::M(map))], r#"{"n":1}"#),
            (vec![("actor", text("ann")), ("action", text("login"))], r#"{"action":"login","actor":"ann"}"#),
        ] {
            let mut whole = item(KEY, []);
            whole.extend(more.into_iter().map(|(name, value)| (name.to_owned(), value)));
            let read = read_default(whole).unwrap();
            assert_eq!(read.content.unwrap(), json);
            assert_eq!(read.time.unwrap().to_string(), "2026-11-20T20:15:30.123Z");
            assert_eq!((read.key.sort.as_slice(), read.key.tie.as_slice()), (KEY.as_bytes(), &b"acme"[..]));
        }
    }

    #[test]
    fn what_can_not_be_read_is_handed_on_with_its_keys_and_the_reason() {
        assert_eq!(reason(KEY, []), WhyUnreadable::NoEvent);
        assert_eq!(reason(KEY, [("event", AttributeValue::Null(true))]), WhyUnreadable::EventType);
        assert_eq!(reason(KEY, [("event", AttributeValue::L(vec![]))]), WhyUnreadable::EventType);
        assert_eq!(reason(KEY, [("event", text("login by ann"))]), WhyUnreadable::NotJson);
        assert_eq!(reason("PROFILE", [("event", text("{}"))]), WhyUnreadable::SortKeyForm);
        assert_eq!(reason("PROFILE", []), WhyUnreadable::SortKeyForm);
    }

    #[test]
    fn the_detail_never_shows_what_the_event_says() {
        let secret = item(KEY, [("event", text("{\"password\": hunter2}"))]);
        let detail = read_default(secret).unwrap().content.unwrap_err().detail;
        assert!(
            detail.contains("`event`") && detail.contains("line 1") && !detail.contains("hunter2"),
            "{detail}"
        );
    }

    #[test]
    fn an_item_of_another_partition_is_foreign_whatever_else_it_is() {
        for (other, told) in [
            (Some(text(&"b".repeat(300))), "bbb"),
            (Some(AttributeValue::Null(true)), "(not"),
            (None, "(none"),
        ] {
            let mut item = item(KEY, [("event", text("{}"))]);
            item.remove("pk");
            item.extend(other.map(|value| ("pk".to_owned(), value)));
            let Err(PageError::Foreign { asked, found }) = read_default(item) else {
                panic!("it was let in")
            };
            assert!(asked == "acme" && found.starts_with(told) && found.len() <= 100, "{found}");
        }
    }

    #[test]
    fn through_an_index_the_key_of_the_table_breaks_the_tie_and_stays_in_the_event() {
        let schema = Schema { sort_key: KeyType::Text, table_keys: vec!["id".into()] };
        let of = |id: &str| read(item(KEY, [("id", text(id))]), &layout(), &schema, "acme").unwrap();
        let (one, other) = (of("1"), of("2"));
        assert_eq!(one.key.sort, other.key.sort);
        assert!(one.key.tie < other.key.tie);
        assert_eq!(one.content.unwrap(), r#"{"id":"1"}"#);
    }

    fn any_value() -> impl Strategy<Value = AttributeValue> {
        prop_oneof![
            any::<String>().prop_map(AttributeValue::S),
            "[-+.eE0-9]{0,12}".prop_map(AttributeValue::N),
            any::<Vec<u8>>().prop_map(|bytes| AttributeValue::B(Blob::new(bytes))),
            any::<bool>().prop_map(AttributeValue::Bool),
            any::<Vec<String>>().prop_map(AttributeValue::Ss),
            any::<Vec<String>>().prop_map(AttributeValue::Ns),
            any::<Vec<String>>()
                .prop_map(|texts| AttributeValue::L(texts.into_iter().map(AttributeValue::S).collect())),
        ]
    }

    proptest! {
        /// Whatever the product wrote: an event that is JSON, or the reason why there is none.
        #[test]
        fn every_item_is_an_event_or_a_reason(
            sort in prop_oneof![Just(KEY.to_owned()), any::<String>()],
            name in prop_oneof![Just("event".to_owned()), any::<String>()],
            value in any_value(),
        ) {
            let known = ["pk", "sk", "expires_at"].contains(&name.as_str());
            prop_assume!(!known && !sort.is_empty());
            let found = read_default(item(&sort, [(name.as_str(), value)])).unwrap();
            match found.content {
                Ok(event) => {
                    prop_assert!(serde_json::from_slice::<serde::de::IgnoredAny>(&event).is_ok());
                    prop_assert!(!event.contains(&b'\n') && found.time.is_some());
                }
                Err(why) => prop_assert_eq!(why.sort_key, sort),
            }
        }
    }
}
