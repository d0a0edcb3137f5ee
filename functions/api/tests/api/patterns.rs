//! The document's patterns and the code's parsers agree, both ways: no parser rejects what a schema accepts,
//! and a schema accepts what a parser accepts unchanged.

use std::fmt::Display;
use std::str::FromStr;

use archive::names::{
    BucketName, CustomerRole, EmailAddress, KmsKeyArn, Prefix, RESERVED_PREFIXES, RESERVED_SUFFIXES, Region,
    TenantId, WebhookUrl,
};
use archive::time::Time;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::strategy::ValueTree as _;
use proptest::string::string_regex;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;
use tests::schema::Schema;

use crate::contract::{parameter, schema};
use crate::world::{TestCaller, World};

/// Characters to insert or substitute: those that the grammars of names treat specially.
const SPECIAL_CHARACTERS: &str = "aZ09-_.:/@!'()=*?%$~|# \u{e9}\n\"";

/// A text that matches the pattern, and the same text with a few characters removed, inserted or replaced.
fn with_mutations(pattern: &str) -> impl Strategy<Value = (String, String)> + use<> {
    let inside =
        pattern.strip_prefix('^').and_then(|rest| rest.strip_suffix('$')).expect("an anchored pattern");
    let change =
        (any::<Index>(), 0..3_u8, prop::sample::select(SPECIAL_CHARACTERS.chars().collect::<Vec<_>>()));
    (string_regex(inside).expect("a pattern"), prop::collection::vec(change, 1..3)).prop_map(
        |(text, changes)| {
            let mut chars: Vec<char> = text.chars().collect();
            for (place, what, odd) in changes {
                let place = place.index(chars.len() + 1);
                match what {
                    0 => chars.insert(place, odd),
                    1 if place < chars.len() => chars[place] = odd,
                    _ if place < chars.len() => drop(chars.remove(place)),
                    _ => {}
                }
            }
            (text, chars.into_iter().collect())
        },
    )
}

/// Whether the parser accepts the text, and whether unchanged: not trimmed or converted.
type Parse = fn(&str) -> (bool, bool);

fn accepts<T: FromStr + Display>(text: &str) -> (bool, bool) {
    text.parse::<T>().map_or((false, false), |value| (true, value.to_string() == text))
}

/// A prefix is stored without its last slash, and a time is normalized.
fn accepts_any_spelling<T: FromStr>(text: &str) -> (bool, bool) {
    let accepted = text.parse::<T>().is_ok();
    (accepted, accepted)
}

fn agree(name: &str, (schema, pattern): &(Schema, String), parse: Parse, exactly: bool) {
    let mut runner = TestRunner::new(Config { cases: 2_000, failure_persistence: None, ..Config::default() });
    let agreed = runner.run(&with_mutations(pattern), |(text, mutated)| {
        for text in [text, mutated] {
            let is_valid = schema.is_valid(&json!(text));
            let (is_accepted, is_unchanged) = parse(&text);
            prop_assert!(is_accepted || !is_valid, "{} accepts {:?}, but its parser does not", name, text);
            prop_assert!(
                is_valid || !(exactly && is_unchanged),
                "{} rejects {:?}, but its parser accepts it",
                name,
                text
            );
        }
        Ok(())
    });
    agreed.unwrap_or_else(|error| panic!("{name}: {error}"));
}

#[test]
fn a_schema_accepts_what_its_parser_accepts() {
    for (name, parse, exactly) in [
        ("RoleArn", accepts::<CustomerRole> as Parse, true),
        ("BucketName", accepts::<BucketName>, true),
        ("Region", accepts::<Region>, true),
        ("Prefix", accepts::<Prefix>, true),
        ("KmsKeyArn", accepts::<KmsKeyArn>, true),
        ("TenantId", accepts::<TenantId>, true),
        ("EmailAddress", accepts::<EmailAddress>, true),
        ("WebhookUrl", accepts::<WebhookUrl>, true),
        // The schema accepts one of the several accepted spellings.
        ("GivenTime", accepts_any_spelling::<Time>, false),
    ] {
        agree(name, &schema(name), parse, exactly);
    }
}

#[test]
fn names_that_s3_reserves_are_invalid_in_the_document_too() {
    let (schema, _) = schema("BucketName");
    let starts = RESERVED_PREFIXES.iter().map(|start| format!("{start}acme"));
    let ends = RESERVED_SUFFIXES.iter().map(|end| format!("acme{end}"));
    for name in starts.chain(ends).chain(["acme-an", "10.0.0.1", "a..b"].map(ToOwned::to_owned)) {
        assert!(!schema.is_valid(&json!(name)) && name.parse::<BucketName>().is_err(), "{name}");
    }
    for name in ["acme-log", "acme.log", "acme-log-123456789012-eu-central-1-an"] {
        assert!(schema.is_valid(&json!(name)) && name.parse::<BucketName>().is_ok(), "{name}");
    }
}

/// Headers and cursors are not types of ours, so the router itself is tested.
#[tokio::test]
async fn a_header_or_cursor_that_the_document_accepts_is_accepted() {
    let world = World::new();
    let path = world.connected("acme").await;
    let etag = world.get(&path).await.headers["etag"].clone();
    let (tag, _) = schema("EntityTag");
    let (key, _) = parameter("IdempotencyKey");
    for text in [
        "*",
        "\"1\"",
        "W/\"1\"",
        "\"a b\"",
        "\"\"",
        "1",
        "\"1",
        "\"1\", \"2\"",
        "\"a\u{7f}\"",
        "w/\"1\"",
        &etag,
    ] {
        let Ok(_) = axum::http::HeaderValue::from_str(text) else { continue };
        let body = Some(json!({"frequency": 1}));
        let answer = world
            .request_with_headers(TestCaller::Operator, "PATCH", &path, &[("if-match", text)], body)
            .await;
        assert_eq!(answer.status != 400, tag.is_valid(&json!(text)), "{text:?}: {answer:?}");
    }
    for text in
        ["k", "0f8fad5b-d9cb-469f-a165-70867728950e", "a b", "", "~!", &"k".repeat(255), &"k".repeat(256)]
    {
        let body = Some(json!({"tenant": "acme"}));
        let headers = [("idempotency-key", text)];
        let answer =
            world.request_with_headers(TestCaller::Operator, "POST", "/v1/connectors", &headers, body).await;
        assert_eq!(answer.status != 400, key.is_valid(&json!(text)), "{text:?}: {answer:?}");
    }
    let listings = [
        ("ConnectorCursor", "/v1/connectors".to_owned()),
        ("ExportCursor", format!("{path}/exports")),
        ("ChangeCursor", format!("{path}/changes")),
        ("PortalLinkCursor", "/v1/portal-links?tenant=acme".to_owned()),
        ("SearchCursor", "/v1/tenants/acme/searches".to_owned()),
    ];
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
    for (name, listing) in &listings {
        let (schema, pattern) = parameter(name);
        let strategy = with_mutations(&pattern);
        for _ in 0..50 {
            let (text, mutated) = strategy.new_tree(&mut runner).unwrap().current();
            for text in [text, mutated] {
                let escaped = text.bytes().fold(String::new(), |all, b| format!("{all}%{b:02x}"));
                let separator = if listing.contains('?') { '&' } else { '?' };
                let answer = world.get(&format!("{listing}{separator}cursor={escaped}")).await;
                let (accepted, is_valid) = (answer.status == 200, schema.is_valid(&json!(text)));
                // The pattern of a search's hour has only the days that every month has.
                let may_be_more = *name == "SearchCursor" && accepted;
                assert!(accepted == is_valid || may_be_more, "{name} {text:?}: {answer:?}");
            }
        }
    }
}
