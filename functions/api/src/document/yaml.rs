//! Writes the document as YAML for people: in a fixed order, what fits on a line on one line, long texts
//! folded.

use serde_json::{Map, Value};

/// The longest line, but for texts that can't be folded, such as patterns.
const WIDTH: usize = 120;

const HEADER: &str = "\
# Generated from the code in functions/api; don't edit. To write it anew:
# UPDATE_OPENAPI=1 cargo test -p api --lib document
";

/// The order of keywords. Others follow by alphabet.
const ORDER: &[&str] = &[
    "openapi",
    "info",
    "servers",
    "security",
    "tags",
    "paths",
    "components",
    "securitySchemes",
    "name",
    "in",
    "url",
    "title",
    "version",
    "operationId",
    "summary",
    "description",
    "license",
    "$ref",
    "type",
    "scheme",
    "format",
    "enum",
    "required",
    "properties",
    "items",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "default",
    "pattern",
    "not",
    "anyOf",
    "if",
    "then",
    "else",
    "additionalProperties",
    "parameters",
    "requestBody",
    "headers",
    "content",
    "responses",
    "schemas",
    "schema",
    "example",
    "examples",
];

/// What contains names of ours in place of keywords: these follow by alphabet.
const OF_NAMES: &[&str] =
    &["paths", "properties", "headers", "responses", "schemas", "securitySchemes", "example", "variables"];

pub(super) fn write(document: &Value) -> String {
    let mut out = HEADER.to_owned();
    if let Value::Object(map) = document {
        block_map(map, "", 0, &mut out);
    }
    out
}

/// A map's entries, in order.
fn entries<'a>(map: &'a Map<String, Value>, parent: &str) -> Vec<(&'a str, &'a Value)> {
    let mut entries: Vec<_> = map.iter().map(|(key, value)| (key.as_str(), value)).collect();
    if !OF_NAMES.contains(&parent) {
        let rank = |key: &str| ORDER.iter().position(|one| *one == key).unwrap_or(ORDER.len());
        entries.sort_by_key(|(key, _)| rank(key));
    }
    entries
}

fn block_map(map: &Map<String, Value>, parent: &str, indent: usize, out: &mut String) {
    for (key, value) in entries(map, parent) {
        if parent == "paths" && !out.ends_with("paths:\n") {
            out.push('\n');
        }
        let start = format!("{:indent$}{}:", "", scalar(key, true));
        out.push_str(&start);
        block_value(value, key, start.len(), indent + 2, out);
    }
}

/// What stands behind a key or a dash, which end in column `at`; further lines are indented.
fn block_value(value: &Value, parent: &str, at: usize, indent: usize, out: &mut String) {
    let line = flow(value, parent, matches!(value, Value::String(_)));
    let fits = at + 1 + line.len() <= WIDTH && depth(value) <= 2 && !line.contains("\\n");
    match value {
        _ if fits => out.extend([" ", &line, "\n"]),
        Value::Object(map) => {
            out.push('\n');
            block_map(map, parent, indent, out);
        }
        Value::Array(list) => {
            out.push('\n');
            for item in list {
                block_item(item, parent, indent, out);
            }
        }
        Value::String(text) if text.ends_with('\n') => {
            *out += " |\n";
            for line in text.lines() {
                let space = if line.is_empty() { 0 } else { indent };
                out.extend([&" ".repeat(space), line, "\n"]);
            }
        }
        Value::String(text) if text.contains(' ') && !text.contains("  ") && !text.contains('\n') => {
            *out += " >-\n";
            fold(text, indent, out);
        }
        _ => out.extend([" ", &line, "\n"]),
    }
}

/// An item of a list. A map that doesn't fit on the line begins behind the dash.
fn block_item(item: &Value, parent: &str, indent: usize, out: &mut String) {
    out.extend([&" ".repeat(indent), "-"]);
    match item {
        Value::Object(map) if flow(item, parent, false).len() + indent + 2 > WIDTH => {
            let mut text = String::new();
            block_map(map, parent, indent + 2, &mut text);
            out.extend([" ", text.trim_start()]);
        }
        _ => block_value(item, parent, indent + 1, indent + 2, out),
    }
}

fn fold(text: &str, indent: usize, out: &mut String) {
    let mut column = 0;
    for word in text.split(' ') {
        if column > 0 && column + 1 + word.len() > WIDTH {
            out.push('\n');
            column = 0;
        }
        let space = if column == 0 { indent } else { 1 };
        out.extend([&" ".repeat(space), word]);
        column += space + word.len();
    }
    out.push('\n');
}

/// A value on one line.
fn flow(value: &Value, parent: &str, in_block: bool) -> String {
    match value {
        Value::Object(map) => {
            let entry =
                |(key, value): (&str, &Value)| format!("{}: {}", scalar(key, false), flow(value, key, false));
            format!("{{{}}}", entries(map, parent).into_iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        Value::Array(list) => {
            format!("[{}]", list.iter().map(|one| flow(one, parent, false)).collect::<Vec<_>>().join(", "))
        }
        Value::String(text) => scalar(text, in_block),
        other => other.to_string(),
    }
}

/// A text: plain if no parser can take it for anything else, or else in quotes.
fn scalar(text: &str, in_block: bool) -> String {
    let more = if in_block { ",'()`:;=!{}" } else { "'()" };
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '$')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || " _./+-$".contains(c) || more.contains(c))
        && !text.contains(": ")
        && !text.ends_with([':', ' '])
        && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(&text);
    if plain { text.to_owned() } else { Value::from(text).to_string() }
}

/// How many maps are within one another.
fn depth(value: &Value) -> usize {
    match value {
        Value::Object(map) => 1 + map.values().map(depth).max().unwrap_or(0),
        Value::Array(list) => list.iter().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}
