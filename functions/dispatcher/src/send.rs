//! Sends claimed connectors to the queue in batches, and releases those that it keeps rejecting.

use archive::names::ConnectorId;
use archive::time::Time;
use futures_util::StreamExt as _;
use futures_util::stream;
use ports::{PortError, QUEUE_BATCH};
use protocol::backoff::REQUEST;

use crate::Ports;
use crate::rate_limiter::Batch;

/// How many batches are sent concurrently.
const MAX_CONCURRENT_BATCHES: usize = 8;
/// How many times an entry that the queue rejects is sent.
const MAX_ATTEMPTS: u32 = 4;

/// What became of the claimed connectors. One that is neither sent nor released is due again when its claim
/// expires.
#[derive(Debug, Default)]
pub(crate) struct SendOutcome {
    /// How many the queue accepted.
    pub(crate) sent: u64,
    /// How many were released.
    pub(crate) released: u64,
    pub(crate) first_error: Option<PortError>,
}

/// Sends all batches. Each is completed independently of the others: its connectors are sent or released.
pub(crate) async fn send(ports: &Ports, batches: &[Batch], until: Time) -> SendOutcome {
    let batches = batches.iter().map(|batch| send_batch(ports, batch, until));
    let mut batches = stream::iter(batches).buffer_unordered(MAX_CONCURRENT_BATCHES);
    let mut all = SendOutcome::default();
    while let Some(batch) = batches.next().await {
        all.sent += batch.sent;
        all.released += batch.released;
        all.first_error = all.first_error.or(batch.first_error);
    }
    all
}

/// Sends one batch. A batch response may contain failed entries besides successful ones: only the failed ones
/// are sent again.
async fn send_batch(ports: &Ports, Batch { claims, delay }: &Batch, until: Time) -> SendOutcome {
    let mut left: Vec<ConnectorId> = claims.iter().map(|claim| claim.id.clone()).collect();
    let mut error = None;
    for attempt in 1..=MAX_ATTEMPTS {
        match ports.queue.send(&left, *delay).await {
            Ok(rejected) => (left, error) = (rejected, None),
            Err(failure @ PortError::Transient { .. }) => error = Some(failure),
            Err(failure) => {
                error = Some(failure);
                break;
            }
        }
        if left.is_empty() {
            return SendOutcome { sent: claims.len() as u64, ..SendOutcome::default() };
        }
        if attempt < MAX_ATTEMPTS {
            ports.clock.sleep(REQUEST.delay(attempt, ports.randomness.next_u64())).await;
        }
    }
    // If the response of a send was lost, a connector may be both queued and released. It then runs twice,
    // one run after the other or one finding the lease held, and the second run has nothing to do.
    let rejected = claims.iter().filter(|claim| left.contains(&claim.id));
    let attempts = rejected.map(|claim| ports.due.release_claim(claim, until));
    let mut attempts = stream::iter(attempts).buffer_unordered(QUEUE_BATCH);
    let mut released = 0;
    while let Some(result) = attempts.next().await {
        match result {
            Ok(()) => released += 1,
            Err(failure) => error = error.or(Some(failure)),
        }
    }
    let sent = claims.len().saturating_sub(left.len()) as u64;
    SendOutcome { sent, released, first_error: error }
}
