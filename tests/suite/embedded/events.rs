//! The events table on a stack.

use std::collections::HashMap;

use archive::names::TenantId;
use archive::sort_key::{SortKey, SortKeyForm};
use archive::time::Time;
use async_trait::async_trait;
use aws::dynamodb::events::{DynamoSource, EventsTable};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use protocol::connector::Shards;
use sandbox::Stack;
use serde_json::Value;
use tests::conformance::source::EventsRig;
use tests::fakes::{FakeSource, Shape};

const TABLE: &str = "events";

/// The adapter, and a client that writes as the vendor's product does.
#[derive(Debug)]
pub(crate) struct StackEvents {
    client: aws_sdk_dynamodb::Client,
    layout: EventsTable,
    port: DynamoSource,
    /// Keeps this test's own stack alive while the table is in use.
    _stack: Option<Stack>,
}

impl StackEvents {
    /// A table of default names with keys of this form, of type N if `numeric`.
    pub(crate) async fn new(client: &aws_sdk_dynamodb::Client, form: SortKeyForm, numeric: bool) -> Self {
        create_table(client, TABLE, numeric).await;
        let layout = EventsTable { sort_key_form: form, ..EventsTable::default_layout(TABLE) };
        let port = DynamoSource::new(client.clone(), layout.clone());
        Self { client: client.clone(), layout, port, _stack: None }
    }

    /// On a stack of its own.
    pub(crate) async fn start(form: SortKeyForm, numeric: bool) -> Self {
        let (stack, clients) = super::start().await;
        Self { _stack: Some(stack), ..Self::new(&clients.dynamodb, form, numeric).await }
    }

    /// Another adapter on the same table.
    pub(crate) fn adapter(&self) -> DynamoSource {
        DynamoSource::new(self.client.clone(), self.layout.clone())
    }

    /// Deletes a tenant's events before a time, as their TTL would.
    pub(crate) async fn expire(&self, tenant: &TenantId, before: Time) {
        let found = self
            .client
            .query()
            .table_name(TABLE)
            .key_condition_expression("pk = :pk AND sk < :before")
            .expression_attribute_values(":pk", AttributeValue::S(tenant.to_string()))
            .expression_attribute_values(":before", AttributeValue::S(SortKeyForm::Rfc3339.bound(before)))
            .projection_expression("pk, sk")
            .send()
            .await
            .unwrap();
        for key in found.items() {
            self.client.delete_item().table_name(TABLE).set_key(Some(key.clone())).send().await.unwrap();
        }
    }
}

async fn create_table(client: &aws_sdk_dynamodb::Client, table: &str, numeric: bool) {
    let sort_type = if numeric { ScalarAttributeType::N } else { ScalarAttributeType::S };
    let mut request = client.create_table().table_name(table).billing_mode(BillingMode::PayPerRequest);
    for (name, key, kind) in
        [("pk", KeyType::Hash, ScalarAttributeType::S), ("sk", KeyType::Range, sort_type)]
    {
        let key = KeySchemaElement::builder().attribute_name(name).key_type(key).build().unwrap();
        let kind = AttributeDefinition::builder().attribute_name(name).attribute_type(kind).build().unwrap();
        request = request.key_schema(key).attribute_definitions(kind);
    }
    request.send().await.unwrap();
}

#[async_trait]
impl EventsRig for StackEvents {
    type Port = DynamoSource;

    fn port(&self) -> &DynamoSource {
        &self.port
    }

    async fn store(&self, tenant: &TenantId, shards: Shards, shard: u8, sort_key: &SortKey, shape: &Shape) {
        let sort_key = match sort_key {
            SortKey::Text(text) => AttributeValue::S(text.clone()),
            SortKey::Number(number) => AttributeValue::N(number.clone()),
        };
        let mut item = match shape {
            Shape::Text(text) => single_attribute("event", AttributeValue::S(text.clone())),
            Shape::Map(map) => single_attribute("event", attribute(&Value::Object(map.clone()))),
            Shape::Number(number) => single_attribute("event", AttributeValue::N(number.to_string())),
            Shape::Whole(map) => map.iter().map(|(name, value)| (name.clone(), attribute(value))).collect(),
        };
        item.insert("pk".into(), AttributeValue::S(FakeSource::partition(tenant, shards, shard)));
        item.insert("sk".into(), sort_key);
        item.insert("expires_at".into(), AttributeValue::N("4000000000".into()));
        self.client.put_item().table_name(TABLE).set_item(Some(item)).send().await.unwrap();
    }
}

fn single_attribute(name: &str, value: AttributeValue) -> HashMap<String, AttributeValue> {
    HashMap::from([(name.to_owned(), value)])
}

/// A JSON value as a native attribute.
fn attribute(value: &Value) -> AttributeValue {
    match value {
        Value::Null => AttributeValue::Null(true),
        Value::Bool(flag) => AttributeValue::Bool(*flag),
        Value::Number(number) => AttributeValue::N(number.to_string()),
        Value::String(text) => AttributeValue::S(text.clone()),
        Value::Array(list) => AttributeValue::L(list.iter().map(attribute).collect()),
        Value::Object(map) => AttributeValue::M(map.iter().map(|(k, v)| (k.clone(), attribute(v))).collect()),
    }
}
