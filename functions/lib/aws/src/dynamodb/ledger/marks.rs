//! Marks a delivered part; the run's last mark also releases its lease.
//!
//! A mark is two writes, since the part's record and the cursor are two items. A transaction would be one
//! request and cost twice as much. The record comes first. If a worker dies between the two, the next one
//! loads the part, finds it delivered and marks it again.

use archive::names::WorkerId;
use ports::PortError;
use protocol::machine::{Mark, Release};

use super::expression::{names, part_number, text, time, values};
use super::keys::{self, CURSOR, NEXT_RUN_AT, PK};
use super::runs::{LEASE_OWNER, LEASE_UNTIL};
use super::write_outcome::condition_met;
use super::{DynamoLedger, records};

impl DynamoLedger {
    /// The first half of a mark. A second worker finds `delivered_at` set and leaves it as it is.
    pub(super) async fn mark_part(&self, mark: &Mark) -> Result<bool, PortError> {
        let change = self
            .update_item(&mark.part.connector, &keys::part(mark.part.number))
            .update_expression("SET #delivered_at = :at")
            .condition_expression("attribute_exists(#pk) AND attribute_not_exists(#delivered_at)")
            .set_expression_attribute_names(Some(names([PK, "delivered_at"])))
            .set_expression_attribute_values(Some(values([(":at", time(mark.at))])));
        condition_met("marking a part as delivered", change.send().await)
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
        let mut condition = String::from("#delivered = :before");
        let (mut set, mut removed) = (vec!["#delivered = :this"], Vec::new());
        let mut names = names(["delivered"]);
        let mut name_attribute = |name: &str| names.insert(format!("#{name}"), name.to_owned());
        let mut values =
            values([(":this", part_number(number)), (":before", part_number(number.previous()))]);
        if let Some(published) = &mark.published_keys {
            set.push("#published = :published");
            name_attribute("published");
            let published = records::attribute("writing the published keys", published)?;
            values.insert(":published".to_owned(), published);
        }
        if mark.unblock {
            removed.push("#block");
            name_attribute("block");
        }
        if let Some((worker, release)) = release {
            condition.push_str(" AND #lease_owner = :me AND #next_run_at = :seen");
            set.push("#next_run_at = :next");
            removed.extend(["#lease_owner", "#lease_until"]);
            for name in [NEXT_RUN_AT, LEASE_OWNER, LEASE_UNTIL] {
                name_attribute(name);
            }
            values.insert(":me".to_owned(), text(worker.as_str()));
            values.insert(":seen".to_owned(), time(release.seen));
            values.insert(":next".to_owned(), time(release.next_run_at));
        }
        let mut update = format!("SET {}", set.join(", "));
        if !removed.is_empty() {
            update = format!("{update} REMOVE {}", removed.join(", "));
        }
        let change = self
            .update_item(&mark.part.connector, CURSOR)
            .update_expression(update)
            .condition_expression(condition)
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(Some(values));
        condition_met("advancing the delivered part number", change.send().await)
    }
}
