//! A page of items as DynamoDB sends it, read in one pass: the SDK's own way, which makes a tree of every item and
//! tears it down again, takes most of an export's time.
//!
//! `answer` takes the place of the SDK's reader of Query answers, `scan` knows JSON and `text` its texts, `value`
//! DynamoDB's values, and `item` what an item is to us; `exported` reads an item of a file. Signing, retries, timeouts and errors stay the SDK's.

mod answer;
mod exported;
mod item;
mod scan;
mod text;
mod value;

use std::collections::HashMap;
use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use bytes::BytesMut;
use domain::item::SourceItem;
use domain::ports::PageError;

use super::key;
use super::layout::EventsTable;
use super::schema::Schema;
use item::key_value;
use scan::Scanner;

pub use exported::{Exported, NotExported};

pub(super) use answer::PageOf;
pub(super) use scan::Malformed;

/// Whose page it is: what its items are held against.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) layout: Arc<EventsTable>,
    pub(super) schema: Arc<Schema>,
    /// The partition key that was asked for.
    pub(super) partition: String,
}

/// A page of items.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) items: Vec<SourceItem>,
    /// Where the next one starts; none behind the last page.
    pub(super) next: Option<HashMap<String, AttributeValue>>,
}

/// Why a page was not read.
#[derive(Debug)]
pub(super) enum Unread {
    /// It is no answer to a Query: damaged on its way, so that it is asked for again.
    Malformed(Malformed),
    /// It holds what must not be used.
    Refused(PageError),
}

impl From<Malformed> for Unread {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed)
    }
}

/// Reads the body of an answer to a Query (DynamoDB API reference, "Query").
pub(super) fn read(body: &str, asked: &Asked) -> Result<Page, Unread> {
    let mut page = Page::default();
    // Without the types' names the events are shorter than the page.
    let mut out = BytesMut::with_capacity(body.len());
    let mut attributes = Vec::new();
    let mut scanner = Scanner::new(body);
    scanner.object(|scanner, name| match name {
        name if name.is("Items") => scanner.array(|scanner| {
            page.items.push(item::read(scanner, asked, &mut attributes, &mut out)?);
            Ok::<_, Unread>(())
        }),
        name if name.is("LastEvaluatedKey") => {
            page.next = next_key(scanner)?;
            Ok(())
        }
        _ => Ok(scanner.skip()?),
    })?;
    scanner.end()?;
    Ok(page)
}

/// How far from a page's end its [`Page::next`] is looked for: two keys, each at its longest, escapes and all, are
/// seldom longer.
const TAIL: usize = 4096;

/// What [`Page::next`] most likely is, found at the page's end without reading the page. An event can't look like
/// it, since its quotes are escaped; an attribute of such a name can, so it counts only once the page is read.
pub(super) fn likely_next(body: &str) -> Option<HashMap<String, AttributeValue>> {
    let tail = body.get(body.ceil_char_boundary(body.len().saturating_sub(TAIL))..)?;
    let (_, key) = tail.rsplit_once("\"LastEvaluatedKey\":")?;
    next_key(&mut Scanner::new(key)).ok()?
}

fn next_key(scanner: &mut Scanner<'_>) -> Result<Option<HashMap<String, AttributeValue>>, Malformed> {
    if scanner.peek() == Some(b'n') {
        return scanner.null().map(|()| None);
    }
    let mut key = HashMap::new();
    scanner.object(|scanner, name| {
        let missing = scanner.missing("a key");
        let (name, value) = (name.plain().ok_or(missing)?, key_value(scanner)?.ok_or(missing)?);
        key.insert(name.into_owned(), value);
        Ok::<_, Malformed>(())
    })?;
    Ok(Some(key))
}

#[cfg(test)]
mod oracle;
#[cfg(test)]
mod tests;
