//! How values are compared: without regard to case.

use std::borrow::Cow;

/// The longest value that is normalized without memory from the heap, bytes.
const SHORT: usize = 256;

/// A value as it is compared: each of its characters in lower case (Unicode, `SpecialCasing.txt` without its
/// conditions). So the normalized text of two joined texts is that of one and that of the other.
#[must_use]
pub fn normalize(value: &str) -> Cow<'_, str> {
    if value.is_ascii() {
        return if has_upper_case(value) { value.to_ascii_lowercase().into() } else { value.into() };
    }
    value.chars().flat_map(char::to_lowercase).collect::<String>().into()
}

/// Whether a value is this one, which is normalized.
pub(super) fn equals(value: &str, normalized: &str) -> bool {
    if value.is_ascii() {
        return value.eq_ignore_ascii_case(normalized);
    }
    value.chars().flat_map(char::to_lowercase).eq(normalized.chars())
}

/// Calls `then` with the normalized value.
pub(super) fn normalized<T>(value: &str, then: impl FnOnce(&[u8]) -> T) -> T {
    if !value.is_ascii() {
        return then(normalize(value).as_bytes());
    }
    if !has_upper_case(value) {
        return then(value.as_bytes());
    }
    let mut short = [0; SHORT];
    let Some(lower) = short.get_mut(..value.len()) else { return then(normalize(value).as_bytes()) };
    lower.copy_from_slice(value.as_bytes());
    lower.make_ascii_lowercase();
    then(lower)
}

fn has_upper_case(value: &str) -> bool {
    value.bytes().any(|byte| byte.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_character_is_normalized_once_and_for_all() {
        for char in char::MIN..=char::MAX {
            let text = char.to_string();
            let once = normalize(&text);
            assert_eq!(normalize(&once), once, "{char:?}");
            assert!(equals(&text, &once), "{char:?}");
        }
    }

    #[test]
    fn case_is_ignored_in_all_scripts() {
        for (value, expected) in [
            ("ConsoleLogin", "consolelogin"),
            ("MÜLLER", "müller"),
            ("ΣΊΣΥΦΟΣ", "σίσυφοσ"),
            ("\u{212a}", "k"),
        ] {
            assert_eq!(normalize(value), expected);
        }
    }

    proptest! {
        #[test]
        fn all_ways_to_compare_agree(
            a in "[aAkK\u{212a}İiß\u{307}]{0,4}|\\PC{0,300}", b in "[aAkKi\u{307}]{0,4}",
        ) {
            let same = normalize(&a) == normalize(&b);
            prop_assert_eq!(equals(&a, &normalize(&b)), same);
            prop_assert!(normalized(&a, |bytes| bytes == normalize(&a).as_bytes()));
            let joined = format!("{a}{b}");
            prop_assert_eq!(normalize(&joined), format!("{}{}", normalize(&a), normalize(&b)));
        }
    }
}
