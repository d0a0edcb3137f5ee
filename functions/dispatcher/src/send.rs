//! Sends claimed connectors to the queue in batches, and gives back those that it keeps refusing.

use domain::backoff::REQUEST;
use domain::names::ConnectorId;
use domain::ports::{Claim, PortError, QUEUE_BATCH};
use domain::time::Time;
use futures_util::{StreamExt as _, stream};

use crate::Ports;

/// How many batches are under way at once.
const BATCHES_AT_ONCE: usize = 8;
/// How often an entry that the queue refuses is sent.
const TRIES: u32 = 4;

/// Sends all of `claimed`; returns how many were given back.
pub(crate) async fn send(ports: &Ports, claimed: &[Claim], until: Time) -> Result<u64, PortError> {
    let batches = claimed.chunks(QUEUE_BATCH).map(|batch| send_batch(ports, batch, until));
    // Each batch comes to its end, whatever becomes of the others: it sends its connectors or gives them back.
    let ended: Vec<_> = stream::iter(batches).buffer_unordered(BATCHES_AT_ONCE).collect().await;
    ended.into_iter().sum()
}

/// One batch. The answer of a batch send may name entries that failed while the others went through: only
/// those are sent again.
async fn send_batch(ports: &Ports, batch: &[Claim], until: Time) -> Result<u64, PortError> {
    let mut left: Vec<ConnectorId> = batch.iter().map(|claim| claim.id.clone()).collect();
    let mut error = None;
    for attempt in 1..=TRIES {
        match ports.queue.send(&left).await {
            Ok(refused) => (left, error) = (refused, None),
            Err(failure @ PortError::Transient { .. }) => error = Some(failure),
            Err(failure) => {
                error = Some(failure);
                break;
            }
        }
        if left.is_empty() {
            return Ok(0);
        }
        if attempt < TRIES {
            ports.clock.sleep(REQUEST.delay(attempt, ports.randomness.next_u64())).await;
        }
    }
    // If the answer of a send was lost, a connector may be both in the queue and given back: it then runs
    // twice, one after the other or one finding the lease held, and the second run finds nothing to do.
    let back = batch.iter().filter(|claim| left.contains(&claim.id));
    let unclaims = back.map(|claim| ports.due.unclaim(claim, until));
    let unclaimed: Vec<_> = stream::iter(unclaims).buffer_unordered(QUEUE_BATCH).collect().await;
    match error {
        Some(error) => Err(error),
        None => unclaimed.into_iter().map(|answer| answer.map(|()| 1)).sum(),
    }
}
