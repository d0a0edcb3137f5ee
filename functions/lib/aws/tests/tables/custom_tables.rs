//! Custom tables, on the embedded DynamoDB: other names, an index, numeric sort keys.

use archive::sort_key::{SortKey, SortKeyForm};
use aws::dynamodb::events::{DynamoSource, EventsTable, create_table};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::create_table::builders::CreateTableFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType,
    Projection, ProjectionType, ScalarAttributeType,
};
use control::partition::PartitionFormat;
use ports::Source as _;
use ports::{PageError, PortError};
use protocol::connector::Shards;
use protocol::machine::Span;
use sandbox::Stack;

use super::world::{client, client_at, hour, layout, read_all};

fn element(name: &str, kind: KeyType) -> KeySchemaElement {
    KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap()
}

fn attributes<const N: usize>(
    table: CreateTableFluentBuilder,
    attributes: [(&str, ScalarAttributeType); N],
) -> CreateTableFluentBuilder {
    attributes.into_iter().fold(table.billing_mode(BillingMode::PayPerRequest), |table, (name, kind)| {
        let attribute = AttributeDefinition::builder().attribute_name(name).attribute_type(kind);
        table.attribute_definitions(attribute.build().unwrap())
    })
}

/// A table with key `id`, and an index `by_org` on `org` and `at`.
async fn table_with_index(client: &Client, projection: ProjectionType) -> EventsTable {
    let index = GlobalSecondaryIndex::builder()
        .index_name("by_org")
        .key_schema(element("org", KeyType::Hash))
        .key_schema(element("at", KeyType::Range))
        .projection(Projection::builder().projection_type(projection).build());
    let table = client.create_table().table_name("audit").key_schema(element("id", KeyType::Hash));
    let table = table.global_secondary_indexes(index.build().unwrap());
    attributes(table, ["id", "org", "at"].map(|name| (name, ScalarAttributeType::S))).send().await.unwrap();
    EventsTable {
        table: "audit".into(),
        index: Some("by_org".into()),
        partition_key: "org".into(),
        sort_key: "at".into(),
        partition_format: PartitionFormat::parse("ORG#{tenant}").unwrap(),
        ..layout(SortKeyForm::Rfc3339)
    }
}

fn text(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

#[tokio::test]
async fn through_an_index_equal_sort_keys_come_in_one_order_over_all_pages() {
    let stack = Stack::start(None).await.unwrap();
    let client = client(&stack);
    let table = table_with_index(&client, ProjectionType::All).await;
    // Some 4 MB, so several pages, and ten events share each sort key. One tenant's name is the start of
    // another's.
    for n in 0..40u32 {
        let id = format!("{:03}", n * 7 % 40);
        let put = client
            .put_item()
            .table_name("audit")
            .item("id", text(id))
            .item("filler", text("x".repeat(100_000)));
        put.item("org", text("ORG#acme"))
            .item("at", text(format!("2026-11-20T20:15:3{}Z", n % 4)))
            .send()
            .await
            .unwrap();
        let other = client.put_item().table_name("audit").item("id", text(format!("other-{n}")));
        other.item("org", text("ORG#acme2")).item("at", text("2026-11-20T20:15:30Z")).send().await.unwrap();
    }
    let source = DynamoSource::new(client, table);
    let mut reader = source.open(&"acme".parse().unwrap(), Shards::ONE, 0, &hour()).await.unwrap();
    let (mut items, mut pages) = (Vec::new(), 0);
    while let Some(page) = reader.next_page().await.unwrap() {
        items.extend(page);
        pages += 1;
    }
    assert!(pages > 2);
    assert_eq!(items.len(), 40);
    assert!(items.is_sorted_by(|a, b| a.key < b.key));
    // The whole item is the event, with the table's own key and without the index's.
    let first: serde_json::Value = serde_json::from_slice(items[0].content.as_ref().unwrap()).unwrap();
    assert_eq!(first, serde_json::json!({ "id": "000", "filler": "x".repeat(100_000) }));
}

#[tokio::test]
async fn through_an_index_unparsable_keys_of_one_value_are_all_read_and_history_is_not() {
    let stack = Stack::start(None).await.unwrap();
    let client = client(&stack);
    let table = table_with_index(&client, ProjectionType::All).await;
    let unparsable = ["!first", "2022-W30", "2023-07-10 12:10", "2023-07-10 12:10", "PROFILE", "PROFILE"];
    let others = ["2020-05-05 10:00", "2021-01-01T00:00:00Z", "2023-07-10T12:10:00Z"];
    for (id, at) in unparsable.iter().chain(&others).enumerate() {
        let put = client.put_item().table_name("audit").item("id", text(format!("{id}")));
        put.item("org", text("ORG#acme")).item("at", text(*at)).send().await.unwrap();
    }
    let (since, until) = ("2023-07-10T11:40:00Z".parse().unwrap(), "2023-07-12T11:40:00Z".parse().unwrap());
    let span = Span::OutOfOrderKeys { since, until };
    let source = DynamoSource::new(client, table);
    let mut reader = source.open(&"acme".parse().unwrap(), Shards::ONE, 0, &span).await.unwrap();
    let mut found = Vec::new();
    while let Some(page) = reader.next_page().await.unwrap() {
        found.extend(page.into_iter().map(|item| item.sort_key.as_str().to_owned()));
    }
    assert_eq!(found, unparsable);
}

#[tokio::test]
async fn an_index_that_would_leave_out_half_an_event_is_refused() {
    let stack = Stack::start(None).await.unwrap();
    let client = client(&stack);
    let table = table_with_index(&client, ProjectionType::KeysOnly).await;
    let source = DynamoSource::new(client, table);
    let error = read_all(&source, &hour()).await.unwrap_err();
    let PageError::Port(error @ PortError::Misconfigured { .. }) = error else { panic!("{error:?}") };
    assert!(error.chain().contains("projection ALL"), "{}", error.chain());
}

#[tokio::test]
async fn numeric_sort_keys_are_read_in_order_with_unparsable_ones_on_both_sides() {
    let stack = Stack::start(None).await.unwrap();
    let client = client(&stack);
    let table = client.create_table().table_name("events");
    let table = table.key_schema(element("pk", KeyType::Hash)).key_schema(element("sk", KeyType::Range));
    let types = [("pk", ScalarAttributeType::S), ("sk", ScalarAttributeType::N)];
    attributes(table, types).send().await.unwrap();
    // Within the hour, outside it, and unparsable times.
    let inside = ["1795204800", "1795204800.5", "1795206700.25", "1795208399.999999"];
    let unparsable = ["-7E+20", "-1.25", "-1.2", "253402300800", "1E+30"];
    for key in inside.iter().chain(&unparsable).chain(&["0", "1795204799.9", "1795208401"]) {
        let put = client.put_item().table_name("events").item("pk", text("acme")).item("event", text("{}"));
        put.item("sk", AttributeValue::N((*key).to_owned())).send().await.unwrap();
    }
    let source = DynamoSource::new(client, layout(SortKeyForm::EpochSeconds));
    let keys = async |span| -> Vec<String> {
        let items = read_all(&source, &span).await.unwrap();
        items
            .into_iter()
            .map(|item| match item.sort_key {
                SortKey::Number(number) => number,
                SortKey::Text(text) => panic!("{text}"),
            })
            .collect()
    };
    assert_eq!(keys(hour()).await, inside);
    let unparsable =
        ["-700000000000000000000", "-1.25", "-1.2", "253402300800", &format!("1{}", "0".repeat(30))];
    let at = |text: &str| text.parse().unwrap();
    let span = Span::OutOfOrderKeys { since: at("2026-11-20T20:00:00Z"), until: at("2026-11-22T20:00:00Z") };
    assert_eq!(keys(span).await, unparsable);
}

#[tokio::test]
async fn a_tenant_with_several_shards_needs_a_format_with_a_shard() {
    let format = PartitionFormat::parse("TENANT#{tenant}").unwrap();
    let table = EventsTable { partition_format: format, ..layout(SortKeyForm::Rfc3339) };
    let source = DynamoSource::new(client_at("http://127.0.0.1:1"), table);
    let opened = source.open(&"acme".parse().unwrap(), 4.try_into().unwrap(), 0, &hour()).await;
    let Err(error @ PortError::Misconfigured { .. }) = opened else { panic!("it was opened") };
    assert!(error.chain().contains("EVENTS_PARTITION_FORMAT"), "{}", error.chain());
}

#[tokio::test]
async fn the_default_table_is_created_once_with_its_expiry() {
    let stack = Stack::start(None).await.unwrap();
    let client = client(&stack);
    create_table(&client, "events").await.unwrap();
    create_table(&client, "events").await.unwrap();
    let expiry = client.describe_time_to_live().table_name("events").send().await.unwrap();
    let expiry = expiry.time_to_live_description.unwrap();
    assert_eq!(expiry.attribute_name(), Some("expires_at"));
    let source = DynamoSource::new(client, layout(SortKeyForm::Rfc3339));
    assert!(read_all(&source, &hour()).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_recreated_table_is_another_source_and_so_is_another_key_of_it() {
    let stack = Stack::start(None).await.unwrap();
    let client = client(&stack);
    create_table(&client, "events").await.unwrap();
    let here = layout(SortKeyForm::Rfc3339);
    let identity = async |layout: &EventsTable| {
        DynamoSource::new(client.clone(), layout.clone()).identity().await.unwrap()
    };
    let first = identity(&here).await;
    assert_eq!(first, identity(&here).await);
    let by_ulid = identity(&EventsTable { sort_key_form: SortKeyForm::Ulid, ..here.clone() }).await;
    assert_ne!(first, by_ulid);
    assert_eq!(first.table_id, by_ulid.table_id);
    assert!(first.table_id.is_some());

    client.delete_table().table_name("events").send().await.unwrap();
    let known = DynamoSource::new(client.clone(), here.clone());
    let error = known.identity().await.unwrap_err();
    assert!(matches!(error, PortError::Misconfigured { .. }), "{}", error.chain());
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    create_table(&client, "events").await.unwrap();
    assert_ne!(first, identity(&here).await);
    known.identity().await.expect("an error is not remembered");
}
