//! Creates the ledger table where no template does: in the sandbox, or for `auditferry init`.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::client::Waiters as _;
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_dynamodb::operation::create_table::builders::CreateTableInputBuilder;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType, TimeToLiveSpecification,
};
use aws_smithy_types::error::display::DisplayErrorContext;
use ports::PortError;

use super::budgets::EXPIRES_AT;
use super::keys::{DUE_INDEX, DUE_SHARD, NEXT_RUN_AT, PK, SK, TENANT_ID, TENANT_INDEX};
use crate::port_error::port_error;

/// How long a new table may take to become active.
const CREATE_TIMEOUT: Duration = Duration::from_mins(2);

/// The definition of the ledger table; the deployment's template has the same one.
///
/// # Errors
/// If the SDK finds the definition incomplete, which would be a bug.
pub fn table_definition(table: &str) -> Result<CreateTableInputBuilder, PortError> {
    definition(table).map_err(|error| PortError::bug("defining the ledger table", error))
}

fn definition(table: &str) -> Result<CreateTableInputBuilder, BuildError> {
    let [hash, range] = key_schema(PK, SK)?;
    let mut input = CreateTableInputBuilder::default()
        .table_name(table)
        .billing_mode(BillingMode::PayPerRequest)
        .key_schema(hash)
        .key_schema(range)
        .global_secondary_indexes(index(DUE_INDEX, DUE_SHARD, NEXT_RUN_AT, ProjectionType::KeysOnly)?)
        .global_secondary_indexes(index(TENANT_INDEX, TENANT_ID, PK, ProjectionType::All)?);
    for name in [PK, SK, DUE_SHARD, NEXT_RUN_AT, TENANT_ID] {
        input = input.attribute_definitions(string_attribute(name)?);
    }
    Ok(input)
}

fn index(
    name: &str,
    hash: &str,
    range: &str,
    projection: ProjectionType,
) -> Result<GlobalSecondaryIndex, BuildError> {
    let [hash, range] = key_schema(hash, range)?;
    GlobalSecondaryIndex::builder()
        .index_name(name)
        .key_schema(hash)
        .key_schema(range)
        .projection(Projection::builder().projection_type(projection).build())
        .build()
}

/// A key schema of a hash and a range attribute.
pub(crate) fn key_schema(hash: &str, range: &str) -> Result<[KeySchemaElement; 2], BuildError> {
    let element = |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build();
    Ok([element(hash, KeyType::Hash)?, element(range, KeyType::Range)?])
}

/// A key attribute of type S.
pub(crate) fn string_attribute(name: &str) -> Result<AttributeDefinition, BuildError> {
    AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build()
}

/// Creates the table and waits until it is active; an existing one is left as it is. Then it enables time to
/// live. DynamoDB rejects that if it is already enabled, which is ignored.
///
/// # Errors
/// If DynamoDB rejects the request, or the table is not active within two minutes.
pub async fn create_table(client: &Client, table: &str) -> Result<(), PortError> {
    create("creating the ledger table", client, table, table_definition(table)?).await?;
    enable_ttl(client, table, EXPIRES_AT).await
}

/// Enables time to live on this attribute of a table.
pub(crate) async fn enable_ttl(client: &Client, table: &str, attribute: &str) -> Result<(), PortError> {
    let expiry = TimeToLiveSpecification::builder().attribute_name(attribute).enabled(true).build();
    let expiry = expiry.map_err(|error| PortError::bug("enabling a table's time to live", error))?;
    let result =
        client.update_time_to_live().table_name(table).time_to_live_specification(expiry).send().await;
    if let Err(error) = result {
        let cause = DisplayErrorContext(&error);
        tracing::debug!(table, %cause, "Time to live was not enabled on a table");
    }
    Ok(())
}

/// Creates any table. Of two concurrent calls, the second finds the table being created and waits as well.
pub(crate) async fn create(
    what: &'static str,
    client: &Client,
    table: &str,
    definition: CreateTableInputBuilder,
) -> Result<(), PortError> {
    if let Err(error) = definition.send_with(client).await
        && !matches!(error.as_service_error(), Some(CreateTableError::ResourceInUseException(_)))
    {
        return Err(port_error(what, error));
    }
    let waited = client.wait_until_table_exists().table_name(table).wait(CREATE_TIMEOUT).await;
    waited.map_err(|error| PortError::transient(what, error))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_of_due_connectors_holds_keys_only() {
        let input = table_definition("ledger").unwrap().build().unwrap();
        let due =
            input.global_secondary_indexes().iter().find(|index| index.index_name() == DUE_INDEX).unwrap();
        let projection = due.projection().and_then(Projection::projection_type);
        assert_eq!(projection, Some(&ProjectionType::KeysOnly));
        assert_eq!(input.attribute_definitions().len(), 5);
    }
}
