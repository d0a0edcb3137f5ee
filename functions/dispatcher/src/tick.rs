//! One complete tick: dispatch, watchdog, and the metrics of both.

use std::time::Duration;

use archive::time::Time;
use ports::{MetricsSink, PortError};
use protocol::metrics::{Metric, MetricRecord};

use crate::watchdog::Watchdog;
use crate::{Dispatched, Ports, dispatch};

/// The share of the time that is reserved for the watchdog (one over this number): it matters most when
/// dispatching takes long.
const WATCHDOG_SHARE: u32 = 4;

/// Dispatches, then runs the watchdog, whatever the result of dispatching. A watchdog error is logged, and
/// its missing metrics raise an alarm. It never fails the tick, which would be reported as a tick that sent
/// nothing.
///
/// # Errors
/// The error of [`dispatch`]; what was done is in the metrics and in the log.
pub async fn tick(
    ports: &Ports,
    watchdog: &Watchdog,
    sink: &dyn MetricsSink,
    deadline: Time,
) -> Result<Dispatched, PortError> {
    let began = ports.clock.now();
    let dispatched = dispatch(ports, deadline - deadline.since(began) / WATCHDOG_SHARE).await;
    let ended = ports.clock.now();
    let done = *dispatched.as_ref().unwrap_or_else(|failed| &failed.done);
    sink.record(&tick_metrics(ended, done, dispatched.is_err(), ended.since(began)));
    match watchdog.watch(deadline).await {
        Ok(metrics) if metrics.is_empty() => tracing::info!("another tick runs the watchdog"),
        Ok(metrics) => {
            let at = ports.clock.now();
            sink.record(&MetricRecord {
                at,
                name: "metrics of the watchdog",
                properties: Vec::new(),
                metrics,
            });
        }
        Err(error) => tracing::error!(error = error.chain(), "the watchdog failed to read the connectors"),
    }
    dispatched.map_err(|failed| failed.source)
}

/// The metrics of a tick. A failed tick has them too: most of it may have succeeded.
fn tick_metrics(at: Time, done: Dispatched, failed: bool, took: Duration) -> MetricRecord {
    let metrics = vec![
        Metric::count("Ticks", 1),
        Metric::flag("TicksFailed", failed),
        Metric::flag("TicksUnfinished", done.more),
        Metric::count("ConnectorsDue", done.due),
        Metric::count("ClaimsThrottled", done.throttled),
        Metric::count("ConnectorsSent", done.sent),
        Metric::count("SendsGivenBack", done.released),
        Metric::millis("TickDuration", took),
    ];
    MetricRecord { at, name: "metrics of a tick", properties: Vec::new(), metrics }
}
