//! Publishes a notice of unreadable items: at most once a day for each connector, since a producer that
//! writes one often writes many. Each part counts its own.

use std::time::Duration;

use archive::time::Time;
use ports::{Bus, Runs};
use protocol::notice::Notice;

/// Minimum time between two notices: slightly less than a day, so that a connector that runs once a day, some
/// minutes earlier or later, gets one from each run.
const NOTICE_INTERVAL: Duration = Duration::from_mins(23 * 60 + 30);

/// Publishes the notice at the end of a run, unless one was published within a day or the time is up. Returns
/// `false` if it was due and could not be published.
///
/// The notice is claimed first, so that only one of two workers publishes it. If the bus does not accept it,
/// the next notice follows a day later. The log and the metrics report the items in any case.
pub(super) async fn publish(
    runs: &dyn Runs,
    bus: &dyn Bus,
    notice: &Notice,
    now: Time,
    deadline: Time,
) -> bool {
    if now >= deadline {
        return true;
    }
    let claimed = runs.try_claim_unreadable_notice(&notice.connector, now - NOTICE_INTERVAL, now).await;
    let published = match claimed {
        Ok(true) => bus.publish(notice).await,
        Ok(false) => return true,
        Err(error) => Err(error),
    };
    if let Err(error) = &published {
        tracing::error!(
            connector.id = %notice.connector, notice.id = notice.id, error = error.chain(),
            "failed to publish a notice"
        );
    }
    published.is_ok()
}
