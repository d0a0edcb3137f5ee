//! Escapes untrusted text for display.

/// Escapes everything that is invisible or changes the text around it. Blanks at either end, invisible
/// characters, characters that change the writing direction, and combining marks without a base character
/// become `\u{..}`. A backslash is doubled, so the escaping never makes two different texts look alike.
#[must_use]
pub fn escape_invisible(text: &str) -> String {
    let (start, end) = (text.trim_start_matches(' '), text.trim_end_matches(' '));
    let inside = text.len() - start.len()..end.len();
    let mut escaped = String::with_capacity(text.len());
    for (index, c) in text.char_indices() {
        match c {
            '"' | '\'' => escaped.push(c),
            ' ' if inside.contains(&index) => escaped.push(c),
            ' ' => escaped.extend(c.escape_unicode()),
            _ if is_ignorable(c) => escaped.extend(c.escape_unicode()),
            _ if index == 0 => escaped.extend(c.escape_debug()),
            // A combining mark after another character is shown as it is. `char::escape_debug` can't know
            // that, `str`'s can.
            _ => escaped.extend(String::from_iter(['a', c]).escape_debug().skip(1)),
        }
    }
    escaped
}

/// Letters and marks for which fonts draw nothing, though they are neither control nor format characters.
/// Source: Unicode, `DerivedCoreProperties.txt`, `Default_Ignorable_Code_Point`; and the blank of Braille.
const fn is_ignorable(c: char) -> bool {
    matches!(c,
        '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{2800}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}' | '\u{e0100}'..='\u{e01ef}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn invisible_characters_are_escaped_everywhere() {
        for (text, escaped) in [
            ("arn:aws:iam::111111111111:user/Ann", "arn:aws:iam::111111111111:user/Ann"),
            ("Jos\u{e9} O'Neill", "Jos\u{e9} O'Neill"),
            ("a\u{202e}b\u{2066}c", "a\\u{202e}b\\u{2066}c"),
            ("a\u{200b}\u{200d}\u{feff}\u{ad}b", "a\\u{200b}\\u{200d}\\u{feff}\\u{ad}b"),
            ("a\u{34f}\u{3164}\u{fe0f}\u{e0041}b", "a\\u{34f}\\u{3164}\\u{fe0f}\\u{e0041}b"),
            ("a\u{1b}[2J\r\n\u{9b}", "a\\u{1b}[2J\\r\\n\\u{9b}"),
            ("a\\u{200b}b", "a\\\\u{200b}b"),
        ] {
            assert_eq!(escape_invisible(text), escaped, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn visible_text_stays_and_two_texts_never_look_alike(one in "\\PC{0,8}", other in any::<String>()) {
            prop_assert_eq!(one == other, escape_invisible(&one) == escape_invisible(&other));
            prop_assert!(!escape_invisible(&other).chars().any(char::is_control));
        }
    }
}
