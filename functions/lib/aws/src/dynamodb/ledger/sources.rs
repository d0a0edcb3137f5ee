//! The source that a cursor remembers. Once set, only an operator's acceptance replaces it.

use archive::names::ConnectorId;
use ports::PortError;
use protocol::source_change::SourceChange;

use super::expression::{Check, part_number, time};
use super::keys::{NEXT, READING, SOURCE, WATERMARK};
use super::write::Update;
use super::{DynamoLedger, records};

const OPERATION: &str = "changing the remembered source";

impl DynamoLedger {
    /// A second operator who accepts the same source finds it there, and a run that has sealed in the
    /// meantime has moved the cursor: either way nothing is changed. Read progress is removed in any case,
    /// since it belongs to the old source.
    pub(super) async fn replace_source(
        &self,
        id: &ConnectorId,
        change: &SourceChange,
    ) -> Result<bool, PortError> {
        let mut update = Update::on_cursor(id)
            .set(SOURCE, records::attribute(OPERATION, &change.after)?)
            .remove(READING)
            .when(Check::Equal(SOURCE, records::attribute(OPERATION, &change.before)?))
            .when(Check::Equal(NEXT, part_number(change.next)))
            .when(Check::Equal(WATERMARK, time(change.watermark)));
        if change.forget_keys {
            update = update.remove("reconcile.strays_in").remove("reconcile.at");
        }
        self.try_update(OPERATION, update).await
    }
}
