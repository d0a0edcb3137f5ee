//! Converts an item to an event, or records why that is impossible. Nothing is dropped: an unreadable item is
//! passed on with its keys, the reason, and its original content.
//!
//! The event is the body attribute if that is a string with a JSON object, or a map. Otherwise it is the
//! whole item without its keys and expiry, including any other value of the body attribute.

use std::borrow::Cow;

use archive::event;
use archive::item::{EventKey, OriginalContent, SourceItem, Unreadable, UnreadableReason};
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::BufMut as _;
use bytes::{Bytes, BytesMut};
use ports::{BoxError, PageError, PortError};

use super::scan::{MalformedPageError, Scanner};
use super::value::{ConvertError, Separator, UnsupportedValueError, Writer, typed_value, write_string};
use super::{QueryContext, ReadError, key};

/// How many characters of a foreign partition key are reported.
const MAX_KEY_CHARS: usize = 100;

/// An event as one line, or why the item has none.
type Content = Result<Bytes, NoEvent>;

/// Why an item has no event.
struct NoEvent {
    reason: UnreadableReason,
    detail: String,
    /// The original content; `None` if the item has only keys.
    raw: Option<String>,
}

/// An attribute of an item.
pub(super) struct Attribute<'a> {
    name: Cow<'a, str>,
    /// The name with quotes, as it is written in the page.
    quoted: &'a [u8],
    /// A scanner before the attribute's value.
    value: Scanner<'a>,
}

/// Reads one item. `out` and `attributes` are buffers for reuse; `out` is left empty.
pub(super) fn read<'a>(
    scanner: &mut Scanner<'a>,
    query: &QueryContext,
    attributes: &mut Vec<Attribute<'a>>,
    out: &mut BytesMut,
) -> Result<SourceItem, ReadError> {
    let layout = &query.layout;
    attributes.clear();
    let mut event: Option<Content> = None;
    scanner.object(|scanner, name| {
        let quoted = name.quoted;
        let name = name.unescape().ok_or_else(|| scanner.error("the name of an attribute"))?;
        let is_body = name == layout.body;
        attributes.push(Attribute { name, quoted, value: *scanner });
        if is_body {
            event = body(scanner, &layout.body, out)?;
            return Ok(());
        }
        scanner.skip()
    })?;
    let find = |name: &str| attributes.iter().find(|attribute| attribute.name == name);

    check_partition(find(&layout.partition_key), &query.partition)?;
    let sort_key = match find(&layout.sort_key) {
        Some(attribute) => attribute.key()?.and_then(key::sort_key),
        None => None,
    };
    let sort_key = sort_key.ok_or_else(|| {
        bug(format!("the `{}` of an item is neither a string nor a number", layout.sort_key))
    })?;
    let sort = key::ordered_bytes(&sort_key).ok_or_else(|| bug("a sort key has no order"))?;
    let mut table_keys = Vec::with_capacity(query.schema.table_keys.len());
    for name in &query.schema.table_keys {
        let found = find(name).ok_or_else(|| bug(format!("an item of the index has no `{name}`")))?;
        let found = found.key()?.ok_or_else(|| bug("a key of the table has a type that keys can't have"))?;
        table_keys.push(found);
    }
    let key = EventKey { sort, tie_breaker: tie_breaker(&table_keys, &query.partition)? };
    let time = layout.sort_key_form.time_of(&sort_key);
    let content = match event {
        Some(content) => content,
        None => whole_item(attributes, scanner, query, out)?,
    };
    let content = match (time, content) {
        (Some(_), Ok(line)) => Ok(line),
        (Some(_), Err(NoEvent { reason, detail, raw })) => {
            Err((reason, detail, raw.map(OriginalContent::Raw)))
        }
        (None, content) => {
            let detail = "the sort key has no time in the configured form";
            let (detail, original) = match content {
                Ok(line) => (detail.to_owned(), Some(OriginalContent::Event(line))),
                Err(none) => (format!("{detail}; {}", none.detail), none.raw.map(OriginalContent::Raw)),
            };
            Err((UnreadableReason::SortKeyForm, detail, original))
        }
    };
    let content = content.map_err(|(reason, detail, original)| Unreadable {
        partition_key: query.partition.clone(),
        sort_key: sort_key.as_str().to_owned(),
        reason,
        detail,
        original,
    });
    Ok(SourceItem { key, sort_key, time, content })
}

impl Attribute<'_> {
    /// Whether the value is this string.
    fn equals_string(&self, what: &str) -> bool {
        let is = typed_value(&mut { self.value }, |value, kind| {
            Ok::<_, MalformedPageError>(kind.equals("S") && value.string()?.equals(what))
        });
        is.unwrap_or(false)
    }

    /// Whether the value is a number.
    fn is_number(&self) -> bool {
        { self.value }.type_name().is_ok_and(|kind| kind.equals("N"))
    }

    /// The value, if keys can have its type.
    fn key(&self) -> Result<Option<AttributeValue>, MalformedPageError> {
        key_value(&mut { self.value })
    }
}

/// Reads a value that may be a key: string, number or binary. `None` if it has another type.
pub(super) fn key_value(scanner: &mut Scanner<'_>) -> Result<Option<AttributeValue>, MalformedPageError> {
    typed_value(scanner, |scanner, kind| {
        if !matches!(kind.quoted, br#""S""# | br#""N""# | br#""B""#) {
            return scanner.skip().map(|()| None);
        }
        let text = scanner.string()?.unescape().ok_or_else(|| scanner.error("a string of characters"))?;
        Ok(match kind.quoted {
            br#""S""# => Some(AttributeValue::S(text.into_owned())),
            br#""N""# => Some(AttributeValue::N(text.into_owned())),
            _ => BASE64.decode(text.as_bytes()).ok().map(|bytes| AttributeValue::B(Blob::new(bytes))),
        })
    })
}

/// The check behind tenant isolation: one partition was requested, and whatever the settings or a proxy do to
/// the request, an item of another partition is never attributed to this tenant.
fn check_partition(found: Option<&Attribute<'_>>, partition: &str) -> Result<(), ReadError> {
    let found = match found {
        Some(attribute) if attribute.equals_string(partition) => return Ok(()),
        None => None,
        Some(attribute) => Some(attribute.key()?),
    };
    let found = match &found {
        Some(Some(AttributeValue::S(found))) => found.as_str(),
        Some(_) => "(not a string)",
        None => "(none)",
    };
    let shorten = |key: &str| key.chars().take(MAX_KEY_CHARS).collect::<String>();
    Err(ReadError::Rejected(PageError::Foreign { expected: shorten(partition), found: shorten(found) }))
}

/// What makes the key unique besides the sort key: the partition key and, through an index, whose keys need
/// not be unique, the table's own key.
fn tie_breaker(table_keys: &[AttributeValue], partition: &str) -> Result<Vec<u8>, ReadError> {
    if table_keys.is_empty() {
        return Ok(partition.as_bytes().to_vec());
    }
    let partition = AttributeValue::S(partition.to_owned());
    let joined = key::join(std::iter::once(&partition).chain(table_keys));
    joined.ok_or_else(|| bug("a key of the table is a malformed number"))
}

/// Reads the body and returns the event if it is one: a string with a JSON object, or a map. An object that
/// is not a valid event was still meant to be the event, so it is reported as unreadable.
fn body(
    scanner: &mut Scanner<'_>,
    name: &str,
    out: &mut BytesMut,
) -> Result<Option<Content>, MalformedPageError> {
    let mut lookahead = *scanner;
    let kind = { lookahead }.type_name()?;
    match kind.quoted {
        br#""S""# => typed_value(scanner, |scanner, _| {
            scanner.unescape_into(out)?.ok_or_else(|| scanner.error("a string of characters"))?;
            let text = out.split().freeze();
            Ok(match event::one_line(text.clone()) {
                Ok(line) => Some(Ok(line)),
                Err(not) if not.kind.is_object() => {
                    let raw = utf8(text, scanner)?;
                    let detail =
                        format!("the attribute `{name}` contains an object that is not a valid event: {not}");
                    Some(Err(NoEvent { reason: not.kind.into(), detail, raw: Some(raw) }))
                }
                Err(_) => None,
            })
        }),
        br#""M""# => {
            let mut writer = Writer::new(out);
            let done = writer.value(&mut lookahead, 0);
            let needs_check = writer.needs_check;
            let before = *scanner;
            // Conversion may fail in the middle of the value; then the whole value is skipped.
            if done.is_ok() {
                *scanner = lookahead;
            } else {
                scanner.skip()?;
            }
            let source = || Ok(Bytes::copy_from_slice(before.slice_to(scanner)));
            finish_content(done, needs_check, format_args!("the attribute `{name}`"), source, scanner, out)
                .map(Some)
        }
        _ => scanner.skip().map(|()| None),
    }
}

/// The event of an item without a body: the whole item except keys and expiry.
///
/// Through an index the table's own keys are kept: to the index they are ordinary attributes, and often the
/// only ones with the event's ID.
fn whole_item(
    attributes: &[Attribute<'_>],
    scanner: &Scanner<'_>,
    query: &QueryContext,
    out: &mut BytesMut,
) -> Result<Content, MalformedPageError> {
    let layout = &query.layout;
    // DynamoDB expires items by a number only (developer guide, "Time to Live"), so any other value belongs
    // to the product.
    let is_own = |attribute: &Attribute<'_>| {
        attribute.name == layout.partition_key
            || attribute.name == layout.sort_key
            || (layout.ttl.as_deref() == Some(&*attribute.name) && attribute.is_number())
    };
    let members = || attributes.iter().filter(|attribute| !is_own(attribute));
    if members().next().is_none() {
        let detail = "the item has only keys".to_owned();
        return Ok(Err(NoEvent { reason: UnreadableReason::NoEvent, detail, raw: None }));
    }
    let mut writer = Writer::new(out);
    let mut separator = Separator::new(b'{', writer.out);
    let all = members().try_for_each(|attribute| {
        separator.before_next(writer.out);
        write_string(&attribute.name, writer.out)?;
        writer.out.put_u8(b':');
        writer.value(&mut { attribute.value }, 1)
    });
    let needs_check = writer.needs_check;
    out.put_u8(b'}');
    finish_content(all, needs_check, format_args!("the item"), || source_json(members()), scanner, out)
}

/// Attributes in DynamoDB's typed JSON.
fn source_json<'a>(members: impl Iterator<Item = &'a Attribute<'a>>) -> Result<Bytes, MalformedPageError> {
    let mut source = BytesMut::new();
    let mut separator = Separator::new(b'{', &mut source);
    for Attribute { quoted, value, .. } in members {
        separator.before_next(&mut source);
        source.put_slice(quoted);
        source.put_u8(b':');
        let mut end = *value;
        end.skip()?;
        source.put_slice(value.slice_to(&end));
    }
    source.put_u8(b'}');
    Ok(source.freeze())
}

/// The event that was written to `out`, or why it is not valid. `source` returns the original in DynamoDB's
/// typed JSON.
fn finish_content(
    done: Result<(), ConvertError>,
    needs_check: bool,
    whose: std::fmt::Arguments<'_>,
    source: impl FnOnce() -> Result<Bytes, MalformedPageError>,
    scanner: &Scanner<'_>,
    out: &mut BytesMut,
) -> Result<Content, MalformedPageError> {
    let line = out.split().freeze();
    let (reason, detail, raw) = match done {
        Ok(()) if !needs_check => return Ok(Ok(line)),
        Ok(()) => match event::check(&line) {
            Ok(_) => return Ok(Ok(line)),
            Err(not) => (not.kind.into(), format!("{whose} is not a valid event: {not}"), line),
        },
        Err(ConvertError::Page(malformed)) => return Err(malformed),
        Err(ConvertError::Value(problem)) => {
            let reason = match problem {
                UnsupportedValueError::TooDeep => UnreadableReason::Nesting,
                _ => UnreadableReason::UnknownValue,
            };
            (reason, format!("{whose} can't be written as JSON: {problem}"), source()?)
        }
    };
    Ok(Err(NoEvent { reason, detail, raw: Some(utf8(raw, scanner)?) }))
}

/// Part of the page, which is UTF-8 as a whole.
fn utf8(text: Bytes, scanner: &Scanner<'_>) -> Result<String, MalformedPageError> {
    String::from_utf8(text.into()).map_err(|_| scanner.error("UTF-8"))
}

fn bug(detail: impl Into<BoxError>) -> ReadError {
    ReadError::Rejected(PageError::Port(PortError::bug("reading an item of the events table", detail)))
}
