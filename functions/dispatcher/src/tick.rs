//! One tick with all that belongs to it: dispatch, watch, and tell the figures of both.

use std::time::Duration;

use domain::figures::{Figure, Record};
use domain::ports::{Meter, PortError};
use domain::time::Time;

use crate::watchdog::Watchdog;
use crate::{Dispatched, Ports, dispatch};

/// How much of the time is kept for the watchdog: it watches most carefully when dispatching takes long.
const WATCHING: u32 = 4;

/// Dispatches, then watches, whatever came of the dispatching. A watchdog that fails is told in the log and by its
/// silence, which is an alarm; it never fails the tick, which would be told as a tick that sent nothing.
///
/// # Errors
/// The failure of [`dispatch`]; what was done is in the figures and in the log.
pub async fn tick(
    ports: &Ports,
    watchdog: &Watchdog,
    meter: &dyn Meter,
    deadline: Time,
) -> Result<Dispatched, PortError> {
    let began = ports.clock.now();
    let dispatched = dispatch(ports, deadline - deadline.since(began) / WATCHING).await;
    let ended = ports.clock.now();
    let done = *dispatched.as_ref().unwrap_or_else(|failed| &failed.done);
    meter.record(&of_tick(ended, done, dispatched.is_err(), ended.since(began)));
    match watchdog.watch(deadline).await {
        Ok(figures) if figures.is_empty() => tracing::info!("another tick watches"),
        Ok(figures) => {
            let at = ports.clock.now();
            meter.record(&Record { at, of: "metrics of the watchdog", about: Vec::new(), figures });
        }
        Err(error) => tracing::error!(error = error.chain(), "the watchdog could not see the connectors"),
    }
    dispatched.map_err(|failed| failed.source)
}

/// A tick that failed has its figures too: most of it may have gone well.
fn of_tick(at: Time, done: Dispatched, failed: bool, took: Duration) -> Record {
    let figures = vec![
        Figure::count("Ticks", 1),
        Figure::flag("TicksFailed", failed),
        Figure::flag("TicksUnfinished", done.more),
        Figure::count("ConnectorsDue", done.due),
        Figure::count("ClaimsThrottled", done.throttled),
        Figure::count("ConnectorsSent", done.sent),
        Figure::count("SendsGivenBack", done.given_back),
        Figure::millis("TickDuration", took),
    ];
    Record { at, of: "metrics of a tick", about: Vec::new(), figures }
}
