//! Settings that do not match the keys of the table, on the embedded DynamoDB. Reading, writing and creating
//! return which setting is wrong, what the table has and what is right, never DynamoDB's own message.

use std::sync::Arc;

use ScalarAttributeType::{N, S};
use archive::sort_key::SortKeyForm;
use archive::time::Time;
use aws::clock::{SystemClock, SystemRng};
use aws::dynamodb::events::{DynamoSource, EventsTable, EventsWriter, NewEvent, create_table_of};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType,
};
use ports::{PageError, PortError};
use protocol::connector::Shards;
use protocol::machine::Span;
use sandbox::Stack;
use serde_json::json;

use super::scripted::{ScriptedServer, error};
use super::world::{client, hour, read_all};

fn element(name: &str, kind: KeyType) -> KeySchemaElement {
    KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap()
}

/// A table `audit` with these keys, and an index `by_org` on `org` and `at`.
async fn create(client: &Client, keys: &[(&str, ScalarAttributeType)]) {
    let index = GlobalSecondaryIndex::builder()
        .index_name("by_org")
        .key_schema(element("org", KeyType::Hash))
        .key_schema(element("at", KeyType::Range))
        .projection(Projection::builder().projection_type(ProjectionType::All).build());
    let mut table = client.create_table().table_name("audit").billing_mode(BillingMode::PayPerRequest);
    for ((name, _), role) in keys.iter().zip([KeyType::Hash, KeyType::Range]) {
        table = table.key_schema(element(name, role));
    }
    for (name, kind) in keys.iter().cloned().chain([("org", S), ("at", S)]) {
        let attribute = AttributeDefinition::builder().attribute_name(name).attribute_type(kind);
        table = table.attribute_definitions(attribute.build().unwrap());
    }
    table.global_secondary_indexes(index.build().unwrap()).send().await.unwrap();
}

fn layout(keys: [&str; 2], sort_key_form: SortKeyForm) -> EventsTable {
    let [partition_key, sort_key] = keys.map(ToOwned::to_owned);
    EventsTable { partition_key, sort_key, sort_key_form, ..EventsTable::default_layout("audit") }
}

fn writer(client: &Client, layout: EventsTable) -> EventsWriter {
    EventsWriter::new(client.clone(), layout, Arc::new(SystemClock::new()), Arc::new(SystemRng))
}

async fn write(client: &Client, layout: EventsTable) -> Result<(), PortError> {
    let event = NewEvent::new(Time::EPOCH, "evt_01".into(), "{}".into());
    writer(client, layout).write(&"acme".parse().unwrap(), Shards::ONE, &[event]).await.map(drop)
}

fn misconfigured(error: &PortError) -> String {
    assert!(matches!(error, PortError::Misconfigured { .. }), "{}", error.chain());
    let chain = error.chain();
    for text in ["Validation", "ResourceNotFound", "service error", "schema element"] {
        assert!(!chain.contains(text), "{chain}");
    }
    chain
}

async fn read(client: &Client, layout: EventsTable, span: &Span) -> String {
    match read_all(&DynamoSource::new(client.clone(), layout), span).await.unwrap_err() {
        PageError::Port(error) => misconfigured(&error),
        foreign @ PageError::Foreign { .. } => panic!("{foreign:?}"),
    }
}

#[tokio::test]
async fn reading_writing_and_creating_report_the_setting_that_does_not_match_the_table() {
    let stack = Stack::start(None).await.unwrap();
    let client = client(&stack);
    create(&client, &[("id", S), ("when", S)]).await;
    let has = "the table `audit` has the partition key `id` (S) and the sort key `when` (S)";
    for (keys, expected) in [
        (["pk", "when"], "EVENTS_PARTITION_KEY is `pk`; it must be `id`: "),
        (["id", "sk"], "EVENTS_SORT_KEY is `sk`; it must be `when`: "),
        (
            ["pk", "sk"],
            "EVENTS_PARTITION_KEY is `pk`; it must be `id`, and EVENTS_SORT_KEY is `sk`; it must be `when`: ",
        ),
    ] {
        let settings = layout(keys, SortKeyForm::Rfc3339);
        let out_of_order_keys = Span::OutOfOrderKeys {
            since: "2023-07-10T11:40:00Z".parse().unwrap(),
            until: "2023-07-12T11:40:00Z".parse().unwrap(),
        };
        for message in [
            read(&client, settings.clone(), &hour()).await,
            read(&client, settings.clone(), &out_of_order_keys).await,
            misconfigured(&write(&client, settings.clone()).await.unwrap_err()),
            misconfigured(&create_table_of(&client, &settings).await.unwrap_err()),
        ] {
            assert!(message.contains(&format!("{expected}{has}")), "{message}");
        }
    }
    let through = read(&client, layout(["org", "at"], SortKeyForm::Rfc3339), &hour()).await;
    assert!(through.contains("EVENTS_INDEX is empty; it must be `by_org`"), "{through}");
    let through = EventsTable { index: Some("by_day".into()), ..layout(["org", "at"], SortKeyForm::Rfc3339) };
    let message = read(&client, through, &hour()).await;
    assert!(
        message.contains("EVENTS_INDEX is `by_day`") && message.contains("has the indexes `by_org`"),
        "{message}"
    );
    // Matching settings read and write.
    let matching = layout(["id", "when"], SortKeyForm::Rfc3339);
    write(&client, matching.clone()).await.unwrap();
    create_table_of(&client, &matching).await.unwrap();
    assert!(read_all(&DynamoSource::new(client.clone(), matching), &hour()).await.unwrap().is_empty());
}

#[tokio::test]
async fn numbers_where_strings_are_expected_are_reported_by_the_form() {
    let stack = Stack::start(None).await.unwrap();
    let client = client(&stack);
    create(&client, &[("pk", S), ("sk", N)]).await;
    let settings = layout(["pk", "sk"], SortKeyForm::Rfc3339);
    for message in [
        read(&client, settings.clone(), &hour()).await,
        misconfigured(&write(&client, settings.clone()).await.unwrap_err()),
        misconfigured(&create_table_of(&client, &settings).await.unwrap_err()),
    ] {
        assert!(
            message.contains("EVENTS_SORT_KEY_FORM is `rfc3339`; it must be epoch_seconds or epoch_millis")
                && message.contains("the sort key `sk` (N)"),
            "{message}"
        );
    }
}

#[tokio::test]
async fn a_table_without_a_sort_key_and_a_missing_one_are_reported_as_such() {
    let stack = Stack::start(None).await.unwrap();
    let client = client(&stack);
    let settings = layout(["id", "when"], SortKeyForm::Rfc3339);
    let message = read(&client, settings.clone(), &hour()).await;
    assert!(
        message.contains("EVENTS_TABLE is `audit`") && message.contains("no table of that name"),
        "{message}"
    );
    let through = EventsTable { index: Some("by_org".into()), ..settings.clone() };
    let message = misconfigured(&create_table_of(&client, &through).await.unwrap_err());
    assert!(
        message.contains("EVENTS_TABLE is `audit`") && message.contains("no table of that name"),
        "{message}"
    );
    create(&client, &[("id", S)]).await;
    let message = read(&client, settings, &hour()).await;
    assert!(
        message.contains("EVENTS_SORT_KEY is `when`") && message.contains("and no sort key"),
        "{message}"
    );
}

#[tokio::test]
async fn a_table_with_custom_names_is_created_with_them() {
    let stack = Stack::start(None).await.unwrap();
    let client = client(&stack);
    let settings = EventsTable { ttl: Some("gone_at".into()), ..layout(["org", "at"], SortKeyForm::Rfc3339) };
    create_table_of(&client, &settings).await.unwrap();
    write(&client, settings.clone()).await.unwrap();
    let expiry = client.describe_time_to_live().table_name("audit").send().await.unwrap();
    assert_eq!(expiry.time_to_live_description.unwrap().attribute_name(), Some("gone_at"));
}

/// DynamoDB's message if the role may read and not describe.
#[tokio::test]
async fn without_permission_to_describe_the_settings_are_named_anyway() {
    let server =
        ScriptedServer::start([(400, error("ValidationException")), (400, error("AccessDeniedException"))])
            .await;
    let message = read(&server.client, layout(["pk", "sk"], SortKeyForm::Rfc3339), &hour()).await;
    assert!(message.contains("EVENTS_PARTITION_KEY is `pk` and EVENTS_SORT_KEY is `sk`"), "{message}");
    assert!(message.contains("dynamodb:DescribeTable") && !message.contains("as scripted"), "{message}");
}

/// An error unrelated to the settings is returned as it was.
#[tokio::test]
async fn another_error_of_a_matching_table_is_not_blamed_on_the_settings() {
    let described = json!({"Table": {
        "TableName": "audit",
        "KeySchema": [
            {"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        "AttributeDefinitions": [
            {"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "sk", "AttributeType": "S"},
        ],
    }});
    let server = ScriptedServer::start([(400, error("ValidationException")), (200, described)]).await;
    let settings = layout(["pk", "sk"], SortKeyForm::Rfc3339);
    let failed = read_all(&DynamoSource::new(server.client.clone(), settings), &hour()).await.unwrap_err();
    assert!(matches!(failed, PageError::Port(PortError::Bug { .. })), "{failed:?}");
}
