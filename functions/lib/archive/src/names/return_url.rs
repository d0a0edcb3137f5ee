//! The way back from the portal into the vendor's product.

use serde::{Deserialize, Serialize};

use super::portal::host_without_port;
use super::{InvalidValueError, contact, text_newtype};

/// A page of the vendor's product: an https URL with a domain name and an optional path, without query,
/// fragment or user. Plain HTTP is allowed only for localhost, for the sandbox.
///
/// Source: RFC 3986, section 3.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ReturnUrl(String);
text_newtype!(ReturnUrl);

impl ReturnUrl {
    const FORM: &str = "use https, a domain name and a path, such as https://app.vendor.example/settings/audit, \
                        without query or fragment (for localhost also http://127.0.0.1:PORT)";

    fn parse(text: &str) -> Result<Self, InvalidValueError> {
        let invalid = |problem: &str| Err(InvalidValueError::new("return URL", text, problem, Self::FORM));
        if text.len() > 500 {
            return invalid("is longer than 500 bytes");
        }
        let (scheme, rest) = text.split_once("://").unwrap_or_default();
        let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        match (scheme, host_without_port(authority)) {
            ("https", Some(host)) if contact::is_host_name(host) => {}
            ("http", Some("127.0.0.1" | "localhost")) => {}
            ("https" | "http", _) => return invalid("has no valid domain name"),
            _ => return invalid("is neither an https URL nor one of localhost"),
        }
        let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"/-._~".contains(&b);
        if !path.bytes().all(is_plain) {
            return invalid("has a character in its path that is not a letter, a digit or one of /-._~");
        }
        if path.split('/').any(|segment| matches!(segment, "." | "..")) {
            return invalid("has a relative segment in its path");
        }
        Ok(Self(text.strip_suffix('/').unwrap_or(text).to_owned()))
    }

    /// Whether this page is `base` or lies below it, by whole segments of the path.
    #[must_use]
    pub fn is_below(&self, base: &Self) -> bool {
        let rest = self.0.strip_prefix(&base.0);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> ReturnUrl {
        text.parse().unwrap()
    }

    #[test]
    fn only_a_plain_page_of_a_named_host_is_a_way_back() {
        for good in [
            "https://app.vendor.example",
            "https://app.vendor.example:8443/a-b/c_d",
            "http://localhost:3000/x",
        ] {
            assert_eq!(url(good).as_str(), good);
        }
        for bad in [
            "",
            "app.vendor.example",
            "http://app.vendor.example",
            "https://",
            "https://vendor",
            "https://10.0.0.1/a",
            "https://user@app.vendor.example",
            "https://app.vendor.example\\@evil.example",
            "https://app.vendor.example/?next=x",
            "https://app.vendor.example/#x",
            "https://app.vendor.example/a/../b",
            "https://app.vendor.example/%2e%2e",
            "javascript://app.vendor.example/%0aalert(1)",
            "https://app.vendor.example/a b",
        ] {
            assert!(bad.parse::<ReturnUrl>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_page_lies_below_another_by_whole_segments() {
        let base = url("https://app.vendor.example/settings/");
        for below in ["https://app.vendor.example/settings", "https://app.vendor.example/settings/audit"] {
            assert!(url(below).is_below(&base), "{below}");
        }
        for other in [
            "https://app.vendor.example",
            "https://app.vendor.example/settings-of-others",
            "https://app.vendor.example.evil.example/settings",
            "https://evil.example/settings",
        ] {
            assert!(!url(other).is_below(&base), "{other}");
        }
        assert!(!url("https://app.vendor.example.evil.example").is_below(&url("https://app.vendor.example")));
    }
}
