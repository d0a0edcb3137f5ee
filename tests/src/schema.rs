//! JSON Schema: the errors of a value, by a validator that we didn't write.
//!
//! This library depends on it, and no test does by itself, so that `cargo run` selects the same features of
//! the packages below as `cargo test`. Otherwise whichever comes second would build the AWS SDK again.

use jsonschema::Validator;
use serde_json::Value;

/// A compiled JSON schema.
#[derive(Debug)]
pub struct Schema(Validator);

impl Schema {
    /// # Panics
    /// If it isn't a JSON schema.
    #[must_use]
    pub fn new(schema: &Value) -> Self {
        Self(jsonschema::validator_for(schema).expect("a JSON schema"))
    }

    /// The errors of a value, with their locations; empty if it is valid.
    #[must_use]
    pub fn errors(&self, value: &Value) -> Vec<String> {
        self.0.iter_errors(value).map(|error| format!("{error} at `{}`", error.instance_path())).collect()
    }

    /// Whether a value is valid.
    #[must_use]
    pub fn is_valid(&self, value: &Value) -> bool {
        self.0.is_valid(value)
    }
}
