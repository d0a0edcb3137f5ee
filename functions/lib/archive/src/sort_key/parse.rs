//! Parses the time in a key, one function per notation. A key of any other notation is unparsable.

use crate::time::Time;

use super::CROCKFORD;

/// The time in a ULID that is followed by nothing or `#`.
pub(super) fn ulid_time(text: &str) -> Option<Time> {
    let bytes = text.as_bytes();
    let ulid = bytes.get(..26)?;
    if bytes.get(26).is_some_and(|b| *b != b'#') {
        return None;
    }
    let mut ms: i64 = 0;
    for (index, byte) in ulid.iter().enumerate() {
        let digit = CROCKFORD.iter().position(|c| c == byte)?;
        if index < 10 {
            ms = ms.checked_mul(32)?.checked_add(i64::try_from(digit).ok()?)?;
        }
    }
    Time::from_millis(ms)
}

/// The time in a UUID of version 7 that is followed by nothing or `#`.
pub(super) fn uuid_time(text: &str) -> Option<Time> {
    let uuid = text.get(..36)?;
    if text.as_bytes().get(36).is_some_and(|b| *b != b'#') {
        return None;
    }
    let is_uuid = uuid.bytes().enumerate().all(|(index, byte)| match index {
        8 | 13 | 18 | 23 => byte == b'-',
        14 => byte == b'7',
        _ => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
    });
    if !is_uuid {
        return None;
    }
    let hex = format!("{}{}", uuid.get(..8)?, uuid.get(9..13)?);
    i64::from_str_radix(&hex, 16).ok().and_then(Time::from_millis)
}

/// The number at the start of the text if it has exactly `count` digits.
pub(super) fn digits(text: &str, count: usize) -> Option<i64> {
    let head = text.get(..count)?;
    let next_is_digit = text.as_bytes().get(count).is_some_and(u8::is_ascii_digit);
    if next_is_digit || !head.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    head.parse().ok()
}

/// A decimal number times 10^`scale`, truncated to whole milliseconds.
pub(super) fn decimal_millis(text: &str, scale: usize) -> Option<Time> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if whole.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) {
        return None;
    }
    let fraction: String = fraction.chars().chain(std::iter::repeat('0')).take(scale).collect();
    format!("{whole}{fraction}").parse().ok().and_then(Time::from_millis)
}
