//! A DynamoDB value of the page as JSON, in one pass and without loss: every digit of a number, empty texts and
//! nulls, sets as arrays in sorted order, binary as base64. Maps keep the order in which DynamoDB gives them.
//!
//! Source of the form: DynamoDB API reference, "`AttributeValue`".

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::{BufMut as _, BytesMut};

use super::super::number::{self, Decimal};
use super::scan::{Malformed, Scanner, Text};

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
        r#""S""# => write_text(scanner.text()?, out),
        r#""N""# => write_number(scanner.text()?, out),
        r#""B""# => {
            write_binary(&binary(scanner.text()?)?, out);
            Ok(())
        }
        r#""BOOL""# => {
            out.put_slice(if scanner.boolean()? { b"true" } else { b"false" });
            Ok(())
        }
        r#""NULL""# => {
            scanner.boolean()?;
            out.put_slice(b"null");
            Ok(())
        }
        r#""M""# => write_map(scanner, out, depth),
        r#""L""# => {
            let mut comma = Comma::new(b'[', out);
            scanner.array(|scanner| {
                comma.before_next(out);
                write_at(scanner, out, depth + 1)
            })?;
            out.put_u8(b']');
            Ok(())
        }
        r#""SS""# => {
            let texts = members(scanner, |text| text.plain().ok_or(Unwritable::NotText))?;
            write_sorted(texts, out, |text, out| write_plain(&text, out))
        }
        r#""NS""# => {
            let numbers = members(scanner, |text| {
                let number = text.plain().ok_or(Unwritable::NotANumber)?;
                let order = Decimal::parse(&number).ok_or(Unwritable::NotANumber)?.order();
                Ok((order, number))
            })?;
            write_sorted(numbers, out, |(_, number), out| write_digits(&number, out))
        }
        r#""BS""# => write_sorted(members(scanner, binary)?, out, |blob, out| {
            write_binary(&blob, out);
            Ok(())
        }),
        _ => Err(Unwritable::UnknownType.into()),
    })
}

/// Takes the object that names a value's type, and hands on that name with the scanner before the value.
pub(super) fn typed<'a, T, E: From<Malformed>>(
    scanner: &mut Scanner<'a>,
    then: impl FnOnce(&mut Scanner<'a>, Text<'a>) -> Result<T, E>,
) -> Result<T, E> {
    scanner.must(b'{', "a typed value")?;
    let kind = scanner.text()?;
    scanner.must(b':', "a colon")?;
    let value = then(scanner, kind)?;
    scanner.must(b'}', "the end of a typed value")?;
    Ok(value)
}

fn write_map(scanner: &mut Scanner<'_>, out: &mut BytesMut, depth: u8) -> Result<(), Trouble> {
    let mut comma = Comma::new(b'{', out);
    scanner.object(|scanner, name| {
        comma.before_next(out);
        write_text(name, out)?;
        out.put_u8(b':');
        write_at(scanner, out, depth + 1)
    })?;
    out.put_u8(b'}');
    Ok(())
}

/// Writes a text: as it stands, unless an escape of it has a shorter spelling.
pub(super) fn write_text(text: Text<'_>, out: &mut BytesMut) -> Result<(), Trouble> {
    if !text.odd {
        out.put_slice(text.quoted.as_bytes());
        return Ok(());
    }
    write_plain(&text.plain().ok_or(Unwritable::NotText)?, out)
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
