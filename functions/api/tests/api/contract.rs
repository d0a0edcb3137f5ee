//! Validates requests and responses against `infra/openapi.yaml`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde_json::{Map, Value, json};
use tests::schema::Schema;

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    serde_saphyr::from_str(include_str!("../../../../infra/openapi.yaml")).expect("a YAML document")
});

static OPERATIONS: LazyLock<Vec<Operation>> = LazyLock::new(operations);

/// An operation of the document: one method of one path.
pub(crate) struct Operation {
    pub(crate) method: String,
    pub(crate) path: String,
    request: Option<Schema>,
    answers: BTreeMap<u16, Answer>,
}

/// A documented response of one status.
struct Answer {
    media_type: String,
    schema: Schema,
    headers: Vec<String>,
}

/// Every operation and its statuses.
pub(crate) fn documented() -> BTreeSet<(String, String, u16)> {
    let statuses = |operation: &'static Operation| {
        operation.answers.keys().map(|status| (operation.method.clone(), operation.path.clone(), *status))
    };
    OPERATIONS.iter().flat_map(statuses).collect()
}

/// Every code that a problem may have.
pub(crate) fn problem_codes() -> BTreeSet<String> {
    let codes = &DOCUMENT["components"]["schemas"]["Problem"]["properties"]["code"]["enum"];
    codes.as_array().unwrap().iter().map(|code| code.as_str().unwrap().to_owned()).collect()
}

/// A schema of the document by its name, and its pattern.
pub(crate) fn schema(name: &str) -> (Schema, String) {
    let schema = &DOCUMENT["components"]["schemas"][name];
    let pattern = schema["pattern"].as_str().unwrap_or_else(|| panic!("{name} has no pattern"));
    (validator(schema), pattern.to_owned())
}

/// The schema of a parameter by its name, and its pattern.
pub(crate) fn parameter(name: &str) -> (Schema, String) {
    let schema = resolved(&DOCUMENT["components"]["parameters"][name]["schema"]);
    let pattern = schema["pattern"].as_str().unwrap_or_else(|| panic!("{name} has no pattern"));
    (validator(schema), pattern.to_owned())
}

/// The operation of a request.
pub(crate) fn operation(method: &str, path: &str) -> Option<&'static Operation> {
    let matches = |template: &str| {
        let (mut of_template, mut given) = (template.split('/'), path.split('/'));
        loop {
            match (of_template.next(), given.next()) {
                (None, None) => return true,
                (Some(segment), Some(text))
                    if segment == text || segment.starts_with('{') && !text.is_empty() => {}
                _ => return false,
            }
        }
    };
    OPERATIONS.iter().find(|operation| operation.method == method && matches(&operation.path))
}

impl Operation {
    /// Panics unless the document describes the response.
    pub(crate) fn assert_response(&self, status: u16, headers: &BTreeMap<String, String>, body: &Value) {
        let place = format!("{} {}: {status}", self.method, self.path);
        let Some(answer) = self.answers.get(&status) else { panic!("{place} is not documented: {body}") };
        assert_eq!(headers.get("content-type"), Some(&answer.media_type), "{place}");
        for name in &answer.headers {
            assert!(headers.contains_key(name), "{place} lacks {name}");
        }
        let errors = answer.schema.errors(body);
        assert!(errors.is_empty(), "{place}: {errors:?}\n{body:#}");
    }

    /// Panics unless the document describes an accepted request.
    pub(crate) fn assert_request(&self, body: Option<&Value>) {
        let (Some(schema), Some(body)) = (&self.request, body) else { return };
        assert!(schema.is_valid(body), "{} {} took {body:#}", self.method, self.path);
    }
}

fn operations() -> Vec<Operation> {
    let paths = DOCUMENT["paths"].as_object().unwrap();
    let mut all = Vec::new();
    for (path, item) in paths {
        for (method, operation) in item.as_object().unwrap().iter().filter(|(name, _)| *name != "parameters")
        {
            let request = operation.get("requestBody");
            let answers = operation["responses"].as_object().unwrap();
            all.push(Operation {
                method: method.to_uppercase(),
                path: path.clone(),
                request: request.map(|request| validator(&request["content"]["application/json"]["schema"])),
                answers: answers
                    .iter()
                    .map(|(status, response)| (status.parse().unwrap(), answer(response)))
                    .collect(),
            });
        }
    }
    all
}

fn answer(response: &'static Value) -> Answer {
    let response = resolved(response);
    let (media_type, content) = response["content"].as_object().unwrap().iter().next().unwrap();
    let none = Map::new();
    let headers = response.get("headers").and_then(Value::as_object).unwrap_or(&none);
    Answer {
        media_type: media_type.clone(),
        schema: validator(&content["schema"]),
        headers: headers.keys().map(|name| name.to_lowercase()).collect(),
    }
}

fn resolved(value: &'static Value) -> &'static Value {
    match value.get("$ref").and_then(Value::as_str) {
        Some(pointer) => DOCUMENT.pointer(pointer.trim_start_matches('#')).expect("what a $ref names"),
        None => value,
    }
}

/// The components are part of each schema, so that its references resolve.
fn validator(schema: &Value) -> Schema {
    let whole = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "components": DOCUMENT["components"],
        "allOf": [schema],
    });
    Schema::new(&whole)
}
