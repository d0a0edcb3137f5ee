//! The origin and destination of a manifest: vendor, connector, and the location in the customer's account.

use std::fmt;
use std::str::FromStr;

use crate::names::{AccountId, BucketName, ConnectorId, InvalidValueError, Prefix, Region};
use crate::note::{KeyName, VendorDomain};

/// The first line of a manifest, `<vendor domain>/auditferry/<connector>`. It identifies the chain.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// The vendor that signs.
    pub vendor: VendorDomain,
    /// The connector whose chain it is.
    pub connector: ConnectorId,
}

impl Origin {
    /// The name of the keys that sign it.
    #[must_use]
    pub fn key_name(&self) -> KeyName {
        KeyName::of(self.vendor.clone())
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/auditferry/{}", self.vendor, self.connector)
    }
}

impl FromStr for Origin {
    type Err = InvalidValueError;
    fn from_str(text: &str) -> Result<Self, InvalidValueError> {
        let Some((key, connector)) = text.rsplit_once('/') else {
            return Err(InvalidValueError::new(
                "origin",
                text,
                "has the wrong form",
                "it looks like vendor.example/auditferry/con_0123456789abcdef",
            ));
        };
        Ok(Self { vendor: key.parse::<KeyName>()?.vendor().clone(), connector: connector.parse()? })
    }
}

/// The destination of a connector as a manifest states it: `s3://<bucket>/<prefix> <region> <account>`,
/// without the slash if the prefix is empty. It changes from one manifest to the next when the connector is
/// moved.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Location {
    /// The customer's bucket.
    pub bucket: BucketName,
    /// The key prefix in it.
    pub prefix: Prefix,
    /// The bucket's region.
    pub region: Region,
    /// The account that owns the bucket.
    pub account: AccountId,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let slash = if self.prefix.as_str().is_empty() { "" } else { "/" };
        write!(f, "s3://{}{slash}{} {} {}", self.bucket, self.prefix, self.region, self.account)
    }
}
