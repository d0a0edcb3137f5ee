//! Reads a page of items from DynamoDB's response in one pass. The SDK's own deserializer, which builds a
//! tree for every item, would take most of an export's time.
//!
//! `raw_page` replaces the SDK's deserializer of Query responses. `scan` reads JSON, `string` its strings,
//! `value` DynamoDB's values, `item` items as events, and `exported` an item from a file. Signing, retries,
//! timeouts and errors stay with the SDK.

mod exported;
mod item;
mod raw_page;
mod scan;
mod string;
mod value;

use std::collections::HashMap;
use std::sync::Arc;

use archive::item::SourceItem;
use aws_sdk_dynamodb::types::AttributeValue;
use bytes::BytesMut;
use item::key_value;
use ports::PageError;
use scan::Scanner;

use super::key;
use super::layout::EventsTable;
use super::schema::Schema;

pub use exported::{ExportedItem, ExportedItemError};

pub(super) use raw_page::RawPageCapture;
pub(super) use scan::MalformedPageError;

/// The query of a page, against which its items are checked.
#[derive(Debug, Clone)]
pub(super) struct QueryContext {
    pub(super) layout: Arc<EventsTable>,
    pub(super) schema: Arc<Schema>,
    /// The requested partition key.
    pub(super) partition: String,
}

/// A page of items.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) items: Vec<SourceItem>,
    /// Where the next page starts; `None` on the last page.
    pub(super) last_evaluated_key: Option<HashMap<String, AttributeValue>>,
}

/// Why a page could not be read.
#[derive(Debug)]
pub(super) enum ReadError {
    /// The body is not a Query response: damaged in transit, so the request is repeated.
    Malformed(MalformedPageError),
    /// The page contains something that must not be used.
    Rejected(PageError),
}

impl From<MalformedPageError> for ReadError {
    fn from(malformed: MalformedPageError) -> Self {
        Self::Malformed(malformed)
    }
}

/// Reads the body of a Query response (DynamoDB API reference, "Query").
pub(super) fn read(body: &str, context: &QueryContext) -> Result<Page, ReadError> {
    let mut page = Page::default();
    // Without the type names the events are shorter than the page.
    let mut out = BytesMut::with_capacity(body.len());
    let mut attributes = Vec::new();
    let mut scanner = Scanner::new(body);
    scanner.object(|scanner, name| match name {
        name if name.equals("Items") => scanner.array(|scanner| {
            page.items.push(item::read(scanner, context, &mut attributes, &mut out)?);
            Ok::<_, ReadError>(())
        }),
        name if name.equals("LastEvaluatedKey") => {
            page.last_evaluated_key = read_last_evaluated_key(scanner)?;
            Ok(())
        }
        _ => Ok(scanner.skip()?),
    })?;
    scanner.end()?;
    Ok(page)
}

/// How many bytes at a page's end are searched for [`Page::last_evaluated_key`]. Two keys of the maximum
/// length with escapes are seldom longer.
const TAIL_BYTES: usize = 4096;

/// The probable [`Page::last_evaluated_key`], found at the page's end without reading the page. An event
/// can't look like it, since its quotes are escaped; an attribute with that name can, so it has to be
/// confirmed by reading the page.
pub(super) fn peek_last_evaluated_key(body: &str) -> Option<HashMap<String, AttributeValue>> {
    let tail = body.get(body.ceil_char_boundary(body.len().saturating_sub(TAIL_BYTES))..)?;
    let (_, key) = tail.rsplit_once("\"LastEvaluatedKey\":")?;
    read_last_evaluated_key(&mut Scanner::new(key)).ok()?
}

fn read_last_evaluated_key(
    scanner: &mut Scanner<'_>,
) -> Result<Option<HashMap<String, AttributeValue>>, MalformedPageError> {
    if scanner.peek() == Some(b'n') {
        return scanner.null().map(|()| None);
    }
    let mut key = HashMap::new();
    scanner.object(|scanner, name| {
        let missing = scanner.error("a key");
        let (name, value) = (name.unescape().ok_or(missing)?, key_value(scanner)?.ok_or(missing)?);
        key.insert(name.into_owned(), value);
        Ok::<_, MalformedPageError>(())
    })?;
    Ok(Some(key))
}

#[cfg(test)]
mod oracle;
#[cfg(test)]
mod tests;
