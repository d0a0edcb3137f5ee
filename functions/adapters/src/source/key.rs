//! What tells two items apart and puts them in order: DynamoDB keys as bytes.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::sort_key::SortKey;

use super::number::Decimal;

/// A sort key as the domain takes it; numbers without an exponent. `None` if it is neither text nor number.
pub(super) fn sort_key(value: AttributeValue) -> Option<SortKey> {
    match value {
        AttributeValue::S(text) => Some(SortKey::Text(text)),
        AttributeValue::N(number) => Some(SortKey::Number(Decimal::parse(&number)?.plain())),
        _ => None,
    }
}

/// Bytes that compare as DynamoDB orders the keys: texts by their UTF-8 bytes, numbers as numbers (DynamoDB API
/// reference, `Query`). `None` if it is no key of these types.
pub(super) fn order(key: &SortKey) -> Option<Vec<u8>> {
    match key {
        SortKey::Text(text) => Some(text.as_bytes().to_vec()),
        SortKey::Number(number) => Decimal::parse(number).map(|number| number.order()),
    }
}

/// Several key attributes as one: each with its type and its length before it, so that no two sequences of
/// keys give the same bytes. `None` if one is of a type that no key has.
pub(super) fn joined<'a>(keys: impl IntoIterator<Item = &'a AttributeValue>) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for key in keys {
        let (kind, value) = match key {
            AttributeValue::S(text) => (b'S', text.as_bytes().to_vec()),
            AttributeValue::N(number) => (b'N', Decimal::parse(number)?.order()),
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
    use super::*;
    use proptest::prelude::*;

    fn key() -> impl Strategy<Value = AttributeValue> {
        prop_oneof![
            "[a-cSN]{0,3}".prop_map(AttributeValue::S),
            (-20i32..20).prop_map(|n| AttributeValue::N(n.to_string())),
            prop::collection::vec(any::<u8>(), 0..3).prop_map(|bytes| AttributeValue::B(bytes.into())),
        ]
    }

    #[test]
    fn a_number_with_an_exponent_is_brought_to_a_form_that_tells_its_time() {
        let key = sort_key(AttributeValue::N("1.795205730123E+12".into())).unwrap();
        assert_eq!(key, SortKey::Number("1795205730123".into()));
        assert_eq!(order(&key), order(&SortKey::Number("1795205730123.0".into())));
        assert_eq!(sort_key(AttributeValue::Bool(true)), None);
    }

    proptest! {
        #[test]
        fn different_keys_never_join_to_the_same_bytes(
            a in prop::collection::vec(key(), 0..3), b in prop::collection::vec(key(), 0..3),
        ) {
            prop_assert_eq!(joined(&a).unwrap() == joined(&b).unwrap(), a == b);
        }
    }
}
