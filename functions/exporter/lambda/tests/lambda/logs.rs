//! The log: one JSON object per line, without customer data or secrets.

use std::collections::BTreeSet;

use protocol::connector::Connector;
use sandbox::Role;
use sandbox::wiring::STAGING_BUCKET;
use serde_json::Value;
use tests::lambda::log_filter::{application_log_level, passes_filter};

use crate::world::{World, batch, exporter, failed, message};

const TEMPLATE: &str = include_str!("../../../../../template.yaml");
/// Contained in every event, and nowhere else.
const CANARY: &str = "canary-4f1d0c";

/// One connector for each way a run can end, so that every log line is written.
async fn connectors(world: &World) -> Vec<Connector> {
    let event = format!(r#"{{"action":"{CANARY}"}}"#);
    let fine = world.connector("fine", &[&event]).await;
    let odd = format!(r#"{{"action":"{CANARY}\ud83d"}}"#);
    let unreadable = world.connector("unreadable", &[&event, &odd]).await;
    let gone = world.connector("gone", &[&event]).await;
    world.delete_bucket(&gone);
    let refused = world.connector("refused", &[&event]).await;
    let to = refused.destination.s3().cloned().unwrap();
    let role = Role {
        arn: to.role.to_string(),
        external_id: Some("of-another-vendor".to_owned()),
        bucket: to.bucket.to_string(),
        prefix: to.prefix.to_string(),
    };
    world.embedded.stack().put_role(role).unwrap();
    vec![fine, unreadable, gone, refused]
}

/// Runs all of them, and one with an internal error, and returns the log.
async fn log_of_every_outcome(level: &str, secrets: &[&str]) -> Vec<Value> {
    let world = World::start().await;
    let mut connectors = connectors(&world).await;
    let mut environment = world.environment();
    environment.push(("LOG_LEVEL", level.to_owned()));
    let mut exporter = exporter(&environment).await;
    let mut messages: Vec<String> = connectors.iter().map(message).collect();
    messages.push(format!(r#"{{"connector_id": 7, "more": "{CANARY}"}}"#));
    let messages: Vec<&str> = messages.iter().map(String::as_str).collect();
    assert_eq!(exporter.invoke(&batch(&messages)).await.unwrap(), failed(&[]));

    let ours = world.connector("ours", &[&format!(r#"{{"action":"{CANARY}"}}"#)]).await;
    world.embedded.stack().delete_bucket(STAGING_BUCKET).unwrap();
    assert_eq!(exporter.invoke(&batch(&[&message(&ours)])).await.unwrap(), failed(&["message-0"]));
    connectors.push(ours);

    let ended = exporter.kill().await;
    assert_eq!(ended.stderr, "", "everything is in the log");
    let vendor = world.embedded.stack().vendor_credentials();
    let external_ids = connectors.iter().map(|connector| connector.external_id.as_str());
    for secret in external_ids.chain([CANARY, &vendor.secret_access_key]).chain(secrets.iter().copied()) {
        let line = ended.stdout.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret} is in the log");
    }
    kept(level, &ended.stdout)
}

/// The lines that Lambda sends to the log group, for a function deployed with this `LogLevel`.
fn kept(level: &str, written: &str) -> Vec<Value> {
    let lambdas = application_log_level(TEMPLATE, "Exporter", level);
    let lines = written.lines().filter(|line| passes_filter(&lambdas, line));
    lines.map(|line| serde_json::from_str(line).unwrap_or_else(|_| Value::from(line))).collect()
}

fn messages(log: &[Value]) -> Vec<&str> {
    log.iter().map(|line| line["message"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn every_line_is_json_and_none_contains_an_event_a_credential_or_an_external_id() {
    // The prefixes of access key IDs, long-term and temporary.
    let log = log_of_every_outcome("INFO", &["AKIA", "ASIA"]).await;
    let messages = messages(&log);
    for (message, times) in [
        ("the connector was exported", 2),
        (
            "items that are not valid events were exported as unreadable records; look them up by their keys",
            1,
        ),
        ("the connector's destination is blocked", 2),
        ("the export failed and will be retried", 1),
    ] {
        assert_eq!(
            messages.iter().filter(|logged| **logged == message).count(),
            times,
            "{message}: {log:#?}"
        );
    }
    assert_eq!(messages.iter().filter(|message| message.starts_with("a message was dropped")).count(), 1);
    for line in &log {
        assert!(line["timestamp"].is_string() && line["level"].is_string(), "{line}");
        // Metrics name their connector or batch; every other line names its invocation.
        let of_an_invocation = line["span"]["requestId"].is_string();
        assert!(of_an_invocation || line["_aws"].is_object(), "{line}");
    }
    let metrics = log.iter().filter(|line| line["message"] == "metrics of a run");
    let connectors: BTreeSet<&str> = metrics.filter_map(|line| line["connector.id"].as_str()).collect();
    assert_eq!(connectors.len(), 5, "{log:#?}");
}

/// At each configurable level, in the log group and not only on standard output: alarms depend on them.
#[tokio::test]
async fn metrics_are_logged_at_every_level_and_below_it_nothing_else_is() {
    for (level, wanted) in [("WARN", ["WARN", "ERROR"].as_slice()), ("ERROR", &["ERROR"])] {
        let log = log_of_every_outcome(level, &["AKIA", "ASIA"]).await;
        let (metrics, lines): (Vec<&Value>, Vec<&Value>) =
            log.iter().partition(|line| line["_aws"].is_object());
        let sum = |name: &str| metrics.iter().filter_map(|line| line[name].as_i64()).sum::<i64>();
        assert_eq!(
            (sum("Runs"), sum("RunsBlocked"), sum("RunsFailed"), sum("MessagesDropped")),
            (5, 2, 1, 1)
        );
        assert!(!lines.is_empty());
        for line in lines {
            assert!(wanted.contains(&line["level"].as_str().unwrap()), "{level}: {line}");
            assert!(line["span"]["requestId"].is_string(), "{line}");
        }
    }
}

/// A panic has no level. This one is in Lambda's runtime, which can't read its own environment.
#[tokio::test]
async fn panics_are_logged_at_every_level() {
    let world = World::start().await;
    for level in ["TRACE", "DEBUG", "INFO", "WARN", "ERROR"] {
        let mut environment = world.environment();
        environment.push(("LOG_LEVEL", level.to_owned()));
        environment.push(("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "none".to_owned()));
        let ended = exporter(&environment).await.shut_down().await;
        assert!(ended.code.is_some_and(|code| code != 0), "{ended:?}");
        let lines = kept(level, &ended.stderr);
        let is_panic = |line: &Value| line.as_str().is_some_and(|line| line.contains("panicked at"));
        assert!(lines.iter().any(is_panic), "{level}: {ended:?}");
    }
}

#[tokio::test]
async fn debug_logs_more_lines_and_no_more_customer_data() {
    for level in ["DEBUG", "TRACE"] {
        let log = log_of_every_outcome(level, &["AKIA", "ASIA"]).await;
        assert!(log.iter().any(|line| line["level"] == "DEBUG"), "{level}");
    }
}
