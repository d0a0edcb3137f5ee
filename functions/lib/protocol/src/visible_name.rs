//! The rule of names that people give and others read.

use archive::names::{InvalidValueError, escape_invisible};

/// The maximum length of a name in characters.
pub(crate) const MAX_LEN: usize = 100;

/// The name in a text, without white space around it: 1 to 100 visible characters. `form` says what form is
/// right.
pub(crate) fn visible_name(text: &str, form: &'static str) -> Result<String, InvalidValueError> {
    let name = text.trim();
    let invalid = |problem: &str| Err(InvalidValueError::new("name", text, problem, form));
    if name.is_empty() {
        return invalid("is empty");
    }
    if name.chars().count() > MAX_LEN {
        return invalid("is longer than 100 characters");
    }
    // Escaping doubles a backslash, which is visible; a stored name may be escaped already.
    if escape_invisible(name).replace("\\\\", "\\") != name {
        return invalid("has characters that are invisible or change the writing direction");
    }
    Ok(name.to_owned())
}
