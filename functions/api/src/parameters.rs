//! Reads the parameters of a query into the domain's types, and reports all errors at once, as
//! [`crate::fields`] does for a body. An unknown parameter is an error too.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::fields::truncated;
use crate::problem::{FieldError, Problem};
use crate::query::parse_query;

/// The unread parameters of a query, and the errors so far.
#[derive(Debug)]
pub(crate) struct Parameters {
    remaining: BTreeMap<String, String>,
    known: Vec<&'static str>,
    errors: Vec<FieldError>,
}

impl Parameters {
    /// The parameters of a query.
    ///
    /// # Errors
    /// If one is given twice.
    pub(crate) fn parse(query: &str) -> Result<Self, Problem> {
        Ok(Self { remaining: parse_query(query)?, known: Vec::new(), errors: Vec::new() })
    }

    /// A text that parses as `T`.
    pub(crate) fn text<T: FromStr<Err: Display>>(&mut self, name: &'static str) -> Option<T> {
        match self.take(name)?.parse() {
            Ok(value) => Some(value),
            Err(error) => self.reject(name, &format!(": {error}")),
        }
    }

    /// One of a set of words.
    pub(crate) fn one_of<T: DeserializeOwned>(&mut self, name: &'static str, words: &str) -> Option<T> {
        match word(self.take(name)?) {
            Ok(value) => Some(value),
            Err(given) => self.reject(name, &not_one_of(&given, words)),
        }
    }

    /// Several of a set of words, separated by commas; a word that is repeated counts once.
    pub(crate) fn some_of<T: DeserializeOwned + PartialEq>(
        &mut self,
        name: &'static str,
        words: &str,
    ) -> Option<Vec<T>> {
        let mut values = Vec::new();
        for given in self.take(name)?.split(',') {
            match word(given.to_owned()) {
                Ok(value) if values.contains(&value) => {}
                Ok(value) => values.push(value),
                Err(given) => return self.reject(name, &not_one_of(&given, words)),
            }
        }
        Some(values)
    }

    /// A whole number of this range.
    pub(crate) fn number(&mut self, name: &'static str, range: RangeInclusive<u32>) -> Option<u32> {
        let text = self.take(name)?;
        let is_digits = text.bytes().all(|b| b.is_ascii_digit());
        let number = text.parse().ok().filter(|number| is_digits && range.contains(number));
        let (first, last) = range.into_inner();
        number.or_else(|| self.reject(name, &format!(" must be a whole number from {first} to {last}.")))
    }

    /// A required parameter that was read as `value`. If it was present and invalid, its error is already
    /// recorded.
    pub(crate) fn require<T>(&mut self, name: &'static str, value: Option<T>) -> Option<T> {
        let pointer = pointer_to(name);
        if value.is_none() && !self.errors.iter().any(|error| error.pointer == pointer) {
            return self.reject(name, " is missing.");
        }
        value
    }

    /// Records an error: what follows the parameter's name.
    pub(crate) fn reject<T>(&mut self, name: &str, why: &str) -> Option<T> {
        self.errors
            .push(FieldError { pointer: pointer_to(name), detail: format!("The parameter {name}{why}") });
        None
    }

    /// The errors so far as a problem.
    pub(crate) fn refuse(self) -> Problem {
        Problem::malformed_parameters(self.errors)
    }

    /// Checks that no parameter is left.
    ///
    /// # Errors
    /// All errors, unknown parameters included.
    pub(crate) fn finish(mut self) -> Result<(), Problem> {
        let known = if self.known.is_empty() { "none".to_owned() } else { self.known.join(", ") };
        for name in std::mem::take(&mut self.remaining).into_keys().map(|name| truncated(&name)) {
            let detail = format!("Unknown query parameter {name}; valid parameters: {known}.");
            self.errors.push(FieldError { pointer: pointer_to(&name), detail });
        }
        if self.errors.is_empty() { Ok(()) } else { Err(Problem::malformed_parameters(self.errors)) }
    }

    fn take(&mut self, name: &'static str) -> Option<String> {
        self.known.push(name);
        self.remaining.remove(name)
    }
}

/// The value that a word stands for, or the word again.
fn word<T: DeserializeOwned>(given: String) -> Result<T, String> {
    serde_json::from_value(Value::String(given.clone())).map_err(|_| given)
}

fn not_one_of(given: &str, words: &str) -> String {
    format!(": `{}` is none of {words}.", truncated(given))
}

/// A parameter's name as a JSON Pointer (RFC 6901).
fn pointer_to(name: &str) -> String {
    format!("/{}", name.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests {
    use archive::query::filter::Filter;
    use archive::query::row::Order;
    use archive::time::Time;
    use proptest::prelude::*;

    use super::*;

    fn read(query: &str) -> Result<(), Problem> {
        let mut query = Parameters::parse(query)?;
        let _: Option<Filter> = query.text("filter");
        let _: Option<Time> = query.text("from");
        let _: Option<Order> = query.one_of("order", "newest, oldest");
        let _: Option<Vec<Order>> = query.some_of("orders", "newest, oldest");
        let limit = query.number("limit", 1..=200);
        query.require("limit", limit);
        query.finish()
    }

    fn problem(query: &str) -> Value {
        serde_json::to_value(read(query).unwrap_err().details()).unwrap()
    }

    #[test]
    fn all_errors_are_reported_at_once_each_with_its_parameter() {
        assert!(
            read("filter=actor:ana&from=2026-11-20T00:00:00Z&order=oldest&orders=newest,newest&limit=7")
                .is_ok()
        );
        let problem = problem("filter=acton:x&from=now&order=up&orders=newest,&limit=201&typo~=1");
        assert_eq!((&problem["status"], &problem["code"]), (&400.into(), &"malformed".into()));
        let errors = problem["errors"].as_array().unwrap();
        let pointers: Vec<_> = errors.iter().map(|error| error["pointer"].as_str().unwrap()).collect();
        assert_eq!(pointers, ["/filter", "/from", "/order", "/orders", "/limit", "/typo~0"]);
        let details = problem["errors"].to_string();
        for expected in [
            "The parameter filter: character 1: `acton:` is no qualifier. Did you mean `action:`?",
            "2026-11-20T20:15:30.123Z",
            "`up` is none of newest, oldest.",
            "`` is none of newest, oldest.",
            "limit must be a whole number from 1 to 200.",
            "valid parameters: filter, from, order, orders, limit.",
        ] {
            assert!(details.contains(expected), "{expected}: {details}");
        }
    }

    #[test]
    fn a_parameter_that_is_missing_or_given_twice_is_named() {
        assert_eq!(problem("")["detail"], "The parameter limit is missing.");
        assert_eq!(problem("limit=1&limit=1")["detail"], "The query parameter limit is given twice.");
        for limit in ["", "0", "+1", "1.0", "99999999999"] {
            assert_eq!(problem(&format!("limit={limit}"))["errors"].as_array().unwrap().len(), 1, "{limit}");
        }
    }

    proptest! {
        #[test]
        fn no_query_makes_it_panic(query in any::<String>()) {
            let _ = read(&query);
        }
    }
}
