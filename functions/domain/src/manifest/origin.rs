//! Who speaks in a manifest, and where to: vendor, connector, and the place in the customer's account.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::connector::Destination;
use crate::names::{AccountId, BucketName, ConnectorId, Prefix, Refused, Region, text_newtype};

/// The vendor's domain name, lower case, such as `vendor.example`: the name under which it signs.
///
/// Labels of 1 to 63 lower-case letters, digits and hyphens, no hyphen at either end, joined by dots; at most 200
/// bytes. Source: RFC 1123, section 2.1.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct VendorDomain(String);
text_newtype!(VendorDomain);

impl VendorDomain {
    fn parse(text: &str) -> Result<Self, Refused> {
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
        Err(Refused::new(
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
    /// The name of the keys of that vendor.
    #[must_use]
    pub const fn of(vendor: VendorDomain) -> Self {
        Self(vendor)
    }

    /// Whose keys they are.
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
    type Err = Refused;
    fn from_str(text: &str) -> Result<Self, Refused> {
        match text.strip_suffix("/auditferry") {
            Some(vendor) => vendor.parse().map(Self),
            None => Err(Refused::new(
                "key name",
                text,
                "does not end with /auditferry",
                "it looks like vendor.example/auditferry",
            )),
        }
    }
}

/// The first line of a manifest, `<vendor domain>/auditferry/<connector>`: whose chain it belongs to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// Who signs.
    pub vendor: VendorDomain,
    /// For which connector.
    pub connector: ConnectorId,
}

impl Origin {
    /// The name that the keys of its signatures have.
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
    type Err = Refused;
    fn from_str(text: &str) -> Result<Self, Refused> {
        let Some((key, connector)) = text.rsplit_once('/') else {
            return Err(Refused::new(
                "origin",
                text,
                "has another form",
                "it looks like vendor.example/auditferry/con_0123456789abcdef",
            ));
        };
        Ok(Self { vendor: key.parse::<KeyName>()?.0, connector: connector.parse()? })
    }
}

/// Where a connector delivers to, as a manifest tells it: `s3://<bucket>/<prefix> <region> <account>`, without the
/// slash if the prefix is empty. From one manifest to the next it changes when the connector is moved.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Location {
    /// The bucket.
    pub bucket: BucketName,
    /// The folder in it.
    pub prefix: Prefix,
    /// The bucket's region.
    pub region: Region,
    /// The bucket's owner.
    pub account: AccountId,
}

impl Location {
    /// Of a connector's destination.
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
