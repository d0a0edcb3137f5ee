//! Sends conditional writes, alone or in a transaction.

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{self, TransactWriteItem};
use ports::PortError;

use super::DynamoLedger;
use super::write::{Put, RenderedWrite, Update};
use super::write_outcome::{TransactionOutcome, classify_transaction, condition_met};

/// How many attempts a transaction has that others can make fail. Of that many concurrent claims in one
/// bucket, each round commits one.
pub(super) const MAX_ATTEMPTS: u32 = 8;

impl DynamoLedger {
    /// The request of an update.
    pub(super) fn update(&self, update: Update) -> UpdateItemFluentBuilder {
        let (expression, RenderedWrite { item, condition, names, values }) = update.render();
        self.client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(item))
            .update_expression(expression)
            .set_condition_expression(condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
    }

    /// Updates an item; `false` if its condition failed.
    pub(super) async fn try_update(&self, what: &'static str, update: Update) -> Result<bool, PortError> {
        condition_met(what, self.update(update).send().await)
    }

    /// The request of a put.
    fn put(&self, put: Put) -> PutItemFluentBuilder {
        let RenderedWrite { item, condition, names, values } = put.render();
        self.client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .set_condition_expression(condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
    }

    /// Puts an item; `false` if its condition failed.
    pub(super) async fn try_put(&self, what: &'static str, put: Put) -> Result<bool, PortError> {
        condition_met(what, self.put(put).send().await)
    }

    /// An update as a part of a transaction.
    pub(super) fn transact_update(&self, update: Update) -> Result<TransactWriteItem, PortError> {
        let (expression, RenderedWrite { item, condition, names, values }) = update.render();
        let update = types::Update::builder()
            .table_name(&self.table)
            .set_key(Some(item))
            .update_expression(expression)
            .set_condition_expression(condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values);
        Ok(TransactWriteItem::builder().update(update.build().map_err(build_error)?).build())
    }

    /// A put as a part of a transaction.
    pub(super) fn transact_put(&self, put: Put) -> Result<TransactWriteItem, PortError> {
        let RenderedWrite { item, condition, names, values } = put.render();
        let put = types::Put::builder()
            .table_name(&self.table)
            .set_item(Some(item))
            .set_condition_expression(condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values);
        Ok(TransactWriteItem::builder().put(put.build().map_err(build_error)?).build())
    }

    /// Executes all of these writes or none. DynamoDB rejects two writes to one item.
    pub(super) async fn transact(
        &self,
        what: &'static str,
        writes: Vec<TransactWriteItem>,
    ) -> Result<TransactionOutcome, PortError> {
        let request = self.client.transact_write_items().set_transact_items(Some(writes));
        classify_transaction(what, request.send().await)
    }
}

fn build_error(source: BuildError) -> PortError {
    PortError::bug("building a transaction", source)
}
