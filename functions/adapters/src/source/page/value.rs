//! A DynamoDB value of the page as JSON, in one pass and without loss: every digit of a number, empty texts and
//! nulls, sets as arrays in sorted order, binary as base64. Maps keep the order in which DynamoDB gives them.
//!
//! Source of the form: DynamoDB API reference, "`AttributeValue`".

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::{BufMut as _, BytesMut};

use super::super::number::{self, Decimal};
use super::scan::{Malformed, Scanner};
use super::text::{Escapes, Text};

/// DynamoDB nests at most 32 levels (developer guide, "Quotas").
const DEEPEST: u8 = 33;

/// Why a value was not written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Trouble {
    /// The page is broken, and nothing of it counts.
    #[error(transparent)]
    Page(#[from] Malformed),
    /// The value is no JSON can hold; the rest of the page is as it should be.
    #[error(transparent)]
    Value(#[from] Unwritable),
}

/// A value that DynamoDB does not have, or that this version does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unwritable {
    #[error("it holds a value of a type that this version does not know")]
    UnknownType,
    #[error("it holds a number that is none")]
    NotANumber,
    #[error("it holds a text that JSON can't hold")]
    NotText,
    #[error("it holds binary data that is no base64")]
    NotBase64,
    #[error("it is nested deeper than DynamoDB allows")]
    TooDeep,
}

/// Takes a value and writes it. What was written before an error is the caller's to take back.
pub(super) fn write(scanner: &mut Scanner<'_>, out: &mut BytesMut) -> Result<(), Trouble> {
    write_at(scanner, out, 0)
}

fn write_at(scanner: &mut Scanner<'_>, out: &mut BytesMut, depth: u8) -> Result<(), Trouble> {
    if depth > DEEPEST {
        return Err(Unwritable::TooDeep.into());
    }
    typed(scanner, |scanner, kind| match kind.quoted {
        br#""S""# => write_text(scanner, out),
        br#""N""# => write_number(scanner.text()?, out),
        br#""B""# => {
            write_binary(&binary(scanner.text()?)?, out);
            Ok(())
        }
        br#""BOOL""# => {
            out.put_slice(if scanner.boolean()? { b"true" } else { b"false" });
            Ok(())
        }
        br#""NULL""# => {
            scanner.boolean()?;
            out.put_slice(b"null");
            Ok(())
        }
        br#""M""# => write_map(scanner, out, depth),
        br#""L""# => {
            let mut comma = Comma::new(b'[', out);
            scanner.array(|scanner| {
                comma.before_next(out);
                write_at(scanner, out, depth + 1)
            })?;
            out.put_u8(b']');
            Ok(())
        }
        br#""SS""# => {
            let texts = members(scanner, |text| text.plain().ok_or(Unwritable::NotText))?;
            write_sorted(texts, out, |text, out| write_plain(&text, out))
        }
        br#""NS""# => {
            let numbers = members(scanner, |text| {
                let number = text.plain().ok_or(Unwritable::NotANumber)?;
                let order = Decimal::parse(&number).ok_or(Unwritable::NotANumber)?.order();
                Ok((order, number))
            })?;
            write_sorted(numbers, out, |(_, number), out| write_digits(&number, out))
        }
        br#""BS""# => write_sorted(members(scanner, binary)?, out, |blob, out| {
            write_binary(&blob, out);
            Ok(())
        }),
        _ => Err(Unwritable::UnknownType.into()),
    })
}

/// Takes the object that names a value's type, and hands on that name with the scanner before the value.
#[inline]
pub(super) fn typed<'a, T, E: From<Malformed>>(
    scanner: &mut Scanner<'a>,
    then: impl FnOnce(&mut Scanner<'a>, Text<'a>) -> Result<T, E>,
) -> Result<T, E> {
    let kind = scanner.kind()?;
    let value = then(scanner, kind)?;
    scanner.must(b'}', "the end of a typed value")?;
    Ok(value)
}

fn write_map(scanner: &mut Scanner<'_>, out: &mut BytesMut, depth: u8) -> Result<(), Trouble> {
    let mut comma = Comma::new(b'{', out);
    scanner.members(|scanner| {
        comma.before_next(out);
        write_text(scanner, out)?;
        scanner.must(b':', "a colon")?;
        out.put_u8(b':');
        write_at(scanner, out, depth + 1)
    })?;
    out.put_u8(b'}');
    Ok(())
}

/// Takes a text and writes it: as it stands, unless an escape of it has a shorter spelling.
#[inline]
fn write_text(scanner: &mut Scanner<'_>, out: &mut BytesMut) -> Result<(), Trouble> {
    let start = out.len();
    let text = scanner.text_into(out)?;
    if text.escapes == Escapes::Odd {
        out.truncate(start);
        write_plain(&text.plain().ok_or(Unwritable::NotText)?, out)?;
    }
    Ok(())
}

/// Writes what a text says.
pub(super) fn write_plain(text: &str, out: &mut BytesMut) -> Result<(), Trouble> {
    serde_json::to_writer(out.writer(), text).map_err(|_| Unwritable::NotText.into())
}

fn write_number(text: Text<'_>, out: &mut BytesMut) -> Result<(), Trouble> {
    write_digits(&text.plain().ok_or(Unwritable::NotANumber)?, out)
}

fn write_digits(number: &str, out: &mut BytesMut) -> Result<(), Trouble> {
    out.put_slice(number::json(number).ok_or(Unwritable::NotANumber)?.as_bytes());
    Ok(())
}

fn binary(text: Text<'_>) -> Result<Vec<u8>, Unwritable> {
    let text = text.plain().ok_or(Unwritable::NotBase64)?;
    BASE64.decode(text.as_bytes()).map_err(|_| Unwritable::NotBase64)
}

fn write_binary(blob: &[u8], out: &mut BytesMut) {
    out.put_u8(b'"');
    out.put_slice(BASE64.encode(blob).as_bytes());
    out.put_u8(b'"');
}

/// Takes the members of a set, which all are texts in the page.
fn members<'a, T>(
    scanner: &mut Scanner<'a>,
    read: impl Fn(Text<'a>) -> Result<T, Unwritable>,
) -> Result<Vec<T>, Trouble> {
    let mut members = Vec::new();
    scanner.array(|scanner| {
        members.push(read(scanner.text()?)?);
        Ok::<_, Trouble>(())
    })?;
    Ok(members)
}

fn write_sorted<T: Ord>(
    mut members: Vec<T>,
    out: &mut BytesMut,
    write: impl Fn(T, &mut BytesMut) -> Result<(), Trouble>,
) -> Result<(), Trouble> {
    members.sort_unstable();
    let mut comma = Comma::new(b'[', out);
    for member in members {
        comma.before_next(out);
        write(member, out)?;
    }
    out.put_u8(b']');
    Ok(())
}

/// Puts commas between the members of what it opens.
pub(super) struct Comma {
    is_first: bool,
}

impl Comma {
    pub(super) fn new(opens: u8, out: &mut BytesMut) -> Self {
        out.put_u8(opens);
        Self { is_first: true }
    }

    pub(super) fn before_next(&mut self, out: &mut BytesMut) {
        if !std::mem::replace(&mut self.is_first, false) {
            out.put_u8(b',');
        }
    }
}
