//! The base URL of the portal.

use serde::{Deserialize, Serialize};

use super::{InvalidValueError, contact, text_newtype};

/// The portal's URL without a path: `https://audit.vendor.example`. Plain HTTP is allowed only for localhost,
/// for the sandbox.
///
/// Source: RFC 3986, section 3.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PortalUrl(String);
text_newtype!(PortalUrl);

impl PortalUrl {
    const FORM: &str = "use https and a domain name, such as https://audit.vendor.example, without a path \
                        (for localhost also http://127.0.0.1:PORT)";

    fn parse(text: &str) -> Result<Self, InvalidValueError> {
        let invalid = |problem: &str| Err(InvalidValueError::new("portal URL", text, problem, Self::FORM));
        if text.len() > 300 {
            return invalid("is longer than 300 bytes");
        }
        let bare = text.strip_suffix('/').unwrap_or(text);
        if let Some(authority) = bare.strip_prefix("https://") {
            return match host_without_port(authority) {
                Some(host) if contact::is_host_name(host) => Ok(Self(bare.to_owned())),
                _ => invalid("has no valid domain name"),
            };
        }
        match bare.strip_prefix("http://").and_then(host_without_port) {
            Some("127.0.0.1" | "localhost") => Ok(Self(bare.to_owned())),
            _ => invalid("is neither an https URL nor one of localhost"),
        }
    }

    /// The URL of the page that redeems a portal link; `token` is the link's
    /// (`protocol::portal::PortalToken`).
    #[must_use]
    pub fn enter(&self, token: &str) -> String {
        format!("{}/portal/enter/{token}", self.0)
    }

    /// Whether it is one of localhost without TLS, where some browsers drop `Secure` cookies.
    #[must_use]
    pub fn is_plain_http(&self) -> bool {
        self.0.starts_with("http://")
    }

    /// The URL of the page that confirms an e-mail address; `token` comes from the mail
    /// (`protocol::contacts::LinkToken`).
    #[must_use]
    pub fn confirmation(&self, token: &str) -> String {
        format!("{}/portal/confirm/{token}", self.0)
    }
}

/// The host without its port. `None` if the port is not a number from 1 to 65535 without leading zeros.
pub(super) fn host_without_port(authority: &str) -> Option<&str> {
    match authority.split_once(':') {
        None => Some(authority),
        Some((host, port)) => {
            let is_number = port.starts_with(|first: char| ('1'..='9').contains(&first));
            (is_number && port.parse::<u16>().is_ok()).then_some(host)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_portal_is_a_name_over_https_or_localhost() {
        for (good, link) in [
            ("https://audit.vendor.example", "https://audit.vendor.example/portal/confirm/t"),
            ("https://audit.vendor.example/", "https://audit.vendor.example/portal/confirm/t"),
            ("https://audit.vendor.example:8443", "https://audit.vendor.example:8443/portal/confirm/t"),
            ("http://127.0.0.1:7070", "http://127.0.0.1:7070/portal/confirm/t"),
        ] {
            assert_eq!(good.parse::<PortalUrl>().unwrap().confirmation("t"), link);
        }
        for bad in [
            "",
            "audit.vendor.example",
            "http://audit.vendor.example",
            "https://127.0.0.1",
            "https://audit.vendor.example/portal",
            "https://u@audit.vendor.example",
            "https://audit.vendor.example?x",
            "https://audit.vendor.example:x",
            "https://audit.vendor.example:+443",
            "https://audit.vendor.example:0",
            "https://audit.vendor.example\r\n",
            "http://127.0.0.1.evil.example",
        ] {
            let error = bad.parse::<PortalUrl>().unwrap_err().to_string();
            assert!(error.contains("https://audit.vendor.example"), "{bad}: {error}");
        }
    }
}
