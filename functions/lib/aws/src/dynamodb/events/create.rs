//! Creates the events table without a template: on a stand-in, or for `auditferry init`.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::operation::create_table::builders::CreateTableInputBuilder;
use aws_sdk_dynamodb::types::BillingMode;
use ports::PortError;

use super::layout::EventsTable;
use super::schema;
use crate::dynamodb::ledger::create::{create, enable_ttl as switch_on_expiry, key_schema, string_attribute};

const OPERATION: &str = "creating the events table";

/// Creates the default events table and waits until it is active; an existing table is left as it is. Then it
/// enables TTL on `expires_at`. If DynamoDB rejects that, as it does once TTL is enabled, nothing changes.
///
/// # Errors
/// If DynamoDB rejects the table, or it is not active within two minutes.
pub async fn create_table(client: &Client, table: &str) -> Result<(), PortError> {
    let layout = EventsTable::default_layout(table);
    create_if_missing(client, &layout).await?;
    enable_ttl(client, &layout).await
}

/// The same for a table of the vendor's own layout, with a sort key of type S. The resulting table, new or
/// existing, is compared with the settings. A table that is read through an index is not created, since the
/// settings don't name its own keys.
///
/// # Errors
/// Those of [`create_table`]; and [`PortError::Misconfigured`] if the settings do not match the table, or
/// name an index of a table that does not exist.
pub async fn create_table_of(client: &Client, layout: &EventsTable) -> Result<(), PortError> {
    if layout.index.is_none() {
        create_if_missing(client, layout).await?;
    }
    schema::load_described(client, layout).await?;
    enable_ttl(client, layout).await
}

async fn create_if_missing(client: &Client, layout: &EventsTable) -> Result<(), PortError> {
    create(
        OPERATION,
        client,
        &layout.table,
        definition(layout).map_err(|error| PortError::bug(OPERATION, error))?,
    )
    .await
}

async fn enable_ttl(client: &Client, layout: &EventsTable) -> Result<(), PortError> {
    match &layout.ttl {
        Some(ttl) => switch_on_expiry(client, &layout.table, ttl).await,
        None => Ok(()),
    }
}

fn definition(layout: &EventsTable) -> Result<CreateTableInputBuilder, BuildError> {
    let EventsTable { table, partition_key, sort_key, .. } = layout;
    let [hash, range] = key_schema(partition_key, sort_key)?;
    Ok(CreateTableInputBuilder::default()
        .table_name(table)
        .billing_mode(BillingMode::PayPerRequest)
        .key_schema(hash)
        .key_schema(range)
        .attribute_definitions(string_attribute(partition_key)?)
        .attribute_definitions(string_attribute(sort_key)?))
}
