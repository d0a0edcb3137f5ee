//! JSON Schema: what is wrong with a value, by a validator that we didn't write.
//!
//! It is a dependency of this library, and no test has it by itself, so that `cargo run` selects the same features of
//! the packages below as `cargo test` does. Else whichever comes second would build the AWS SDK again.

use jsonschema::Validator;
use serde_json::Value;

/// A schema.
#[derive(Debug)]
pub struct Schema(Validator);

impl Schema {
    /// # Panics
    /// If it is no JSON schema.
    #[must_use]
    pub fn new(schema: &Value) -> Self {
        Self(jsonschema::validator_for(schema).expect("a JSON schema"))
    }

    /// What is wrong with a value, and where; nothing if it is valid.
    #[must_use]
    pub fn flaws(&self, value: &Value) -> Vec<String> {
        self.0.iter_errors(value).map(|error| format!("{error} at `{}`", error.instance_path())).collect()
    }

    /// Whether nothing is.
    #[must_use]
    pub fn takes(&self, value: &Value) -> bool {
        self.0.is_valid(value)
    }
}
