//! Values with their labels in JSON: `describe-stacks`, `terraform output -json`, or any object.

use serde_json::Value;

use super::{Found, Place};

/// The labelled values, if the text is JSON. Part of an array of outputs, as it is copied out of an editor,
/// is read too.
pub(super) fn labelled(text: &str) -> Option<Vec<Found>> {
    let text = text.trim().trim_end_matches(',');
    let value = serde_json::from_str(text).or_else(|_| serde_json::from_str(&format!("[{text}]"))).ok();
    let value: Value = value.filter(|value: &Value| value.is_object() || value.is_array())?;
    let mut found = Vec::new();
    collect(&value, &mut found);
    Some(found)
}

fn collect(value: &Value, found: &mut Vec<Found>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(fields) => {
            let text = |name: &str| fields.get(name).and_then(Value::as_str);
            // Source: AWS CloudFormation API reference, `Output` and `Parameter`.
            for (place, label, value) in [
                (Place::Output, text("OutputKey"), text("OutputValue")),
                (Place::Parameter, text("ParameterKey"), text("ParameterValue")),
            ] {
                found.extend(label.zip(value).and_then(|(label, value)| Found::new(place, label, value)));
            }
            for (label, value) in fields {
                // Source: Terraform's documentation of `output -json`.
                let output = value.get("value").and_then(Value::as_str);
                match (value, output) {
                    (Value::String(value), _) => found.extend(Found::new(Place::Label, label, value)),
                    (_, Some(value)) => found.extend(Found::new(Place::Output, label, value)),
                    (value, None) => collect(value, found),
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
