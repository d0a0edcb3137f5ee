//! Marks a delivered part; the run's last mark also releases its lease.
//!
//! A mark is two writes, since the part's record and the cursor are two items. A transaction would be one
//! request and cost twice as much. The record comes first. If a worker dies between the two, the next one
//! loads the part, finds it delivered and marks it again.

use archive::names::WorkerId;
use ports::PortError;
use protocol::machine::{Mark, Release};

use super::expression::{Check, part_number, text, time};
use super::keys::{self, BLOCK, DELIVERED, LEASE_OWNER, LEASE_UNTIL, NEXT_RUN_AT, PK, PUBLISHED};
use super::write::Update;
use super::{DynamoLedger, records};

const DELIVERED_AT: &str = "delivered_at";

impl DynamoLedger {
    /// The first half of a mark. A second worker finds `delivered_at` set and leaves it as it is.
    pub(super) async fn mark_part(&self, mark: &Mark) -> Result<bool, PortError> {
        let change = Update::on(keys::key(&mark.part.connector, &keys::part(mark.part.number)))
            .set(DELIVERED_AT, time(mark.at))
            .when(Check::Exists(PK))
            .when(Check::Absent(DELIVERED_AT));
        self.try_update("marking a part as delivered", change).await
    }

    /// The second half. A second worker finds the cursor past this part and leaves it as it is.
    ///
    /// With a release, the same write releases the lease. Its conditions: the lease is still the worker's,
    /// and the next run is still the one that was read. `false` if one fails; then nothing is changed.
    pub(super) async fn advance_delivered(
        &self,
        mark: &Mark,
        release: Option<(&WorkerId, &Release)>,
    ) -> Result<bool, PortError> {
        let number = mark.part.number;
        let mut change = Update::on_cursor(&mark.part.connector)
            .set(DELIVERED, part_number(number))
            .when(Check::Equal(DELIVERED, part_number(number.previous())));
        if let Some(published) = &mark.published_keys {
            let published = records::attribute("writing the published keys", published)?;
            change = change.set(PUBLISHED, published);
        }
        if mark.unblock {
            change = change.remove(BLOCK);
        }
        if let Some((worker, release)) = release {
            change = change
                .set(NEXT_RUN_AT, time(release.next_run_at))
                .remove(LEASE_OWNER)
                .remove(LEASE_UNTIL)
                .when(Check::Equal(LEASE_OWNER, text(worker.as_str())))
                .when(Check::Equal(NEXT_RUN_AT, time(release.seen)));
        }
        self.try_update("advancing the delivered part number", change).await
    }
}
