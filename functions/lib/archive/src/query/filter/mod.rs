//! The filter: which events somebody asks for, as a text and as its structure, and the test of one event.
//!
//! Terms are separated by white space, and all of them are required. A minus before a term negates it.
//!
//! - `actor:ana`, `actor:ana,bob`: the actor is Ana; is Ana or Bob. The qualifiers are the names of
//!   [`Field`](crate::fields::Field).
//! - `action:console*`: the action begins so. A `*` is any characters, also none.
//! - `actor:*`: there is an actor.
//! - `outcome:success,unknown`: the outcome is one of these. There are `success`, `failure` and `unknown`.
//! - `ip:10.0.0.0/8`: the address is in this net of IPv4 or IPv6, however it is written.
//! - `time:2026-11-01`, `time:2026-11-01T20:15`: the time is within that day, that minute, in UTC. Seconds
//!   and milliseconds may follow.
//! - `time:2026-11-01..2026-11-20`, `time:2026-11-01..`, `time:..2026-11-20T08:00`, `time:>=2026-11-01`,
//!   `time:<2026-11-20`: the time is in a span. A date after `..` is included, an instant is not.
//! - `/userIdentity/type:Root`: the value at this JSON Pointer (RFC 6901) is this.
//! - `signin`, `"two words"`: the text is in any name or value.
//!
//! What they mean in detail:
//!
//! - Comparison ignores case, by [`normalize`].
//! - Quotes are around what contains white space, a comma, a quote or a colon: `actor:"Ana, Bob"`,
//!   `"/conditions/aws:SourceIp":*`. In quotes a backslash is before `"`, `\`, and a `*` that is meant as it
//!   is. Elsewhere a backslash is a character.
//! - A field without a value is not what it is compared with: `actor:*` and `actor:ana` are false for an
//!   event without an actor, `-actor:*` and `-actor:ana` are true. `null` and an empty string are no value.
//! - The last value counts if a name is repeated. A number or boolean is compared as it is written, and so
//!   are objects and arrays at a pointer.
//! - An address of `ip` without a prefix length is a text, as facets count it, and so is one in quotes. IPv4
//!   nets contain IPv4 addresses, also if they are mapped into IPv6 (RFC 4291, section 2.5.5.2). IPv6 nets
//!   contain all others.

mod about;
mod address;
mod edit_distance;
mod error;
mod free_text;
mod glob;
mod matcher;
mod normalize;
mod parse;
mod pattern;
mod print;
mod span_text;
mod term;
mod tokens;
mod value_test;

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Span;
use crate::event::FieldPath;
use crate::fields::EventFields;

pub use address::Net;
pub use error::{FilterError, FilterErrorKind};
pub use matcher::{Matcher, Needle};
pub use normalize::normalize;
pub use pattern::Pattern;
pub use term::{IpPattern, Term, Test};

/// The longest filter, characters of its text.
pub const MAX_CHARACTERS: usize = 2_000;
/// The most terms of a filter.
pub const MAX_TERMS: usize = 50;
/// The most values of a term.
pub const MAX_VALUES: usize = 50;
/// The most `*` in a value.
pub const MAX_WILDCARDS: usize = 10;
/// The most different JSON Pointers in a filter.
pub const MAX_PATHS: usize = 16;

/// Which events somebody asks for: those that pass all terms. It is serialized as its text.
///
/// The text of a filter parses to the same filter. It is the shortest common form, not always the text that
/// the filter was parsed from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Filter {
    terms: Vec<Term>,
}

impl Filter {
    /// Its terms, in the order in which they were written.
    #[must_use]
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// The filter that also requires this term. It is the same filter if it has the term already.
    ///
    /// # Errors
    /// If the result would be too long, or have too many terms or pointers.
    pub fn with(mut self, term: Term) -> Result<Self, FilterError> {
        if self.terms.contains(&term) {
            return Ok(self);
        }
        let position = self.to_string().chars().count() + 1;
        self.terms.push(term);
        self.checked().map_err(|kind| FilterError { position, kind })
    }

    /// What its `time:` terms leave: the whole of time without one, an empty span if they exclude each other.
    /// Negated ones don't count.
    #[must_use]
    pub fn span(&self) -> Span {
        let spans =
            self.terms.iter().filter(|term| !term.is_negated()).filter_map(|term| match term.test() {
                Test::Time(span) => Some(*span),
                _ => None,
            });
        spans.fold(Span::WHOLE, Span::intersect)
    }

    /// The filter, compiled for events that are read by this mapping.
    #[must_use]
    pub fn matcher(&self, fields: &EventFields) -> Matcher {
        Matcher::new(self, fields)
    }

    /// The filter with these terms, if it has no more of anything than a filter may have.
    fn checked(self) -> Result<Self, FilterErrorKind> {
        if self.terms.len() > MAX_TERMS {
            return Err(FilterErrorKind::TooManyTerms);
        }
        if self.paths().len() > MAX_PATHS {
            return Err(FilterErrorKind::TooManyPaths);
        }
        if is_longer(&self.to_string(), MAX_CHARACTERS) {
            return Err(FilterErrorKind::TooLong);
        }
        Ok(self)
    }

    /// The different paths of its terms, in their order.
    fn paths(&self) -> Vec<&FieldPath> {
        let mut paths = Vec::new();
        for term in &self.terms {
            if let Test::Path(path, _) = term.test()
                && !paths.contains(&path)
            {
                paths.push(path);
            }
        }
        paths
    }
}

impl FromStr for Filter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, FilterError> {
        parse::filter(text)
    }
}

impl TryFrom<String> for Filter {
    type Error = FilterError;

    fn try_from(text: String) -> Result<Self, FilterError> {
        text.parse()
    }
}

impl From<Filter> for String {
    fn from(filter: Filter) -> Self {
        filter.to_string()
    }
}

/// Whether a text has more characters.
fn is_longer(text: &str, characters: usize) -> bool {
    text.chars().nth(characters).is_some()
}

#[cfg(test)]
mod tests;
