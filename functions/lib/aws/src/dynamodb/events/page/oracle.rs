//! Whatever the items and the notation of the page: each event has the content that the SDK reads.

use std::collections::BTreeMap;

use archive::event;
use archive::generated_events::unreadable_record;
use archive::item::OriginalContent;
use aws_sdk_dynamodb::operation::query::{Query, QueryOutput};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::runtime_plugin::RuntimePlugin as _;
use aws_smithy_runtime_api::client::ser_de::DeserializeResponse as _;
use aws_smithy_runtime_api::client::ser_de::SharedResponseDeserializer;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use proptest::prelude::*;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::super::number::Decimal;
use super::read;
use super::tests::{context, item, text, wire_map};

fn any_value() -> impl Strategy<Value = AttributeValue> {
    let number = "-?(0|[1-9][0-9]{0,37})";
    let leaf = prop_oneof![
        any::<String>().prop_map(AttributeValue::S),
        number.prop_map(AttributeValue::N),
        prop::collection::vec(any::<u8>(), 0..9).prop_map(|bytes| AttributeValue::B(bytes.into())),
        any::<bool>().prop_map(AttributeValue::Bool),
        Just(AttributeValue::Null(true)),
        prop::collection::btree_set(any::<String>(), 1..4)
            .prop_map(|set| AttributeValue::Ss(set.into_iter().collect())),
        prop::collection::btree_set(number, 1..4)
            .prop_map(|set| AttributeValue::Ns(set.into_iter().collect())),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(AttributeValue::L),
            prop::collection::hash_map(any_name(), inner, 0..4).prop_map(AttributeValue::M),
        ]
    })
}

/// A text that is a JSON object, or nearly one.
fn any_object() -> impl Strategy<Value = String> {
    let value = prop::sample::select(vec![
        "1",
        "1e400",
        "-1E+400",
        "1e-400",
        "\"a\"",
        r#""\ud83d""#,
        r#""\ud83d\ude00""#,
        r#""\u0000""#,
        "{}",
        "[",
        "[]",
        "tru",
        "\"\u{1}\"",
        "\n1\r",
    ]);
    let name = prop::sample::select(vec!["\"a\"", "\"b\"", r#""k\ud83d""#, r#""\u0061""#, "a"]);
    let members =
        prop::collection::vec((name, value).prop_map(|(name, value)| format!("{name}:{value}")), 0..4);
    (members, prop_oneof![6 => Just(0), 1 => 95..105usize, 1 => 0..3_000usize]).prop_map(
        |(members, depth)| {
            format!("{}{{{}}}{}", "{\"a\":".repeat(depth), members.join(","), "}".repeat(depth))
        },
    )
}

/// Any name, and those of the response envelope.
fn any_name() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "(S|N|M|L|BOOL|NULL|Items|LastEvaluatedKey|event|pk|sk)"]
}

/// Reads JSON with an independent parser and compares each value with the original.
fn assert_reads_as(json: &str, value: &AttributeValue) {
    let parts = || serde_json::from_str::<Vec<&RawValue>>(json).unwrap();
    match value {
        AttributeValue::S(text) => assert_eq!(&serde_json::from_str::<String>(json).unwrap(), text),
        AttributeValue::N(number) => assert_eq!(json, number),
        AttributeValue::B(blob) => {
            assert_eq!(BASE64.decode(serde_json::from_str::<String>(json).unwrap()).unwrap(), blob.as_ref());
        }
        AttributeValue::Bool(yes) => assert_eq!(json, yes.to_string()),
        AttributeValue::L(list) => {
            assert_eq!(parts().len(), list.len());
            for (json, value) in parts().iter().zip(list) {
                assert_reads_as(json.get(), value);
            }
        }
        AttributeValue::M(map) => {
            let entries = serde_json::from_str::<BTreeMap<String, &RawValue>>(json).unwrap();
            assert!(entries.keys().eq(BTreeMap::from_iter(map).into_keys()));
            for (name, json) in entries {
                assert_reads_as(json.get(), &map[&name]);
            }
        }
        AttributeValue::Ss(set) => {
            let mut written = serde_json::from_str::<Vec<String>>(json).unwrap();
            assert!(written.is_sorted());
            written.sort_unstable();
            let mut set = set.clone();
            set.sort_unstable();
            assert_eq!(written, set);
        }
        AttributeValue::Ns(set) => {
            let mut written: Vec<&str> = parts().iter().map(|number| number.get()).collect();
            assert!(written.is_sorted_by_key(|number| Decimal::parse(number).unwrap().ordered_bytes()));
            written.sort_unstable();
            let mut set: Vec<&str> = set.iter().map(String::as_str).collect();
            set.sort_unstable();
            assert_eq!(written, set);
        }
        _ => assert_eq!(json, "null"),
    }
}

/// The same page, read by the SDK's own deserializer.
fn by_the_sdk(body: &str) -> QueryOutput {
    let response = HttpResponse::new(StatusCode::try_from(200).unwrap(), SdkBody::from(body));
    let layer = Query::new().config().unwrap();
    let reader = layer.load::<SharedResponseDeserializer>().unwrap();
    let config = ConfigBag::base();
    reader.deserialize_nonstreaming_with_config(&response, &config).unwrap().downcast().unwrap()
}

/// The page with white space where JSON allows it, and with characters as escapes.
fn respelled(page: &Value) -> String {
    let pretty = serde_json::to_string_pretty(page).unwrap();
    pretty.chars().fold(String::new(), |mut page, c| {
        if c.is_ascii() {
            page.push(c);
        } else {
            let mut units = [0; 2];
            page.extend(c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04X}")));
        }
        page
    })
}

proptest! {
    #[test]
    fn events_have_the_content_that_the_sdk_reads(
        events in prop::collection::vec(prop::collection::hash_map(any_name(), any_value(), 1..5), 0..4),
        as_attribute: bool,
    ) {
        let items: Vec<Value> = events.iter().enumerate().map(|(place, event)| {
            let sort = format!("2026-11-20T20:15:30.{place:03}Z");
            let mut item = if as_attribute {
                item(&sort, [("event", AttributeValue::M(event.clone()))])
            } else {
                event.clone()
            };
            item.extend([("pk".to_owned(), text("acme")), ("sk".to_owned(), text(&sort))]);
            wire_map(&item)
        }).collect();
        let page = json!({"Items": items, "Count": items.len(), "LastEvaluatedKey": {"pk": {"S": "acme"}}});
        for body in [page.to_string(), respelled(&page)] {
            let ours = read(&body, &context(&[])).unwrap();
            let theirs = by_the_sdk(&body);
            prop_assert_eq!(&ours.last_evaluated_key, &theirs.last_evaluated_key);
            prop_assert_eq!(ours.items.len(), theirs.items().len());
            for (read, item) in ours.items.iter().zip(theirs.items()) {
                let event = match item.get("event") {
                    Some(AttributeValue::M(map)) => map.clone(),
                    Some(AttributeValue::S(text)) if event::check(text.as_bytes()).is_ok() => {
                        prop_assert!(read.content.as_ref().is_ok_and(|line| line == text));
                        continue;
                    }
                    // Any other body belongs to the whole item, and so does an expiry that is not a number.
                    _ => item.iter().filter(|(name, value)| match name.as_str() {
                        "pk" | "sk" => false,
                        "expires_at" => !matches!(value, AttributeValue::N(_)),
                        _ => true,
                    }).map(|(name, value)| (name.clone(), value.clone())).collect(),
                };
                match &read.content {
                    Ok(line) => {
                        prop_assert_eq!(event::check(line), Ok(event::Checked { has_line_breaks: false }));
                        assert_reads_as(std::str::from_utf8(line).unwrap(), &AttributeValue::M(event));
                    }
                    Err(why) => prop_assert!(event.is_empty() && why.original.is_none(), "{why:?}"),
                }
            }
        }
    }

    /// Whatever the product wrote: the result is an event, or a reason with the original content, and either
    /// gives a line that is a valid event.
    #[test]
    fn every_item_is_an_event_or_has_a_reason(
        sort in prop_oneof![Just("2026-11-20T20:15:30.123Z#evt_01".to_owned()), any::<String>()]
            .prop_filter("no key is empty", |sort| !sort.is_empty()),
        name in prop_oneof![
            2 => Just("event".to_owned()), 1 => any_name(), 1 => Just("expires_at".to_owned()),
        ]
            .prop_filter("the table has its own", |name| !["pk", "sk"].contains(&name.as_str())),
        value in prop_oneof![
            any_value(), "[-+.eE0-9]{0,12}".prop_map(AttributeValue::N),
            any_object().prop_map(AttributeValue::S),
        ],
    ) {
        let mut whole = item(&sort, []);
        whole.remove("expires_at");
        whole.insert(name.clone(), value.clone());
        let page = json!({"Items": [wire_map(&whole)], "Count": 1}).to_string();
        let found = read(&page, &context(&[])).unwrap().items.remove(0);
        let line = match &found.content {
            Ok(event) => event.to_vec(),
            Err(why) => {
                prop_assert_eq!(&why.sort_key, &sort);
                let has_keys_only = name == "expires_at" && matches!(value, AttributeValue::N(_));
                prop_assert_eq!(why.original.is_none(), has_keys_only, "{:?}", why);
                // A text that was meant to be the event is kept unchanged.
                if let (AttributeValue::S(text), Some(OriginalContent::Raw(raw)), "event") =
                    (&value, &why.original, name.as_str())
                {
                    prop_assert_eq!(raw, text);
                }
                unreadable_record(&found, why).unwrap()
            }
        };
        prop_assert!(found.time.is_some() || found.content.is_err());
        prop_assert_eq!(event::check(&line), Ok(event::Checked { has_line_breaks: false }));
    }

    #[test]
    fn no_page_makes_it_panic(body in r#"[\[\]{}",:\\ SNML"Items1e.truea]{0,60}"#) {
        drop(read(&body, &context(&[])));
    }
}
