//! A reader's handling of pages that DynamoDB may return, and of one that it never should.

use std::time::Duration;

use archive::sort_key::SortKeyForm;
use aws::dynamodb::events::{DynamoSource, EventsTable};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use ports::Source as _;
use ports::{PageError, PortError};
use protocol::connector::Shards;
use serde_json::{Value, json};

use super::scripted::{ScriptedResponse, ScriptedServer, error};
use super::world::{hour, layout, read_all};

fn item(partition: &str, second: u8) -> Value {
    json!({
        "pk": {"S": partition},
        "sk": {"S": format!("2026-11-20T20:15:{second:02}.000Z#evt")},
        "event": {"S": format!("{{\"n\":{second}}}")},
    })
}

fn page(items: &[Value], more: bool) -> (u16, Value) {
    let mut page = json!({"Items": items, "Count": items.len()});
    if more {
        page["LastEvaluatedKey"] = json!({"pk": {"S": "acme"}, "sk": {"S": "2026-11-20T20:15:00.000Z#evt"}});
    }
    (200, page)
}

async fn source(
    answers: impl IntoIterator<Item = impl Into<ScriptedResponse>>,
) -> (DynamoSource, ScriptedServer) {
    let server = ScriptedServer::start(answers).await;
    (DynamoSource::new(server.client.clone(), layout(SortKeyForm::Rfc3339)), server)
}

#[tokio::test]
async fn an_empty_page_with_a_key_is_not_the_end() {
    let (source, server) = source([page(&[], true), page(&[item("acme", 1)], true), page(&[], false)]).await;
    assert_eq!(read_all(&source, &hour()).await.unwrap().len(), 1);
    let requests = server.requests();
    assert_eq!(requests.len(), 3);
    assert!(requests.iter().all(|query| query["ConsistentRead"] == true));
    assert!(requests[0]["ExclusiveStartKey"].is_null() && requests[2]["ExclusiveStartKey"].is_object());
}

#[tokio::test]
async fn the_next_page_is_on_its_way_while_this_one_is_exported() {
    let (source, server) = source([page(&[item("acme", 1)], true), page(&[item("acme", 2)], false)]).await;
    let mut reader = source.open(&"acme".parse().unwrap(), Shards::ONE, 0, &hour()).await.unwrap();
    assert_eq!(reader.next_page().await.unwrap().unwrap().len(), 1);
    let prefetched = async {
        while server.requests().len() < 2 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), prefetched).await.expect("the next page is not requested");
    assert_eq!(reader.next_page().await.unwrap().unwrap().len(), 1);
    assert!(reader.next_page().await.unwrap().is_none());
    assert_eq!(server.requests().len(), 2, "no page is requested twice");
}

/// The text at a page's end is only a guess until the page is parsed.
#[tokio::test]
async fn text_that_only_looks_like_the_start_of_the_next_page_is_not_followed() {
    let start =
        |second: u8| json!({"pk": {"S": "acme"}, "sk": {"S": format!("2026-11-20T20:15:{second:02}Z")}});
    let odd = |next: &Value| {
        let aside = json!({"LastEvaluatedKey": start(9)});
        (200, json!({"Items": [item("acme", 1)], "LastEvaluatedKey": next, "ZZ": aside}))
    };
    // Whether the wrong request was still sent depends on timing, so it gets the response of the right one.
    let second = || page(&[item("acme", 2)], false);
    let (right, server) = source([odd(&start(1)), second(), second()]).await;
    assert_eq!(read_all(&right, &hour()).await.unwrap().len(), 2);
    assert_eq!(server.requests().last().unwrap()["ExclusiveStartKey"], start(1));

    let (last, _server) = source([odd(&Value::Null), second()]).await;
    assert_eq!(read_all(&last, &hour()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn pages_of_many_shards_are_small() {
    let (source, server) = source([page(&[], false), page(&[], false)]).await;
    for shards in [1, 64] {
        let shards = Shards::try_from(shards).unwrap();
        let mut reader = source.open(&"acme".parse().unwrap(), shards, 0, &hour()).await.unwrap();
        assert!(reader.next_page().await.unwrap().is_none());
    }
    let limits: Vec<Value> = server.requests().iter().map(|request| request["Limit"].clone()).collect();
    assert_eq!(limits, [Value::Null, json!(80)]);
}

#[tokio::test]
async fn a_page_that_fails_fails_the_whole_read() {
    for (status, answer) in [(400, error("ProvisionedThroughputExceededException")), (500, json!({}))] {
        let (source, _server) = source([page(&[item("acme", 1)], true), (status, answer)]).await;
        let failed = read_all(&source, &hour()).await.unwrap_err();
        assert!(matches!(failed, PageError::Port(PortError::Transient { .. })), "{failed:?}");
    }
    let (source, _server) = source([(400, error("AccessDeniedException"))]).await;
    let failed = read_all(&source, &hour()).await.unwrap_err();
    assert!(matches!(failed, PageError::Port(PortError::Denied { .. })), "{failed:?}");
}

/// Neither one is taken for a page, and the SDK retries.
#[tokio::test]
async fn a_page_damaged_in_transit_is_requested_again() {
    fn whole() -> ScriptedResponse {
        page(&[item("acme", 1), item("acme", 2)], false).into()
    }
    let flipped = || ScriptedResponse { body: whole().body.replace("\\\"n\\\":1", "\\\"n\\\":7"), ..whole() };
    assert_ne!(flipped().body, whole().body);
    let short = || {
        let body = whole().body.split_off(2);
        ScriptedResponse { crc32: crc32fast::hash(body.as_bytes()), body, ..whole() }
    };
    let server = ScriptedServer::start([flipped(), short(), whole()]).await;
    let retries = RetryConfig::standard().with_initial_backoff(Duration::from_millis(1));
    let config = server.client.config().to_builder().retry_config(retries);
    let retrying = DynamoSource::new(Client::from_conf(config.build()), layout(SortKeyForm::Rfc3339));
    assert_eq!(read_all(&retrying, &hour()).await.unwrap().len(), 2);
    assert_eq!(server.requests().len(), 3);

    let damages: [fn() -> ScriptedResponse; 2] = [flipped, short];
    for damaged in damages {
        let (source, _server) = source([damaged(), damaged(), damaged()]).await;
        let failed = read_all(&source, &hour()).await.unwrap_err();
        assert!(matches!(failed, PageError::Port(PortError::Transient { .. })), "{failed:?}");
        assert!(!format!("{failed:?}").contains("evt"), "no item is logged: {failed:?}");
    }
}

#[tokio::test]
async fn an_item_of_another_tenant_ends_the_read_and_both_keys_are_reported() {
    let (source, _server) = source([page(&[item("acme", 1), item("globex", 2)], false)]).await;
    let failed = read_all(&source, &hour()).await.unwrap_err();
    let PageError::Foreign { expected, found } = failed else { panic!("{failed:?}") };
    assert_eq!((expected.as_str(), found.as_str()), ("acme", "globex"));
}

#[tokio::test]
async fn items_that_come_in_the_wrong_order_or_twice_fail_the_read() {
    for items in [[item("acme", 2), item("acme", 1)], [item("acme", 1), item("acme", 1)]] {
        let (source, _server) = source([page(&items, false)]).await;
        let failed = read_all(&source, &hour()).await.unwrap_err();
        assert!(matches!(failed, PageError::Port(PortError::Bug { .. })), "{failed:?}");
    }
}

#[tokio::test]
async fn the_layout_is_described_once_and_only_on_demand() {
    let describe = (
        200,
        json!({"Table": {
            "KeySchema": [
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            "AttributeDefinitions": [
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "N"},
            ],
        }}),
    );
    // A failed response is not cached.
    let server =
        ScriptedServer::start([(500, json!({})), describe, page(&[], false), page(&[], false)]).await;
    let table = EventsTable { ..layout(SortKeyForm::EpochSeconds) };
    let source = DynamoSource::new(server.client.clone(), table);
    assert!(read_all(&source, &hour()).await.is_err());
    assert!(read_all(&source, &hour()).await.unwrap().is_empty());
    assert!(read_all(&source, &hour()).await.unwrap().is_empty());
    let queries = server.requests();
    assert_eq!(queries.iter().filter(|request| request["KeyConditionExpression"].is_null()).count(), 2);
    assert_eq!(queries[3]["ExpressionAttributeValues"][":low"], json!({"N": "1795204800"}));
}
