//! Why a text is not a filter, and which form is right.

use std::fmt;

use super::edit_distance::nearest;
use super::{MAX_CHARACTERS, MAX_PATHS, MAX_TERMS, MAX_VALUES, MAX_WILDCARDS, Net};
use crate::fields::{Field, Outcome};

/// The most characters of the text that an error repeats.
const EXCERPT: usize = 40;

/// Why a text is not a filter, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("character {position}: {kind}")]
pub struct FilterError {
    /// Where it is: the character, from 1.
    pub position: usize,
    /// What it is.
    pub kind: FilterErrorKind,
}

/// Why a text is not a filter. It repeats at most 40 characters of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FilterErrorKind {
    /// More than [`MAX_CHARACTERS`].
    TooLong,
    /// More than [`MAX_TERMS`].
    TooManyTerms,
    /// More than [`MAX_VALUES`] in one term.
    TooManyValues,
    /// More than [`MAX_WILDCARDS`] in one value.
    TooManyWildcards,
    /// More than [`MAX_PATHS`] different JSON Pointers.
    TooManyPaths,
    /// What is before a colon is not the name of a field.
    UnknownQualifier {
        /// How it begins.
        excerpt: String,
        /// The qualifier that may be meant.
        nearest: Option<&'static str>,
    },
    /// There is no value after a colon or a comma, or an empty one in quotes.
    EmptyValue,
    /// There is nothing after a minus, or nothing in the quotes around a text.
    EmptyText,
    /// There is a `*` in a text that is not in quotes.
    WildcardInText,
    /// A quote has no end.
    OpenQuote,
    /// A quote is within a word.
    QuoteInWord,
    /// Something follows a quoted text without white space or a comma.
    AfterQuote,
    /// A backslash in quotes is before another character than it may be.
    UnknownEscape,
    /// The value of `outcome` is none.
    UnknownOutcome {
        /// How it begins.
        excerpt: String,
        /// The outcome that may be meant.
        nearest: Option<&'static str>,
    },
    /// The value of `ip` has a slash and isn't a net.
    NotANet {
        /// How it begins.
        excerpt: String,
    },
    /// The address of a net has bits after its prefix. This is the net without them.
    HostBits(Net),
    /// The value of `time` isn't a time or span.
    NotATime {
        /// How it begins.
        excerpt: String,
    },
    /// A time is before 1970, or later than [`crate::time::Time::LAST`].
    YearRange,
    /// A span ends before it begins, or nothing is in it.
    SpanOrder,
    /// There is more than one value of `time` in a term.
    SeveralSpans,
}

impl FilterErrorKind {
    pub(super) fn qualifier(text: &str) -> Self {
        let nearest = nearest(text, Field::ALL.map(Field::as_str));
        Self::UnknownQualifier { excerpt: excerpt(text), nearest }
    }

    pub(super) fn outcome(text: &str) -> Self {
        let nearest = nearest(text, Outcome::ALL.map(Outcome::as_str));
        Self::UnknownOutcome { excerpt: excerpt(text), nearest }
    }

    pub(super) fn net(text: &str) -> Self {
        Self::NotANet { excerpt: excerpt(text) }
    }

    pub(super) fn time(text: &str) -> Self {
        Self::NotATime { excerpt: excerpt(text) }
    }
}

fn excerpt(text: &str) -> String {
    if !super::is_longer(text, EXCERPT) {
        return text.to_owned();
    }
    text.chars().take(EXCERPT).chain(['…']).collect()
}

impl fmt::Display for FilterErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let did_you_mean = |nearest: Option<&str>, end: &str| {
            nearest.map_or_else(String::new, |nearest| format!("Did you mean `{nearest}{end}`? "))
        };
        match self {
            Self::TooLong => write!(f, "A filter has at most {MAX_CHARACTERS} characters."),
            Self::TooManyTerms => write!(f, "A filter has at most {MAX_TERMS} terms."),
            Self::TooManyValues => write!(f, "A term has at most {MAX_VALUES} values."),
            Self::TooManyWildcards => write!(f, "A value has at most {MAX_WILDCARDS} `*`."),
            Self::TooManyPaths => write!(f, "A filter has at most {MAX_PATHS} different JSON Pointers."),
            Self::UnknownQualifier { excerpt, nearest } => write!(
                f,
                "`{excerpt}:` is no qualifier. {}The qualifiers are {}. A JSON Pointer begins with `/`. \
                 Write quotes around a text that contains a colon.",
                did_you_mean(*nearest, ":"),
                Field::ALL.map(Field::as_str).join(", ")
            ),
            Self::EmptyValue => f.write_str(
                "A value is missing. Write `actor:ana`, `actor:*` for events that have an actor, or \
                 `-actor:*` for those that have none.",
            ),
            Self::EmptyText => {
                f.write_str("A text is missing. Write `signin`, `-signin` or `\"two words\"`.")
            }
            Self::WildcardInText => f.write_str(
                "A text is found within names and values and needs no `*`. Write quotes around it to find \
                 the character.",
            ),
            Self::OpenQuote => f.write_str("A quote does not end. Write `\"two words\"`."),
            Self::QuoteInWord => f.write_str(
                "A quote is within a word. Write quotes around the whole of it, and `\\\"` for a quote in it.",
            ),
            Self::AfterQuote => {
                f.write_str("After a quoted text there is white space, or a comma before another value.")
            }
            Self::UnknownEscape => f.write_str(
                "In quotes a backslash is before `\"`, `\\` or `*`. Write `\\\\` for a backslash.",
            ),
            Self::UnknownOutcome { excerpt, nearest } => write!(
                f,
                "`{excerpt}` is no outcome. {}Write `outcome:success`, `outcome:failure` or \
                 `outcome:unknown`.",
                did_you_mean(*nearest, "")
            ),
            Self::NotANet { excerpt } => write!(
                f,
                "`{excerpt}` is no net. Write `ip:10.0.0.0/8` or `ip:2001:db8::/32`, and quotes around a \
                 text that contains a slash."
            ),
            Self::HostBits(net) => {
                write!(f, "The address has bits after its prefix. The net is `ip:{net}`.")
            }
            Self::NotATime { excerpt } => write!(
                f,
                "`{excerpt}` is no time. Write `time:2026-11-01`, `time:2026-11-01T20:15`, \
                 `time:2026-11-01..2026-11-20`, `time:>=2026-11-01` or `time:<2026-11-20T20:15:30.123Z`, \
                 in UTC."
            ),
            Self::YearRange => f.write_str("A time is from 1970-01-01 to 9999-12-30."),
            Self::SpanOrder => f.write_str(
                "The span ends before it begins. Write `time:2026-11-01..2026-11-20`, the earlier first.",
            ),
            Self::SeveralSpans => {
                f.write_str("A term has one time or span. Write `time:2026-11-01..2026-11-20`.")
            }
        }
    }
}
