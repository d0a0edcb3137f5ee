//! Run requests. The cursor's item stores the last request's key and answer, in its own attributes
//! `asked_key` and `asked_cut`, which no run reads.

use archive::names::ConnectorId;
use archive::time::Time;
use ports::{BoxError, PortError, RunAnswer};
use protocol::budget::Spending;

use super::DynamoLedger;
use super::expression::{Check, text, time};
use super::keys::{self, BLOCK, CURSOR, CUT, NEXT_RUN_AT, PK};
use super::write::Update;
use super::write_outcome::TransactionOutcome;
use super::write_requests::MAX_ATTEMPTS;

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
                    let no_reason = || PortError::bug(OPERATION, "rejected without a reason");
                    return first.map(|spending| RunAnswer::Exhausted(spending.budget)).ok_or_else(no_reason);
                }
                TransactionOutcome::Conflict(other) => cause = other,
                // With a key, a retry gets the stored answer; without one, an extra run does no harm.
                TransactionOutcome::Unknown(lost) => return Err(PortError::transient(OPERATION, lost)),
            }
        }
        Err(PortError::transient(OPERATION, cause))
    }

    async fn try_put_run_request(
        &self,
        (id, now, cut, key): RunRequest<'_>,
        blocked: bool,
        spends: &[Spending],
    ) -> Result<TransactionOutcome, PortError> {
        let mut change =
            Update::on_cursor(id).set(NEXT_RUN_AT, time(now)).set(CUT, time(cut)).when(Check::Exists(PK));
        if blocked {
            change = change.set("block.next_attempt", time(now)).when(Check::Exists(BLOCK));
        }
        if let Some(key) = key {
            change = change
                .set(REQUEST_KEY, text(key))
                .set(REQUEST_CUT, time(cut))
                .when_any([Check::Absent(REQUEST_KEY), Check::Differs(REQUEST_KEY, text(key))]);
        }
        let mut writes = vec![self.transact_update(change)?];
        for spending in spends {
            writes.push(self.spend_write(spending)?);
        }
        self.transact(OPERATION, writes).await
    }

    /// The answer to the request with this key, if it is the last one.
    async fn requested_cut(&self, id: &ConnectorId, key: &str) -> Result<Option<Time>, PortError> {
        let item = self.get_item(OPERATION, keys::key(id, CURSOR)).await?.unwrap_or_default();
        let of = |name: &str| item.get(name).and_then(|value| value.as_s().ok());
        let Some(cut) = of(REQUEST_CUT).filter(|_| of(REQUEST_KEY).is_some_and(|stored| stored == key))
        else {
            return Ok(None);
        };
        cut.parse().map(Some).map_err(|error| PortError::bug(OPERATION, error))
    }
}
