//! The outcomes of a run's writes when DynamoDB rejects, conflicts or does not respond.

use std::time::Duration;

use archive::names::WorkerId;
use archive::time::Time;
use ports::DueConnectors as _;
use ports::Runs as _;
use ports::{Claim, ClaimAnswer, PortError};
use protocol::machine::{LeaseAnswer, SealAnswer};
use serde_json::{Value, json};

use super::scripted::{ScriptedServer, canceled, error, resolved};
use super::world::{self, at, connector, ledger};

async fn seal_answered(status: u16, answer: Value) -> Result<SealAnswer, PortError> {
    let server = ScriptedServer::start([(status, answer)]).await;
    let start = at("2026-11-20T20:15:30Z");
    let cursor = protocol::cursor::Cursor::new(start, start, start);
    ledger(&server.client).seal(&world::seal(&connector(), &cursor, &WorkerId::new(1, 2))).await
}

#[tokio::test]
async fn a_seal_is_refused_only_by_its_conditions() {
    for reasons in [["ConditionalCheckFailed", "None"], ["None", "ConditionalCheckFailed"]] {
        assert_eq!(seal_answered(400, canceled(reasons)).await.unwrap(), SealAnswer::Refused);
    }
    for reasons in [["TransactionConflict", "None"], ["None", "ThrottlingError"]] {
        assert_eq!(seal_answered(400, canceled(reasons)).await.unwrap(), SealAnswer::Unknown);
    }
}

#[tokio::test]
async fn a_seal_with_a_lost_response_is_unknown_and_never_an_error() {
    for (status, answer) in [
        (500, json!({})),
        (503, error("ServiceUnavailable")),
        (400, error("TransactionInProgressException")),
        (400, error("ThrottlingException")),
        (400, error("RequestLimitExceeded")),
        (200, json!("not a transaction response")),
    ] {
        assert_eq!(
            seal_answered(status, answer.clone()).await.unwrap(),
            SealAnswer::Unknown,
            "{status} {answer}"
        );
    }
    // Nothing listens there.
    let start = Time::EPOCH;
    let cursor = protocol::cursor::Cursor::new(start, start, start);
    let seal = world::seal(&connector(), &cursor, &WorkerId::new(1, 2));
    let answer = ledger(&world::client_at("http://127.0.0.1:1")).seal(&seal).await;
    assert_eq!(answer.unwrap(), SealAnswer::Unknown);
}

#[tokio::test]
async fn a_permanently_failing_seal_is_an_error_of_its_kind() {
    for code in ["AccessDeniedException", "ResourceNotFoundException"] {
        assert!(matches!(seal_answered(400, error(code)).await, Err(PortError::Denied { .. })), "{code}");
    }
    let bug = seal_answered(400, error("ValidationException")).await.unwrap_err();
    assert!(matches!(bug, PortError::Bug { .. }));
    let bug = seal_answered(400, canceled(["None", "ValidationError"])).await.unwrap_err();
    assert!(matches!(bug, PortError::Bug { .. }));
}

#[tokio::test]
async fn all_attempts_of_a_seal_have_one_token_and_both_conditions() {
    let server = ScriptedServer::start([(500, json!({})), (200, json!({}))]).await;
    let config = server.client.config().to_builder();
    let retries = aws_sdk_dynamodb::config::retry::RetryConfig::standard()
        .with_initial_backoff(std::time::Duration::ZERO);
    let client = aws_sdk_dynamodb::Client::from_conf(config.retry_config(retries).build());
    let cursor = protocol::cursor::Cursor::new(Time::EPOCH, Time::EPOCH, Time::EPOCH);
    let answer = ledger(&client).seal(&world::seal(&connector(), &cursor, &WorkerId::new(1, 2))).await;
    assert_eq!(answer.unwrap(), SealAnswer::Won);
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    assert!(requests[0]["ClientRequestToken"].is_string());
    assert_eq!(requests[0]["ClientRequestToken"], requests[1]["ClientRequestToken"]);
    let writes = &requests[0]["TransactItems"];
    assert_eq!(resolved(&writes[0]["Put"], "ConditionExpression"), "attribute_not_exists(pk)");
    assert_eq!(
        resolved(&writes[1]["Update"], "ConditionExpression"),
        r#"next = {"N":"1"} AND watermark = {"S":"1970-01-01T00:00:00.000Z"}"#
    );
}

#[tokio::test]
async fn a_rejected_lease_distinguishes_a_busy_connector_from_a_missing_one() {
    let mut held = error("ConditionalCheckFailedException");
    held["Item"] = json!({"pk": {"S": "C#con_0000000000000007"}, "sk": {"S": "CURSOR"}});
    for (answer, expected) in
        [(held, LeaseAnswer::Held), (error("ConditionalCheckFailedException"), LeaseAnswer::Unknown)]
    {
        let server = ScriptedServer::start([(400, answer)]).await;
        let (ledger, id, worker) = (ledger(&server.client), connector().id, WorkerId::new(1, 2));
        let answer = ledger.lease(&id, &worker, Time::EPOCH, Time::EPOCH).await.unwrap();
        assert_eq!(answer, expected);
        assert_eq!(server.requests()[0]["ReturnValuesOnConditionCheckFailure"], "ALL_OLD");
    }
}

#[tokio::test]
async fn a_snapshot_is_one_consistent_request_of_two_items() {
    let server = ScriptedServer::start([(200, json!({"Items": [], "Count": 0}))]).await;
    assert_eq!(ledger(&server.client).snapshot(&connector().id).await.unwrap(), None);
    let requests = server.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0]["ConsistentRead"], true);
    assert_eq!(
        resolved(&requests[0], "KeyConditionExpression"),
        r#"pk = {"S":"C#con_0000000000000007"} AND sk BETWEEN {"S":"CONFIG"} AND {"S":"CURSOR"}"#
    );
}

/// A single write that meets a transaction is rejected although nothing is wrong. It is retried at once.
#[tokio::test]
async fn a_write_that_meets_a_transaction_is_retried() {
    let conflict = || (400, error("TransactionConflictException"));
    let server = ScriptedServer::start([conflict(), conflict(), (200, json!({}))]).await;
    let (now, worker) = (at("2026-11-20T20:15:30Z"), WorkerId::new(1, 2));
    let id = connector().id;
    let answer = ledger(&server.retrying()).lease(&id, &worker, now, now + Duration::from_mins(5)).await;
    assert_eq!(answer.unwrap(), LeaseAnswer::Granted);
    let requests = server.requests();
    assert!(requests.len() == 3 && requests[0] == requests[2], "{requests:?}");
}

/// A write that never gets through isn't a bug: the caller may retry.
#[tokio::test]
async fn a_write_that_keeps_meeting_transactions_is_a_temporary_failure() {
    let server = ScriptedServer::start([(); 3].map(|()| (400, error("TransactionConflictException")))).await;
    let (now, worker) = (at("2026-11-20T20:15:30Z"), WorkerId::new(1, 2));
    let answer = ledger(&server.retrying()).lease(&connector().id, &worker, now, now).await;
    assert!(matches!(answer, Err(PortError::Transient { .. })), "{answer:?}");
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn a_throttled_claim_says_so_and_any_other_failure_is_an_error() {
    let claim = Claim { id: connector().id, next_run_at: Time::EPOCH };
    for code in ["ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded"] {
        let server = ScriptedServer::start([(); 3].map(|()| (400, error(code)))).await;
        let answer = ledger(&server.retrying()).claim(&claim, Time::LAST).await;
        assert_eq!(answer.unwrap(), ClaimAnswer::Throttled, "{code}");
    }
    let server = ScriptedServer::start([(); 3].map(|()| (500, error("InternalServerError")))).await;
    let answer = ledger(&server.retrying()).claim(&claim, Time::LAST).await;
    assert!(matches!(answer, Err(PortError::Transient { .. })), "{answer:?}");
}
