//! One term of a filter: a test, or its opposite.

use std::ops::Not;

use super::{Net, Pattern};
use crate::event::FieldPath;
use crate::fields::{Field, Outcome};
use crate::query::Span;

/// One term of a filter: a test, or its opposite. What it is made of is valid, so that its text parses to it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Term {
    negated: bool,
    test: Test,
}

/// What is asked of an event.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Test {
    /// The field has a value that fits one of the patterns. Fields with a test of their own are not here.
    Field(Field, Vec<Pattern>),
    /// The address fits one of these.
    Ip(Vec<IpPattern>),
    /// The outcome is one of these.
    Outcome(Vec<Outcome>),
    /// The time is in this span, which isn't empty.
    Time(Span),
    /// There is a value at the path, and it fits one of the patterns.
    Path(FieldPath, Vec<Pattern>),
    /// The text is in a name or value.
    Text(String),
}

/// What an address is compared with.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum IpPattern {
    /// The address is in the net, however it is written.
    Net(Net),
    /// The address, or what stands in its place, fits as a text.
    Text(Pattern),
}

impl Term {
    pub(super) const fn new(negated: bool, test: Test) -> Self {
        Self { negated, test }
    }

    /// The field is exactly this value, whatever it contains; or has no value, for `None` and an empty text.
    ///
    /// Returns `None` if no such term exists: for the time ([`Self::during`] is that), and for a text that is
    /// no outcome.
    #[must_use]
    pub fn is(field: Field, value: Option<&str>) -> Option<Self> {
        let value = value.filter(|value| !value.is_empty());
        let test = match (field, value) {
            (Field::Time, _) | (Field::Outcome, None) => return None,
            (Field::Outcome, Some(value)) => {
                Test::Outcome(vec![Outcome::ALL.into_iter().find(|outcome| outcome.as_str() == value)?])
            }
            (Field::Ip, Some(value)) => Test::Ip(vec![IpPattern::Text(Pattern::exactly(value))]),
            (Field::Ip, None) => Test::Ip(vec![IpPattern::Text(Pattern::any())]),
            (_, Some(value)) => Test::Field(field, vec![Pattern::exactly(value)]),
            (_, None) => Test::Field(field, vec![Pattern::any()]),
        };
        Some(Self { negated: value.is_none(), test })
    }

    /// The value at the path is exactly this; or there is none, for `None` and an empty text.
    #[must_use]
    pub fn is_at(path: FieldPath, value: Option<&str>) -> Self {
        match value {
            None | Some("") => Self { negated: true, test: Test::Path(path, vec![Pattern::any()]) },
            Some(value) => Self { negated: false, test: Test::Path(path, vec![Pattern::exactly(value)]) },
        }
    }

    /// The text is in a name or value. Returns `None` for an empty text.
    #[must_use]
    pub fn contains(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| Self { negated: false, test: Test::Text(text.to_owned()) })
    }

    /// The time is in the span. Returns `None` for an empty one.
    #[must_use]
    pub fn during(span: Span) -> Option<Self> {
        (!span.is_empty()).then_some(Self { negated: false, test: Test::Time(span) })
    }

    /// Whether it is the opposite of its test.
    #[must_use]
    pub const fn is_negated(&self) -> bool {
        self.negated
    }

    /// Its test.
    #[must_use]
    pub const fn test(&self) -> &Test {
        &self.test
    }

    /// The field that it is about; `None` for paths and texts.
    #[must_use]
    pub const fn field(&self) -> Option<Field> {
        match self.test {
            Test::Field(field, _) => Some(field),
            Test::Ip(_) => Some(Field::Ip),
            Test::Outcome(_) => Some(Field::Outcome),
            Test::Time(_) => Some(Field::Time),
            Test::Path(..) | Test::Text(_) => None,
        }
    }
}

impl Not for Term {
    type Output = Self;

    /// The opposite: what "exclude" adds where "keep only" adds the term.
    fn not(self) -> Self {
        Self { negated: !self.negated, test: self.test }
    }
}
