//! The dispatcher: finds the connectors whose next run is due, claims each by moving its `next_run_at` on, and
//! sends them to the exporter's queue.
//!
//! A doubled tick sends nothing twice, since a claim succeeds once. A tick that dies after a claim loses
//! nothing either: the claim only moves `next_run_at` to [`CLAIM`] from now, and then the connector is due
//! again.

mod send;

use std::sync::Arc;
use std::time::Duration;

use domain::ports::{Claim, Clock, DUE_SHARDS, Due, PortError, Queue, Randomness};
use domain::time::Time;
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::Serialize;

use send::send;

/// How far a claim moves `next_run_at`: longer than a run can take. If the run was lost, the connector is due
/// again then.
pub const CLAIM: Duration = Duration::from_mins(20);
/// How many claims are under way at once.
const CLAIMS_AT_ONCE: usize = 32;

/// Everything outside that a tick needs.
#[derive(Clone)]
pub struct Ports {
    /// The connectors that are due.
    pub due: Arc<dyn Due>,
    /// The exporter's queue.
    pub queue: Arc<dyn Queue>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub randomness: Arc<dyn Randomness>,
}

impl std::fmt::Debug for Ports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ports")
    }
}

/// What a tick has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Dispatched {
    /// Connectors that the index showed as due.
    pub due: u64,
    /// Of those, claimed by this tick; the others another tick had claimed.
    pub claimed: u64,
    /// Of those, sent.
    pub sent: u64,
    /// Of those, refused by the queue and given back, so that the next tick takes them.
    pub given_back: u64,
    /// Time was up before all partitions were read; the next tick goes on.
    pub more: bool,
}

/// One tick: dispatches what is due now, and stops claiming at five sixths of the time until `deadline`.
///
/// # Errors
/// If the ledger or the queue fails. What was claimed and not sent is given back first, or comes due again
/// after [`CLAIM`].
pub async fn dispatch(ports: &Ports, deadline: Time) -> Result<Dispatched, PortError> {
    let now = ports.clock.now();
    let stop_at = now + deadline.since(now) * 5 / 6;
    let mut tick = Dispatched::default();
    for shard in 0..DUE_SHARDS {
        let mut after: Option<Claim> = None;
        loop {
            if ports.clock.now() >= stop_at {
                tick.more = true;
                return Ok(tick);
            }
            let page = ports.due.due(shard, now, after.as_ref()).await?;
            tick.due += page.due.len() as u64;
            after = page.due.last().cloned();
            let until = ports.clock.now() + CLAIM;
            let claimed = claim(ports, page.due, until).await?;
            tick.claimed += claimed.len() as u64;
            let given_back = send(ports, &claimed, until).await?;
            tick.given_back += given_back;
            tick.sent += claimed.len() as u64 - given_back;
            if !page.more {
                break;
            }
        }
    }
    Ok(tick)
}

/// Claims connectors, many at once; returns those that are ours.
async fn claim(ports: &Ports, due: Vec<Claim>, until: Time) -> Result<Vec<Claim>, PortError> {
    let claims = due.into_iter().map(|claim| async move {
        let ours = ports.due.claim(&claim, until).await?;
        Ok::<_, PortError>(ours.then_some(claim))
    });
    stream::iter(claims)
        .buffer_unordered(CLAIMS_AT_ONCE)
        .try_filter_map(|c| async { Ok(c) })
        .try_collect()
        .await
}
