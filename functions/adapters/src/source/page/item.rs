//! Makes an event of an item, or a record of why there is none. Nothing is dropped here: what can't be read is
//! handed on with its keys and the reason.

use std::borrow::Cow;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::{BufMut as _, Bytes, BytesMut};
use domain::item::{EventKey, SourceItem, Unreadable, WhyUnreadable, one_line};
use domain::ports::{PageError, PortError};

use super::scan::{Malformed, Scanner};
use super::value::{self, Comma, Trouble, Unwritable, typed};
use super::{Asked, Unread, key};

/// How much of a foreign partition key is told.
const TOLD: usize = 100;

/// An event as one line, or why there is none.
type Content = Result<Bytes, (WhyUnreadable, String)>;

/// An attribute of the item, beside the event.
pub(super) struct Attribute<'a> {
    name: Cow<'a, str>,
    /// Before its value.
    value: Scanner<'a>,
}

/// Takes one item. `out` is where events are written, and is left empty; `attributes` is room that is used again.
pub(super) fn read<'a>(
    scanner: &mut Scanner<'a>,
    asked: &Asked,
    attributes: &mut Vec<Attribute<'a>>,
    out: &mut BytesMut,
) -> Result<SourceItem, Unread> {
    let layout = &asked.layout;
    attributes.clear();
    let mut event: Option<Content> = None;
    scanner.object(|scanner, name| {
        let name = name.plain().ok_or_else(|| scanner.missing("the name of an attribute"))?;
        if name == layout.body {
            event = Some(body(scanner, &layout.body, out)?);
            return Ok(());
        }
        attributes.push(Attribute { name, value: *scanner });
        scanner.skip()
    })?;
    let find = |name: &str| attributes.iter().find(|attribute| attribute.name == name);

    own(find(&layout.partition_key), &asked.partition)?;
    let sort_key = match find(&layout.sort_key) {
        Some(attribute) => attribute.key()?.and_then(key::sort_key),
        None => None,
    };
    let sort_key =
        sort_key.ok_or_else(|| bug(format!("an item has no text or number as its `{}`", layout.sort_key)))?;
    let sort = key::order(&sort_key).ok_or_else(|| bug("a sort key has no place in the order".to_owned()))?;
    let mut table_keys = Vec::with_capacity(asked.schema.table_keys.len());
    for name in &asked.schema.table_keys {
        let found = find(name).ok_or_else(|| bug(format!("an item of the index has no `{name}`")))?;
        let found =
            found.key()?.ok_or_else(|| bug("a key of the table is of a type that no key has".to_owned()))?;
        table_keys.push(found);
    }
    let key = EventKey { sort, tie: tie(&table_keys, &asked.partition)? };
    let time = layout.sort_key_form.time_of(&sort_key);
    let content = match (time, event) {
        (None, _) => Err((
            WhyUnreadable::SortKeyForm,
            "the sort key tells no time in the form that the settings name".to_owned(),
        )),
        (Some(_), Some(content)) => content,
        (Some(_), None) => rest(attributes, asked, out)?,
    };
    let content = content.map_err(|(reason, detail)| Unreadable {
        partition_key: asked.partition.clone(),
        sort_key: sort_key.as_str().to_owned(),
        reason,
        detail,
    });
    Ok(SourceItem { key, sort_key, time, content })
}

impl Attribute<'_> {
    /// Whether its value is this text.
    fn says(&self, what: &str) -> bool {
        let is = typed(&mut { self.value }, |value, kind| {
            Ok::<_, Malformed>(kind.is("S") && value.text()?.is(what))
        });
        is.unwrap_or(false)
    }

    /// Its value, if keys can be of its type.
    fn key(&self) -> Result<Option<AttributeValue>, Malformed> {
        key_value(&mut { self.value })
    }
}

/// Takes a value of a type that keys are of: text, number or binary. `None` if it is of another.
pub(super) fn key_value(scanner: &mut Scanner<'_>) -> Result<Option<AttributeValue>, Malformed> {
    typed(scanner, |scanner, kind| {
        if !matches!(kind.quoted, br#""S""# | br#""N""# | br#""B""#) {
            return scanner.skip().map(|()| None);
        }
        let text = scanner.text()?.plain().ok_or_else(|| scanner.missing("a text of characters"))?;
        Ok(match kind.quoted {
            br#""S""# => Some(AttributeValue::S(text.into_owned())),
            br#""N""# => Some(AttributeValue::N(text.into_owned())),
            _ => BASE64.decode(text.as_bytes()).ok().map(|bytes| AttributeValue::B(Blob::new(bytes))),
        })
    })
}

/// The check behind isolation: DynamoDB was asked for one partition, and whatever the settings or a proxy do
/// to the question, an item of another one is never taken for this tenant's.
fn own(found: Option<&Attribute<'_>>, partition: &str) -> Result<(), Unread> {
    let found = match found {
        Some(attribute) if attribute.says(partition) => return Ok(()),
        None => None,
        Some(attribute) => Some(attribute.key()?),
    };
    let found = match &found {
        Some(Some(AttributeValue::S(found))) => found.as_str(),
        Some(_) => "(not a text)",
        None => "(none)",
    };
    let told = |key: &str| key.chars().take(TOLD).collect::<String>();
    Err(Unread::Refused(PageError::Foreign { asked: told(partition), found: told(found) }))
}

/// What makes the key unique besides the sort key: the partition key, and through an index, whose keys need
/// not be unique, the table's own key.
fn tie(table_keys: &[AttributeValue], partition: &str) -> Result<Vec<u8>, Unread> {
    if table_keys.is_empty() {
        return Ok(partition.as_bytes().to_vec());
    }
    let asked = AttributeValue::S(partition.to_owned());
    let tie = key::joined(std::iter::once(&asked).chain(table_keys));
    tie.ok_or_else(|| bug("a key of the table is a number that is none".to_owned()))
}

/// The event of an attribute of its own, a text or a map.
fn body(scanner: &mut Scanner<'_>, name: &str, out: &mut BytesMut) -> Result<Content, Malformed> {
    let mut ahead = *scanner;
    let mut kind = ahead;
    kind.must(b'{', "a typed value")?;
    match kind.text()?.quoted {
        br#""S""# => typed(scanner, |scanner, _| {
            scanner.plain_text(out)?.ok_or_else(|| scanner.missing("a text of characters"))?;
            Ok(one_line(out.split().freeze())
                .map_err(|problem| (WhyUnreadable::NotJson, format!("the attribute `{name}` is {problem}"))))
        }),
        br#""M""# => {
            let done = value::write(&mut ahead, out);
            // What can't be written breaks off in the middle of the value, which is passed over as a whole.
            if done.is_ok() {
                *scanner = ahead;
            } else {
                scanner.skip()?;
            }
            written(done, &format!("the attribute `{name}`"), out)
        }
        _ => {
            scanner.skip()?;
            let detail = format!("the attribute `{name}` is neither a text nor a map");
            Ok(Err((WhyUnreadable::EventType, detail)))
        }
    }
}

/// The event of an item without such an attribute: all of it but the keys and the expiry.
///
/// Through an index the table's own keys stay: to the index they are ordinary attributes, and often the only place
/// of the event's ID.
fn rest(attributes: &[Attribute<'_>], asked: &Asked, out: &mut BytesMut) -> Result<Content, Malformed> {
    let layout = &asked.layout;
    let is_own = |name: &str| {
        name == layout.partition_key || name == layout.sort_key || layout.ttl.as_deref() == Some(name)
    };
    let mut members = attributes.iter().filter(|attribute| !is_own(&attribute.name)).peekable();
    if members.peek().is_none() {
        return Ok(Err((WhyUnreadable::NoEvent, "the item has keys only".to_owned())));
    }
    let mut comma = Comma::new(b'{', out);
    let all = members.try_for_each(|attribute| {
        comma.before_next(out);
        value::write_plain(&attribute.name, out)?;
        out.put_u8(b':');
        value::write(&mut { attribute.value }, out)
    });
    out.put_u8(b'}');
    written(all, "the item", out)
}

/// What was written, or why it was not.
fn written(done: Result<(), Trouble>, whose: &str, out: &mut BytesMut) -> Result<Content, Malformed> {
    let written = out.split().freeze();
    match done {
        Ok(()) => Ok(Ok(written)),
        Err(Trouble::Page(malformed)) => Err(malformed),
        Err(Trouble::Value(problem)) => Ok(Err(unwritable(whose, problem))),
    }
}

fn unwritable(whose: &str, problem: Unwritable) -> (WhyUnreadable, String) {
    (WhyUnreadable::EventType, format!("{whose} can't be written as JSON: {problem}"))
}

fn bug(detail: String) -> Unread {
    let source = detail.into();
    Unread::Refused(PageError::Port(PortError::Bug { what: "reading an item of the events table", source }))
}
