//! Runs that someone asks for. The cursor's item remembers the last key, in attributes of its own that no run
//! reads: `asked_key`, and `asked_cut`, the answer that was given.

use domain::names::ConnectorId;
use domain::ports::PortError;
use domain::time::Time;

use super::DynamoLedger;
use super::answers::held;
use super::expression::{names, text, time, values};
use super::keys::{self, CURSOR, NEXT_RUN_AT, PK};
use crate::port_error::port_error;

const WHAT: &str = "asking for a run";
const ASKED_KEY: &str = "asked_key";
const ASKED_CUT: &str = "asked_cut";

impl DynamoLedger {
    /// A run under way that ends later keeps this `next_run_at`, since it is not what that run has read. Of two
    /// requests the later one stands; both ask for the same thing. Of two with the same key the second finds the
    /// first one's and stores nothing.
    pub(super) async fn ask_for_run(
        &self,
        id: &ConnectorId,
        now: Time,
        cut: Time,
        key: Option<&str>,
    ) -> Result<Option<Time>, PortError> {
        // A path into the block can be set only while there is a block, so that is asked first.
        for blocked in [true, false] {
            if self.store_wish(id, now, cut, key, blocked).await? {
                return Ok(Some(cut));
            }
        }
        match key {
            Some(key) => self.wish(id, key).await,
            None => Ok(None),
        }
    }

    async fn store_wish(
        &self,
        id: &ConnectorId,
        now: Time,
        cut: Time,
        key: Option<&str>,
        blocked: bool,
    ) -> Result<bool, PortError> {
        let mut update = "SET #next_run_at = :now, #cut = :cut".to_owned();
        let mut condition = "attribute_exists(#pk)".to_owned();
        let mut attributes = names([PK, NEXT_RUN_AT, "cut"]);
        let mut given = values([(":now", time(now)), (":cut", time(cut))]);
        if blocked {
            update.push_str(", #block.#next_attempt = :now");
            condition.push_str(" AND attribute_exists(#block)");
            attributes.extend(names(["block", "next_attempt"]));
        }
        if let Some(key) = key {
            update.push_str(", #asked_key = :key, #asked_cut = :cut");
            condition.push_str(" AND (attribute_not_exists(#asked_key) OR #asked_key <> :key)");
            attributes.extend(names([ASKED_KEY, ASKED_CUT]));
            given.extend(values([(":key", text(key))]));
        }
        let change = self
            .change(id, CURSOR)
            .update_expression(update)
            .condition_expression(condition)
            .set_expression_attribute_names(Some(attributes))
            .set_expression_attribute_values(Some(given));
        held(WHAT, change.send().await)
    }

    /// What was answered to the request with this key, if it is the last one.
    async fn wish(&self, id: &ConnectorId, key: &str) -> Result<Option<Time>, PortError> {
        let get = self.client.get_item().table_name(&self.table).consistent_read(true);
        let answer = get.set_key(Some(keys::key(id, CURSOR))).send().await;
        let item = answer.map_err(|error| port_error(WHAT, error))?.item.unwrap_or_default();
        let of = |name: &str| item.get(name).and_then(|value| value.as_s().ok());
        let Some(cut) = of(ASKED_CUT).filter(|_| of(ASKED_KEY).is_some_and(|known| known == key)) else {
            return Ok(None);
        };
        cut.parse().map(Some).map_err(|error| PortError::Bug { what: WHAT, source: Box::new(error) })
    }
}
