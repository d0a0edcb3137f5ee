//! What a filter is about, and its text without the values that are about persons.

use super::{Filter, Matcher, Term};
use crate::fields::Field;

/// What stands for a value that is left out.
const LEFT_OUT: &str = "\u{2026}";

impl Filter {
    /// Whether all terms are about these fields, or about the time.
    #[must_use]
    pub fn is_about(&self, fields: &[Field]) -> bool {
        self.terms().iter().all(|term| is_about(term, fields))
    }

    /// The text of the filter, with the values of terms that are about these fields or the time only. Of the
    /// others it has the field and whether it is negated; of paths and texts nothing else.
    #[must_use]
    pub fn redacted(&self, fields: &[Field]) -> String {
        let term = |term: &Term| match term.field() {
            _ if is_about(term, fields) => term.to_string(),
            field => {
                let minus = if term.is_negated() { "-" } else { "" };
                let field = field.map(|field| format!("{field}:")).unwrap_or_default();
                format!("{minus}{field}{LEFT_OUT}")
            }
        };
        self.terms().iter().map(term).collect::<Vec<_>>().join(" ")
    }
}

fn is_about(term: &Term, fields: &[Field]) -> bool {
    term.field().is_some_and(|field| field == Field::Time || fields.contains(&field))
}

impl Matcher {
    /// Whether there are terms about this field.
    #[must_use]
    pub fn restricts(&self, field: Field) -> bool {
        !self.decides_without(field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redacted_filter_has_no_value_of_a_person() {
        let filter: Filter =
            "action:login* -actor:ana ip:10.0.0.0/8 outcome:failure \"ana smith\" -/user/mail:a@b.c time:2026-11-01"
                .parse()
                .unwrap();
        let shown = [Field::Action, Field::Outcome];
        assert_eq!(
            filter.redacted(&shown),
            "action:login* -actor:\u{2026} ip:\u{2026} outcome:failure \u{2026} -\u{2026} time:2026-11-01"
        );
        assert!(!filter.is_about(&shown));
        assert!("action:a -outcome:failure time:2026-11-01..".parse::<Filter>().unwrap().is_about(&shown));
    }
}
