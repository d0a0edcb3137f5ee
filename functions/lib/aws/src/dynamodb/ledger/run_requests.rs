//! Run requests. The cursor's item stores the last request's key and answer, in its own attributes
//! `asked_key` and `asked_cut`, which no run reads.

use archive::names::ConnectorId;
use archive::time::Time;
use aws_sdk_dynamodb::types::{TransactWriteItem, Update};
use ports::{BoxError, PortError, RunAnswer};
use protocol::budget::Spending;

use super::DynamoLedger;
use super::changes::{MAX_ATTEMPTS, build_error};
use super::expression::{names, text, time, values};
use super::keys::{self, CURSOR, Item, NEXT_RUN_AT, PK};
use super::write_outcome::{TransactionOutcome, classify_transaction};
use crate::port_error::port_error;

const OPERATION: &str = "requesting a run";
const REQUEST_KEY: &str = "asked_key";
const REQUEST_CUT: &str = "asked_cut";

/// The connector, the time of the request, the cut and the request's key.
type RunRequest<'a> = (&'a ConnectorId, Time, Time, Option<&'a str>);

impl DynamoLedger {
    /// A run in progress that ends later keeps this `next_run_at`, since it differs from the value that run
    /// has read. Of two requests the later one stands; both request the same run. Of two with the same key
    /// the second finds the first one's answer, stores nothing and uses no budget.
    pub(super) async fn put_run_request(
        &self,
        run_request: RunRequest<'_>,
        spends: &[Spending],
    ) -> Result<RunAnswer, PortError> {
        let (id, _, cut, key) = run_request;
        let mut cause: BoxError = "other writes to the same connector came first on every attempt".into();
        // A path into the block can be set only if there is a block, so that is tried first.
        let mut blocked = true;
        for _ in 0..MAX_ATTEMPTS {
            match self.try_put_run_request(run_request, blocked, spends).await? {
                TransactionOutcome::Committed => return Ok(RunAnswer::Requested(cut)),
                TransactionOutcome::ConditionsFailed(failed) if failed.contains(&0) && blocked => {
                    blocked = false;
                }
                // Neither with a block nor without: the cursor does not exist, or the last request has the
                // same key.
                TransactionOutcome::ConditionsFailed(failed) if failed.contains(&0) => {
                    let answered = match key {
                        Some(key) => self.requested_cut(id, key).await?,
                        None => None,
                    };
                    return Ok(answered.map_or(RunAnswer::NotActivated, RunAnswer::Requested));
                }
                TransactionOutcome::ConditionsFailed(failed) => {
                    let first = failed.first().and_then(|index| spends.get(index.checked_sub(1)?));
                    let no_reason =
                        || PortError::Bug { what: OPERATION, source: "rejected without a reason".into() };
                    return first.map(|spending| RunAnswer::Exhausted(spending.budget)).ok_or_else(no_reason);
                }
                TransactionOutcome::Conflict(other) => cause = other,
                // With a key, a retry gets the stored answer; without one, an extra run does no harm.
                TransactionOutcome::Unknown(lost) => {
                    return Err(PortError::Transient { what: OPERATION, source: lost });
                }
            }
        }
        Err(PortError::Transient { what: OPERATION, source: cause })
    }

    async fn try_put_run_request(
        &self,
        (id, now, cut, key): RunRequest<'_>,
        blocked: bool,
        spends: &[Spending],
    ) -> Result<TransactionOutcome, PortError> {
        let mut update = "SET #next_run_at = :now, #cut = :cut".to_owned();
        let mut condition = "attribute_exists(#pk)".to_owned();
        let mut attributes = names([PK, NEXT_RUN_AT, "cut"]);
        let mut placeholder_values = values([(":now", time(now)), (":cut", time(cut))]);
        if blocked {
            update.push_str(", #block.#next_attempt = :now");
            condition.push_str(" AND attribute_exists(#block)");
            attributes.extend(names(["block", "next_attempt"]));
        }
        if let Some(key) = key {
            update.push_str(", #asked_key = :key, #asked_cut = :cut");
            condition.push_str(" AND (attribute_not_exists(#asked_key) OR #asked_key <> :key)");
            attributes.extend(names([REQUEST_KEY, REQUEST_CUT]));
            placeholder_values.extend(values([(":key", text(key))]));
        }
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(keys::key(id, CURSOR)))
            .update_expression(update)
            .condition_expression(condition)
            .set_expression_attribute_names(Some(attributes))
            .set_expression_attribute_values(Some(placeholder_values));
        let update = update.build().map_err(build_error)?;
        let write = TransactWriteItem::builder().update(update).build();
        let mut request = self.client.transact_write_items().transact_items(write);
        for spending in spends {
            request = request.transact_items(self.spend_write(spending)?);
        }
        classify_transaction(OPERATION, request.send().await)
    }

    /// The answer to the request with this key, if it is the last one.
    async fn requested_cut(&self, id: &ConnectorId, key: &str) -> Result<Option<Time>, PortError> {
        let get = self.client.get_item().table_name(&self.table).consistent_read(true);
        let answer = get.set_key(Some(keys::key(id, CURSOR))).send().await;
        let item: Item = answer.map_err(|error| port_error(OPERATION, error))?.item.unwrap_or_default();
        let of = |name: &str| item.get(name).and_then(|value| value.as_s().ok());
        let Some(cut) = of(REQUEST_CUT).filter(|_| of(REQUEST_KEY).is_some_and(|stored| stored == key))
        else {
            return Ok(None);
        };
        cut.parse().map(Some).map_err(|error| PortError::Bug { what: OPERATION, source: Box::new(error) })
    }
}
