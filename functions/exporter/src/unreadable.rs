//! Publishes a notice of unreadable items: at most once a day for each connector, since a producer that
//! writes one often writes many. Each part counts its own.

use std::time::Duration;

use archive::time::Time;
use protocol::machine::Outcome;
use protocol::notice::Notice;

use crate::export::Exporter;

/// Minimum time between two notices: slightly less than a day, so that a connector that runs once a day, some
/// minutes earlier or later, gets one from each run.
const NOTICE_INTERVAL: Duration = Duration::from_mins(23 * 60 + 30);

/// Publishes the notice at the end of a run, unless one was published within a day or the time is up. The
/// notice is claimed first, so that only one of two workers publishes it. If the bus does not accept it, the
/// next notice follows a day later. The log and the metrics report the items in any case.
pub(crate) async fn publish_unreadable(
    exporter: &Exporter,
    notice: &Notice,
    outcome: &mut Outcome,
    deadline: Time,
) {
    let now = exporter.ports.clock.now();
    if now >= deadline {
        return;
    }
    let claimed =
        exporter.ports.runs.try_claim_unreadable_notice(&notice.connector, now - NOTICE_INTERVAL, now).await;
    let published = match claimed {
        Ok(true) => exporter.ports.bus.publish(notice).await,
        Ok(false) => return,
        Err(error) => Err(error),
    };
    let Err(error) = published else { return };
    tracing::error!(
        connector.id = %notice.connector, notice.id = notice.id, error = error.chain(),
        "failed to publish a notice"
    );
    if let Outcome::Completed(summary) | Outcome::Failed { summary, .. } = outcome {
        summary.unpublished_notices += 1;
    }
}
