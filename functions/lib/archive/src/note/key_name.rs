//! In whose name notes are signed: the vendor's domain, and the name of its keys.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::names::{InvalidValueError, text_newtype};

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
