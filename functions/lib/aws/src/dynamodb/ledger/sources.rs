//! The source that a cursor remembers. Once set, only an operator's acceptance replaces it.

use archive::names::ConnectorId;
use ports::PortError;
use protocol::source_change::SourceChange;

use super::expression::{names, part_number, time, values};
use super::keys::CURSOR;
use super::write_outcome::condition_met;
use super::{DynamoLedger, records};

const OPERATION: &str = "changing the remembered source";
pub(super) const SOURCE: &str = "source";

impl DynamoLedger {
    /// A second operator who accepts the same source finds it there, and a run that has sealed in the
    /// meantime has moved the cursor: either way nothing is changed. Read progress is removed in any case,
    /// since it belongs to the old source.
    pub(super) async fn replace_source(
        &self,
        id: &ConnectorId,
        change: &SourceChange,
    ) -> Result<bool, PortError> {
        let forget = if change.forget_keys { ", #reconcile.strays_in, #reconcile.#at" } else { "" };
        let mut named = names([SOURCE, "next", "watermark", "reading"]);
        if change.forget_keys {
            named.extend(names(["reconcile", "at"]));
        }
        let update = self
            .update_item(id, CURSOR)
            .update_expression(format!("SET #source = :after REMOVE #reading{forget}"))
            .condition_expression("#source = :before AND #next = :next AND #watermark = :watermark")
            .set_expression_attribute_names(Some(named))
            .set_expression_attribute_values(Some(values([
                (":before", records::attribute(OPERATION, &change.before)?),
                (":after", records::attribute(OPERATION, &change.after)?),
                (":next", part_number(change.next)),
                (":watermark", time(change.watermark)),
            ])));
        condition_met(OPERATION, update.send().await)
    }
}
