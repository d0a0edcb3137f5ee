//! Budget use under responses that no stand-in gives: lost ones, and conflicts.

use ports::Connectors as _;
use ports::Spender as _;
use ports::{PortError, SaveAnswer, Saved, SpendOutcome};
use protocol::budget::{Budget, BudgetScope, Party, Spending};
use serde_json::{Value, json};

use super::scripted::{ScriptedServer, canceled, error, resolved};
use super::world::{change, connector, ledger};

const FAILED: &str = "ConditionalCheckFailed";

fn spending(budget: Budget, party: Party) -> Spending {
    let now = "2026-11-29T22:50:21.500Z".parse().unwrap();
    let scope = BudgetScope::Tenant("acme".parse().unwrap());
    Spending { budget, scope, party, amount: 2, limit: 20, now }
}

async fn spend(
    answers: impl IntoIterator<Item = (u16, Value)>,
) -> (Result<SpendOutcome, PortError>, Vec<Value>) {
    let server = ScriptedServer::start(answers).await;
    let answer = ledger(&server.client).spend(&spending(Budget::TestMessages, Party::Tenant)).await;
    (answer, server.requests())
}

#[tokio::test]
async fn a_use_is_one_conditional_write_under_a_token() {
    let (answer, requests) = spend([(200, json!({}))]).await;
    assert_eq!((answer.unwrap(), requests.len()), (SpendOutcome::Counted, 1));
    assert!(requests[0]["ClientRequestToken"].is_string());
    let update = &requests[0]["TransactItems"][0]["Update"];
    let key = json!({"pk": {"S": "BUDGET#T#acme"}, "sk": {"S": "test_messages#2026-11-29T00:00:00.000Z"}});
    assert_eq!(update["Key"], key);
    let condition = resolved(update, "ConditionExpression");
    assert_eq!(condition, r#"(attribute_not_exists(used) OR used <= {"N":"18"})"#);
    let expression = resolved(update, "UpdateExpression");
    let expected = r#"SET expires_at = {"N":"1796601600"} ADD used {"N":"2"}"#;
    assert_eq!(expression, expected, "a week after the day");
    assert_eq!(update["ExpressionAttributeValues"].as_object().unwrap().len(), 3);
}

#[tokio::test]
async fn only_a_response_grants_and_a_conflict_is_retried() {
    let (answer, requests) = spend([(400, canceled([FAILED]))]).await;
    assert_eq!((answer.unwrap(), requests.len()), (SpendOutcome::Exhausted, 1));
    let conflict = || (400, canceled(["TransactionConflict"]));
    let (answer, requests) = spend([conflict(), conflict(), (200, json!({}))]).await;
    assert_eq!((answer.unwrap(), requests.len()), (SpendOutcome::Counted, 3));
    let (answer, requests) = spend((0..99).map(|_| conflict())).await;
    assert!(matches!(answer, Err(PortError::Transient { .. })) && requests.len() == 8, "not forever");
    // Unknown whether it was counted: it is not granted, and not counted again.
    let (answer, requests) = spend([(500, json!({})), (200, json!({}))]).await;
    assert!(matches!(answer, Err(PortError::Transient { .. })) && requests.len() == 1, "{answer:?}");
    let (answer, _) = spend([(400, error("AccessDeniedException"))]).await;
    assert!(matches!(answer, Err(PortError::Denied { .. })));
}

#[tokio::test]
async fn a_creation_counts_the_connector_and_spends_in_its_own_transaction() {
    let draft = connector();
    let creation = change(None, &draft);
    let spends = [
        Spending { amount: 1, ..spending(Budget::Connectors, Party::Tenant) },
        Spending { amount: 1, ..spending(Budget::Changes, Party::Operators) },
    ];
    for (spends, sorts) in [
        (&spends[..], &["connectors", "changes#operators#2026-11-29T22:00:00.000Z"][..]),
        (&spends[..1], &["connectors"]),
        (&spends[1..], &["changes#operators#2026-11-29T22:00:00.000Z", "connectors"]),
        (&[], &["connectors"]),
    ] {
        let server = ScriptedServer::start([(200, json!({}))]).await;
        let answer = ledger(&server.client).create(&draft, &creation, spends).await;
        assert_eq!(answer.unwrap(), SaveAnswer::Saved(Saved::Stored));
        let writes = server.requests()[0]["TransactItems"].as_array().unwrap().clone();
        let counts: Vec<_> = writes.iter().filter_map(|write| write.get("Update")).collect();
        let found: Vec<_> = counts.iter().map(|count| count["Key"]["sk"]["S"].as_str().unwrap()).collect();
        assert_eq!(found, sorts);
        let lasting = counts.iter().find(|count| count["Key"]["sk"]["S"] == "connectors").unwrap();
        let increased = resolved(lasting, "UpdateExpression");
        assert_eq!(increased, r#"ADD used {"N":"1"}"#, "it never expires");
    }
}

/// The reason with the highest priority counts: our own first attempt, then another's, then the budget.
#[tokio::test]
async fn an_exhausted_budget_is_reported_after_a_version_and_before_a_claim() {
    let creation = change(None, &connector());
    let spends = [spending(Budget::Connectors, Party::Tenant), spending(Budget::Changes, Party::Tenant)];
    let nothing = || (200, json!({}));
    for (reasons, answer) in [
        (["None", "None", FAILED, "None"], SaveAnswer::Exhausted(Budget::Connectors)),
        (["None", "None", "None", FAILED], SaveAnswer::Exhausted(Budget::Changes)),
        (["None", "None", FAILED, FAILED], SaveAnswer::Exhausted(Budget::Connectors)),
        ([FAILED, FAILED, FAILED, "None"], SaveAnswer::Saved(Saved::Stale)),
    ] {
        let server = ScriptedServer::start([(400, canceled(reasons)), nothing()]).await;
        let result = ledger(&server.client).create(&connector(), &creation, &spends).await;
        assert_eq!((result.unwrap(), server.requests().len()), (answer, 2), "{reasons:?}");
    }
}
