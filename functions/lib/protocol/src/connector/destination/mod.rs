//! Where a connector's files go: the location and the access to it.

mod diagnosis;

use archive::manifest::Location;
use archive::names::{BucketName, CustomerRole, Prefix, Region};
use serde::{Deserialize, Serialize};

use super::Encryption;

/// The customer's side: the role to assume and the location to write to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Destination {
    /// The role in the customer's account.
    pub role: CustomerRole,
    /// The customer's bucket; its owner must be the role's account.
    pub bucket: BucketName,
    /// The Region that requests to the bucket go to.
    pub region: Region,
    /// The folder in the bucket.
    pub prefix: Prefix,
    /// How S3 is asked to encrypt objects.
    #[serde(flatten)]
    pub encryption: Encryption,
}

impl Destination {
    /// The location, as a manifest states it.
    #[must_use]
    pub fn location(&self) -> Location {
        Location {
            bucket: self.bucket.clone(),
            prefix: self.prefix.clone(),
            region: self.region.clone(),
            account: self.role.account(),
        }
    }
}
