//! Changes of settings under responses that no stand-in gives: lost ones, and conflicts.

use ports::Connectors as _;
use ports::{PortError, SaveAnswer, Saved};
use protocol::connector::{Change, Connector, OwnedResource};
use serde_json::{Value, json};

use super::scripted::{ScriptedServer, canceled, error, resolved};
use super::world::{change, connected, connector, ledger};

const STORED: SaveAnswer = SaveAnswer::Saved(Saved::Stored);
const STALE: SaveAnswer = SaveAnswer::Saved(Saved::Stale);

fn done() -> (u16, Value) {
    (200, json!({}))
}

/// The response for an item that does not exist.
fn nothing() -> (u16, Value) {
    (200, json!({}))
}

/// A connection writes settings, record, bucket and role, in this order.
const MOVED: [&str; 4] = ["None", "None", "ConditionalCheckFailed", "None"];

/// A change that connects, with the responses after the read of the bucket's claims.
async fn connect(
    answers: impl IntoIterator<Item = (u16, Value)>,
) -> (Result<SaveAnswer, PortError>, Vec<Value>) {
    let server = ScriptedServer::start(answers).await;
    let answer = ledger(&server.client).save(&connection(), None, &[]).await;
    (answer, server.requests())
}

fn connection() -> Change {
    let before = Connector { version: 1, ..connector() };
    change(Some(&before), &connected())
}

/// The bucket's claims as the adapter itself writes them: with this connector in this folder.
fn claims(version: u64, prefix: &str) -> (u16, Value) {
    let prefixes = json!({"M": {"con_00000000000000aa": {"S": prefix}}});
    let item = json!({
        "pk": {"S": "BUCKET#acme-audit"}, "sk": {"S": "CLAIMS"},
        "prefixes": prefixes, "version": {"N": version.to_string()},
    });
    (200, json!({ "Item": item }))
}

/// The record under the change's version, with this caller.
fn record(by: &Value) -> (u16, Value) {
    let plain = |connector: &Connector| attribute(&serde_json::to_value(connector).unwrap());
    let change = connection();
    let item = json!({
        "pk": {"S": "C#con_0000000000000007"}, "sk": {"S": "CHANGE#000000000002"},
        "version": {"N": "2"}, "at": {"S": change.at.to_string()}, "what": {"S": "update"},
        "by": attribute(by),
        "before": plain(change.before.as_ref().unwrap()), "after": plain(&change.after),
    });
    (200, json!({ "Item": item }))
}

fn our_record() -> (u16, Value) {
    record(&json!({"kind": "system"}))
}

fn someone_elses_record() -> (u16, Value) {
    record(&json!({"kind": "operator", "name": "ann"}))
}

/// JSON with DynamoDB's types.
fn attribute(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| (name.clone(), attribute(value)));
            json!({ "M": fields.collect::<serde_json::Map<_, _>>() })
        }
        Value::Number(number) => json!({ "N": number.to_string() }),
        Value::String(text) => json!({ "S": text }),
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn one_transaction_has_all_of_a_change_each_write_with_its_condition() {
    let (answer, requests) = connect([nothing(), done()]).await;
    assert_eq!(answer.unwrap(), STORED);
    assert_eq!(requests[0]["ConsistentRead"], true, "claims are read consistently");
    let writes = requests[1]["TransactItems"].as_array().unwrap();
    let conditions: Vec<_> = writes
        .iter()
        .map(|write| resolved(write.as_object().unwrap().values().next().unwrap(), "ConditionExpression"))
        .collect();
    assert_eq!(
        conditions,
        [
            r#"version = {"N":"1"}"#,
            "attribute_not_exists(pk)",
            "attribute_not_exists(pk)",
            r#"(attribute_not_exists(connectors) OR owner = {"S":"acme"})"#,
        ]
    );
    assert!(requests[1]["ClientRequestToken"].is_string());
}

#[tokio::test]
async fn a_lost_response_is_resolved_by_the_record() {
    for lost in [(500, json!({})), (400, canceled(["TransactionConflict", "None", "None", "None"]))] {
        // It was committed.
        let (answer, requests) = connect([claims(3, "x"), lost.clone(), our_record()]).await;
        assert_eq!((answer.unwrap(), requests.len()), (STORED, 3));
        assert_eq!(requests[2]["Key"]["sk"]["S"], "CHANGE#000000000002");
        // It was not committed, and is retried.
        let (answer, requests) =
            connect([claims(3, "x"), lost.clone(), nothing(), claims(3, "x"), done()]).await;
        assert_eq!((answer.unwrap(), requests.len()), (STORED, 5));
        // It was committed after that was checked: the second attempt fails, and finds its own record.
        let failed = (400, canceled(["ConditionalCheckFailed", "ConditionalCheckFailed", "None", "None"]));
        let answers = [claims(3, "x"), lost, nothing(), claims(4, "x"), failed.clone(), our_record()];
        assert_eq!(connect(answers).await.0.unwrap(), STORED);
    }
}

#[tokio::test]
async fn someone_elses_record_means_stale_whatever_else_failed() {
    let failed = "ConditionalCheckFailed";
    for reasons in
        [[failed, "None", "None", "None"], [failed, failed, failed, failed], ["None", "None", "None", failed]]
    {
        let answers = [claims(3, "x"), (400, canceled(reasons)), someone_elses_record()];
        assert_eq!(connect(answers).await.0.unwrap(), STALE, "{reasons:?}");
    }
    let (answer, _) = connect([claims(3, "audit/below"), someone_elses_record()]).await;
    assert_eq!(answer.unwrap(), STALE);
}

#[tokio::test]
async fn a_claimed_role_and_a_claimed_folder_are_distinguished() {
    let role = (400, canceled(["None", "None", "None", "ConditionalCheckFailed"]));
    let (answer, _) = connect([claims(3, "x"), role, nothing()]).await;
    assert_eq!(answer.unwrap(), SaveAnswer::AlreadyOwned(OwnedResource::Role));
    for prefix in ["audit", "", "audit/below"] {
        let (answer, requests) = connect([claims(3, prefix), nothing()]).await;
        assert_eq!(answer.unwrap(), SaveAnswer::AlreadyOwned(OwnedResource::Destination), "{prefix:?}");
        assert_eq!(requests.len(), 2, "nothing was written");
    }
}

#[tokio::test]
async fn a_lost_race_in_the_bucket_checks_its_claims_again() {
    let moved = || (400, canceled(MOVED));
    let (answer, requests) = connect([claims(3, "x"), moved(), claims(4, "y"), done()]).await;
    assert_eq!(answer.unwrap(), STORED);
    for (request, version) in [(1, "3"), (3, "4")] {
        let put = &requests[request]["TransactItems"][2]["Put"];
        let expected = format!(r#"version = {{"N":"{version}"}}"#);
        assert_eq!(resolved(put, "ConditionExpression"), expected);
    }
    let (answer, _) = connect([claims(3, "x"), moved(), claims(4, "audit"), nothing()]).await;
    assert_eq!(answer.unwrap(), SaveAnswer::AlreadyOwned(OwnedResource::Destination));
    // The attempts are limited.
    let answers: Vec<_> = (3..100).flat_map(|version| [claims(version, "x"), moved()]).collect();
    let (answer, requests) = connect(answers).await;
    assert!(matches!(answer, Err(PortError::Transient { .. })));
    assert_eq!(requests.len(), 16);
}

#[tokio::test]
async fn a_permanently_failing_change_is_an_error_of_its_kind() {
    let (answer, _) = connect([claims(3, "x"), (400, error("AccessDeniedException"))]).await;
    assert!(matches!(answer, Err(PortError::Denied { .. })));
    let wrong = (400, canceled(["None", "None", "ValidationError", "None"]));
    let (answer, _) = connect([claims(3, "x"), wrong]).await;
    assert!(matches!(answer, Err(PortError::Bug { .. })));
    let (answer, _) = connect([(503, error("ServiceUnavailable"))]).await;
    assert!(matches!(answer, Err(PortError::Transient { .. })));
}

#[tokio::test]
async fn a_record_of_another_kind_is_rejected_without_a_request() {
    let server = ScriptedServer::start([(); 0].map(|()| (200, Value::Null))).await;
    let ledger = ledger(&server.client);
    let creation = change(None, &connected());
    assert!(matches!(ledger.save(&creation, None, &[]).await, Err(PortError::Bug { .. })));
    assert!(matches!(ledger.create(&connected(), &connection(), &[]).await, Err(PortError::Bug { .. })));
    assert!(matches!(ledger.create(&connector(), &creation, &[]).await, Err(PortError::Bug { .. })));
    assert!(server.requests().is_empty());
}
