//! Counts of what is used of budgets.
//!
//! | item | `pk` | `sk` | holds |
//! |---|---|---|---|
//! | a tenant's count | `BUDGET#T#<tenant>` | `<budget>[#operators][#<start of the hour or day>]` | `used`, and `expires_at` |
//! | a connector's count | `BUDGET#C#<connector>` | the same | the same |
//!
//! Each hour and each day has an item of its own, so a count only ever grows and one condition decides: no item is read
//! first, none is set back. The table's time to live (`expires_at`, seconds since 1970) takes it away a week after its
//! period. How many connectors a tenant has is one item without an end, which goes up and down.
//!
//! Every use is a write of a transaction, also one that stands alone: the SDK gives a transaction a token, under which
//! DynamoDB carries it out once however often it is sent within ten minutes (API reference, `TransactWriteItems`,
//! `ClientRequestToken`). So a lost answer that the SDK asks for again is not counted twice, as a bare `ADD` would be.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use domain::budget::{Budget, BudgetScope, Counter, Party, Spending};
use domain::connector::{Connector, State};
use domain::names::TenantId;
use domain::ports::{BoxError, PortError, SpendOutcome, Spender};

use super::answers::{Transacted, transacted};
use super::changes::{TRIES, incomplete};
use super::expression::{names, number, values};
use super::{DynamoLedger, keys};

const WHAT: &str = "spending of a budget";
const USED: &str = "used";
/// When DynamoDB may take an item of the ledger away, in seconds since 1970. Nothing but counts has it.
pub(super) const EXPIRES_AT: &str = "expires_at";

impl DynamoLedger {
    /// The write that uses a budget. Of two workers at once the second finds what the first has used, and is refused if
    /// that leaves too little.
    pub(super) fn spend_write(&self, spending: &Spending) -> Result<TransactWriteItem, PortError> {
        let mut update = "ADD #used :amount".to_owned();
        let mut attributes = names([USED]);
        let left = i64::from(spending.limit) - i64::from(spending.amount);
        let mut given = values([
            (":amount", number(spending.amount.into())),
            (":left", AttributeValue::N(left.to_string())),
        ]);
        // More at once than there ever is fits into no count, a new one neither.
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
        let update = update.build().map_err(incomplete)?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    /// The write that counts a connector that comes without a limit, or one that goes. It has no condition: the
    /// transaction that it is part of is what happens once.
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
        let update = update.build().map_err(incomplete)?;
        Ok(TransactWriteItem::builder().update(update).build())
    }
}

#[async_trait]
impl Spender for DynamoLedger {
    /// Asked again here only if another transaction on the same count was in the way, which says that this one was not
    /// carried out. Anything else is an error, which grants nothing.
    async fn spend(&self, spending: &Spending) -> Result<SpendOutcome, PortError> {
        let write = self.spend_write(spending)?;
        let mut cause: BoxError = "others spent of the same budget each time".into();
        for _ in 0..TRIES {
            let request = self.client.transact_write_items().transact_items(write.clone());
            match transacted(WHAT, request.send().await)? {
                Transacted::Done => return Ok(SpendOutcome::Counted),
                Transacted::Refused(_) => return Ok(SpendOutcome::Exhausted),
                Transacted::InTheWay(other) => cause = other,
                Transacted::Unknown(lost) => return Err(PortError::Transient { what: WHAT, source: lost }),
            }
        }
        Err(PortError::Transient { what: WHAT, source: cause })
    }
}

/// Whether a connector counts among its tenant's.
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
