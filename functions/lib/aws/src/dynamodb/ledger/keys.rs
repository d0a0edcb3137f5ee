//! The names of the ledger table's attributes and indexes, and the keys of its items.

use std::collections::HashMap;

use archive::names::{BucketName, ConnectorId, CustomerRole};
use archive::part::PartNumber;
use aws_sdk_dynamodb::types::AttributeValue;
use protocol::budget::BudgetScope;
use protocol::contacts::SecretId;

/// A DynamoDB item, or the key of one.
pub(super) type Item = HashMap<String, AttributeValue>;

pub(super) const PK: &str = "pk";
pub(super) const SK: &str = "sk";
/// The sort key of a connector's settings.
pub(super) const CONFIG: &str = "CONFIG";
/// The sort key of a connector's cursor. No other key lies between it and [`CONFIG`]: the keys of the changes
/// come before both, and those of the parts after. So one Query reads exactly these two.
pub(super) const CURSOR: &str = "CURSOR";

pub(super) const TENANT_INDEX: &str = "tenant";
pub(super) const TENANT_ID: &str = "tenant_id";
pub(super) const DUE_INDEX: &str = "due";
pub(super) const DUE_SHARD: &str = "due_shard";
pub(super) const NEXT_RUN_AT: &str = "next_run_at";

/// Attributes of the cursor.
pub(super) const NEXT: &str = "next";
pub(super) const WATERMARK: &str = "watermark";
pub(super) const DELIVERED: &str = "delivered";
pub(super) const CUT: &str = "cut";
pub(super) const READING: &str = "reading";
pub(super) const RECONCILE: &str = "reconcile";
pub(super) const CHAIN_HEAD: &str = "note";
pub(super) const PUBLISHED: &str = "published";
pub(super) const BLOCK: &str = "block";
pub(super) const SWEPT: &str = "swept";
pub(super) const SOURCE: &str = "source";
pub(super) const LEASE_OWNER: &str = "lease_owner";
pub(super) const LEASE_UNTIL: &str = "lease_until";

/// Counts the writes of an item that is replaced as a whole.
pub(super) const VERSION: &str = "version";

/// The prefix of the connectors' partition keys; it sorts before all of them.
pub(super) const CONNECTOR_PREFIX: &str = "C#";

/// The prefix of the partition keys of connectors' secrets.
const SECRET_PREFIX: &str = "SECRET#";
/// The prefix of the partition keys of mappings.
const MAPPING_PREFIX: &str = "FIELDS#";

/// The partition key of a connector.
pub(super) fn partition(id: &ConnectorId) -> AttributeValue {
    AttributeValue::S(format!("{CONNECTOR_PREFIX}{id}"))
}

/// The connector of a partition key.
pub(super) fn connector_of(partition: &AttributeValue) -> Option<ConnectorId> {
    partition.as_s().ok()?.strip_prefix(CONNECTOR_PREFIX)?.parse().ok()
}

/// The sort key of a part. Twelve digits, so that it sorts by number.
pub(super) fn part(number: PartNumber) -> String {
    format!("PART#{number}")
}

/// The sort key of a change record. Twelve digits, so that it sorts by version.
pub(super) fn change(version: u64) -> String {
    format!("CHANGE#{version:012}")
}

/// The sort key of the item that reserves a secret's ID, in the partition of the settings. It contains no
/// secret.
pub(super) fn secret_reservation(id: &SecretId) -> String {
    format!("SECRET#{}", id.as_str())
}

/// The key of a webhook secret. Its partition contains only secrets, so that a policy can name them: IAM sees
/// the partition key of a request (`dynamodb:LeadingKeys`), never the sort key.
pub(super) fn secret(connector: &ConnectorId, id: &SecretId) -> Item {
    item_key(AttributeValue::S(format!("{SECRET_PREFIX}{connector}")), id.as_str())
}

/// The key of a connector's mapping of fields. It has a partition of its own, so that the reader's policy
/// lets it store a guess and nothing else of a connector.
pub(super) fn mapping(connector: &ConnectorId) -> Item {
    item_key(AttributeValue::S(format!("{MAPPING_PREFIX}{connector}")), "FIELDS")
}

/// The key of an item of a connector.
pub(super) fn key(id: &ConnectorId, sort: &str) -> Item {
    item_key(partition(id), sort)
}

/// The key of the item with a role's owner. In lower case: IAM doesn't distinguish names of one account by
/// case (IAM user guide, "IAM name requirements"), so two tenants must not either.
pub(super) fn role(role: &CustomerRole) -> Item {
    item_key(AttributeValue::S(format!("ROLE#{}", role.as_str().to_ascii_lowercase())), "CLAIM")
}

/// The key of the item with the claims on a bucket's folders.
pub(super) fn bucket(bucket: &BucketName) -> Item {
    item_key(AttributeValue::S(format!("BUCKET#{bucket}")), "CLAIMS")
}

/// The key of a budget counter. A tenant may have the same name as a connector, so their keys have different
/// prefixes.
pub(super) fn budget(scope: &BudgetScope, sort: &str) -> Item {
    let partition = match scope {
        BudgetScope::Tenant(tenant) => format!("BUDGET#T#{tenant}"),
        BudgetScope::Connector(id) => format!("BUDGET#C#{id}"),
    };
    item_key(AttributeValue::S(partition), sort)
}

fn item_key(partition: AttributeValue, sort: &str) -> Item {
    HashMap::from([(PK.to_owned(), partition), (SK.to_owned(), AttributeValue::S(sort.to_owned()))])
}

/// The partition key in the index of due connectors, `00` to `15`.
pub(super) fn due_shard(shard: u8) -> AttributeValue {
    AttributeValue::S(format!("{shard:02}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_and_cursor_lie_side_by_side_between_the_changes_and_the_parts() {
        assert!(change(999).as_str() < CONFIG && change(u64::MAX).as_str() < CONFIG);
        assert!(change(999) < change(1000));
        assert!(CONFIG < CURSOR && CURSOR < part(PartNumber::NONE).as_str());
        assert!(CURSOR < secret_reservation(&SecretId::new(0)).as_str());
        assert!(part(PartNumber::new(999)) < part(PartNumber::new(1000)));
        assert_eq!(part(PartNumber::new(42)), "PART#000000000042");
    }

    /// The deployment's policies name these prefixes: permission to read items under `C#` includes no secret.
    #[test]
    fn a_secret_lies_in_a_partition_that_no_connector_has() {
        let id = ConnectorId::new(7);
        let item = secret(&id, &SecretId::new(1));
        assert_eq!(item[PK], AttributeValue::S(format!("SECRET#{id}")));
        assert_ne!(item[PK], partition(&id));
        assert_eq!(connector_of(&item[PK]), None);
        assert!(!item.contains_key(TENANT_ID), "the index of tenants would show it");
    }

    #[test]
    fn a_mapping_lies_in_a_partition_that_no_connector_has() {
        let id = ConnectorId::new(7);
        let item = mapping(&id);
        assert_eq!(item[PK], AttributeValue::S(format!("FIELDS#{id}")));
        assert_eq!(connector_of(&item[PK]), None);
        assert!(!item.contains_key(TENANT_ID), "the index of tenants would show it");
    }

    #[test]
    fn a_partition_key_names_its_connector() {
        let id = ConnectorId::new(7);
        assert_eq!(connector_of(&partition(&id)), Some(id));
        assert_eq!(connector_of(&AttributeValue::S("T#acme".into())), None);
    }
}
