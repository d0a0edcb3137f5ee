//! A bus that logs and counts its failures, for callers that continue without it. A change of settings is
//! stored with its record before its notice is published, so a failing bus undoes nothing.

use std::sync::Arc;

use async_trait::async_trait;
use ports::{Bus, Clock, MetricsSink, PortError};
use protocol::metrics::{Metric, MetricRecord};
use protocol::notice::Notice;
use protocol::portal::LinkNotice;

/// A bus, and a metric of the notices it failed to publish.
#[derive(Clone)]
pub struct ObservedBus {
    bus: Arc<dyn Bus>,
    metrics: Option<(Arc<dyn MetricsSink>, Arc<dyn Clock>)>,
}

impl std::fmt::Debug for ObservedBus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ObservedBus")
    }
}

impl ObservedBus {
    /// Logs the notices that `bus` failed to publish.
    #[must_use]
    pub fn new(bus: Arc<dyn Bus>) -> Self {
        Self { bus, metrics: None }
    }

    /// Also counts them, as `NoticesLost`.
    #[must_use]
    pub fn with_metrics(self, sink: Arc<dyn MetricsSink>, clock: Arc<dyn Clock>) -> Self {
        Self { metrics: Some((sink, clock)), ..self }
    }
}

#[async_trait]
impl Bus for ObservedBus {
    async fn publish(&self, notice: &Notice) -> Result<(), PortError> {
        let result = self.bus.publish(notice).await;
        if let Err(error) = &result {
            tracing::error!(
                connector.id = %notice.connector, notice.id = notice.id, error = error.chain(),
                "failed to publish a notice"
            );
            self.count(("connector.id", notice.connector.to_string()));
        }
        result
    }

    async fn publish_link(&self, notice: &LinkNotice) -> Result<(), PortError> {
        let result = self.bus.publish_link(notice).await;
        if let Err(error) = &result {
            tracing::error!(
                link.id = %notice.link, notice.id = notice.id, error = error.chain(),
                "failed to publish a notice"
            );
            self.count(("link.id", notice.link.to_string()));
        }
        result
    }
}

impl ObservedBus {
    fn count(&self, subject: (&'static str, String)) {
        if let Some((sink, clock)) = &self.metrics {
            sink.record(&MetricRecord {
                at: clock.now(),
                name: "metrics of a notice",
                properties: vec![subject],
                metrics: vec![Metric::count("NoticesLost", 1)],
            });
        }
    }
}
