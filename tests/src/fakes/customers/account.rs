//! The checks of S3 and IAM, in their order.

use std::collections::BTreeMap;

use bytes::Bytes;
use protocol::connector::S3Destination;
use protocol::delivery_error::{DeliveryError, DeliveryErrorKind, DeliveryStage};
use protocol::machine::PutAnswer;

use super::delivery_error;

/// Roles and buckets by name.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    buckets: BTreeMap<String, Bucket>,
    roles: BTreeMap<String, Role>,
}

#[derive(Debug)]
struct Bucket {
    owner: String,
    region: String,
    objects: BTreeMap<String, Bytes>,
}

#[derive(Debug)]
struct Role {
    external_id: String,
    bucket: String,
    prefix: String,
}

impl Accounts {
    pub(super) fn create_bucket(&mut self, bucket: &str, owner: &str, region: &str) {
        let new = Bucket { owner: owner.to_owned(), region: region.to_owned(), objects: BTreeMap::new() };
        let before = self.buckets.insert(bucket.to_owned(), new);
        assert!(before.is_none(), "bucket {bucket} exists: S3 answers BucketAlreadyExists");
    }

    pub(super) fn owner_of(&self, bucket: &str) -> Option<String> {
        self.buckets.get(bucket).map(|bucket| bucket.owner.clone())
    }

    pub(super) fn delete_bucket(&mut self, bucket: &str) {
        self.buckets.remove(bucket).expect("a bucket to delete");
    }

    pub(super) fn delete_object(&mut self, bucket: &str, key: &str) {
        let bucket = self.buckets.get_mut(bucket).expect("a bucket to delete from");
        bucket.objects.remove(key).expect("an object to delete");
    }

    pub(super) fn put_role(&mut self, arn: &str, external_id: &str, bucket: &str, prefix: &str) {
        let role = Role {
            external_id: external_id.to_owned(),
            bucket: bucket.to_owned(),
            prefix: prefix.to_owned(),
        };
        self.roles.insert(arn.to_owned(), role);
    }

    pub(super) fn delete_role(&mut self, arn: &str) {
        self.roles.remove(arn).expect("a role to delete");
    }

    pub(super) fn objects(&self, bucket: &str) -> Vec<(String, Bytes)> {
        let Some(bucket) = self.buckets.get(bucket) else { return Vec::new() };
        bucket.objects.iter().map(|(key, bytes)| (key.clone(), bytes.clone())).collect()
    }

    /// Whether the role's trust policy trusts us.
    pub(super) fn trusts(&self, role: &str, external_id: &str) -> bool {
        self.roles.get(role).is_some_and(|role| role.external_id == external_id)
    }

    /// A create-only put with all its checks.
    pub(super) fn put(
        &mut self,
        destination: &S3Destination,
        key: &str,
        bytes: &Bytes,
        matches: bool,
    ) -> Result<PutAnswer, DeliveryError> {
        let error = |kind, code| Err(delivery_error(DeliveryStage::PutObject, kind, code));
        let allowed = self.allows(destination, key);
        let Some(bucket) = self.buckets.get_mut(destination.bucket.as_str()) else {
            return error(DeliveryErrorKind::Gone, "NoSuchBucket");
        };
        if bucket.region != destination.region.as_str() {
            return error(DeliveryErrorKind::Moved, "PermanentRedirect");
        }
        if !allowed || bucket.owner != destination.role.account().as_str() {
            return error(DeliveryErrorKind::Denied, "AccessDenied");
        }
        if !matches {
            return error(DeliveryErrorKind::Rejected, "BadDigest");
        }
        if bucket.objects.contains_key(key) {
            return Ok(PutAnswer::Exists);
        }
        bucket.objects.insert(key.to_owned(), bytes.clone());
        Ok(PutAnswer::Written)
    }

    /// Whether both the role's policy and the session policy allow it.
    fn allows(&self, destination: &S3Destination, key: &str) -> bool {
        let Some(role) = self.roles.get(destination.role.as_str()) else { return false };
        role.bucket == destination.bucket.as_str()
            && below(&role.prefix, key)
            && below(destination.prefix.as_str(), key)
    }
}

fn below(prefix: &str, key: &str) -> bool {
    prefix.is_empty() || key.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('/'))
}
