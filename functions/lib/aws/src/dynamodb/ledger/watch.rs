//! The watchdog's reads, its sweep cursor and its notification states.
//!
//! A page is one request to the index `tenant`, which contains settings and no parts. Then follow the cursors
//! of the exporting connectors, in batches, and for each with undelivered parts the record of the oldest.
//! Neither external IDs nor destinations are read. An exporting connector costs about half a read unit for
//! its cursor and an eighth for its settings.

use std::collections::BTreeMap;
use std::time::Duration;

use archive::frequency::Frequency;
use archive::names::{ConnectorId, TenantId};
use archive::time::Time;
use async_trait::async_trait;
use aws_sdk_dynamodb::types::KeysAndAttributes;
use futures_util::{StreamExt, TryStreamExt, stream};
use ports::{PortError, Watch, WatchPage};
use protocol::connector::State;
use protocol::cursor::Cursor;
use protocol::watch::{NotificationState, Sweep, SweepCursor, WatchedConnector};
use serde::Deserialize;

use super::expression::{names, number, text, time, values};
use super::keys::{self, CONFIG, CURSOR, Item, NEXT_RUN_AT, PK, SK, TENANT_ID, TENANT_INDEX};
use super::sources::SOURCE;
use super::write_outcome::condition_met;
use super::{DynamoLedger, records};
use crate::port_error::port_error;

const OPERATION: &str = "reading connectors for the watchdog";
const STORING_SWEEP: &str = "storing the sweep cursor";
const STORING_STATE: &str = "storing a connector's notification state";
/// How many connectors a page reads at most.
const PAGE_SIZE: i32 = 500;
/// The maximum number of keys in one batch (DynamoDB API reference, `BatchGetItem`).
const BATCH_SIZE: usize = 100;
/// How many batches are in flight at once.
const BATCH_CONCURRENCY: usize = 4;
/// How many attempts a batch has for its unprocessed keys, and the first delay between them.
const MAX_ATTEMPTS: u32 = 5;
const FIRST_RETRY_DELAY: Duration = Duration::from_millis(100);

/// The attributes of the settings that the watchdog reads. These three lists are all that its role may read
/// of a connector, so the deployment's template has them too.
pub const SETTINGS_ATTRIBUTES: [&str; 5] = [PK, TENANT_ID, "state", "frequency", "activated_at"];
/// The attributes of a part that it reads.
pub const PART_ATTRIBUTES: [&str; 2] = [PK, "sealed_at"];
/// The attributes of a cursor that it reads: all of it, and the connector's notification state.
pub const CURSOR_ATTRIBUTES: [&str; 15] = [
    PK,
    "next",
    "watermark",
    "delivered",
    "since",
    NEXT_RUN_AT,
    "cut",
    "reading",
    "reconcile",
    "note",
    "published",
    "block",
    "swept",
    SOURCE,
    NOTIFICATION_STATE,
];

/// The item with the sweep cursor: in its own partition, and in no index.
const WATCHDOG: &str = "WATCHDOG";
const SWEEP: &str = "SWEEP";
const SWEEP_STATE: &str = "kept";
const SWEEP_CURSOR: &str = "place";

/// The connector's notification state, stored with its cursor.
const NOTIFICATION_STATE: &str = "told";

#[derive(Deserialize)]
struct Settings {
    tenant_id: TenantId,
    state: State,
    frequency: Frequency,
    activated_at: Option<Time>,
}

/// A cursor, and the connector's notification state.
struct WatchedCursor {
    cursor: Cursor,
    state: Option<NotificationState>,
}

#[derive(Deserialize)]
struct SealedPart {
    sealed_at: Time,
}

impl DynamoLedger {
    /// These attributes of the items with these keys, eventually consistent.
    async fn batch_get(&self, keys: Vec<Item>, only: &[&str]) -> Result<Vec<Item>, PortError> {
        let batches: Vec<Vec<Item>> = keys.chunks(BATCH_SIZE).map(<[Item]>::to_vec).collect();
        stream::iter(batches.into_iter().map(|keys| self.batch_get_chunk(keys, only)))
            .buffer_unordered(BATCH_CONCURRENCY)
            .try_concat()
            .await
    }

    /// A response has at most 16 MB and may leave keys out when the table is throttled: those are requested
    /// again.
    async fn batch_get_chunk(&self, keys: Vec<Item>, only: &[&str]) -> Result<Vec<Item>, PortError> {
        let placeholders: Vec<String> = only.iter().map(|name| format!("#{name}")).collect();
        let mut request =
            KeysAndAttributes::builder().set_keys(Some(keys)).projection_expression(placeholders.join(", "));
        for name in only {
            request = request.expression_attribute_names(format!("#{name}"), *name);
        }
        let request = request.build().map_err(|error| bug(OPERATION, error))?;
        let mut left = std::collections::HashMap::from([(self.table.clone(), request)]);
        let mut found = Vec::new();
        for attempt in 0..MAX_ATTEMPTS {
            if attempt > 0 {
                tokio::time::sleep(FIRST_RETRY_DELAY * 2_u32.pow(attempt)).await;
            }
            let answer = self.client.batch_get_item().set_request_items(Some(left)).send().await;
            let answer = answer.map_err(|error| port_error(OPERATION, error))?;
            found.extend(answer.responses.unwrap_or_default().into_values().flatten());
            left = answer.unprocessed_keys.unwrap_or_default();
            if left.is_empty() {
                return Ok(found);
            }
        }
        Err(PortError::Transient {
            what: OPERATION,
            source: "the table is throttled and left out requested items".into(),
        })
    }

    async fn cursors(&self, ids: &[ConnectorId]) -> Result<BTreeMap<ConnectorId, WatchedCursor>, PortError> {
        let keys = ids.iter().map(|id| keys::key(id, CURSOR)).collect();
        let mut cursors = BTreeMap::new();
        for item in self.batch_get(keys, &CURSOR_ATTRIBUTES).await? {
            let state = item.get(NOTIFICATION_STATE).cloned();
            let state = state.map(|state| records::from_attribute(STORING_STATE, state)).transpose()?;
            cursors
                .insert(connector_id(&item)?, WatchedCursor { state, cursor: records::parse_cursor(item)? });
        }
        Ok(cursors)
    }

    /// When the oldest undelivered part was sealed, for connectors that have one.
    async fn oldest_undelivered(
        &self,
        cursors: &BTreeMap<ConnectorId, WatchedCursor>,
    ) -> Result<BTreeMap<ConnectorId, Time>, PortError> {
        let oldest = |(id, watched): (&ConnectorId, &WatchedCursor)| {
            watched.cursor.undelivered().map(|number| keys::key(id, &keys::part(number)))
        };
        let keys = cursors.iter().filter_map(oldest).collect();
        let mut waiting = BTreeMap::new();
        for item in self.batch_get(keys, &PART_ATTRIBUTES).await? {
            let id = connector_id(&item)?;
            waiting.insert(id, records::from_item::<SealedPart>("reading a part's record", item)?.sealed_at);
        }
        Ok(waiting)
    }
}

#[async_trait]
impl Watch for DynamoLedger {
    async fn watch(&self, after: Option<&SweepCursor>) -> Result<WatchPage, PortError> {
        let projection: Vec<String> = SETTINGS_ATTRIBUTES.iter().map(|name| format!("#{name}")).collect();
        let scan = self
            .client
            .scan()
            .table_name(&self.table)
            .index_name(TENANT_INDEX)
            .projection_expression(projection.join(", "))
            .set_expression_attribute_names(Some(names(SETTINGS_ATTRIBUTES)))
            .set_exclusive_start_key(after.map(start_key))
            .limit(PAGE_SIZE);
        let page = scan.send().await.map_err(|error| port_error(OPERATION, error))?;
        let mut settings = BTreeMap::new();
        for item in page.items.unwrap_or_default() {
            settings.insert(
                connector_id(&item)?,
                records::from_item::<Settings>("reading a connector's record", item)?,
            );
        }
        let exporting = |settings: &Settings| matches!(settings.state, State::Active | State::Paused);
        let exporting = settings.iter().filter(|(_, settings)| exporting(settings));
        let mut cursors = self.cursors(&exporting.map(|(id, _)| id.clone()).collect::<Vec<_>>()).await?;
        let waiting = self.oldest_undelivered(&cursors).await?;
        let watched = |(id, settings): (ConnectorId, Settings)| {
            let (cursor, state) =
                cursors.remove(&id).map(|WatchedCursor { cursor, state }| (cursor, state)).unzip();
            WatchedConnector {
                tenant: settings.tenant_id,
                state: settings.state,
                frequency: settings.frequency,
                activated_at: settings.activated_at,
                cursor,
                waiting_since: waiting.get(&id).copied(),
                last_notified: state.flatten(),
                connector: id,
            }
        };
        let watched = settings.into_iter().map(watched).collect();
        Ok(WatchPage { watched, next: page.last_evaluated_key.map(parse_sweep_cursor).transpose()? })
    }

    async fn sweep(&self) -> Result<Sweep, PortError> {
        let get = self.client.get_item().table_name(&self.table).consistent_read(true);
        let answer = get.set_key(Some(sweep_key())).send().await;
        let item = answer.map_err(|error| port_error(STORING_SWEEP, error))?.item.unwrap_or_default();
        let Some(json) = item.get(SWEEP_CURSOR).and_then(|json| json.as_s().ok()) else {
            return Ok(Sweep::default());
        };
        serde_json::from_str(json).map_err(|error| bug(STORING_SWEEP, error))
    }

    /// A second tick at the same time finds another number stored, and changes nothing.
    async fn store_sweep(&self, sweep: &Sweep) -> Result<bool, PortError> {
        let json = serde_json::to_string(sweep).map_err(|error| bug(STORING_SWEEP, error))?;
        let change = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(sweep_key()))
            .update_expression("SET #kept = :kept, #place = :place")
            .condition_expression("attribute_not_exists(#pk) OR #kept = :before")
            .set_expression_attribute_names(Some(names([PK, SWEEP_STATE, SWEEP_CURSOR])))
            .set_expression_attribute_values(Some(values([
                (":kept", number(sweep.version)),
                (":before", number(sweep.version.saturating_sub(1))),
                (":place", text(json)),
            ])));
        condition_met(STORING_SWEEP, change.send().await)
    }

    /// A second tick at the same time finds another notification time, and changes nothing. Only the time is
    /// compared: a newer version may store more with it.
    async fn store_notification_state(
        &self,
        id: &ConnectorId,
        before: Option<&NotificationState>,
        after: &NotificationState,
    ) -> Result<bool, PortError> {
        let (condition, before) = match before {
            None => ("attribute_exists(#pk) AND attribute_not_exists(#told)", None),
            Some(before) => ("attribute_exists(#pk) AND #told.#at = :before", Some(before.notified_at)),
        };
        let mut attributes = names([PK, NOTIFICATION_STATE]);
        let mut placeholder_values = values([(":told", records::attribute(STORING_STATE, after)?)]);
        if let Some(before) = before {
            attributes.extend(names(["at"]));
            placeholder_values.insert(":before".to_owned(), time(before));
        }
        let change = self
            .update_item(id, CURSOR)
            .update_expression("SET #told = :told")
            .condition_expression(condition)
            .set_expression_attribute_names(Some(attributes))
            .set_expression_attribute_values(Some(placeholder_values));
        condition_met(STORING_STATE, change.send().await)
    }
}

fn sweep_key() -> Item {
    Item::from([(PK.to_owned(), text(WATCHDOG)), (SK.to_owned(), text(SWEEP))])
}

/// The start key of the page after this sweep cursor.
fn start_key(cursor: &SweepCursor) -> Item {
    let mut key = keys::key(&cursor.connector, CONFIG);
    key.insert(TENANT_ID.to_owned(), text(cursor.tenant.as_str()));
    key
}

/// The sweep cursor that a page ends at.
fn parse_sweep_cursor(mut key: Item) -> Result<SweepCursor, PortError> {
    let connector = connector_id(&key)?;
    let tenant = key.remove(TENANT_ID).and_then(|tenant| tenant.as_s().ok()?.parse().ok());
    let tenant =
        tenant.ok_or_else(|| bug(OPERATION, "a page of the index ended at a key without a tenant"))?;
    Ok(SweepCursor { tenant, connector })
}

fn connector_id(item: &Item) -> Result<ConnectorId, PortError> {
    let id = item.get(PK).and_then(keys::connector_of);
    id.ok_or_else(|| bug(OPERATION, format!("an item has a malformed key: {:?}", item.get(PK))))
}

fn bug(what: &'static str, source: impl Into<ports::BoxError>) -> PortError {
    PortError::Bug { what, source: source.into() }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fmt;

    use serde::de::{DeserializeOwned, Deserializer, Error, Visitor};
    use serde::forward_to_deserialize_any;

    use super::*;

    /// A deserializer that fails with the names of the fields that a struct reads.
    struct Asking;

    #[derive(Debug)]
    struct Fields(&'static [&'static str]);

    impl fmt::Display for Fields {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "{:?}", self.0)
        }
    }

    impl std::error::Error for Fields {}

    impl Error for Fields {
        fn custom<T: fmt::Display>(_: T) -> Self {
            Self(&[])
        }
    }

    impl<'de> Deserializer<'de> for Asking {
        type Error = Fields;

        fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Fields> {
            Err(Fields(&[]))
        }

        fn deserialize_struct<V: Visitor<'de>>(
            self,
            _: &'static str,
            fields: &'static [&'static str],
            _: V,
        ) -> Result<V::Value, Fields> {
            Err(Fields(fields))
        }

        forward_to_deserialize_any! {
            bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit unit_struct
            newtype_struct seq tuple tuple_struct map enum identifier ignored_any
        }
    }

    /// The fields of a struct, and these extra ones.
    fn fields<T: DeserializeOwned>(extra: &[&'static str]) -> BTreeSet<&'static str> {
        let Err(Fields(fields)) = T::deserialize(Asking) else { return BTreeSet::new() };
        fields.iter().chain(extra).copied().collect()
    }

    /// A field of a new version must be read too, or the watchdog would take its default for the stored
    /// value.
    #[test]
    fn exactly_the_used_fields_are_read() {
        assert_eq!(BTreeSet::from(CURSOR_ATTRIBUTES), fields::<Cursor>(&[PK, NOTIFICATION_STATE]));
        assert_eq!(BTreeSet::from(SETTINGS_ATTRIBUTES), fields::<Settings>(&[PK]));
        assert_eq!(BTreeSet::from(PART_ATTRIBUTES), fields::<SealedPart>(&[PK]));
    }
}
