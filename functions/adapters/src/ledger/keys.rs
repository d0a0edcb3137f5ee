//! The names of the ledger table's attributes and indexes, and the keys of its items.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::budget::BudgetScope;
use domain::contacts::SecretId;
use domain::names::{BucketName, ConnectorId, CustomerRole};
use domain::part::PartNumber;

/// A DynamoDB item, or the key of one.
pub(super) type Item = HashMap<String, AttributeValue>;

pub(super) const PK: &str = "pk";
pub(super) const SK: &str = "sk";
/// The sort key of a connector's settings.
pub(super) const CONFIG: &str = "CONFIG";
/// The sort key of a connector's cursor. No other key lies between it and [`CONFIG`]: those of the changes come
/// before both and those of the parts behind, so that one Query reads exactly these two.
pub(super) const CURSOR: &str = "CURSOR";

pub(super) const TENANT_INDEX: &str = "tenant";
pub(super) const TENANT_ID: &str = "tenant_id";
pub(super) const DUE_INDEX: &str = "due";
pub(super) const DUE_SHARD: &str = "due_shard";
pub(super) const NEXT_RUN_AT: &str = "next_run_at";

/// What the partitions of connectors start with: less than any of them.
pub(super) const CONNECTOR: &str = "C#";

/// What the partitions of connectors' secrets start with.
const SECRET: &str = "SECRET#";

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

/// The sort key of the record of a change. Twelve digits, so that it sorts by version.
pub(super) fn change(version: u64) -> String {
    format!("CHANGE#{version:012}")
}

/// The sort key of the item that reserves a secret's ID, beside the settings. It holds no secret.
pub(super) fn reserved(id: &SecretId) -> String {
    format!("SECRET#{}", id.as_str())
}

/// The key of a webhook's secret. Its partition holds secrets and nothing else, so that a policy can name them: IAM
/// sees the partition key of a request (`dynamodb:LeadingKeys`) and never the sort key.
pub(super) fn secret(connector: &ConnectorId, id: &SecretId) -> Item {
    of(AttributeValue::S(format!("{SECRET}{connector}")), id.as_str())
}

/// The key of an item of a connector.
pub(super) fn key(id: &ConnectorId, sort: &str) -> Item {
    of(partition(id), sort)
}

/// The key of the item that says whom a role serves. In lower case: IAM doesn't tell two names of one account
/// apart by case (IAM user guide, "IAM name requirements"), so neither may two tenants.
pub(super) fn role(role: &CustomerRole) -> Item {
    of(AttributeValue::S(format!("ROLE#{}", role.as_str().to_ascii_lowercase())), "CLAIM")
}

/// The key of the item that says which connectors write where in a bucket.
pub(super) fn bucket(bucket: &BucketName) -> Item {
    of(AttributeValue::S(format!("BUCKET#{bucket}")), "CLAIMS")
}

/// The key of a count of what is used of a budget. A tenant may be called as a connector is, so the two are told apart.
pub(super) fn budget(scope: &BudgetScope, sort: &str) -> Item {
    let partition = match scope {
        BudgetScope::Tenant(tenant) => format!("BUDGET#T#{tenant}"),
        BudgetScope::Connector(id) => format!("BUDGET#C#{id}"),
    };
    of(AttributeValue::S(partition), sort)
}

fn of(partition: AttributeValue, sort: &str) -> Item {
    HashMap::from([(PK.to_owned(), partition), (SK.to_owned(), AttributeValue::S(sort.to_owned()))])
}

/// The partition of the index of due connectors, `00` to `15`.
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
        assert!(CURSOR < reserved(&SecretId::new(0)).as_str());
        assert!(part(PartNumber::new(999)) < part(PartNumber::new(1000)));
        assert_eq!(part(PartNumber::new(42)), "PART#000000000042");
    }

    /// The deployment's policies name these beginnings: whoever may read what lies under `C#` reads no secret.
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
    fn a_partition_tells_its_connector() {
        let id = ConnectorId::new(7);
        assert_eq!(connector_of(&partition(&id)), Some(id));
        assert_eq!(connector_of(&AttributeValue::S("T#acme".into())), None);
    }
}
