//! Converts a DynamoDB value of the page to JSON, in one pass and without loss: every digit of a number,
//! empty strings and nulls, sets as sorted arrays, binary as base64. Maps keep DynamoDB's order.
//!
//! Source: DynamoDB API reference, "`AttributeValue`".

use archive::event;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::BufMut as _;
use bytes::BytesMut;

use super::super::number::{self, Decimal};
use super::scan::{MalformedPageError, Scanner};
use super::string::{Escapes, JsonString};

/// DynamoDB nests at most 32 levels (developer guide, "Quotas"). Values that are nested deeper than an event
/// may be are written nevertheless, up to this depth, for the record of the unreadable item.
const MAX_DEPTH: usize = 120;
/// A number of at most this length without an exponent is within the range of a double, which extends to
/// 10^308.
const MAX_FINITE_CHARS: usize = 300;

/// Why a value could not be converted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum ConvertError {
    /// The page is malformed and nothing of it can be used.
    #[error(transparent)]
    Page(#[from] MalformedPageError),
    /// The value has no form in JSON; the rest of the page is valid.
    #[error(transparent)]
    Value(#[from] UnsupportedValueError),
}

/// A value that DynamoDB does not have, or a type that this version does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum UnsupportedValueError {
    #[error("it contains a value of an unknown type")]
    UnknownType,
    #[error("it contains a malformed number")]
    NotANumber,
    #[error("it contains a string that JSON can't represent")]
    NotText,
    #[error("it contains binary data that is not base64")]
    NotBase64,
    #[error("it is nested far deeper than DynamoDB allows")]
    TooDeep,
}

/// Writes values. After an error the caller has to truncate the output.
pub(super) struct Writer<'o> {
    pub(super) out: &'o mut BytesMut,
    /// Whether the output may not be a valid event. This never applies to DynamoDB itself: its numbers lie
    /// below 10^126, it nests 32 levels (developer guide, "Quotas"), and its strings are UTF-8.
    pub(super) needs_check: bool,
}

impl<'o> Writer<'o> {
    pub(super) const fn new(out: &'o mut BytesMut) -> Self {
        Self { out, needs_check: false }
    }

    /// Reads a value that is nested in `depth` objects and arrays, and writes it.
    pub(super) fn value(&mut self, scanner: &mut Scanner<'_>, depth: usize) -> Result<(), ConvertError> {
        self.needs_check |= depth >= event::MAX_DEPTH;
        if depth > MAX_DEPTH {
            return Err(UnsupportedValueError::TooDeep.into());
        }
        typed_value(scanner, |scanner, kind| match kind.quoted {
            br#""S""# => copy_string(scanner, self.out),
            br#""N""# => {
                let number = scanner.string()?.unescape().ok_or(UnsupportedValueError::NotANumber)?;
                self.number(&number)
            }
            br#""B""# => {
                write_binary(&binary(scanner.string()?)?, self.out);
                Ok(())
            }
            br#""BOOL""# => {
                self.out.put_slice(if scanner.boolean()? { b"true" } else { b"false" });
                Ok(())
            }
            br#""NULL""# => {
                scanner.boolean()?;
                self.out.put_slice(b"null");
                Ok(())
            }
            br#""M""# => self.map(scanner, depth + 1),
            br#""L""# => {
                let mut separator = Separator::new(b'[', self.out);
                scanner.array(|scanner| {
                    separator.before_next(self.out);
                    self.value(scanner, depth + 1)
                })?;
                self.out.put_u8(b']');
                Ok(())
            }
            br#""SS""# => {
                let strings =
                    set_members(scanner, |text| text.unescape().ok_or(UnsupportedValueError::NotText))?;
                self.sorted(strings, |to, text| write_string(&text, to.out))
            }
            br#""NS""# => {
                let numbers = set_members(scanner, |text| {
                    let number = text.unescape().ok_or(UnsupportedValueError::NotANumber)?;
                    let order =
                        Decimal::parse(&number).ok_or(UnsupportedValueError::NotANumber)?.ordered_bytes();
                    Ok((order, number))
                })?;
                self.sorted(numbers, |to, (_, number)| to.number(&number))
            }
            br#""BS""# => self.sorted(set_members(scanner, binary)?, |to, blob| {
                write_binary(&blob, to.out);
                Ok(())
            }),
            _ => Err(UnsupportedValueError::UnknownType.into()),
        })
    }

    fn map(&mut self, scanner: &mut Scanner<'_>, depth: usize) -> Result<(), ConvertError> {
        let mut separator = Separator::new(b'{', self.out);
        scanner.members(|scanner| {
            separator.before_next(self.out);
            copy_string(scanner, self.out)?;
            scanner.expect(b':', "a colon")?;
            self.out.put_u8(b':');
            self.value(scanner, depth)
        })?;
        self.out.put_u8(b'}');
        Ok(())
    }

    fn number(&mut self, number: &str) -> Result<(), ConvertError> {
        let json = number::json(number).ok_or(UnsupportedValueError::NotANumber)?;
        self.needs_check |= json.len() > MAX_FINITE_CHARS || json.contains(['e', 'E']);
        self.out.put_slice(json.as_bytes());
        Ok(())
    }

    fn sorted<T: Ord>(
        &mut self,
        mut members: Vec<T>,
        write: impl Fn(&mut Self, T) -> Result<(), ConvertError>,
    ) -> Result<(), ConvertError> {
        members.sort_unstable();
        let mut separator = Separator::new(b'[', self.out);
        for member in members {
            separator.before_next(self.out);
            write(self, member)?;
        }
        self.out.put_u8(b']');
        Ok(())
    }
}

/// Reads the object around a typed value and calls `then` with the scanner before the value and the type's
/// name.
#[inline]
pub(super) fn typed_value<'a, T, E: From<MalformedPageError>>(
    scanner: &mut Scanner<'a>,
    then: impl FnOnce(&mut Scanner<'a>, JsonString<'a>) -> Result<T, E>,
) -> Result<T, E> {
    let kind = scanner.type_name()?;
    let value = then(scanner, kind)?;
    scanner.expect(b'}', "the end of a typed value")?;
    Ok(value)
}

/// Reads a string and writes it: unchanged, unless an escape has a shorter notation.
#[inline]
pub(super) fn copy_string(scanner: &mut Scanner<'_>, out: &mut BytesMut) -> Result<(), ConvertError> {
    let start = out.len();
    let text = scanner.string_into(out)?;
    if text.escapes == Escapes::NonCanonical {
        out.truncate(start);
        write_string(&text.unescape().ok_or(UnsupportedValueError::NotText)?, out)?;
    }
    Ok(())
}

/// Writes a text as a JSON string.
pub(super) fn write_string(text: &str, out: &mut BytesMut) -> Result<(), ConvertError> {
    serde_json::to_writer(out.writer(), text).map_err(|_| UnsupportedValueError::NotText.into())
}

fn binary(text: JsonString<'_>) -> Result<Vec<u8>, UnsupportedValueError> {
    let text = text.unescape().ok_or(UnsupportedValueError::NotBase64)?;
    BASE64.decode(text.as_bytes()).map_err(|_| UnsupportedValueError::NotBase64)
}

fn write_binary(blob: &[u8], out: &mut BytesMut) {
    out.put_u8(b'"');
    out.put_slice(BASE64.encode(blob).as_bytes());
    out.put_u8(b'"');
}

/// Reads the members of a set, all of which are strings in the page.
fn set_members<'a, T>(
    scanner: &mut Scanner<'a>,
    read: impl Fn(JsonString<'a>) -> Result<T, UnsupportedValueError>,
) -> Result<Vec<T>, ConvertError> {
    let mut members = Vec::new();
    scanner.array(|scanner| {
        members.push(read(scanner.string()?)?);
        Ok::<_, ConvertError>(())
    })?;
    Ok(members)
}

/// Writes the opening mark and the commas between members.
pub(super) struct Separator {
    is_first: bool,
}

impl Separator {
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
