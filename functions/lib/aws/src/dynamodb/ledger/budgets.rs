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
use aws_sdk_dynamodb::types::TransactWriteItem;
use ports::{BoxError, PortError, SpendOutcome, Spender};
use protocol::budget::{Budget, BudgetScope, Counter, Party, Spending};
use protocol::connector::{Connector, State};

use super::expression::{Check, number, signed};
use super::write::Update;
use super::write_outcome::TransactionOutcome;
use super::write_requests::MAX_ATTEMPTS;
use super::{DynamoLedger, keys};

const OPERATION: &str = "counting against a budget";
const USED: &str = "used";
/// When DynamoDB may delete an item of the ledger, in seconds since 1970. Budget counters have it, and
/// what belongs to links of the portal.
pub(super) const EXPIRES_AT: &str = "expires_at";

impl DynamoLedger {
    /// The write that counts a use. Of two workers at once the second sees the use of the first, and its
    /// condition fails if too little is left.
    pub(super) fn spend_write(&self, spending: &Spending) -> Result<TransactWriteItem, PortError> {
        let mut change =
            Update::on(counter_key(&spending.counter())).add(USED, number(spending.amount.into()));
        let left = i64::from(spending.limit) - i64::from(spending.amount);
        change = if left < 0 {
            // An amount above the limit never fits, not even a new counter.
            change.when(Check::AtMost(USED, signed(left)))
        } else {
            change.when_any([Check::Absent(USED), Check::AtMost(USED, signed(left))])
        };
        if let Some(expires_at) = spending.expires_at() {
            change = change.set(EXPIRES_AT, signed(expires_at.millis() / 1_000));
        }
        self.transact_update(change)
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
        let by = if comes { 1 } else { -1 };
        self.transact_update(Update::on(counter_key(&counter)).add(USED, signed(by)))
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
            match self.transact(OPERATION, vec![write.clone()]).await? {
                TransactionOutcome::Committed => return Ok(SpendOutcome::Counted),
                TransactionOutcome::ConditionsFailed(_) => return Ok(SpendOutcome::Exhausted),
                TransactionOutcome::Conflict(other) => cause = other,
                TransactionOutcome::Unknown(lost) => return Err(PortError::transient(OPERATION, lost)),
            }
        }
        Err(PortError::transient(OPERATION, cause))
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
