//! Makes the events table of contract 1 where no template has: on a stand-in, or for `auditferry init`.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::operation::create_table::builders::CreateTableInputBuilder;
use aws_sdk_dynamodb::types::{BillingMode, TimeToLiveSpecification};
use aws_smithy_types::error::display::DisplayErrorContext;
use domain::ports::PortError;

use crate::ledger::create::{create, keys, text};

const WHAT: &str = "creating the events table";

/// Makes the default events table and waits until it is there; one that exists already is left as it is. Then
/// it asks for expiry by `expires_at`; where that is refused, as it is once it is switched on, events stay.
///
/// # Errors
/// If DynamoDB refuses the table, or it is not active within two minutes.
pub async fn create_table(client: &Client, table: &str) -> Result<(), PortError> {
    let bug = |source| PortError::Bug { what: WHAT, source: Box::new(source) };
    create(WHAT, client, table, definition(table).map_err(bug)?).await?;
    let expiry = TimeToLiveSpecification::builder().attribute_name("expires_at").enabled(true).build();
    let expiry = expiry.map_err(bug)?;
    let asked =
        client.update_time_to_live().table_name(table).time_to_live_specification(expiry).send().await;
    if let Err(error) = asked {
        tracing::debug!(table, cause = %DisplayErrorContext(&error), "The expiry of events was not switched on");
    }
    Ok(())
}

fn definition(table: &str) -> Result<CreateTableInputBuilder, BuildError> {
    let [hash, range] = keys("pk", "sk")?;
    Ok(CreateTableInputBuilder::default()
        .table_name(table)
        .billing_mode(BillingMode::PayPerRequest)
        .key_schema(hash)
        .key_schema(range)
        .attribute_definitions(text("pk")?)
        .attribute_definitions(text("sk")?))
}
