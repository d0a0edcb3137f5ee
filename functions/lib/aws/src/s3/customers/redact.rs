//! Redacts AWS's messages. They may contain text from a third party, such as a bucket policy's `Sid`.

use archive::names::ExternalId;

/// The text on one line of at most `most` characters, without external IDs and invisible characters: control
/// characters, line separators and bidirectional overrides are escaped.
pub(super) fn redact(text: &str, max_chars: usize) -> String {
    let mut redacted = String::new();
    let mut left = max_chars;
    // Before truncating: half an external ID would not be recognized.
    for c in ExternalId::redact(text, "(external ID)").chars() {
        let escaped: String =
            if matches!(c, '"' | '\'') { c.to_string() } else { c.escape_debug().collect() };
        let size = escaped.chars().count();
        if size > left {
            redacted.push('…');
            break;
        }
        left -= size;
        redacted.push_str(&escaped);
    }
    redacted
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_external_id_is_redacted_and_nothing_similar() {
        let (one, two) = (ExternalId::new(1, 2), ExternalId::new(u64::MAX, 3));
        let text = format!("af-{one}, '{two}' and af-12");
        assert_eq!(redact(&text, 300), "af-(external ID), '(external ID)' and af-12");
        assert_eq!(redact("half-way, af-ä", 300), "half-way, af-ä");
    }

    #[test]
    fn invisible_characters_are_escaped() {
        let hostile = "a\u{202e}b\u{2066}c\u{2028}d\u{200b}e\u{feff}f\u{0}g\u{1b}[31m\nh\\i\u{e0041}";
        let text = redact(hostile, 300);
        assert!(text.chars().all(|c| c.is_ascii_graphic()), "{text}");
        assert!(text.contains(r"\u{202e}") && text.contains(r"\u{1b}[31m\nh\\i"), "{text}");
        assert_eq!(redact("\"quoted\" 'words'", 300), "\"quoted\" 'words'");
    }

    proptest! {
        #[test]
        fn redacted_text_is_bounded_and_has_no_control_characters(
            text in any::<String>(), max_chars in 0_usize..400,
        ) {
            let redacted = redact(&text, max_chars);
            prop_assert!(redacted.chars().count() <= max_chars + 1);
            prop_assert!(!redacted.chars().any(char::is_control));
        }

        #[test]
        fn no_external_id_survives(
            a in ".{0,40}", high in any::<u64>(), low in any::<u64>(), b in ".{0,40}",
        ) {
            let id = ExternalId::new(high, low);
            let redacted = redact(&format!("{a}{id}{b}"), 400);
            prop_assert!(!redacted.contains(id.as_str()));
        }
    }
}
