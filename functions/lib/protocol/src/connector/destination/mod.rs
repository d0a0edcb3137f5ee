//! Where a connector's files go: the location and the access to it.

mod diagnosis;

use archive::manifest::Location;
use archive::names::{BucketName, CustomerRole, Prefix, Region};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Encryption;

/// Where a connector's files go, by the provider of the storage.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub enum Destination {
    /// Nowhere: the customer has not connected yet.
    #[default]
    None,
    /// To a bucket of Amazon S3.
    S3(S3Destination),
}

impl Destination {
    /// Whether there is none.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }

    /// The bucket of Amazon S3, if it is one.
    #[must_use]
    pub const fn s3(&self) -> Option<&S3Destination> {
        match self {
            Self::None => None,
            Self::S3(destination) => Some(destination),
        }
    }

    /// The same, to change it.
    #[must_use]
    pub const fn s3_mut(&mut self) -> Option<&mut S3Destination> {
        match self {
            Self::None => None,
            Self::S3(destination) => Some(destination),
        }
    }
}

impl From<S3Destination> for Destination {
    fn from(destination: S3Destination) -> Self {
        Self::S3(destination)
    }
}

/// A record has the fields of the one provider that there is, or none.
impl Serialize for Destination {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.s3().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Destination {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::<S3Destination>::deserialize(deserializer)?.map_or(Self::None, Self::S3))
    }
}

/// A bucket of the customer's: the role to assume and the location to write to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct S3Destination {
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

impl S3Destination {
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
