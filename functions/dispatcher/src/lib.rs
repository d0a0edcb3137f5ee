//! The dispatcher: finds the connectors whose next run is due, claims each by moving its `next_run_at` ahead,
//! and sends them to the exporter's queue.
//!
//! Two concurrent ticks send nothing twice, since only one of them wins a claim. A tick that dies after a
//! claim loses nothing: the claim only moves `next_run_at` to [`CLAIM_DURATION`] from now, and then the
//! connector is due again.

mod notices;
mod rate_limiter;
mod send;
mod tick;
mod watchdog;

use std::sync::Arc;
use std::time::Duration;

use archive::time::Time;
use futures_util::StreamExt as _;
use futures_util::stream;
use ports::{Claim, ClaimAnswer, Clock, DUE_SHARDS, DueConnectors, PortError, Queue, Rng};
use send::{SendOutcome, send};
use serde::Serialize;

pub use notices::MAX_NOTICES_PER_TICK;
pub use rate_limiter::RateLimiter;
pub use tick::tick;
pub use watchdog::{MAX_CONNECTORS_PER_TICK, Watchdog};

/// How far a claim moves `next_run_at`, in addition to the message's delay in the queue: longer than a run
/// can take. If the run is lost, the connector is due again after this time.
pub const CLAIM_DURATION: Duration = Duration::from_mins(20);
/// How many claims are made concurrently.
const MAX_CONCURRENT_CLAIMS: usize = 32;

/// The ports that a tick needs.
#[derive(Clone)]
pub struct Ports {
    /// The connectors that are due.
    pub due: Arc<dyn DueConnectors>,
    /// The exporter's queue: one message per due connector.
    pub queue: Arc<dyn Queue>,
    /// The clock, injected.
    pub clock: Arc<dyn Clock>,
    /// The random number generator, injected.
    pub randomness: Arc<dyn Rng>,
    /// Spreads the starts of exports over time.
    pub rate_limiter: RateLimiter,
}

impl std::fmt::Debug for Ports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ports")
    }
}

/// What a tick has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Dispatched {
    /// Due connectors that the index returned.
    pub due: u64,
    /// Of those, claimed by this tick; the others were claimed by another tick.
    pub claimed: u64,
    /// Of those due, not claimed because the ledger throttled; they stay due, and the next tick claims them.
    pub throttled: u64,
    /// Of the claimed, sent.
    pub sent: u64,
    /// Of the claimed, rejected by the queue and released, so that the next tick claims them.
    #[serde(rename = "given_back")]
    pub released: u64,
    /// The time was up before all partitions were read, or more connectors were due than may start soon; the
    /// next tick continues.
    pub more: bool,
}

/// A tick that failed, in part or in all. What it has done stays done and is reported as usual.
#[derive(Debug, thiserror::Error)]
#[error("the tick failed")]
pub struct TickError {
    /// What it has done before or despite the failure.
    pub done: Dispatched,
    /// The first error of the ledger, or the queue's.
    pub source: PortError,
}

/// One tick: dispatches what is due now, and stops claiming at five sixths of the time until `deadline`.
///
/// One connector does not affect another: if a claim fails, or a partition of the index can't be read, the
/// tick goes on with the others and fails at its end. A queue error ends it at once, since every connector
/// needs the queue.
///
/// # Errors
/// The first error of the ledger, or the queue's, with what was done. All errors of the ledger are logged.
/// Connectors that were claimed and not sent are released first, or are due again after [`CLAIM_DURATION`].
pub async fn dispatch(ports: &Ports, deadline: Time) -> Result<Dispatched, TickError> {
    let now = ports.clock.now();
    let stop_at = now + deadline.since(now) * 5 / 6;
    let mut tick = Tick { ports, now, stop_at, done: Dispatched::default(), first_error: None };
    let mut sending = Ok(());
    for shard in partitions(now) {
        sending = tick.dispatch_partition(shard).await;
        if tick.done.more || sending.is_err() {
            break;
        }
    }
    let Tick { done, first_error, .. } = tick;
    let Some(source) = sending.err().or(first_error) else { return Ok(done) };
    let Dispatched { due, claimed, throttled, sent, released, more } = done;
    tracing::warn!(
        due,
        claimed,
        throttled,
        sent,
        released,
        more,
        "the tick failed; what was sent before stays sent"
    );
    Err(TickError { done, source })
}

/// The partitions of the index. Each tick starts with another one: if not all can be sent, no partition is
/// always the last.
fn partitions(now: Time) -> impl Iterator<Item = u8> {
    let minutes = now.since(Time::EPOCH).as_secs() / 60;
    let first = u8::try_from(minutes % u64::from(DUE_SHARDS)).unwrap_or_default();
    (first..DUE_SHARDS).chain(0..first)
}

/// A tick in progress.
struct Tick<'a> {
    ports: &'a Ports,
    now: Time,
    stop_at: Time,
    done: Dispatched,
    /// The first error that did not end the tick.
    first_error: Option<PortError>,
}

impl Tick<'_> {
    /// Dispatches what is due in one partition of the index. Returns an error only if the queue fails.
    async fn dispatch_partition(&mut self, shard: u8) -> Result<(), PortError> {
        let mut after: Option<Claim> = None;
        loop {
            let now = self.ports.clock.now();
            if now >= self.stop_at || self.ports.rate_limiter.is_full(now) {
                self.done.more = true;
                return Ok(());
            }
            let page = match self.ports.due.due(shard, self.now, after.as_ref()).await {
                Ok(page) => page,
                Err(error) => {
                    tracing::warn!(shard, error = error.chain(), "failed to query due connectors");
                    self.first_error.get_or_insert(error);
                    return Ok(());
                }
            };
            self.done.due += page.items.len() as u64;
            after = page.next;
            let now = self.ports.clock.now();
            let until = now + self.ports.rate_limiter.wait_after(now, page.items.len()) + CLAIM_DURATION;
            let claimed = self.claim(page.items, until).await;
            self.done.claimed += claimed.len() as u64;
            let batches = self.ports.rate_limiter.batches(self.ports.clock.now(), claimed);
            let SendOutcome { sent, released, first_error } = send(self.ports, &batches, until).await;
            self.done.sent += sent;
            self.done.released += released;
            if let Some(error) = first_error {
                return Err(error);
            }
            if after.is_none() {
                return Ok(());
            }
        }
    }

    /// Claims connectors concurrently and returns those that were won. If a claim fails, its connector stays
    /// due; if only the response was lost, it is due again after [`CLAIM_DURATION`].
    async fn claim(&mut self, due: Vec<Claim>, until: Time) -> Vec<Claim> {
        let ports = self.ports;
        let claims = due.into_iter().map(|claim| async move {
            let outcome = ports.due.claim(&claim, until).await;
            (claim, outcome)
        });
        let mut claims = stream::iter(claims).buffer_unordered(MAX_CONCURRENT_CLAIMS);
        let mut won = Vec::new();
        while let Some((claim, outcome)) = claims.next().await {
            match outcome {
                Ok(ClaimAnswer::Claimed) => won.push(claim),
                Ok(ClaimAnswer::AlreadyClaimed) => {}
                // Throttling does not fail the tick: the connector stays due for the next one, and the
                // table's capacity grows with its load.
                Ok(ClaimAnswer::Throttled) => self.done.throttled += 1,
                Err(error) => {
                    let error_chain = error.chain();
                    tracing::warn!(
                        connector.id = %claim.id, error = error_chain,
                        "failed to claim a due connector"
                    );
                    self.first_error.get_or_insert(error);
                }
            }
        }
        won
    }
}
