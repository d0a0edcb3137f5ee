//! DynamoDB values as JSON, without loss: every digit of a number, empty texts and nulls, sets as arrays in
//! sorted order, binary as base64. The bytes depend on nothing but the value: the SDK hands maps out in random
//! order, so they are written by name.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::number::{self, Decimal};

/// A value that DynamoDB does not have, or that this version of the SDK does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unwritable {
    #[error("it holds a value of a type that this version does not know")]
    UnknownType,
    #[error("it holds a number that is none")]
    NotANumber,
    #[error("it holds a text that JSON can't hold")]
    NotText,
}

/// A map as a JSON object.
pub(super) fn object(map: &HashMap<String, AttributeValue>) -> Result<Vec<u8>, Unwritable> {
    let mut out = Vec::with_capacity(256);
    write_map(map, &mut out)?;
    Ok(out)
}

/// Recursive: DynamoDB nests at most 32 levels (developer guide, "Quotas").
fn write(value: &AttributeValue, out: &mut Vec<u8>) -> Result<(), Unwritable> {
    match value {
        AttributeValue::S(text) => write_text(text, out)?,
        AttributeValue::N(number) => write_number(number, out)?,
        AttributeValue::B(blob) => write_text(&BASE64.encode(blob), out)?,
        AttributeValue::Bool(true) => out.extend_from_slice(b"true"),
        AttributeValue::Bool(false) => out.extend_from_slice(b"false"),
        AttributeValue::Null(_) => out.extend_from_slice(b"null"),
        AttributeValue::L(list) => write_array(list, out, write)?,
        AttributeValue::M(map) => write_map(map, out)?,
        AttributeValue::Ss(set) => {
            let members = sorted(set, |text| text.as_bytes());
            write_array(members, out, |text, out| write_text(text, out))?;
        }
        AttributeValue::Bs(set) => {
            let members = sorted(set, |blob| blob.as_ref());
            write_array(members, out, |blob, out| write_text(&BASE64.encode(blob), out))?;
        }
        AttributeValue::Ns(set) => {
            let numbers = set.iter().map(|text| Decimal::parse(text).map(|number| (number.order(), text)));
            let mut members = numbers.collect::<Option<Vec<_>>>().ok_or(Unwritable::NotANumber)?;
            members.sort_unstable();
            write_array(members, out, |(_, text), out| write_number(text, out))?;
        }
        _ => return Err(Unwritable::UnknownType),
    }
    Ok(())
}

fn sorted<T, K: Ord + ?Sized>(set: &[T], key: impl Fn(&T) -> &K) -> Vec<&T> {
    let mut members: Vec<&T> = set.iter().collect();
    members.sort_unstable_by(|a, b| key(a).cmp(key(b)));
    members
}

fn write_array<T>(
    members: impl IntoIterator<Item = T>,
    out: &mut Vec<u8>,
    mut write: impl FnMut(T, &mut Vec<u8>) -> Result<(), Unwritable>,
) -> Result<(), Unwritable> {
    out.push(b'[');
    for (place, member) in members.into_iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        write(member, out)?;
    }
    out.push(b']');
    Ok(())
}

fn write_map(map: &HashMap<String, AttributeValue>, out: &mut Vec<u8>) -> Result<(), Unwritable> {
    let mut entries: Vec<_> = map.iter().collect();
    entries.sort_unstable_by_key(|(name, _)| *name);
    out.push(b'{');
    for (place, (name, value)) in entries.into_iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        write_text(name, out)?;
        out.push(b':');
        write(value, out)?;
    }
    out.push(b'}');
    Ok(())
}

fn write_text(text: &str, out: &mut Vec<u8>) -> Result<(), Unwritable> {
    serde_json::to_writer(out, text).map_err(|_| Unwritable::NotText)
}

fn write_number(number: &str, out: &mut Vec<u8>) -> Result<(), Unwritable> {
    out.extend_from_slice(number::json(number).ok_or(Unwritable::NotANumber)?.as_bytes());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::value::RawValue;
    use std::collections::BTreeMap;

    fn text(text: &str) -> AttributeValue {
        AttributeValue::S(text.into())
    }

    fn json_of(value: AttributeValue) -> String {
        let map = HashMap::from([("v".to_owned(), value)]);
        String::from_utf8(object(&map).unwrap()).unwrap()
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
            (
                AttributeValue::Bs([vec![2], vec![], vec![1, 1]].map(Into::into).into()),
                r#"["","AQE=","Ag=="]"#,
            ),
        ] {
            assert_eq!(json_of(value), format!("{{\"v\":{written}}}"));
        }
    }

    #[test]
    fn a_map_is_written_by_name_whatever_order_the_sdk_gives() {
        let map: HashMap<_, _> =
            ["zeta", "Alpha", "beta", ""].map(|name| (name.to_owned(), text(name))).into();
        let written = String::from_utf8(object(&map).unwrap()).unwrap();
        assert_eq!(written, r#"{"":"","Alpha":"Alpha","beta":"beta","zeta":"zeta"}"#);
    }

    #[test]
    fn thirty_two_levels_are_written() {
        let deep = (0..32).fold(text("x"), |inner, _| AttributeValue::L(vec![inner]));
        assert_eq!(json_of(deep), format!("{{\"v\":{}\"x\"{}}}", "[".repeat(32), "]".repeat(32)));
    }

    #[test]
    fn a_number_that_is_none_is_told_and_never_written() {
        let map = HashMap::from([("v".to_owned(), AttributeValue::Ns(vec!["1".into(), "NaN".into()]))]);
        assert_eq!(object(&map), Err(Unwritable::NotANumber));
    }

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
                prop::collection::hash_map(any::<String>(), inner, 0..4).prop_map(AttributeValue::M),
            ]
        })
    }

    /// Reads JSON with a parser that is not ours and holds each value against the one that was written.
    fn assert_reads_as(json: &str, value: &AttributeValue) {
        let parts = || serde_json::from_str::<Vec<&RawValue>>(json).unwrap();
        match value {
            AttributeValue::S(text) => assert_eq!(&serde_json::from_str::<String>(json).unwrap(), text),
            AttributeValue::N(number) => assert_eq!(json, number),
            AttributeValue::B(blob) => {
                assert_eq!(
                    BASE64.decode(serde_json::from_str::<String>(json).unwrap()).unwrap(),
                    blob.as_ref()
                );
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
            AttributeValue::Ss(set) => assert_eq!(&serde_json::from_str::<Vec<String>>(json).unwrap(), set),
            AttributeValue::Ns(set) => {
                let mut written: Vec<&str> = parts().iter().map(|number| number.get()).collect();
                assert!(written.is_sorted_by_key(|number| Decimal::parse(number).unwrap().order()));
                written.sort_unstable();
                assert_eq!(&written, set);
            }
            _ => assert_eq!(json, "null"),
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back_as_the_same_value(map in prop::collection::hash_map(any::<String>(), any_value(), 0..5)) {
            let json = String::from_utf8(object(&map).unwrap()).unwrap();
            prop_assert!(!json.contains(['\n', '\r']));
            assert_reads_as(&json, &AttributeValue::M(map));
        }
    }
}
