//! Reads an item as DynamoDB's export to S3 and `aws dynamodb scan` write it, in the same typed JSON as a
//! page: the result is what the exporter would have read from the table.

use std::sync::Arc;

use archive::item::{OriginalContent, UnreadableReason};
use archive::sort_key::SortKey;
use archive::time::Time;
use aws_sdk_dynamodb::types::AttributeValue;
use bytes::BufMut as _;
use bytes::BytesMut;

use super::super::layout::EventsTable;
use super::super::schema::{KeyType, Schema};
use super::item::{self, key_value};
use super::scan::{MalformedPageError, Scanner};
use super::value::{ConvertError, Separator, UnsupportedValueError, Writer, copy_string};
use super::{QueryContext, ReadError};

/// An item of a DynamoDB export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExportedItem {
    /// An event from a table with the same layout.
    Event {
        /// The time in its sort key.
        time: Time,
        /// Its partition key, unchanged.
        partition: String,
        /// Its sort key, unchanged.
        sort_key: String,
        /// The event: the body, or else the whole item without keys and expiry.
        body: String,
    },
    /// An item of another table, as plain JSON with all attributes.
    Object(String),
}

/// Why an item could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExportedItemError {
    /// Its attributes are not typed, so it is not an item.
    #[error("its attributes are not typed as DynamoDB's are")]
    NotTyped,
    /// The item has only keys.
    #[error("the item has only keys")]
    KeysOnly,
    /// The item contains a value that JSON can't represent.
    #[error("{0}")]
    UnsupportedValue(String),
}

impl ExportedItem {
    /// Reads an item, given as JSON with typed attributes. It belongs to a table with this layout if both
    /// keys are strings and the sort key contains a time.
    ///
    /// # Errors
    /// If it is not an item, or can't be represented in JSON.
    pub fn read(item: &str, layout: &Arc<EventsTable>) -> Result<Self, ExportedItemError> {
        let (mut partition, mut sort_key) = (None, None);
        let mut scanner = Scanner::new(item);
        scanner.object(|scanner, name| {
            let mut lookahead = *scanner;
            if name.equals(&layout.partition_key) {
                partition = key_value(&mut lookahead)?;
            } else if name.equals(&layout.sort_key) {
                sort_key = key_value(&mut lookahead)?;
            }
            scanner.skip()
        })?;
        scanner.end()?;
        let (Some(AttributeValue::S(partition)), Some(AttributeValue::S(sort_key))) = (partition, sort_key)
        else {
            return plain(item).map(Self::Object);
        };
        match layout.sort_key_form.time_of(&SortKey::Text(sort_key.clone())) {
            Some(time) => {
                let body = event(item, layout, &partition)?;
                Ok(Self::Event { time, partition, sort_key, body })
            }
            None => plain(item).map(Self::Object),
        }
    }
}

/// The event of an item as the exporter reads it, even if the exporter would write a record in its place.
fn event(item: &str, layout: &Arc<EventsTable>, partition: &str) -> Result<String, ExportedItemError> {
    let schema = Arc::new(Schema { sort_key: KeyType::Text, table_keys: Vec::new() });
    let context = QueryContext { layout: Arc::clone(layout), schema, partition: partition.to_owned() };
    let mut scanner = Scanner::new(item);
    let read = item::read(&mut scanner, &context, &mut Vec::new(), &mut BytesMut::new());
    let body = match read {
        Ok(read) => read.content,
        Err(ReadError::Malformed(malformed)) => return Err(malformed.into()),
        Err(ReadError::Rejected(error)) => {
            return Err(ExportedItemError::UnsupportedValue(error.to_string()));
        }
    };
    match body {
        Ok(line) => text(line.into()),
        Err(why) => match (why.reason, why.original) {
            (UnreadableReason::NoEvent, _) => Err(ExportedItemError::KeysOnly),
            (UnreadableReason::UnknownValue, _) | (_, None) => {
                Err(ExportedItemError::UnsupportedValue(why.detail))
            }
            (_, Some(OriginalContent::Raw(raw))) => Ok(raw),
            (_, Some(OriginalContent::Event(line))) => text(line.into()),
        },
    }
}

/// An item as plain JSON with all attributes.
fn plain(item: &str) -> Result<String, ExportedItemError> {
    let mut out = BytesMut::with_capacity(item.len());
    let mut writer = Writer::new(&mut out);
    let mut separator = Separator::new(b'{', writer.out);
    Scanner::new(item).members(|scanner| {
        separator.before_next(writer.out);
        copy_string(scanner, writer.out)?;
        scanner.expect(b':', "a colon")?;
        writer.out.put_u8(b':');
        writer.value(scanner, 1)
    })?;
    out.put_u8(b'}');
    text(out.into())
}

fn text(bytes: Vec<u8>) -> Result<String, ExportedItemError> {
    String::from_utf8(bytes)
        .map_err(|_| ExportedItemError::UnsupportedValue("it contains a string that is not UTF-8".into()))
}

impl From<MalformedPageError> for ExportedItemError {
    fn from(_: MalformedPageError) -> Self {
        Self::NotTyped
    }
}

impl From<ConvertError> for ExportedItemError {
    fn from(convert_error: ConvertError) -> Self {
        match convert_error {
            ConvertError::Page(_) | ConvertError::Value(UnsupportedValueError::UnknownType) => Self::NotTyped,
            ConvertError::Value(problem) => Self::UnsupportedValue(problem.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(item: &str) -> Result<ExportedItem, ExportedItemError> {
        ExportedItem::read(item, &Arc::new(EventsTable::default_layout("events")))
    }

    fn event(rest: &str) -> Result<String, ExportedItemError> {
        let item = format!(r#"{{"sk":{{"S":"2026-11-20T20:15:30.5Z#evt_01"}},"pk":{{"S":"acme"}}{rest}}}"#);
        match read(&item)? {
            ExportedItem::Event { time, partition, sort_key, body } => {
                assert_eq!(
                    (time.to_string().as_str(), partition.as_str(), sort_key.as_str()),
                    ("2026-11-20T20:15:30.500Z", "acme", "2026-11-20T20:15:30.5Z#evt_01")
                );
                Ok(body)
            }
            ExportedItem::Object(object) => panic!("{object}"),
        }
    }

    #[test]
    fn an_item_with_the_same_layout_is_read_as_the_exporter_reads_it() {
        for (rest, body) in [
            (r#","event":{"S":"{\"b\": 1.0, \"a\":1e400}"},"gsi":{"S":"x"}"#, r#"{"b": 1.0, "a":1e400}"#),
            (r#","event":{"M":{"b":{"N":"1.0"},"a":{"NULL":true}}}"#, r#"{"b":1.0,"a":null}"#),
            (r#","event":{"N":"7"},"who":{"S":"bob"},"expires_at":{"N":"1"}"#, r#"{"event":7,"who":"bob"}"#),
            (r#","who":{"SS":["b","a"]}"#, r#"{"who":["a","b"]}"#),
        ] {
            assert_eq!(event(rest).as_deref(), Ok(body), "{rest}");
        }
        assert_eq!(event(""), Err(ExportedItemError::KeysOnly));
        assert!(matches!(event(r#","a":{"B":"%"}"#), Err(ExportedItemError::UnsupportedValue(_))));
    }

    #[test]
    fn an_item_of_another_table_keeps_all_of_its_attributes() {
        let digits = "12345678901234567890123456789012345678";
        let item = format!(
            r#"{{"id":{{"S":"ä\n\u0041"}},"n":{{"N":"{digits}"}},"l":{{"L":[{{"BOOL":false}},{{"M":{{}}}}]}},"b":{{"B":"AAE="}},"ns":{{"NS":["10","9"]}},"bs":{{"BS":["AQ=="]}},"z":{{"NULL":true}}}}"#
        );
        let plain = format!(
            r#"{{"id":"ä\nA","n":{digits},"l":[false,{{}}],"b":"AAE=","ns":[9,10],"bs":["AQ=="],"z":null}}"#
        );
        assert_eq!(read(&item), Ok(ExportedItem::Object(plain)));
        // With keys of these names, but in another form.
        for keys in [
            r#""pk":{"S":"a"},"sk":{"S":"PROFILE"}"#,
            r#""pk":{"S":"a"},"sk":{"N":"1"}"#,
            r#""pk":{"S":"a"}"#,
        ] {
            assert!(matches!(read(&format!("{{{keys}}}")), Ok(ExportedItem::Object(_))), "{keys}");
        }
        assert_eq!(read("{}"), Ok(ExportedItem::Object("{}".into())));
    }

    #[test]
    fn an_object_without_types_is_not_an_item() {
        for item in [
            r#"{"a":1}"#,
            r#"{"a":"S"}"#,
            r#"{"a":{"b":1}}"#,
            r#"{"a":{}}"#,
            r#"{"a":{"S":"x","N":"1"}}"#,
            r#"{"pk":"acme","sk":"2026-11-20T20:15:30Z#a"}"#,
            "[]",
            r#"{"a":{"S":"x"}},"time":{}"#,
        ] {
            assert_eq!(read(item), Err(ExportedItemError::NotTyped), "{item}");
        }
        assert!(matches!(read(r#"{"a":{"N":"x"}}"#), Err(ExportedItemError::UnsupportedValue(_))));
    }
}
