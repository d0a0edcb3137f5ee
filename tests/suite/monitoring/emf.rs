//! Each line of metrics is valid in `CloudWatch`'s embedded metric format, by a schema of its specification
//! and by the rules beside it.
//!
//! Source: Amazon `CloudWatch` user guide, "Specification: Embedded metric format".

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use tests::schema::Schema;

use super::world::World;

/// The schema of the specification.
fn schema() -> Value {
    let name = json!({ "type": "string", "minLength": 1, "maxLength": 1024 });
    let unit = json!({ "enum": [
        "Seconds", "Microseconds", "Milliseconds", "Bytes", "Kilobytes", "Megabytes", "Gigabytes",
        "Terabytes", "Bits", "Kilobits", "Megabits", "Gigabits", "Terabits", "Percent", "Count",
        "Bytes/Second", "Kilobytes/Second", "Megabytes/Second", "Gigabytes/Second", "Terabytes/Second",
        "Bits/Second", "Kilobits/Second", "Megabits/Second", "Gigabits/Second", "Terabits/Second",
        "Count/Second", "None",
    ] });
    let metric = json!({
        "type": "object",
        "required": ["Name"],
        "properties": { "Name": name, "Unit": unit, "StorageResolution": { "enum": [1, 60] } },
        "additionalProperties": false,
    });
    let dimension = json!({ "type": "string", "minLength": 1, "maxLength": 250 });
    let directive = json!({
        "type": "object",
        "required": ["Namespace", "Dimensions", "Metrics"],
        "properties": {
            "Namespace": { "type": "string", "minLength": 1, "maxLength": 1024 },
            "Dimensions": {
                "type": "array",
                "minItems": 1,
                "items": { "type": "array", "maxItems": 30, "items": dimension },
            },
            "Metrics": { "type": "array", "minItems": 1, "maxItems": 100, "items": metric },
        },
        "additionalProperties": false,
    });
    json!({
        "type": "object",
        "required": ["_aws"],
        "properties": { "_aws": {
            "type": "object",
            "required": ["Timestamp", "CloudWatchMetrics"],
            "properties": {
                "Timestamp": { "type": "integer", "minimum": 0 },
                "CloudWatchMetrics": { "type": "array", "minItems": 1, "items": directive },
            },
            "additionalProperties": false,
        } },
    })
}

/// The violations in a line.
fn schema_violations(line: &Value) -> Vec<String> {
    let mut violations = Schema::new(&schema()).errors(line);
    for directive in line["_aws"]["CloudWatchMetrics"].as_array().into_iter().flatten() {
        let metrics = directive["Metrics"].as_array().into_iter().flatten();
        let names: Vec<&str> = metrics.filter_map(|metric| metric["Name"].as_str()).collect();
        if names.iter().collect::<BTreeSet<_>>().len() != names.len() {
            violations.push("a metric is defined twice".into());
        }
        let numbers = names.iter().filter(|name| !line[**name].is_number());
        violations.extend(numbers.map(|name| format!("{name} has no number")));
        let sets = directive["Dimensions"].as_array().into_iter().flatten();
        let dimensions = sets.flat_map(|set| set.as_array().into_iter().flatten());
        for dimension in dimensions.filter_map(Value::as_str) {
            let value = line[dimension].as_str().unwrap_or_default();
            if value.is_empty() || value.len() > 1024 || !value.is_ascii() {
                violations.push(format!("dimension {dimension} has no value"));
            }
        }
    }
    if line.to_string().len() > 256 * 1024 {
        violations.push("the line is too long".into());
    }
    violations
}

#[tokio::test]
async fn every_line_of_metrics_is_valid_emf() {
    let mut world = World::new();
    world.advance(Duration::from_hours(2)).await;
    world.batch(&["not JSON".to_owned()]).await;
    let lines = world.lines();
    let kinds: BTreeSet<&str> = lines.iter().filter_map(|line| line["message"].as_str()).collect();
    assert_eq!(kinds.len(), 4, "{kinds:?}");
    for line in &lines {
        assert_eq!(schema_violations(line), [""; 0], "{line}");
        assert!(line["timestamp"].is_string() && line["level"] == "INFO", "it is a log line too: {line}");
    }
}

#[tokio::test]
async fn tenants_and_connectors_are_properties_and_never_dimensions() {
    let mut world = World::new();
    world.advance(Duration::from_hours(2)).await;
    let of_run = |line: &&Value| line["message"] == "metrics of a run" && line["PartsSealed"] == 1;
    let lines = world.lines();
    let line = lines.iter().find(of_run).unwrap();
    assert_eq!(line["tenant"], "acme");
    assert_eq!(line["connector.id"], world.connector.id.as_str());
    for line in &lines {
        for directive in line["_aws"]["CloudWatchMetrics"].as_array().unwrap() {
            assert_eq!(directive["Dimensions"], json!([["stack"]]));
        }
    }
    let secret = world.connector.external_id.as_str();
    assert!(
        lines.iter().all(|line| !line.to_string().contains(secret) && !line.to_string().contains("login"))
    );
}

#[test]
fn a_line_that_cloudwatch_would_ignore_is_detected() {
    let metric = json!({ "Name": "A", "Unit": "Count" });
    let good = |metrics: Value, dimensions: Value| {
        let directive = json!({ "Namespace": "N", "Dimensions": dimensions, "Metrics": metrics });
        json!({ "_aws": { "Timestamp": 1, "CloudWatchMetrics": [directive] }, "A": 1, "stack": "s" })
    };
    assert_eq!(schema_violations(&good(json!([metric]), json!([["stack"]]))), [""; 0]);
    let mut text = good(json!([metric]), json!([["stack"]]));
    text["A"] = json!("1");
    for bad in [
        text,
        good(json!([{ "Name": "A", "Unit": "Hours" }]), json!([["stack"]])),
        good(json!([{ "Name": "B" }]), json!([["stack"]])),
        good(json!([metric, metric]), json!([["stack"]])),
        good(json!([metric]), json!([["tenant"]])),
        good(json!([metric]), json!(["stack"])),
        good(json!([]), json!([["stack"]])),
        json!({ "A": 1 }),
    ] {
        assert_ne!(schema_violations(&bad), [""; 0], "{bad}");
    }
}
