//! DynamoDB keys as bytes that identify items and define their order.

use archive::sort_key::SortKey;
use aws_sdk_dynamodb::types::AttributeValue;

use super::number::Decimal;

/// Our form of a sort key; numbers have no exponent. `None` if it is neither a string nor a number.
pub(super) fn sort_key(value: AttributeValue) -> Option<SortKey> {
    match value {
        AttributeValue::S(text) => Some(SortKey::Text(text)),
        AttributeValue::N(number) => Some(SortKey::Number(Decimal::parse(&number)?.plain())),
        _ => None,
    }
}

/// Bytes that compare in DynamoDB's key order: strings by their UTF-8 bytes, numbers as numbers (DynamoDB API
/// reference, `Query`). `None` if a number is malformed.
pub(super) fn ordered_bytes(key: &SortKey) -> Option<Vec<u8>> {
    match key {
        SortKey::Text(text) => Some(text.as_bytes().to_vec()),
        SortKey::Number(number) => Decimal::parse(number).map(|number| number.ordered_bytes()),
    }
}

/// Joins several key attributes, each preceded by its type and length, so no two sequences of keys give the
/// same bytes. `None` if one has a type that keys can't have.
pub(super) fn join<'a>(keys: impl IntoIterator<Item = &'a AttributeValue>) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for key in keys {
        let (kind, value) = match key {
            AttributeValue::S(text) => (b'S', text.as_bytes().to_vec()),
            AttributeValue::N(number) => (b'N', Decimal::parse(number)?.ordered_bytes()),
            AttributeValue::B(blob) => (b'B', blob.as_ref().to_vec()),
            _ => return None,
        };
        bytes.push(kind);
        bytes.extend(u32::try_from(value.len()).ok()?.to_be_bytes());
        bytes.extend(value);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key() -> impl Strategy<Value = AttributeValue> {
        prop_oneof![
            "[a-cSN]{0,3}".prop_map(AttributeValue::S),
            (-20i32..20).prop_map(|n| AttributeValue::N(n.to_string())),
            prop::collection::vec(any::<u8>(), 0..3).prop_map(|bytes| AttributeValue::B(bytes.into())),
        ]
    }

    #[test]
    fn a_number_with_an_exponent_is_converted_to_a_parsable_form() {
        let key = sort_key(AttributeValue::N("1.795205730123E+12".into())).unwrap();
        assert_eq!(key, SortKey::Number("1795205730123".into()));
        assert_eq!(ordered_bytes(&key), ordered_bytes(&SortKey::Number("1795205730123.0".into())));
        assert_eq!(sort_key(AttributeValue::Bool(true)), None);
    }

    proptest! {
        #[test]
        fn different_keys_never_join_to_the_same_bytes(
            a in prop::collection::vec(key(), 0..3), b in prop::collection::vec(key(), 0..3),
        ) {
            prop_assert_eq!(join(&a).unwrap() == join(&b).unwrap(), a == b);
        }
    }
}
