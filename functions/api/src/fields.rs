//! Reads the fields of a JSON object into the domain's types, and reports all errors at once, each with its
//! pointer. An unknown field is an error too: a typo must never be taken for a default.

use std::fmt::Display;
use std::str::FromStr;

use serde::de::DeserializeOwned;
use serde_json::{Map, Number, Value};

use crate::problem::{FieldError, Problem};

/// The unread fields of an object, and the errors so far.
#[derive(Debug)]
pub(crate) struct Fields {
    pointer: String,
    remaining: Map<String, Value>,
    known: Vec<&'static str>,
    errors: Vec<FieldError>,
}

impl Fields {
    /// The fields of a body.
    pub(crate) fn new(given: Map<String, Value>) -> Self {
        Self { pointer: String::new(), remaining: given, known: Vec::new(), errors: Vec::new() }
    }

    /// A string that parses as `T`.
    pub(crate) fn text<T>(&mut self, name: &'static str) -> Option<T>
    where
        T: FromStr<Err: Display>,
    {
        match self.take(name)? {
            Value::String(text) => self.accept(name, text.parse()),
            _ => self.reject(name, "must be a string"),
        }
    }

    /// A string as it is, or an object as its JSON.
    pub(crate) fn text_or_json(&mut self, name: &'static str) -> Option<String> {
        match self.take(name)? {
            Value::String(text) => Some(text),
            object @ Value::Object(_) => Some(object.to_string()),
            _ => self.reject(name, "must be a string or an object"),
        }
    }

    /// Whether the field is `null`, which removes what it is about.
    pub(crate) fn is_removed(&mut self, name: &'static str) -> bool {
        let is_null = self.remaining.get(name) == Some(&Value::Null);
        if is_null {
            self.take(name);
        }
        is_null
    }

    /// An array of strings that parse as `T`.
    pub(crate) fn text_list<T>(&mut self, name: &'static str) -> Option<Vec<T>>
    where
        T: FromStr<Err: Display>,
    {
        let Value::Array(given) = self.take(name)? else {
            return self.reject(name, "must be an array of strings");
        };
        let mut texts = Vec::new();
        for (index, value) in given.into_iter().enumerate() {
            let parsed = match value {
                Value::String(text) => text.parse().map_err(|error: T::Err| error.to_string()),
                _ => Err("must be a string".to_owned()),
            };
            match parsed {
                Ok(text) => texts.push(text),
                Err(detail) => {
                    let pointer = format!("{}/{name}/{index}", self.pointer);
                    self.errors.push(FieldError { pointer, detail });
                }
            }
        }
        Some(texts)
    }

    /// An integer that parses as `T`.
    pub(crate) fn number<T, E: Display>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        match self.take(name)? {
            Value::Number(number) => self.accept(name, parse(&integer_text(&number))),
            _ => self.reject(name, "must be a number"),
        }
    }

    /// One of a set of strings.
    pub(crate) fn one_of<T: DeserializeOwned>(&mut self, name: &'static str, words: &str) -> Option<T> {
        let word = serde_json::from_value(self.take(name)?);
        let form = format!("must be one of {words}");
        word.map_or_else(|_| self.reject(name, &form), Some)
    }

    /// A nested object. A member that `read` does not take is rejected.
    pub(crate) fn object<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<T> {
        let Value::Object(given) = self.take(name)? else {
            return self.reject(name, "must be an object");
        };
        let mut within = Self { pointer: self.pointer_to(name), ..Self::new(given) };
        let value = read(&mut within);
        within.reject_unknown();
        self.errors.append(&mut within.errors);
        value
    }

    /// A required field that was read as `read`. If it was present and invalid, its error is already
    /// recorded.
    pub(crate) fn required<T>(&mut self, name: &'static str, read: Option<T>) -> Option<T> {
        let pointer = self.pointer_to(name);
        if read.is_none() && !self.errors.iter().any(|error| error.pointer.starts_with(&pointer)) {
            return self.reject(name, "is missing");
        }
        read
    }

    pub(crate) fn required_text<T>(&mut self, name: &'static str) -> Option<T>
    where
        T: FromStr<Err: Display>,
    {
        let read = self.text(name);
        self.required(name, read)
    }

    /// Records an error whose reason lies outside the body.
    pub(crate) fn reject<T>(&mut self, name: &str, why: &str) -> Option<T> {
        let pointer = self.pointer_to(name);
        self.errors.push(FieldError { detail: format!("{name} {why}"), pointer });
        None
    }

    /// Checks that no field is left.
    ///
    /// # Errors
    /// All errors, unknown fields included.
    pub(crate) fn finish(mut self) -> Result<(), Problem> {
        self.reject_unknown();
        if self.errors.is_empty() { Ok(()) } else { Err(Problem::unprocessable(self.errors)) }
    }

    fn take(&mut self, name: &'static str) -> Option<Value> {
        self.known.push(name);
        self.remaining.remove(name)
    }

    /// Returns the parsed value, or records its error.
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

    fn reject_unknown(&mut self) {
        let known = if self.known.is_empty() { "none".to_owned() } else { self.known.join(", ") };
        for name in std::mem::take(&mut self.remaining).into_iter().map(|(name, _)| truncated(&name)) {
            let detail = format!("unknown field `{name}`; valid fields: {known}");
            self.errors.push(FieldError { pointer: self.pointer_to(&name), detail });
        }
    }

    /// RFC 6901: `~` and `/` within a name are escaped.
    fn pointer_to(&self, name: &str) -> String {
        format!("{}/{}", self.pointer, name.replace('~', "~0").replace('/', "~1"))
    }
}

/// An integer as its digits. `4.0` is the integer 4, as in JSON Schema.
fn integer_text(number: &Number) -> String {
    let text = number.to_string();
    match text.split_once('.') {
        Some((digits, zeros)) if zeros.bytes().all(|b| b == b'0') => digits.to_owned(),
        _ => text,
    }
}

/// A caller's text, truncated and escaped for messages.
pub(crate) fn truncated(text: &str) -> String {
    text.chars().take(80).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests {
    use archive::frequency::Frequency;
    use archive::names::{BucketName, Region};
    use axum::response::IntoResponse as _;
    use serde_json::json;

    use super::*;

    fn fields(value: Value) -> Fields {
        let Value::Object(given) = value else { panic!("an object") };
        Fields::new(given)
    }

    #[test]
    fn all_errors_are_reported_at_once_with_their_pointers() {
        let mut body = fields(json!({
            "frequency": 25,
            "to": {"bucket": "A", "typo/~": 1},
            "role": 1,
            "extra": null,
        }));
        let frequency: Option<Frequency> = body.number("frequency", str::parse);
        let bucket = body.object("to", |to| {
            let region: Option<Region> = to.required_text("region");
            let bucket: Option<BucketName> = to.required_text("bucket");
            region.and(bucket)
        });
        let bucket = body.required("to", bucket);
        let role: Option<String> = body.required_text("role");
        assert_eq!((frequency, bucket, role), (None, None, None));
        let errors: Vec<(String, String)> = {
            body.reject_unknown();
            body.errors.iter().map(|error| (error.pointer.clone(), error.detail.clone())).collect()
        };
        let pointers: Vec<&str> = errors.iter().map(|(pointer, _)| pointer.as_str()).collect();
        assert_eq!(pointers, ["/frequency", "/to/region", "/to/bucket", "/to/typo~1~0", "/role", "/extra"]);
        assert!(errors.iter().any(|(_, detail)| detail == "region is missing"));
        assert!(errors.iter().any(|(_, detail)| detail.contains("3 to 63")));
        assert!(errors.iter().any(|(_, detail)| detail.ends_with("valid fields: frequency, to, role")));
    }

    #[test]
    fn a_response_does_not_grow_with_the_request() {
        let many: Map<String, Value> = (0..7_000).map(|n| (format!("f{n}"), json!(1))).collect();
        let response = fields(Value::Object(many)).finish().unwrap_err().into_response();
        let body = response.into_body();
        let bytes = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let bytes = bytes.block_on(axum::body::to_bytes(body, usize::MAX)).unwrap();
        let problem: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(problem["errors"].as_array().unwrap().len(), 20);
        let detail = "7000 fields are invalid; errors contains the first 20, and 6980 more are not shown.";
        assert_eq!(problem["detail"], detail);
        assert!(bytes.len() < 8 << 10, "{} bytes", bytes.len());
    }

    #[test]
    fn an_integer_may_have_a_zero_fraction() {
        for (given, hours) in [(json!(4.0), 4), (json!(24), 24), (json!(1.000), 1)] {
            let mut body = fields(json!({"frequency": given}));
            assert_eq!(body.number("frequency", str::parse::<Frequency>).map(u8::from), Some(hours));
        }
    }

    #[test]
    fn fractions_and_strings_are_not_integers() {
        for invalid in [json!(1.5), json!(-1), json!(0), json!(1e300), json!("1"), json!([1]), json!(null)] {
            let mut body = fields(json!({"frequency": invalid}));
            assert_eq!(body.number("frequency", str::parse::<Frequency>), None);
            assert_eq!(body.finish().unwrap_err().into_response().status().as_u16(), 422);
        }
    }
}
