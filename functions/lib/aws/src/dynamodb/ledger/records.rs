//! The ledger's records as DynamoDB items, by their serde form, and back.

use archive::names::ConnectorId;
use archive::part::Part;
use aws_sdk_dynamodb::types::AttributeValue;
use ports::{PortError, due_shard};
use protocol::connector::{Change, Connector};
use protocol::cursor::Cursor;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_dynamo::aws_sdk_dynamodb_1 as convert;

use super::keys::{self, Item};

/// The item of a connector's settings.
pub(super) fn connector_item(connector: &Connector) -> Result<Item, PortError> {
    let mut item = to_item("writing a connector", connector)?;
    item.extend(keys::key(&connector.id, keys::CONFIG));
    item.insert(keys::TENANT_ID.to_owned(), AttributeValue::S(connector.tenant.as_str().to_owned()));
    Ok(item)
}

/// The item of a connector's cursor, without a lease.
pub(super) fn cursor_item(id: &ConnectorId, cursor: &Cursor) -> Result<Item, PortError> {
    let mut item = to_item("writing a cursor", cursor)?;
    item.extend(keys::key(id, keys::CURSOR));
    item.insert(keys::DUE_SHARD.to_owned(), keys::due_shard(due_shard(id)));
    Ok(item)
}

/// The item of a part.
pub(super) fn part_item(part: &Part) -> Result<Item, PortError> {
    let mut item = to_item("writing a part's record", part)?;
    item.extend(keys::key(&part.connector, &keys::part(part.number)));
    Ok(item)
}

/// The item of a change record.
pub(super) fn change_item(change: &Change) -> Result<Item, PortError> {
    let mut item = to_item("writing the record of a change", change)?;
    item.extend(keys::key(&change.after.id, &keys::change(change.version)));
    Ok(item)
}

/// The settings in an item.
pub(super) fn parse_connector(item: Item) -> Result<Connector, PortError> {
    from_item("reading a connector's record", item)
}

/// The cursor in an item; the lease is not part of it.
pub(super) fn parse_cursor(item: Item) -> Result<Cursor, PortError> {
    from_item("reading a cursor's record", item)
}

/// The change in an item.
pub(super) fn parse_change(item: Item) -> Result<Change, PortError> {
    from_item("reading the record of a change", item)
}

/// The part in an item.
pub(super) fn parse_part(item: Item) -> Result<Part, PortError> {
    from_item("reading a part's record", item)
}

/// Any value as an attribute.
pub(super) fn attribute<T: Serialize>(what: &'static str, value: &T) -> Result<AttributeValue, PortError> {
    convert::to_attribute_value(value).map_err(|error| PortError::bug(what, error))
}

/// The value in an attribute.
pub(super) fn from_attribute<T: DeserializeOwned>(
    what: &'static str,
    value: AttributeValue,
) -> Result<T, PortError> {
    convert::from_attribute_value(value).map_err(|error| PortError::bug(what, error))
}

/// Any record as an item, without its key.
pub(super) fn to_item<T: Serialize>(what: &'static str, value: &T) -> Result<Item, PortError> {
    convert::to_item(value).map_err(|error| PortError::bug(what, error))
}

/// The record in an item; other attributes are ignored.
pub(super) fn from_item<T: DeserializeOwned>(what: &'static str, item: Item) -> Result<T, PortError> {
    convert::from_item(item).map_err(|error| PortError::bug(what, error))
}

#[cfg(test)]
mod tests {
    use archive::names::ExternalId;
    use archive::part::PartNumber;
    use archive::time::Time;
    use protocol::caller::Caller;
    use protocol::connector::{State, Verb};
    use protocol::cursor::Reconcile;
    use protocol::delivery_error::{Block, DeliveryErrorKind, DeliveryStage};

    use super::*;

    fn blocked_cursor() -> Cursor {
        let at: Time = "2026-11-20T20:15:30.123Z".parse().unwrap();
        Cursor {
            next: PartNumber::new(u64::MAX),
            cut: Some(at),
            reconcile: Reconcile {
                due: at,
                passes: 6,
                resume_at: None,
                out_of_order_in: Some(PartNumber::new(3)),
            },
            block: Some(Block {
                stage: DeliveryStage::PutObject,
                kind: DeliveryErrorKind::Gone,
                code: "NoSuchBucket".into(),
                cause: String::new(),
                remedy: "Create it.".into(),
                since: at,
                attempts: 2,
                next_attempt: at,
            }),
            ..Cursor::new(at, at, at)
        }
    }

    #[test]
    fn a_cursor_comes_back_as_it_was_and_its_times_are_texts() {
        let id = ConnectorId::new(1);
        let before = blocked_cursor();
        let mut item = cursor_item(&id, &before).unwrap();
        assert_eq!(item["watermark"], AttributeValue::S("2026-11-20T20:15:30.123Z".into()));
        assert_eq!(item["next"], AttributeValue::N(u64::MAX.to_string()));
        assert_eq!(item["due_shard"].as_s().unwrap().len(), 2);
        item.insert("lease_owner".into(), AttributeValue::S("someone".into()));
        assert_eq!(parse_cursor(item).unwrap(), before);
    }

    fn connector_with_all_settings() -> Connector {
        let at: Time = "2026-11-20T20:15:30.123Z".parse().unwrap();
        let draft = Connector::draft(
            ConnectorId::new(7),
            "acme".parse().unwrap(),
            ExternalId::new(1, 2),
            Time::EPOCH,
        );
        Connector {
            next_external_id: Some(ExternalId::new(3, 4)),
            state: State::Disabled,
            activated_at: Some(at),
            verified_at: Some(at),
            disabled_at: Some(at),
            version: u64::MAX,
            ..draft
        }
    }

    #[test]
    fn a_connector_and_its_change_come_back_as_they_were() {
        let after = connector_with_all_settings();
        assert_eq!(parse_connector(connector_item(&after).unwrap()).unwrap(), after);
        let tenant = after.tenant.clone();
        let by = [
            Caller::System,
            Caller::Operator { name: "ann".into() },
            Caller::Tenant { tenant, name: String::new() },
        ];
        for (by, before) in by.into_iter().zip([None, Some(after.clone()), None]) {
            let stored =
                Change { version: 42, at: Time::LAST, by, what: Verb::Disable, before, after: after.clone() };
            let item = change_item(&stored).unwrap();
            assert_eq!(item["sk"], AttributeValue::S("CHANGE#000000000042".into()));
            assert!(!item.contains_key(keys::TENANT_ID), "it would be listed as a connector");
            assert_eq!(parse_change(item).unwrap(), stored);
        }
    }

    /// As stored before verification, rotation and enabling after a disable existed.
    #[test]
    fn a_connector_of_the_first_version_is_still_read() {
        let mut now = connector_with_all_settings();
        now.state = State::Paused;
        let mut item = connector_item(&now).unwrap();
        for field in ["next_external_id", "verified_at", "disabled_at"] {
            assert!(item.remove(field).is_some(), "{field}");
        }
        let then = parse_connector(item).unwrap();
        assert_eq!((then.verified_at, then.disabled_at, &then.next_external_id), (None, None, &None));
        assert_eq!((then.state, &then.external_id), (State::Paused, &now.external_id));
    }

    #[test]
    fn a_record_that_does_not_parse_is_a_bug_and_says_which() {
        let mut item = cursor_item(&ConnectorId::new(1), &blocked_cursor()).unwrap();
        item.insert("watermark".into(), AttributeValue::S("yesterday".into()));
        let error = parse_cursor(item).unwrap_err();
        assert!(matches!(error, PortError::Bug { .. }));
        assert!(error.chain().contains("cursor") && error.chain().contains("yesterday"), "{}", error.chain());
    }
}
