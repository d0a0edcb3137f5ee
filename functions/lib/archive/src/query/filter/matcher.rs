//! The test of events by a filter, compiled for one mapping.

use super::free_text::FreeText;
use super::value_test::ValueTest;
use super::{Filter, Term, Test};
use crate::event::{FieldPath, FieldValues};
use crate::fields::{EventFields, Field, Outcome, Reading, written};
use crate::query::Span;
use crate::time::Time;

/// A filter, compiled for events that are read by one mapping.
///
/// The test of one event takes time that grows with the event alone, whatever the filter.
#[derive(Debug)]
pub struct Matcher {
    fields: EventFields,
    paths: Vec<FieldPath>,
    /// What the positive terms about the time leave.
    span: Span,
    /// All other terms, the cheapest first.
    checks: Vec<Check>,
    needles: Vec<Needle>,
}

/// Values of which an event must have one to pass. So a block without any of them can be left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needle {
    /// The field; neither the time nor the outcome.
    pub field: Field,
    /// The values, normalized by [`super::normalize`].
    pub values: Vec<String>,
}

/// A term, compiled. The order of conditions is that of their costs.
#[derive(Debug)]
struct Check {
    negated: bool,
    condition: Condition,
}

#[derive(Debug)]
enum Condition {
    Time(Span),
    Outcome(Vec<Outcome>),
    Field(Field, Vec<ValueTest>),
    /// The path with this index.
    Path(usize, Vec<ValueTest>),
    Text(Box<FreeText>),
}

impl Matcher {
    pub(super) fn new(filter: &Filter, fields: &EventFields) -> Self {
        let own_paths = filter.paths();
        let first_own = fields.paths().len();
        let place = |path: &FieldPath| first_own + own_paths.iter().take_while(|own| **own != path).count();
        let is_in_span = |term: &&Term| matches!(term.test(), Test::Time(_)) && !term.is_negated();
        let mut checks: Vec<_> = filter
            .terms()
            .iter()
            .filter(|term| !is_in_span(term))
            .map(|term| Check { negated: term.is_negated(), condition: Condition::new(term.test(), place) })
            .collect();
        checks.sort_by_key(|check| check.condition.cost());
        Self {
            paths: fields.paths().iter().chain(own_paths.iter().copied()).cloned().collect(),
            fields: fields.clone(),
            span: filter.span(),
            checks,
            needles: filter.terms().iter().filter_map(Needle::of).collect(),
        }
    }

    /// The paths for one pass over an event with [`crate::event::find`]: those of the mapping, then those of
    /// the filter.
    #[must_use]
    pub fn paths(&self) -> &[FieldPath] {
        &self.paths
    }

    /// Reads the fields of an event from the values at [`Self::paths`].
    #[must_use]
    pub fn read<'t>(&self, found: &FieldValues<'t>) -> Reading<'t> {
        self.fields.read(found)
    }

    /// Whether an event passes all terms. `found` has its values at [`Self::paths`], `reading` is what
    /// [`Self::read`] made of them, and `time` is its time: that of the reading, or what stands for it.
    #[must_use]
    pub fn matches(&self, event: &[u8], found: &FieldValues<'_>, reading: &Reading<'_>, time: Time) -> bool {
        self.span.contains(time)
            && self.checks.iter().all(|check| {
                let is_so = match &check.condition {
                    Condition::Time(span) => span.contains(time),
                    Condition::Outcome(outcomes) => outcomes.contains(&reading.outcome),
                    Condition::Field(field, tests) => passes_any(tests, reading.text(*field)),
                    Condition::Path(path, tests) => {
                        passes_any(tests, found.last(*path).and_then(written).as_deref())
                    }
                    Condition::Text(text) => text.is_in(event),
                };
                is_so != check.negated
            })
    }

    /// Whether these fields decide: each term is about one of them, or a `time:` term that isn't negated,
    /// which [`Filter::span`] has.
    #[must_use]
    pub fn decides(&self, fields: &[Field]) -> bool {
        self.checks.iter().all(|check| check.condition.field().is_some_and(|field| fields.contains(&field)))
    }

    /// Whether an event with this value of the field, or without one, passes all terms about the field.
    /// Terms about the time need the event's [`Time`], so that it is always true for that field.
    #[must_use]
    pub fn allows(&self, field: Field, value: Option<&str>) -> bool {
        let about_it = self.checks.iter().filter(|check| check.condition.field() == Some(field));
        about_it.into_iter().all(|check| {
            let is_so = match &check.condition {
                Condition::Outcome(outcomes) => {
                    value.is_some_and(|value| outcomes.iter().any(|outcome| outcome.as_str() == value))
                }
                Condition::Field(_, tests) => passes_any(tests, value),
                Condition::Time(_) | Condition::Path(..) | Condition::Text(_) => return true,
            };
            is_so != check.negated
        })
    }

    /// Whether no term is about this field.
    pub(super) fn decides_without(&self, field: Field) -> bool {
        self.checks.iter().all(|check| check.condition.field() != Some(field))
    }

    /// What an event must have of exact values: one value of each needle.
    #[must_use]
    pub fn needles(&self) -> &[Needle] {
        &self.needles
    }
}

impl Condition {
    fn new(test: &Test, place: impl Fn(&FieldPath) -> usize) -> Self {
        match test {
            Test::Field(field, patterns) => Self::Field(*field, patterns.iter().map(Into::into).collect()),
            Test::Ip(patterns) => Self::Field(Field::Ip, patterns.iter().map(Into::into).collect()),
            Test::Outcome(outcomes) => Self::Outcome(outcomes.clone()),
            Test::Time(span) => Self::Time(*span),
            Test::Path(path, patterns) => Self::Path(place(path), patterns.iter().map(Into::into).collect()),
            Test::Text(content) => Self::Text(Box::new(FreeText::new(content))),
        }
    }

    const fn field(&self) -> Option<Field> {
        match self {
            Self::Time(_) => Some(Field::Time),
            Self::Outcome(_) => Some(Field::Outcome),
            Self::Field(field, _) => Some(*field),
            Self::Path(..) | Self::Text(_) => None,
        }
    }

    /// A rank: cheaper conditions have lower ones.
    const fn cost(&self) -> u8 {
        match self {
            Self::Time(_) | Self::Outcome(_) => 0,
            Self::Field(..) => 1,
            Self::Path(..) => 2,
            Self::Text(_) => 3,
        }
    }
}

fn passes_any(tests: &[ValueTest], value: Option<&str>) -> bool {
    value.is_some_and(|value| tests.iter().any(|test| test.passes(value)))
}

impl Needle {
    /// The needle of a term; `None` if it is negated or has a value that isn't exact.
    fn of(term: &Term) -> Option<Self> {
        let tests: Vec<ValueTest> = match term.test() {
            Test::Field(_, patterns) => patterns.iter().map(Into::into).collect(),
            Test::Ip(patterns) => patterns.iter().map(Into::into).collect(),
            _ => return None,
        };
        let exact = |test| match test {
            ValueTest::Exact(value) => Some(value),
            _ => None,
        };
        let values = tests.into_iter().map(exact).collect::<Option<_>>()?;
        (!term.is_negated()).then_some(Self { field: term.field()?, values })
    }
}
