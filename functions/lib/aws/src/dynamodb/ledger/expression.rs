//! Names and values of expressions. Every attribute is written as `#name` in an expression, since many of
//! ours (`next`, `since`, `block`) are reserved words of DynamoDB.

use std::collections::HashMap;

use archive::part::PartNumber;
use archive::time::Time;
use aws_sdk_dynamodb::types::AttributeValue;

use super::keys::Item;

/// The placeholders of these attributes.
pub(super) fn names<const N: usize>(attributes: [&str; N]) -> HashMap<String, String> {
    attributes.iter().map(|name| (format!("#{name}"), (*name).to_owned())).collect()
}

/// The values of an expression.
pub(super) fn values<const N: usize>(values: [(&str, AttributeValue); N]) -> Item {
    values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

pub(super) fn text(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

/// A time, as an RFC 3339 string attribute.
pub(super) fn time(time: Time) -> AttributeValue {
    AttributeValue::S(time.to_string())
}

pub(super) fn number(number: u64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// A part number, as a number attribute.
pub(super) fn part_number(part: PartNumber) -> AttributeValue {
    number(part.get())
}
