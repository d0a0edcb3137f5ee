//! Nets of addresses.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::FilterErrorKind;

/// The prefix of the addresses that are IPv4 in IPv6 (RFC 4291, section 2.5.5.2), bits.
const MAPPED_PREFIX: u8 = 96;

/// A net of IPv4 or IPv6 addresses: an address and the length of its prefix (CIDR, RFC 4632). All bits after
/// the prefix are zero, and it isn't a net of IPv4 addresses that is written as IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Net {
    address: IpAddr,
    prefix: u8,
}

impl Net {
    /// Parses `10.0.0.0/8` or `2001:db8::/32`. A net within `::ffff:0:0/96` is that of its IPv4 addresses.
    pub(super) fn parse(text: &str) -> Result<Self, FilterErrorKind> {
        let net = text.split_once('/').and_then(|(address, prefix)| {
            let address: IpAddr = address.parse().ok()?;
            let is_plain = prefix == "0" || !prefix.starts_with(['0', '+']);
            let prefix: u8 = prefix.parse().ok().filter(|_| is_plain)?;
            (prefix <= bits(address)).then_some(Self { address, prefix })
        });
        let net = net.ok_or_else(|| FilterErrorKind::net(text))?;
        let masked = net.masked();
        if masked != net {
            return Err(FilterErrorKind::HostBits(masked.ipv4_if_mapped()));
        }
        Ok(net.ipv4_if_mapped())
    }

    /// Whether an address is in it. An IPv4 address that is mapped into IPv6 counts as IPv4.
    #[must_use]
    pub fn contains(self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.address.is_ipv4() && Self { address, ..self }.masked() == self
    }

    /// Whether a text is an address in it.
    pub(super) fn contains_text(self, text: &str) -> bool {
        text.parse().is_ok_and(|address| self.contains(address))
    }

    fn masked(self) -> Self {
        let after = u32::from(bits(self.address).saturating_sub(self.prefix));
        let address = match self.address {
            IpAddr::V4(address) => {
                let mask = u32::MAX.checked_shl(after).unwrap_or(0);
                Ipv4Addr::from_bits(address.to_bits() & mask).into()
            }
            IpAddr::V6(address) => {
                let mask = u128::MAX.checked_shl(after).unwrap_or(0);
                Ipv6Addr::from_bits(address.to_bits() & mask).into()
            }
        };
        Self { address, ..self }
    }

    fn ipv4_if_mapped(self) -> Self {
        match (self.address.to_canonical(), self.prefix.checked_sub(MAPPED_PREFIX)) {
            (address @ IpAddr::V4(_), Some(prefix)) if self.address.is_ipv6() => Self { address, prefix },
            _ => self,
        }
    }
}

const fn bits(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

impl fmt::Display for Net {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contains(net: &str, address: &str) -> bool {
        Net::parse(net).unwrap().contains_text(address)
    }

    #[test]
    fn a_net_contains_the_addresses_with_its_prefix() {
        for (net, inside, outside) in [
            ("10.0.0.0/8", "10.255.255.255", "11.0.0.0"),
            ("10.1.2.3/32", "10.1.2.3", "10.1.2.2"),
            ("0.0.0.0/0", "255.255.255.255", "::"),
            ("128.0.0.0/1", "128.0.0.0", "127.255.255.255"),
            ("2001:db8::/32", "2001:DB8:0:0::1", "2001:db9::"),
            ("2001:db8::1/128", "2001:0db8:0:0:0:0:0:1", "2001:db8::2"),
            ("::/0", "ffff::", "10.0.0.1"),
            ("::/0", "::1", "::ffff:10.0.0.1"),
            ("10.0.0.0/8", "::ffff:10.1.2.3", "::10.1.2.3"),
            ("::ffff:10.0.0.0/104", "10.1.2.3", "11.1.2.3"),
            ("::ffff:0:0/96", "1.2.3.4", "::1.2.3.4"),
            ("10.0.0.0/8", "10.0.0.1", "10.0.0.1:443"),
            ("10.0.0.0/8", "10.0.0.1", "signin.amazonaws.com"),
        ] {
            assert!(contains(net, inside), "{net} {inside}");
            assert!(!contains(net, outside), "{net} {outside}");
        }
    }

    #[test]
    fn a_net_has_one_text() {
        for (text, printed) in
            [("::ffff:10.0.0.0/104", "10.0.0.0/8"), ("2001:DB8:0::/32", "2001:db8::/32"), ("::/0", "::/0")]
        {
            let net = Net::parse(text).unwrap();
            assert_eq!(net.to_string(), printed);
            assert_eq!(Net::parse(printed), Ok(net));
        }
    }

    #[test]
    fn bits_after_the_prefix_are_an_error_with_the_net_that_was_meant() {
        for (text, meant) in [
            ("10.0.0.5/8", "10.0.0.0/8"),
            ("2001:db8::1/64", "2001:db8::/64"),
            ("::ffff:1.2.3.4/120", "1.2.3.0/24"),
        ] {
            let error = Net::parse(text).unwrap_err();
            assert_eq!(error, FilterErrorKind::HostBits(Net::parse(meant).unwrap()), "{text}");
        }
    }

    #[test]
    fn other_texts_are_no_net() {
        for text in [
            "10.0.0.0",
            "10.0.0.0/",
            "10.0.0.0/33",
            "10.0.0.0/+8",
            "10.0.0.0/08",
            "10.0.0/8",
            "::/129",
            "/8",
            "a/b",
        ] {
            assert_eq!(Net::parse(text), Err(FilterErrorKind::net(text)), "{text}");
        }
    }
}
