//! Reads the fields of a JSON object into the domain's types, and tells everything that is wrong with them at once,
//! each with its place. A field that nobody asked for is wrong too: a typo must never pass for a default.

use std::fmt::Display;
use std::str::FromStr;

use serde::de::DeserializeOwned;
use serde_json::{Map, Number, Value};

use crate::problem::{FieldError, Problem};

/// The fields of an object that are still to be read, and what was wrong so far.
#[derive(Debug)]
pub(crate) struct Fields {
    pointer: String,
    given: Map<String, Value>,
    known: Vec<&'static str>,
    errors: Vec<FieldError>,
}

impl Fields {
    /// The fields of a body.
    pub(crate) fn of(given: Map<String, Value>) -> Self {
        Self { pointer: String::new(), given, known: Vec::new(), errors: Vec::new() }
    }

    /// A text that has a form.
    pub(crate) fn text<T>(&mut self, name: &'static str) -> Option<T>
    where
        T: FromStr<Err: Display>,
    {
        match self.take(name)? {
            Value::String(text) => self.accept(name, text.parse()),
            _ => self.refuse(name, "must be a text"),
        }
    }

    /// A list of texts that have a form.
    pub(crate) fn texts<T>(&mut self, name: &'static str) -> Option<Vec<T>>
    where
        T: FromStr<Err: Display>,
    {
        let Value::Array(given) = self.take(name)? else {
            return self.refuse(name, "must be a list of texts");
        };
        let mut texts = Vec::new();
        for (place, value) in given.into_iter().enumerate() {
            let place = format!("{name}/{place}");
            let parsed = match value {
                Value::String(text) => text.parse().map_err(|error: T::Err| error.to_string()),
                _ => Err("must be a text".to_owned()),
            };
            match parsed {
                Ok(text) => texts.push(text),
                Err(detail) => {
                    let pointer = format!("{}/{place}", self.pointer);
                    self.errors.push(FieldError { pointer, detail });
                }
            }
        }
        Some(texts)
    }

    /// A whole number that has limits.
    pub(crate) fn number<T, E: Display>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        match self.take(name)? {
            Value::Number(number) => self.accept(name, parse(&whole(&number))),
            _ => self.refuse(name, "must be a number"),
        }
    }

    /// One of some words.
    pub(crate) fn word<T: DeserializeOwned>(&mut self, name: &'static str, words: &str) -> Option<T> {
        let word = serde_json::from_value(self.take(name)?);
        let form = format!("must be one of {words}");
        word.map_or_else(|_| self.refuse(name, &form), Some)
    }

    /// An object within the object.
    pub(crate) fn object<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<T> {
        let Value::Object(given) = self.take(name)? else {
            return self.refuse(name, "must be an object");
        };
        let mut within = Self { pointer: self.pointer_to(name), ..Self::of(given) };
        let value = read(&mut within);
        within.refuse_unknown();
        self.errors.append(&mut within.errors);
        value
    }

    /// What was read at `name`, which must be there. If it was there and wrong, that has been told.
    pub(crate) fn must<T>(&mut self, name: &'static str, read: Option<T>) -> Option<T> {
        let pointer = self.pointer_to(name);
        if read.is_none() && !self.errors.iter().any(|error| error.pointer.starts_with(&pointer)) {
            return self.refuse(name, "is missing");
        }
        read
    }

    /// A required text.
    pub(crate) fn must_text<T>(&mut self, name: &'static str) -> Option<T>
    where
        T: FromStr<Err: Display>,
    {
        let read = self.text(name);
        self.must(name, read)
    }

    /// Refuses a value for a reason that lies outside the body.
    pub(crate) fn refuse<T>(&mut self, name: &str, why: &str) -> Option<T> {
        let pointer = self.pointer_to(name);
        self.errors.push(FieldError { detail: format!("{name} {why}"), pointer });
        None
    }

    /// The end of the object.
    ///
    /// # Errors
    /// Everything that was wrong, fields that nobody asked for included.
    pub(crate) fn end(mut self) -> Result<(), Problem> {
        self.refuse_unknown();
        if self.errors.is_empty() { Ok(()) } else { Err(Problem::refused(self.errors)) }
    }

    fn take(&mut self, name: &'static str) -> Option<Value> {
        self.known.push(name);
        self.given.remove(name)
    }

    /// Takes what was found of a value, or tells what is wrong with it.
    pub(crate) fn accept<T, E: Display>(&mut self, name: &'static str, parsed: Result<T, E>) -> Option<T> {
        match parsed {
            Ok(value) => Some(value),
            Err(error) => {
                let pointer = self.pointer_to(name);
                self.errors.push(FieldError { pointer, detail: error.to_string() });
                None
            }
        }
    }

    fn refuse_unknown(&mut self) {
        let known = if self.known.is_empty() { "none".to_owned() } else { self.known.join(", ") };
        for name in std::mem::take(&mut self.given).into_iter().map(|(name, _)| shortened(&name)) {
            let detail = format!("there is no field `{name}` here; known are: {known}");
            self.errors.push(FieldError { pointer: self.pointer_to(&name), detail });
        }
    }

    /// RFC 6901: `~` and `/` within a name are escaped.
    fn pointer_to(&self, name: &str) -> String {
        format!("{}/{}", self.pointer, name.replace('~', "~0").replace('/', "~1"))
    }
}

/// A number as its digits. `4.0` is the whole number 4, as JSON Schema has it.
fn whole(number: &Number) -> String {
    let text = number.to_string();
    match text.split_once('.') {
        Some((digits, zeros)) if zeros.bytes().all(|b| b == b'0') => digits.to_owned(),
        _ => text,
    }
}

/// What someone else has written, fit to be shown.
pub(crate) fn shortened(text: &str) -> String {
    text.chars().take(80).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse as _;
    use domain::names::{BucketName, Region};
    use domain::schedule::Frequency;
    use serde_json::json;

    use super::*;

    fn fields(value: Value) -> Fields {
        let Value::Object(given) = value else { panic!("an object") };
        Fields::of(given)
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once_with_its_place() {
        let mut body = fields(json!({
            "frequency": 25,
            "to": {"bucket": "A", "typo/~": 1},
            "role": 1,
            "extra": null,
        }));
        let frequency: Option<Frequency> = body.number("frequency", str::parse);
        let bucket = body.object("to", |to| {
            let region: Option<Region> = to.must_text("region");
            let bucket: Option<BucketName> = to.must_text("bucket");
            region.and(bucket)
        });
        let bucket = body.must("to", bucket);
        let role: Option<String> = body.must_text("role");
        assert_eq!((frequency, bucket, role), (None, None, None));
        let told: Vec<(String, String)> = {
            body.refuse_unknown();
            body.errors.iter().map(|error| (error.pointer.clone(), error.detail.clone())).collect()
        };
        let places: Vec<&str> = told.iter().map(|(place, _)| place.as_str()).collect();
        assert_eq!(places, ["/frequency", "/to/region", "/to/bucket", "/to/typo~1~0", "/role", "/extra"]);
        assert!(told.iter().any(|(_, detail)| detail == "region is missing"));
        assert!(told.iter().any(|(_, detail)| detail.contains("3 to 63")));
        assert!(told.iter().any(|(_, detail)| detail.ends_with("known are: frequency, to, role")));
    }

    #[test]
    fn an_answer_does_not_grow_with_what_is_sent() {
        let many: Map<String, Value> = (0..7_000).map(|n| (format!("f{n}"), json!(1))).collect();
        let answer = fields(Value::Object(many)).end().unwrap_err().into_response();
        let body = answer.into_body();
        let bytes = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let bytes = bytes.block_on(axum::body::to_bytes(body, usize::MAX)).unwrap();
        let problem: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(problem["errors"].as_array().unwrap().len(), 20);
        let detail = "7000 fields are wrong; see errors for the first 20, and 6980 more.";
        assert_eq!(problem["detail"], detail);
        assert!(bytes.len() < 8 << 10, "{} bytes", bytes.len());
    }

    #[test]
    fn a_whole_number_may_be_written_with_a_zero_behind_its_point() {
        for (given, hours) in [(json!(4.0), 4), (json!(24), 24), (json!(1.000), 1)] {
            let mut body = fields(json!({"frequency": given}));
            assert_eq!(body.number("frequency", str::parse::<Frequency>).map(u8::from), Some(hours));
        }
    }

    #[test]
    fn fractions_and_texts_are_no_whole_numbers() {
        for wrong in [json!(1.5), json!(-1), json!(0), json!(1e300), json!("1"), json!([1]), json!(null)] {
            let mut body = fields(json!({"frequency": wrong}));
            assert_eq!(body.number("frequency", str::parse::<Frequency>), None);
            assert_eq!(body.end().unwrap_err().into_response().status().as_u16(), 422);
        }
    }
}
