//! The start-up, and the three kinds of invocations.

use sandbox::wiring::Sandbox;
use serde_json::{Value, json};
use tests::lambda::{Function, environment_of};

async fn reader(embedded: &Sandbox, role: &str) -> Function {
    let ours = ["EVENTS_TABLE", "LEDGER_TABLE", "STAGING_BUCKET", "S3_FORCE_PATH_STYLE"];
    let mut environment = environment_of(embedded.environment(), &ours);
    environment.push(("READER_DATA_ROLE", role.to_owned()));
    environment.push(("PORTAL_EVENTS", "events".to_owned()));
    let queue = "https://sqs.eu-central-1.amazonaws.com/111111111111/index";
    environment.push(("INDEX_QUEUE_URL", queue.to_owned()));
    Function::start(env!("CARGO_BIN_EXE_reader"), &environment).await
}

#[tokio::test]
async fn a_malformed_query_is_answered_and_a_job_of_nothing_is_dropped() {
    let embedded = Sandbox::start(None, None).await.unwrap();
    let mut reader = reader(&embedded, "arn:aws:iam::111111111111:role/auditferry-ReaderDataRole-1").await;
    let answer = reader.invoke(&json!({"ask": {}})).await.unwrap();
    assert_eq!(answer["refused"]["code"], "invalid", "{answer}");
    let by = json!({"caller": {"kind": "operator", "name": "ops"}});
    let answer = reader.invoke(&json!({"by": by, "tenant": "acme", "ask": "fields"})).await.unwrap();
    assert_eq!(answer["refused"]["code"], "not_found", "{answer}");
    let batch = json!({"Records": [{"messageId": "m1", "body": "{\"detail-type\": \"Other\"}"}]});
    assert_eq!(reader.invoke(&batch).await.unwrap(), json!({"batchItemFailures": []}));
    let ended = reader.kill().await;
    assert!(!ended.stdout.contains("panicked") && !ended.stderr.contains("panicked"), "{ended:?}");
}

#[tokio::test]
async fn without_a_data_role_it_does_not_start() {
    let embedded = Sandbox::start(None, None).await.unwrap();
    for (role, expected) in [("", "READER_DATA_ROLE is not set"), ("reader", "READER_DATA_ROLE is `reader`")]
    {
        let ended = reader(&embedded, role).await.shut_down().await;
        assert!(ended.code.is_some_and(|code| code != 0), "{ended:?}");
        let log = ended.log();
        let settings = log.first().and_then(|line: &Value| line["settings"].as_str()).unwrap();
        assert!(settings.contains(expected), "{settings}");
    }
}
