//! A bus whose refusals are told in the log and counted, for callers that go on without it: a change of settings is
//! stored with its record before it is told, so a bus that does not answer undoes nothing.

use std::sync::Arc;

use async_trait::async_trait;
use domain::metrics::{Metric, MetricRecord};
use domain::notice::Notice;
use domain::ports::{Bus, Clock, MetricsSink, PortError};

/// A bus, and what becomes of the notices that it does not take.
#[derive(Clone)]
pub struct NotedBus {
    bus: Arc<dyn Bus>,
    count: Option<(Arc<dyn MetricsSink>, Arc<dyn Clock>)>,
}

impl std::fmt::Debug for NotedBus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NotedBus")
    }
}

impl NotedBus {
    /// Tells in the log what `bus` does not take.
    #[must_use]
    pub fn new(bus: Arc<dyn Bus>) -> Self {
        Self { bus, count: None }
    }

    /// And counts it, as `NoticesLost`.
    #[must_use]
    pub fn counting(self, meter: Arc<dyn MetricsSink>, clock: Arc<dyn Clock>) -> Self {
        Self { count: Some((meter, clock)), ..self }
    }
}

#[async_trait]
impl Bus for NotedBus {
    async fn publish(&self, notice: &Notice) -> Result<(), PortError> {
        let told = self.bus.publish(notice).await;
        if let Err(error) = &told {
            tracing::error!(
                connector.id = %notice.connector, notice.id = notice.id, error = error.chain(),
                "a notice was not told"
            );
            if let Some((meter, clock)) = &self.count {
                meter.record(&MetricRecord {
                    at: clock.now(),
                    name: "metrics of a notice",
                    properties: vec![("connector.id", notice.connector.to_string())],
                    metrics: vec![Metric::count("NoticesLost", 1)],
                });
            }
        }
        told
    }
}
