//! The origin and destination of a manifest: vendor, connector, and the location in the customer's account.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::connector::Destination;
use crate::names::{AccountId, BucketName, ConnectorId, InvalidValueError, Prefix, Region, text_newtype};

/// The vendor's domain name in lower case, such as `vendor.example`, in whose name manifests are signed.
///
/// Labels of 1 to 63 lower-case letters, digits and hyphens, no hyphen at either end, joined by dots; at most
/// 200 bytes. Source: RFC 1123, section 2.1.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct VendorDomain(String);
text_newtype!(VendorDomain);

impl VendorDomain {
    fn parse(text: &str) -> Result<Self, InvalidValueError> {
        let of_a_label = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let label = |label: &str| {
            (1..=63).contains(&label.len())
                && label.bytes().all(of_a_label)
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        if text.len() <= 200 && text.split('.').all(label) {
            return Ok(Self(text.to_owned()));
        }
        Err(InvalidValueError::new(
            "vendor domain",
            text,
            "is not a lower-case domain name",
            "it looks like vendor.example",
        ))
    }
}

/// The name of a vendor's signing keys: `<vendor domain>/auditferry`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyName(VendorDomain);

impl KeyName {
    /// The key name of that vendor.
    #[must_use]
    pub const fn of(vendor: VendorDomain) -> Self {
        Self(vendor)
    }

    /// The vendor that owns the keys.
    #[must_use]
    pub const fn vendor(&self) -> &VendorDomain {
        &self.0
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/auditferry", self.0)
    }
}

impl FromStr for KeyName {
    type Err = InvalidValueError;
    fn from_str(text: &str) -> Result<Self, InvalidValueError> {
        match text.strip_suffix("/auditferry") {
            Some(vendor) => vendor.parse().map(Self),
            None => Err(InvalidValueError::new(
                "key name",
                text,
                "does not end with /auditferry",
                "it looks like vendor.example/auditferry",
            )),
        }
    }
}

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
        KeyName(self.vendor.clone())
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
        Ok(Self { vendor: key.parse::<KeyName>()?.0, connector: connector.parse()? })
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

impl Location {
    /// The location of a connector's destination.
    #[must_use]
    pub fn of(destination: &Destination) -> Self {
        Self {
            bucket: destination.bucket.clone(),
            prefix: destination.prefix.clone(),
            region: destination.region.clone(),
            account: destination.role.account(),
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let slash = if self.prefix.as_str().is_empty() { "" } else { "/" };
        write!(f, "s3://{}{slash}{} {} {}", self.bucket, self.prefix, self.region, self.account)
    }
}
