//! Finds a text in the names and values of an event.

use memchr::memchr;
use memchr::memmem::Finder;

use super::tokens::{Token, Tokens};
use super::{MAX_CHARACTERS, normalize};

/// What is searched at a time, bytes. Chunks overlap, so that a text is within one of them.
const CHUNK: usize = 4 * 1024;
/// A name or value that is searched at once, bytes.
const SHORT: usize = 256;
const _: () = assert!(CHUNK >= 2 * MAX_CHARACTERS, "each chunk begins at least half of a chunk later");

/// A text that is searched in the names and scalar values of events, without regard to case.
#[derive(Debug)]
pub(super) struct FreeText {
    normalized: Finder<'static>,
    is_ascii: bool,
}

impl FreeText {
    pub(super) fn new(text: &str) -> Self {
        let normalized = normalize(text);
        Self { is_ascii: normalized.is_ascii(), normalized: Finder::new(normalized.as_bytes()).into_owned() }
    }

    /// Whether it is in a name or scalar value of a valid event. Strings are decoded, `null` is no value.
    ///
    /// The event is searched as it is written first, which decides for most. What could be missed so is
    /// what has a backslash or a character beyond ASCII: there are two that are ASCII in lower case, as the
    /// sign of Kelvin is.
    pub(super) fn is_in(&self, event: &[u8]) -> bool {
        let is_written = self.is_ascii && self.is_in_ascii(event);
        let is_plain = event.is_ascii() && memchr(b'\\', event).is_none();
        (is_written || !is_plain) && Tokens::new(event).any(|token| self.is_in_token(token, is_written))
    }

    /// Whether it is in a name or value. `is_written` says whether it is anywhere in the event as written.
    fn is_in_token(&self, token: Token<'_>, is_written: bool) -> bool {
        match token {
            Token::Literal(text) => is_written && self.is_in_ascii(text),
            Token::Plain(text) if text.is_ascii() => is_written && self.is_in_ascii(text),
            Token::Plain(text) => std::str::from_utf8(text).is_ok_and(|text| self.is_in_text(text)),
            Token::Escaped(quoted) => {
                serde_json::from_slice::<String>(quoted).is_ok_and(|text| self.is_in_text(&text))
            }
        }
    }

    fn is_in_text(&self, text: &str) -> bool {
        if text.is_ascii() {
            return self.is_ascii && self.is_in_ascii(text.as_bytes());
        }
        self.normalized.find(normalize(text).as_bytes()).is_some()
    }

    /// Whether it, being ASCII, is in a text. What isn't ASCII in the text is not found.
    fn is_in_ascii(&self, text: &[u8]) -> bool {
        if text.len() <= SHORT { self.is_in_chunks::<SHORT>(text) } else { self.is_in_chunks::<CHUNK>(text) }
    }

    fn is_in_chunks<const SIZE: usize>(&self, mut text: &[u8]) -> bool {
        let mut buffer = [0; SIZE];
        while text.len() >= self.normalized.needle().len() {
            let chunk = text.get(..SIZE).unwrap_or(text);
            let Some(lower) = buffer.get_mut(..chunk.len()) else { return false };
            lower.copy_from_slice(chunk);
            lower.make_ascii_lowercase();
            if self.normalized.find(lower).is_some() {
                return true;
            }
            let overlap = self.normalized.needle().len().saturating_sub(1);
            let step = SIZE.saturating_sub(overlap).max(1);
            text = text.get(step..).unwrap_or_default();
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_in(text: &str, event: &str) -> bool {
        FreeText::new(text).is_in(event.as_bytes())
    }

    #[test]
    fn a_text_is_found_in_names_and_values_however_they_are_written() {
        for (text, event) in [
            ("console", r#"{"eventName":"ConsoleLogin"}"#),
            ("EVENTNAME", r#"{"a":[{"eventName":1}]}"#),
            ("müller", r#"{"who":"M\u00fcller"}"#),
            ("MÜLLER", r#"{"who":"Müller"}"#),
            ("user/ana", r#"{"arn":"user\/ana"}"#),
            ("b", r#"{"\u0062":1}"#),
            ("kelvin", "{\"unit\":\"\u{212a}elvin\"}"),
            ("i\u{307}", "{\"a\":\"İ\"}"),
            ("1e5", r#"{"a":[-1.5,1E5]}"#),
            ("true", r#"{"a": true }"#),
            ("null", r#"{"a":"null"}"#),
            ("\"", r#"{"a":"say \"hi\""}"#),
            ("\\", r#"{"a":"c:\\x"}"#),
            ("😀", r#"{"a":"\ud83d\ude00"}"#),
            (" : ", r#"{"a":"b : c"}"#),
        ] {
            assert!(is_in(text, event), "{text} {event}");
        }
    }

    #[test]
    fn a_text_is_not_found_across_them_nor_in_null() {
        for (text, event) in [
            ("a\":\"b", r#"{"a":"b"}"#),
            ("a:b", r#"{"a":"b"}"#),
            (",", r#"{"a":[1,2]}"#),
            (" ", r#"{ "a" : 1 }"#),
            ("12", r#"{"a":[1,2]}"#),
            ("null", r#"{"a":null}"#),
            ("u00fc", r#"{"who":"M\u00fcller"}"#),
            ("n", r#"{"a":"\n"}"#),
            ("{", "{}"),
        ] {
            assert!(!is_in(text, event), "{text} {event}");
        }
    }

    #[test]
    fn a_text_is_found_wherever_it_lies_in_a_large_event() {
        let text = "Needle".repeat(20);
        for before in (CHUNK - 300..CHUNK + 50).step_by(7) {
            for around in [("", ""), ("é", ""), ("", "\\n")] {
                let event = format!("{{\"a\":\"{}{}{text}{}\"}}", around.0, "x".repeat(before), around.1);
                assert!(is_in(&text.to_uppercase(), &event), "{before}");
                assert!(!is_in(&format!("{text}y"), &event), "{before}");
            }
        }
    }
}
