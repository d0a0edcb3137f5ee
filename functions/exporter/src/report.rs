//! One log line for each run, where it is handled: how it ended and what it did. It never contains event
//! content, a credential or an external ID.

use archive::names::ConnectorId;
use protocol::machine::{Outcome, Summary};

/// Logs how a run ended.
pub(crate) fn log_outcome(id: &ConnectorId, outcome: &Outcome) {
    match outcome {
        Outcome::Completed(summary) => match &summary.blocked {
            None => log_completed(id, summary),
            Some(block) => tracing::warn!(
                connector.id = %id,
                stage = block.stage.as_str(),
                code = block.code,
                cause = block.cause,
                remedy = block.remedy,
                blocked_since = %block.since,
                next_attempt = %block.next_attempt,
                parts_sealed = summary.sealed,
                parts_delivered = summary.delivered,
                "the connector's destination is blocked"
            ),
        },
        Outcome::Busy => tracing::info!(connector.id = %id, "another worker holds the lease"),
        Outcome::Inactive => {
            tracing::warn!(connector.id = %id, "the connector does not exist or is not exporting");
        }
        Outcome::Failed { error: failure, summary } => tracing::error!(
            connector.id = %id,
            kind = failure.kind.as_str(),
            failure = failure.detail,
            parts_sealed = summary.sealed,
            parts_delivered = summary.delivered,
            "the export failed and will be retried"
        ),
    }
}

fn log_completed(id: &ConnectorId, summary: &Summary) {
    tracing::info!(
        connector.id = %id,
        parts_sealed = summary.sealed,
        parts_delivered = summary.delivered,
        parts_existed = summary.existed,
        events = summary.events,
        late = summary.late,
        unreadable = summary.unreadable,
        heartbeats = summary.heartbeats,
        retries = summary.retries,
        lost_races = summary.lost_races,
        unannounced = summary.unpublished_notices,
        more = summary.more,
        "the connector was exported"
    );
    if summary.unreadable > 0 {
        tracing::error!(
            connector.id = %id,
            unreadable = summary.unreadable,
            "items that are not valid events were exported as unreadable records; look them up by their keys"
        );
    }
}
