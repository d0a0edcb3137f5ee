//! Counters of budget use.
//!
//! | counter | `pk` | `sk` | contains |
//! |---|---|---|---|
//! | tenant's | `BUDGET#T#<tenant>` | `<budget>[#operators][#<start of period>]` | `used`, `expires_at` |
//! | connector's | `BUDGET#C#<connector>` | the same | the same |
//!
//! Each hour and each day has its own item, so a counter only grows and one condition decides. No item is
//! read first, and none is reset. The table's time to live (`expires_at`, seconds since 1970) deletes it a
//! week after its period. The number of a tenant's connectors is one item without expiry, which goes up and
//! down.
//!
//! Every use is a write in a transaction, even if it is the only one. The SDK gives a transaction a token,
//! under which DynamoDB executes it once, however often it is sent within ten minutes (API reference,
//! `TransactWriteItems`, `ClientRequestToken`). So an SDK retry after a lost response does not count twice,
//! as a bare `ADD` would.

use archive::names::TenantId;
use async_trait::async_trait;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use ports::{BoxError, PortError, SpendOutcome, Spender};
use protocol::budget::{Budget, BudgetScope, Counter, Party, Spending};
use protocol::connector::{Connector, State};

use super::changes::{MAX_ATTEMPTS, build_error};
use super::expression::{names, number, values};
use super::write_outcome::{TransactionOutcome, classify_transaction};
use super::{DynamoLedger, keys};

const OPERATION: &str = "counting against a budget";
const USED: &str = "used";
/// When DynamoDB may delete an item of the ledger, in seconds since 1970. Only counters have it.
pub(super) const EXPIRES_AT: &str = "expires_at";

impl DynamoLedger {
    /// The write that counts a use. Of two workers at once the second sees the use of the first, and its
    /// condition fails if too little is left.
    pub(super) fn spend_write(&self, spending: &Spending) -> Result<TransactWriteItem, PortError> {
        let mut update = "ADD #used :amount".to_owned();
        let mut attributes = names([USED]);
        let left = i64::from(spending.limit) - i64::from(spending.amount);
        let mut given = values([
            (":amount", number(spending.amount.into())),
            (":left", AttributeValue::N(left.to_string())),
        ]);
        // An amount above the limit never fits, not even a new counter.
        let condition =
            if left < 0 { "#used <= :left" } else { "attribute_not_exists(#used) OR #used <= :left" };
        if let Some(forgotten) = spending.expires_at() {
            update.push_str(" SET #expires_at = :expires_at");
            attributes.extend(names([EXPIRES_AT]));
            given.insert(
                ":expires_at".to_owned(),
                AttributeValue::N((forgotten.millis() / 1_000).to_string()),
            );
        }
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(counter_key(&spending.counter())))
            .update_expression(update)
            .condition_expression(condition)
            .set_expression_attribute_names(Some(attributes))
            .set_expression_attribute_values(Some(given));
        let update = update.build().map_err(build_error)?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    /// The write that counts a created connector without a limit, or a deleted one. It has no condition: the
    /// transaction around it makes it happen once.
    pub(super) fn connector_count_write(
        &self,
        tenant: &TenantId,
        comes: bool,
    ) -> Result<TransactWriteItem, PortError> {
        let counter = Counter {
            scope: BudgetScope::Tenant(tenant.clone()),
            budget: Budget::Connectors,
            party: Party::Tenant,
            since: None,
        };
        let by = AttributeValue::N(if comes { "1" } else { "-1" }.to_owned());
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(counter_key(&counter)))
            .update_expression("ADD #used :by")
            .set_expression_attribute_names(Some(names([USED])))
            .set_expression_attribute_values(Some(values([(":by", by)])));
        let update = update.build().map_err(build_error)?;
        Ok(TransactWriteItem::builder().update(update).build())
    }
}

#[async_trait]
impl Spender for DynamoLedger {
    /// Retries only after a conflict with another transaction on the same counter, since this one was then
    /// not executed. Any other error grants nothing.
    async fn spend(&self, spending: &Spending) -> Result<SpendOutcome, PortError> {
        let write = self.spend_write(spending)?;
        let mut cause: BoxError = "others used the same budget on every attempt".into();
        for _ in 0..MAX_ATTEMPTS {
            let request = self.client.transact_write_items().transact_items(write.clone());
            match classify_transaction(OPERATION, request.send().await)? {
                TransactionOutcome::Committed => return Ok(SpendOutcome::Counted),
                TransactionOutcome::ConditionsFailed(_) => return Ok(SpendOutcome::Exhausted),
                TransactionOutcome::Conflict(other) => cause = other,
                TransactionOutcome::Unknown(lost) => {
                    return Err(PortError::Transient { what: OPERATION, source: lost });
                }
            }
        }
        Err(PortError::Transient { what: OPERATION, source: cause })
    }
}

/// Whether a connector counts against its tenant's budget.
pub(super) fn is_counted(connector: &Connector) -> bool {
    connector.state != State::Deleted
}

fn counter_key(counter: &Counter) -> keys::Item {
    let mut sort = counter.budget.as_str().to_owned();
    if counter.party == Party::Operators {
        sort.push_str("#operators");
    }
    if let Some(since) = counter.since {
        sort.push('#');
        sort.push_str(&since.to_string());
    }
    keys::budget(&counter.scope, &sort)
}
