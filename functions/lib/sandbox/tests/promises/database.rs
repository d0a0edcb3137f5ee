//! DynamoDB as Auditferry uses it: conditional writes, consistent queries, transactions. The rest is
//! `dynoxide`'s own.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, ConditionCheck, KeySchemaElement, KeyType, Put,
    ScalarAttributeType, TransactWriteItem,
};
use aws_smithy_types::retry::RetryConfig;
use sandbox::Stack;

use crate::fixture::{session_keys, start, status_and_code, vendor_keys};

fn client(stack: &Stack) -> Client {
    client_as(stack, vendor_keys(stack))
}

fn client_as(stack: &Stack, keys: Credentials) -> Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .endpoint_url(stack.dynamodb_url())
        .credentials_provider(keys)
        .retry_config(RetryConfig::disabled())
        .build();
    Client::from_conf(config)
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

pub(crate) async fn make_table(stack: &Stack) {
    let attribute = |name: &str| {
        AttributeDefinition::builder()
            .attribute_name(name)
            .attribute_type(ScalarAttributeType::S)
            .build()
            .unwrap()
    };
    let key =
        |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap();
    client(stack)
        .create_table()
        .table_name("events")
        .set_attribute_definitions(Some(vec![attribute("pk"), attribute("sk")]))
        .set_key_schema(Some(vec![key("pk", KeyType::Hash), key("sk", KeyType::Range)]))
        .billing_mode(BillingMode::PayPerRequest)
        .send()
        .await
        .unwrap();
}

pub(crate) async fn put_number(stack: &Stack, sk: &str, number: i64) {
    let put = client(stack).put_item().table_name("events").item("pk", text("acme")).item("sk", text(sk));
    put.item("number", AttributeValue::N(number.to_string())).send().await.unwrap();
}

pub(crate) async fn number_of(stack: &Stack, sk: &str) -> Option<i64> {
    let get = client(stack).get_item().table_name("events").key("pk", text("acme")).key("sk", text(sk));
    let item = get.consistent_read(true).send().await.unwrap().item?;
    item["number"].as_n().unwrap().parse().ok()
}

#[tokio::test]
async fn a_query_reads_a_range_of_keys_consistently_and_in_order() {
    let stack = start().await;
    make_table(&stack).await;
    for (number, sk) in ["a", "b", "c", "d"].into_iter().enumerate() {
        put_number(&stack, sk, i64::try_from(number).unwrap()).await;
    }
    let query = client(&stack).query().table_name("events").consistent_read(true);
    let query = query.key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to");
    let query = query.expression_attribute_values(":pk", text("acme"));
    let query =
        query.expression_attribute_values(":from", text("b")).expression_attribute_values(":to", text("c"));
    let found = query.send().await.unwrap();
    let keys: Vec<_> = found.items().iter().map(|item| item["sk"].as_s().unwrap().as_str()).collect();
    assert_eq!(keys, ["b", "c"]);
}

#[tokio::test]
async fn a_transaction_writes_all_or_nothing() {
    let stack = start().await;
    make_table(&stack).await;
    put_number(&stack, "cursor", 1).await;
    let seal = |expected: i64| {
        let part = Put::builder().table_name("events").item("pk", text("acme")).item("sk", text("part"));
        let part = part
            .item("number", AttributeValue::N("7".into()))
            .condition_expression("attribute_not_exists(pk)");
        let cursor =
            ConditionCheck::builder().table_name("events").key("pk", text("acme")).key("sk", text("cursor"));
        let cursor = cursor.condition_expression("#n = :n").expression_attribute_names("#n", "number");
        let cursor = cursor.expression_attribute_values(":n", AttributeValue::N(expected.to_string()));
        client(&stack)
            .transact_write_items()
            .transact_items(TransactWriteItem::builder().put(part.build().unwrap()).build())
            .transact_items(TransactWriteItem::builder().condition_check(cursor.build().unwrap()).build())
            .send()
    };
    let error = seal(2).await.unwrap_err();
    let canceled = error.as_service_error().unwrap();
    assert!(canceled.is_transaction_canceled_exception());
    assert_eq!(number_of(&stack, "part").await, None);
    seal(1).await.unwrap();
    assert_eq!(number_of(&stack, "part").await, Some(7));
}

#[tokio::test]
async fn only_the_keys_of_this_start_are_accepted() {
    let stack = start().await;
    make_table(&stack).await;
    let vendor = vendor_keys(&stack);
    let with = |id: &str, secret: &str| Credentials::new(id, secret, None, None, "test");
    for (keys, refused) in [
        (with("AKIDMADEUP", "made-up"), "400 UnrecognizedClientException"),
        (with(vendor.access_key_id(), "made-up"), "400 InvalidSignatureException"),
        (
            with(&vendor.access_key_id().to_lowercase(), vendor.secret_access_key()),
            "400 UnrecognizedClientException",
        ),
        // A customer's session has a role of another account, which has no permissions on the vendor's
        // tables.
        (session_keys(&stack, None).await, "400 AccessDeniedException"),
        (vendor_keys(&Stack::start(None).await.unwrap()), "400 UnrecognizedClientException"),
    ] {
        let scan = client_as(&stack, keys.clone()).scan().table_name("events").send().await;
        assert_eq!(status_and_code(scan), refused, "{keys:?}");
    }
    client(&stack).scan().table_name("events").send().await.unwrap();
}
