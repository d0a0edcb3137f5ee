//! The claims of a connector ([`Connector::claims`]): the role, for its tenant, and the folder of the bucket,
//! for itself. Claims are separate items, written in the same transaction as the settings.
//!
//! | item | `pk` | `sk` | contains |
//! |---|---|---|---|
//! | role | `ROLE#<arn>` | `CLAIM` | `owner`, the tenant, and `connectors`, the set that uses the role |
//! | bucket | `BUCKET#<name>` | `CLAIMS` | `prefixes`, from connector to folder, and `version` |
//!
//! The condition of its write alone decides who owns a role. No condition can express that folders overlap.
//! So a bucket's item is read, checked here, and written back only over the version that was read. Neither
//! item is ever deleted: a role without connectors is free, and a version that restarted could pass for an
//! older one. A disabled connector keeps its claims, since it can be enabled again.

use std::collections::BTreeMap;

use archive::names::{BucketName, ConnectorId, Prefix};
use aws_sdk_dynamodb::types::AttributeValue;
use ports::PortError;
use protocol::connector::{Change, Connector, OwnedResource, S3Destination};
use serde::{Deserialize, Serialize};

use super::expression::{Check, number, text};
use super::guard::{Guard, GuardedWrite};
use super::keys::{self, Item, VERSION};
use super::write::{Put, Update};
use super::{DynamoLedger, records};

const OWNER: &str = "owner";
const CONNECTORS: &str = "connectors";

/// The claims of a change.
pub(super) enum ClaimOutcome {
    /// The writes that claim and release.
    Writes(Vec<GuardedWrite>),
    /// Another connector owns it.
    AlreadyOwned(OwnedResource),
}

/// Which connector writes to which folder of one bucket.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
struct BucketClaims {
    /// By connector, since a DynamoDB map has no empty key, and the empty prefix is a folder too.
    prefixes: BTreeMap<ConnectorId, Prefix>,
    /// Counts the writes; zero before the first.
    version: u64,
}

impl BucketClaims {
    /// The claims with connector `id` moved to `prefix`; without a prefix it claims nothing here. `None` if
    /// another connector has the folder, one above it or one below it.
    fn with_claim(&self, id: &ConnectorId, prefix: Option<&Prefix>) -> Option<Self> {
        let mut prefixes = self.prefixes.clone();
        prefixes.remove(id);
        if let Some(prefix) = prefix {
            if prefixes.values().any(|claimed| claimed.overlaps(prefix)) {
                return None;
            }
            prefixes.insert(id.clone(), prefix.clone());
        }
        Some(Self { prefixes, version: self.version + 1 })
    }
}

impl DynamoLedger {
    /// The writes that move the claims from the connector's destination before a change to the one after it.
    pub(super) async fn claim_writes(&self, change: &Change) -> Result<ClaimOutcome, PortError> {
        let before = change.before.as_ref().and_then(Connector::claims);
        let after = change.after.claims();
        let mut writes = Vec::new();
        let location = |to: Option<&S3Destination>| to.map(|to| (to.bucket.clone(), to.prefix.clone()));
        let (before_location, after_location) = (location(before), location(after));
        if before_location != after_location {
            let buckets = [&before_location, &after_location]
                .map(|location| location.as_ref().map(|(bucket, _)| bucket));
            let [old, new] = buckets;
            for bucket in [old.filter(|_| old != new), new].into_iter().flatten() {
                let prefix = after_location.as_ref().filter(|(to, _)| to == bucket).map(|(_, prefix)| prefix);
                let claims = self.bucket_claims(bucket).await?;
                let Some(claims) = claims.with_claim(&change.after.id, prefix) else {
                    return Ok(ClaimOutcome::AlreadyOwned(OwnedResource::Destination));
                };
                writes.push(self.put_bucket_claims(bucket, &claims)?);
            }
        }
        // Compared as they are stored: a transaction may write an item only once.
        let [old, new] = [before, after].map(|to| to.map(|to| keys::role(&to.role)));
        if old != new {
            if let Some(role) = old {
                writes.push(self.release_role(role, &change.after.id)?);
            }
            if let Some(role) = new {
                writes.push(self.claim_role(role, &change.after)?);
            }
        }
        Ok(ClaimOutcome::Writes(writes))
    }

    /// The resource that the connector claims and another one owns now. Two reads, each consistent: a claim
    /// between them is found when the claim is stored.
    pub(super) async fn owner_conflict(
        &self,
        connector: &Connector,
    ) -> Result<Option<OwnedResource>, PortError> {
        let Some(to) = connector.claims() else { return Ok(None) };
        if self.bucket_claims(&to.bucket).await?.with_claim(&connector.id, Some(&to.prefix)).is_none() {
            return Ok(Some(OwnedResource::Destination));
        }
        let role = self.get_item("reading the claim on a role", keys::role(&to.role)).await?;
        let is_others = role.is_some_and(|role| {
            role.contains_key(CONNECTORS) && role.get(OWNER) != Some(&text(connector.tenant.as_str()))
        });
        Ok(is_others.then_some(OwnedResource::Role))
    }

    async fn bucket_claims(&self, bucket: &BucketName) -> Result<BucketClaims, PortError> {
        let what = "reading the claims on a bucket";
        let item = self.get_item(what, keys::bucket(bucket)).await?;
        item.map_or_else(|| Ok(BucketClaims::default()), |item| records::from_item(what, item))
    }

    /// A second worker that read the same version fails, reads again and checks again.
    fn put_bucket_claims(
        &self,
        bucket: &BucketName,
        claims: &BucketClaims,
    ) -> Result<GuardedWrite, PortError> {
        let mut item = records::to_item("writing the claims on a bucket", claims)?;
        item.extend(keys::bucket(bucket));
        let put = match claims.version.saturating_sub(1) {
            0 => Put::if_absent(item),
            read_version => Put::of(item).when(Check::Equal(VERSION, number(read_version))),
        };
        Ok(GuardedWrite { guard: Guard::Bucket, write: self.transact_put(put)? })
    }

    /// A second worker of the same tenant is added to the set. One of another tenant fails as long as the set
    /// is not empty.
    fn claim_role(&self, role: Item, connector: &Connector) -> Result<GuardedWrite, PortError> {
        let tenant = || text(connector.tenant.as_str());
        let update = Update::on(role)
            .set(OWNER, tenant())
            .add(CONNECTORS, string_set(&connector.id))
            .when_any([Check::Absent(CONNECTORS), Check::Equal(OWNER, tenant())]);
        Ok(GuardedWrite { guard: Guard::Role, write: self.transact_update(update)? })
    }

    /// Removes one connector from the set; the others stay. DynamoDB removes an empty set by itself (API
    /// reference, `UpdateItem`, "DELETE": no set is empty).
    fn release_role(&self, role: Item, id: &ConnectorId) -> Result<GuardedWrite, PortError> {
        let update = Update::on(role).delete(CONNECTORS, string_set(id));
        Ok(GuardedWrite { guard: Guard::Role, write: self.transact_update(update)? })
    }
}

fn string_set(id: &ConnectorId) -> AttributeValue {
    AttributeValue::Ss(vec![id.to_string()])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefix(text: &str) -> Prefix {
        text.parse().unwrap()
    }

    #[test]
    fn a_connector_never_conflicts_with_its_own_claims() {
        let (ours, theirs) = (ConnectorId::new(1), ConnectorId::new(2));
        let claims = BucketClaims::default().with_claim(&ours, Some(&prefix("a/b"))).unwrap();
        assert_eq!(claims.with_claim(&theirs, Some(&prefix("a"))), None);
        let moved = claims.with_claim(&ours, Some(&prefix("a"))).unwrap();
        assert_eq!((moved.version, moved.prefixes.len()), (2, 1));
        assert_eq!(moved.with_claim(&theirs, Some(&prefix("a/b"))), None);
        assert!(moved.with_claim(&ours, None).unwrap().with_claim(&theirs, Some(&prefix("a/b"))).is_some());
    }

    #[test]
    fn the_claims_of_a_bucket_come_back_as_they_were_the_empty_prefix_too() {
        let claims = BucketClaims::default().with_claim(&ConnectorId::new(1), Some(&prefix(""))).unwrap();
        let mut item = records::to_item("writing", &claims).unwrap();
        item.extend(keys::bucket(&"acme-audit".parse().unwrap()));
        assert_eq!(records::from_item::<BucketClaims>("reading", item).unwrap(), claims);
    }
}
