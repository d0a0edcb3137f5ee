//! Code, alarms, dashboard, saved queries and infra/README.md name the same metrics.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use regex::Regex;
use serde_json::Value;

use super::alarm::{ALARMS, all};
use super::world::World;

const DASHBOARD: &str = include_str!("../../../infra/dashboard.yaml");
const QUERIES: &str = include_str!("../../../infra/queries.yaml");
const OPERATIONS: &str = include_str!("../../../infra/README.md");
const TEMPLATE: &str = include_str!("../../../template.yaml");
/// The sources that write the log lines which queries look for.
const LOG_SOURCES: [&str; 2] = [
    include_str!("../../../functions/exporter/src/report.rs"),
    include_str!("../../../functions/exporter/src/batch.rs"),
];

/// All metrics that the code emits, with their units.
pub(crate) async fn emitted() -> BTreeMap<String, String> {
    let mut world = World::new();
    world.advance(Duration::from_hours(2)).await;
    world.notify_contacts(&["no notice".to_owned()]).await;
    let mut emitted = BTreeMap::new();
    for line in world.lines() {
        for metric in line["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().unwrap() {
            let text = |name: &str| metric[name].as_str().unwrap().to_owned();
            let before = emitted.insert(text("Name"), text("Unit"));
            assert!(before.is_none_or(|unit| unit == metric["Unit"]), "{metric} has two units");
        }
    }
    emitted
}

/// The dashboard's body for a deployment whose events expire and may be shown.
fn dashboard() -> Value {
    let body = DASHBOARD.split_once("        - |\n").unwrap().1.split_once("        # Events").unwrap().0;
    let optional = Regex::new(r"(?m)^ +(?:- )?(\w+): !If\n.*\n +- (?:!Sub )?'(, .*)'$").unwrap();
    let mut body = body.to_owned();
    for found in optional.captures_iter(DASHBOARD) {
        body = body.replace(&format!("${{{}}}", &found[1]), &found[2]);
    }
    serde_json::from_str(&body).unwrap()
}

/// The metrics of a graph as namespace, name, dimension and value, written out: `.` repeats the value above,
/// `...` all but the last.
fn graph_metrics(widget: &Value) -> Vec<[String; 4]> {
    let mut above: [String; 4] = Default::default();
    let mut drawn = Vec::new();
    for metric in widget["properties"]["metrics"].as_array().into_iter().flatten() {
        let texts: Vec<&str> = metric.as_array().unwrap().iter().filter_map(Value::as_str).collect();
        if let ["...", value] = texts.as_slice() {
            above[3] = (*value).to_owned();
        } else {
            assert_eq!(texts.len(), 4, "{metric}");
            for (column, text) in texts.iter().enumerate().filter(|(_, text)| **text != ".") {
                above[column] = (*text).to_owned();
            }
        }
        drawn.push(above.clone());
    }
    drawn
}

/// The text of each saved query, and of the one on the dashboard.
fn queries() -> Vec<String> {
    let saved = QUERIES.split("      QueryString: |-\n").skip(1);
    let saved = saved.map(|text| {
        text.lines().take_while(|line| line.starts_with("        ")).collect::<Vec<_>>().join("\n")
    });
    let on_dashboard = dashboard()["widgets"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|widget| widget["properties"]["query"].as_str().map(str::to_owned))
        .collect::<Vec<_>>();
    saved.chain(on_dashboard).collect()
}

#[tokio::test]
async fn each_alarm_watches_a_metric_that_is_emitted_under_our_stacks_name() {
    let emitted = emitted().await;
    let alarms = all();
    assert!(alarms.len() > 20);
    for alarm in alarms {
        let (metric, dimensions) = (alarm.get("MetricName"), alarm.get("Dimensions"));
        let known = match alarm.get("Namespace") {
            "Auditferry" => {
                assert_eq!(dimensions, "[{Name: stack, Value: !Ref StackName}]", "{}", alarm.id);
                emitted.contains_key(metric)
            }
            // Source: the services' own pages on their metrics.
            "AWS/SQS" => {
                ["ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"].contains(&metric)
                    && dimensions.contains("Name: QueueName")
            }
            "AWS/Lambda" => {
                ["Errors", "Throttles"].contains(&metric) && dimensions.contains("Name: FunctionName")
            }
            "AWS/ApiGateway" => metric == "5xx" && dimensions.contains("Name: ApiId"),
            other => panic!("{other}"),
        };
        assert!(known, "{}: nobody emits {metric}", alarm.id);
    }
}

#[test]
fn each_alarm_says_what_happened_what_it_means_and_what_to_do_and_the_readme_says_more() {
    for alarm in all() {
        let description = alarm.get("AlarmDescription");
        assert!(
            description.contains("For customers: ") && description.contains("First: "),
            "{}: {description}",
            alarm.id
        );
        // Source: CloudWatch API reference, PutMetricAlarm.
        assert!(description.len() <= 1024, "{}", alarm.id);
        assert!(
            OPERATIONS.contains(&format!("| `{}` |", alarm.id)),
            "infra/README.md has no row `{}`",
            alarm.id
        );
        assert_eq!(
            (alarm.get("AlarmActions"), alarm.get("OKActions")),
            ("[!Ref Operator]", "[!Ref Operator]")
        );
    }
}

#[test]
fn every_queue_of_failures_has_an_alarm() {
    for queue in ["ExportDeadLetters", "TickDeadLetters", "NoticeDeadLetters", "IndexDeadLetters"] {
        let always = format!("{queue}Name: !GetAtt {queue}.QueueName");
        let if_it_exists = format!("{queue}Name: !If [ReadEvents, !GetAtt {queue}.QueueName, \"\"]");
        assert!(TEMPLATE.contains(&always) || TEMPLATE.contains(&if_it_exists));
        assert!(ALARMS.contains(&format!("Dimensions: [{{Name: QueueName, Value: !Ref {queue}Name}}]")));
    }
}

#[tokio::test]
async fn the_dashboard_draws_what_is_emitted() {
    let emitted = emitted().await;
    let dashboard = dashboard();
    let mut drawn_ours = BTreeSet::new();
    for widget in dashboard["widgets"].as_array().unwrap() {
        for [namespace, metric, dimension, value] in graph_metrics(widget) {
            if namespace == "Auditferry" {
                assert_eq!((dimension.as_str(), value.as_str()), ("stack", "${StackName}"), "{metric}");
                assert!(emitted.contains_key(&metric), "nobody emits {metric}");
                drawn_ours.insert(metric);
            } else {
                assert!(["AWS/SQS", "AWS/Lambda"].contains(&namespace.as_str()), "{namespace}");
            }
        }
    }
    let missing: Vec<&String> = emitted.keys().filter(|metric| !drawn_ours.contains(*metric)).collect();
    assert_eq!(missing, [""; 0], "these are emitted and paid for, but not drawn");
}

#[tokio::test]
async fn every_metric_is_in_the_readme_with_its_unit() {
    for (metric, unit) in emitted().await {
        let row = format!("| `{metric}` | {unit} |");
        assert!(OPERATIONS.contains(&row), "infra/README.md has no row {row}");
    }
}

#[tokio::test]
async fn the_saved_queries_look_for_lines_and_metrics_that_exist() {
    let emitted = emitted().await;
    let message = Regex::new(r#"message = "([^"]+)""#).unwrap();
    let metric = Regex::new(r"\b[A-Z][a-z]+(?:[A-Z][a-z]+)+\b").unwrap();
    let queries = queries();
    assert_eq!(queries.len(), 6, "five questions, and one of them on the dashboard too");
    for query in queries {
        for found in message.captures_iter(&query) {
            let (line, is_logged) = (&found[1], |text: &&str| text.contains(&found[1]));
            assert!(line == "metrics of a run" || LOG_SOURCES.iter().any(is_logged), "nobody logs {line}");
        }
        let logs = query.replace("ExporterLogs", "").replace("DispatcherLogs", "");
        for found in metric.find_iter(&logs) {
            assert!(emitted.contains_key(found.as_str()), "nobody emits {} ({query})", found.as_str());
        }
    }
}
