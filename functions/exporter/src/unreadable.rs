//! Tells of items that are no events: once a day at most for each connector, since whatever writes one often writes
//! many, and each part counts its own.

use std::time::Duration;

use domain::notice::Notice;
use domain::protocol::Outcome;
use domain::time::Time;

use crate::export::Exporter;

/// Nobody is told again before this: a little less than a day, so that a connector that runs once a day, some minutes
/// earlier or later, is told of by each of its runs.
const NOTICE_INTERVAL: Duration = Duration::from_mins(23 * 60 + 30);

/// Tells it at the end of a run, unless it was told within a day or time is up. It is noted first, so that of two
/// workers one tells it; where the bus does not take it, it is told with tomorrow's. The log and the figures tell it
/// in any case.
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
    let tells =
        exporter.ports.runs.try_claim_unreadable_notice(&notice.connector, now - NOTICE_INTERVAL, now).await;
    let told = match tells {
        Ok(true) => exporter.ports.bus.publish(notice).await,
        Ok(false) => return,
        Err(error) => Err(error),
    };
    let Err(error) = told else { return };
    tracing::error!(
        connector.id = %notice.connector, notice.id = notice.id, error = error.chain(),
        "failed to publish a notice"
    );
    if let Outcome::Completed(summary) | Outcome::Failed { summary, .. } = outcome {
        summary.unpublished_notices += 1;
    }
}
