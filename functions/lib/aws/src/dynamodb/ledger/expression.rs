//! Expressions of DynamoDB requests: conditions of writes, keys and filters of reads.
//!
//! An expression refers to attributes and values by placeholders. DynamoDB rejects a request that lacks one
//! or has one that no expression uses. So an attribute or a value gets its placeholder where the expression's
//! text is made, and only there.

use std::collections::HashMap;

use archive::part::PartNumber;
use archive::time::Time;
use aws_sdk_dynamodb::types::AttributeValue;

use super::keys::Item;

/// A check of one attribute. Its path may lead into a map: `block.next_attempt`.
#[derive(Debug, Clone)]
pub(super) enum Check {
    Exists(&'static str),
    Absent(&'static str),
    Equal(&'static str, AttributeValue),
    Differs(&'static str, AttributeValue),
    Less(&'static str, AttributeValue),
    AtMost(&'static str, AttributeValue),
    Greater(&'static str, AttributeValue),
    /// Both bounds included.
    Between(&'static str, [AttributeValue; 2]),
}

/// The attributes and values that the expressions of one request use.
#[derive(Debug, Clone, Default)]
pub(super) struct Placeholders {
    names: HashMap<String, String>,
    values: Item,
}

impl Placeholders {
    /// The text for the attribute at a path. It is always a placeholder, since many of our names (`next`,
    /// `since`, `block`) are reserved words of DynamoDB.
    pub(super) fn name(&mut self, path: &str) -> String {
        let mut placeholders = Vec::new();
        for name in path.split('.') {
            let placeholder = format!("#{name}");
            self.names.insert(placeholder.clone(), name.to_owned());
            placeholders.push(placeholder);
        }
        placeholders.join(".")
    }

    /// The text for a value.
    pub(super) fn value(&mut self, value: AttributeValue) -> String {
        let placeholder = format!(":v{}", self.values.len());
        self.values.insert(placeholder.clone(), value);
        placeholder
    }

    /// The text for a list of attributes, which a read returns.
    pub(super) fn projection(&mut self, attributes: &[&str]) -> String {
        attributes.iter().map(|name| self.name(name)).collect::<Vec<_>>().join(", ")
    }

    /// The text for a check.
    pub(super) fn check(&mut self, check: Check) -> String {
        let (path, operator, value) = match check {
            Check::Exists(path) => return format!("attribute_exists({})", self.name(path)),
            Check::Absent(path) => return format!("attribute_not_exists({})", self.name(path)),
            Check::Between(path, [low, high]) => {
                return format!("{} BETWEEN {} AND {}", self.name(path), self.value(low), self.value(high));
            }
            Check::Equal(path, value) => (path, "=", value),
            Check::Differs(path, value) => (path, "<>", value),
            Check::Less(path, value) => (path, "<", value),
            Check::AtMost(path, value) => (path, "<=", value),
            Check::Greater(path, value) => (path, ">", value),
        };
        format!("{} {operator} {}", self.name(path), self.value(value))
    }

    /// The text for checks of which all must hold.
    pub(super) fn all<const N: usize>(&mut self, checks: [Check; N]) -> String {
        checks.map(|check| self.check(check)).join(" AND ")
    }

    /// The text for checks of which one must hold.
    pub(super) fn any<const N: usize>(&mut self, checks: [Check; N]) -> String {
        format!("({})", checks.map(|check| self.check(check)).join(" OR "))
    }

    /// The names and values of the request, in DynamoDB's form: an empty map is rejected.
    pub(super) fn into_maps(self) -> (Option<HashMap<String, String>>, Option<Item>) {
        let Self { names, values } = self;
        ((!names.is_empty()).then_some(names), (!values.is_empty()).then_some(values))
    }
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

/// A number that may be negative.
pub(super) fn signed(number: i64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// A part number, as a number attribute.
pub(super) fn part_number(part: PartNumber) -> AttributeValue {
    number(part.get())
}
