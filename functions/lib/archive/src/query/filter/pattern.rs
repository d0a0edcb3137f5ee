//! What a value is compared with: a text in which `*` is any characters.

use super::{FilterErrorKind, MAX_WILDCARDS};

/// A text in which wildcards are any characters, also none. It isn't empty.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Pattern {
    /// What is between the wildcards; at least one. Only the first and the last may be empty, not as the only
    /// one, so that equal patterns have equal pieces.
    pieces: Vec<String>,
}

/// A character of a value as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Symbol {
    /// This character.
    Char(char),
    /// Any characters.
    Wildcard,
}

impl Pattern {
    /// Exactly this text, which isn't empty.
    pub(super) fn exactly(text: &str) -> Self {
        Self { pieces: vec![text.to_owned()] }
    }

    /// Any text.
    pub(super) fn any() -> Self {
        Self { pieces: vec![String::new(), String::new()] }
    }

    /// The pattern of these symbols. Wildcards beside each other are one.
    pub(super) fn new(symbols: &[Symbol]) -> Result<Self, FilterErrorKind> {
        let mut pieces = vec![String::new()];
        let mut last = None;
        for symbol in symbols {
            match symbol {
                Symbol::Wildcard if last == Some(&Symbol::Wildcard) => {}
                Symbol::Wildcard => pieces.push(String::new()),
                Symbol::Char(char) => pieces.last_mut().into_iter().for_each(|piece| piece.push(*char)),
            }
            last = Some(symbol);
        }
        if last.is_none() {
            return Err(FilterErrorKind::EmptyValue);
        }
        if pieces.len() > MAX_WILDCARDS + 1 {
            return Err(FilterErrorKind::TooManyWildcards);
        }
        Ok(Self { pieces })
    }

    /// What is between its wildcards, in their order; at least one, which may be empty beside a wildcard.
    #[must_use]
    pub fn pieces(&self) -> &[String] {
        &self.pieces
    }

    /// The one text that fits it, without regard to case; `None` if it has a wildcard.
    #[must_use]
    pub fn exact(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [text] => Some(text),
            _ => None,
        }
    }

    /// Whether every value fits it.
    #[must_use]
    pub fn is_any(&self) -> bool {
        self.pieces.len() == 2 && self.pieces.iter().all(String::is_empty)
    }
}
