//! The names of the ledger table's attributes and indexes, and the keys of its items.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::names::ConnectorId;
use domain::part::PartNumber;

/// A DynamoDB item, or the key of one.
pub(super) type Item = HashMap<String, AttributeValue>;

pub(super) const PK: &str = "pk";
pub(super) const SK: &str = "sk";
/// The sort key of a connector's settings.
pub(super) const CONFIG: &str = "CONFIG";
/// The sort key of a connector's cursor. No other key lies between it and [`CONFIG`], and those of the parts
/// come behind it, so that one Query reads exactly these two.
pub(super) const CURSOR: &str = "CURSOR";

pub(super) const TENANT_INDEX: &str = "tenant";
pub(super) const TENANT_ID: &str = "tenant_id";
pub(super) const DUE_INDEX: &str = "due";
pub(super) const DUE_SHARD: &str = "due_shard";
pub(super) const NEXT_RUN_AT: &str = "next_run_at";

const CONNECTOR: &str = "C#";

/// The partition of a connector.
pub(super) fn partition(id: &ConnectorId) -> AttributeValue {
    AttributeValue::S(format!("{CONNECTOR}{id}"))
}

/// The connector whose partition this is.
pub(super) fn connector_of(partition: &AttributeValue) -> Option<ConnectorId> {
    partition.as_s().ok()?.strip_prefix(CONNECTOR)?.parse().ok()
}

/// The sort key of a part. Twelve digits, so that it sorts by number.
pub(super) fn part(number: PartNumber) -> String {
    format!("PART#{number}")
}

/// The key of an item of a connector.
pub(super) fn key(id: &ConnectorId, sort: &str) -> Item {
    HashMap::from([(PK.to_owned(), partition(id)), (SK.to_owned(), AttributeValue::S(sort.to_owned()))])
}

/// The partition of the index of due connectors, `00` to `15`.
pub(super) fn due_shard(shard: u8) -> AttributeValue {
    AttributeValue::S(format!("{shard:02}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_and_cursor_lie_side_by_side_before_the_parts() {
        assert!(CONFIG < CURSOR && CURSOR < part(PartNumber::NONE).as_str());
        assert!(part(PartNumber::new(999)) < part(PartNumber::new(1000)));
        assert_eq!(part(PartNumber::new(42)), "PART#000000000042");
    }

    #[test]
    fn a_partition_tells_its_connector() {
        let id = ConnectorId::new(7);
        assert_eq!(connector_of(&partition(&id)), Some(id));
        assert_eq!(connector_of(&AttributeValue::S("T#acme".into())), None);
    }
}
