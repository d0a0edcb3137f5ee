//! The names in a link's record: its ID, whom it is for, and from which network it was redeemed.

use std::net::IpAddr;
use std::str::FromStr;

use archive::names::InvalidValueError;
use archive::time::Time;
use serde::{Deserialize, Serialize};

use crate::parsed_text::parsed_text;
use crate::visible_name::{self, visible_name};

/// The ID of a link: `lnk_` and 28 lower-case hexadecimal digits. The first 12 are the time of its creation
/// in milliseconds, so IDs sort by time; the others are random. It is not a secret.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LinkId(String);
parsed_text!(LinkId);

impl LinkId {
    /// The grammar.
    pub const PATTERN: &str = "lnk_[0-9a-f]{28}";

    /// A new one, of a link that is created at `now`.
    #[must_use]
    pub fn new(now: Time, random: u64) -> Self {
        let millis = u64::try_from(now.millis()).unwrap_or(0) & 0xffff_ffff_ffff;
        Self(format!("lnk_{millis:012x}{random:016x}"))
    }
}

impl FromStr for LinkId {
    type Err = InvalidValueError;

    fn from_str(text: &str) -> Result<Self, InvalidValueError> {
        let digits = text.strip_prefix("lnk_").unwrap_or_default();
        if digits.len() == 28 && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return Ok(Self(text.to_owned()));
        }
        Err(InvalidValueError::new(
            "link ID",
            text,
            "has the wrong form",
            "it is `lnk_` and 28 lower-case hexadecimal digits, as `auditferry portal links` shows it",
        ))
    }
}

/// The name or address of the person whom a link is for. It is recorded as the author of every change, so
/// invisible characters in it are escaped.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Addressee(String);
parsed_text!(Addressee);

impl Addressee {
    /// The maximum length in characters.
    pub const MAX_LEN: usize = visible_name::MAX_LEN;
}

impl FromStr for Addressee {
    type Err = InvalidValueError;

    fn from_str(text: &str) -> Result<Self, InvalidValueError> {
        visible_name(text, "give the person's name or e-mail address, 1 to 100 characters").map(Self)
    }
}

/// The network from which a link was redeemed: the first 24 bits of an IPv4 address or the first 48 of an
/// IPv6 address, such as `203.0.113.0/24`. The whole address would say more about a person than is needed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Network(String);

impl Network {
    /// The network of an address.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => {
                let [a, b, c, _] = address.octets();
                Self(format!("{a}.{b}.{c}.0/24"))
            }
            IpAddr::V6(address) => {
                let [a, b, c, ..] = address.segments();
                Self(format!("{}/48", std::net::Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0)))
            }
        }
    }

    /// Where the front that received a request did not say from where it came.
    #[must_use]
    pub fn unknown() -> Self {
        Self("unknown".to_owned())
    }

    /// The text, such as `2001:db8:1::/48`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
