//! How a tenant's contacts are reached: e-mail addresses and webhook URLs.

use serde::{Deserialize, Serialize};

use super::{InvalidValueError, text_newtype};

/// An e-mail address in the commonly used part of the grammar: ASCII, no quotes, no comment, a domain with a
/// dot. It can't contain anything that ends a mail header.
///
/// Sources: RFC 5321, sections 4.1.2 and 4.5.3.1; RFC 5322, section 3.2.3 (`dot-atom`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress(String);
text_newtype!(EmailAddress);

impl EmailAddress {
    /// The greatest length.
    pub const MAX_BYTES: usize = 254;
    /// What no address may match: a local part of more than 64 characters.
    pub const LONG_LOCAL_PART: &str = "^[^@]{65}";
    const FORM: &str = "use an address such as security@acme.example: at most 254 ASCII characters, without \
                        a name or brackets";

    fn parse(text: &str) -> Result<Self, InvalidValueError> {
        let invalid =
            |problem: &str| Err(InvalidValueError::new("e-mail address", text, problem, Self::FORM));
        if text.len() > Self::MAX_BYTES {
            return invalid("is longer than 254 bytes");
        }
        let Some((local, domain)) = text.split_once('@') else { return invalid("has no `@`") };
        let is_atom = |atom: &str| {
            !atom.is_empty()
                && atom.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b))
        };
        if local.len() > 64 || !local.split('.').all(is_atom) {
            return invalid("has an invalid local part before the `@`");
        }
        if !is_host_name(domain) {
            return invalid("has no valid domain name after the `@`");
        }
        Ok(Self(text.to_owned()))
    }

    /// The grammar, but for the lengths.
    #[must_use]
    pub fn pattern() -> String {
        let atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
        format!("{atom}([.]{atom})*@{HOST_NAME}")
    }

    /// The address in lower case, to compare mailboxes. The standard allows hosts to distinguish `A@` from
    /// `a@` (RFC 5321, section 2.4), but in practice they don't.
    #[must_use]
    pub fn folded(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

/// The URL of a webhook: `https`, a domain name, port 443. Never an IP address, a user name or a password.
/// The address that the name resolves to is checked on connection (`control::contacts::is_public`).
///
/// Sources: RFC 3986, section 3; RFC 1123, section 2.1.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WebhookUrl(String);
text_newtype!(WebhookUrl);

impl WebhookUrl {
    /// The greatest length.
    pub const MAX_BYTES: usize = 2048;
    /// What no URL may match: a host name of more than 253 characters.
    pub const LONG_HOST: &str = "^https://[^/?:]{254}";
    const FORM: &str = "use an https URL on port 443 such as https://hooks.acme.example/auditferry: a domain \
                        name (no IP address), no user, no fragment, at most 2048 ASCII characters";

    fn parse(text: &str) -> Result<Self, InvalidValueError> {
        // Webhook paths often contain a secret, so the value is not included in the error.
        let invalid =
            |problem: &str| Err(InvalidValueError::new("webhook URL", "(hidden)", problem, Self::FORM));
        if text.len() > Self::MAX_BYTES {
            return invalid("is longer than 2048 bytes");
        }
        if !text.bytes().all(|b| b.is_ascii_graphic() && !b"\"<>\\^`{|}#".contains(&b)) {
            return invalid("contains a character that is not allowed");
        }
        let Some(rest) = text.strip_prefix("https://") else {
            return invalid("does not start with https://");
        };
        let authority = rest.split(['/', '?']).next().unwrap_or_default();
        if authority.contains('@') {
            return invalid("contains a user name");
        }
        let host = match authority.split_once(':') {
            Some((host, "443")) => host,
            Some(_) => return invalid("has a port other than 443, or an IP address"),
            None => authority,
        };
        if !is_host_name(host) {
            return invalid("has no domain name as its host");
        }
        Ok(Self(text.to_owned()))
    }

    /// The grammar, but for the lengths.
    #[must_use]
    pub fn pattern() -> String {
        format!("https://{HOST_NAME}(:443)?([/?][!$-;=?-\\[\\]_a-z~]*)?")
    }

    /// The host name in lower case.
    #[must_use]
    pub fn host(&self) -> String {
        let authority = self.after_scheme().split(['/', '?']).next().unwrap_or_default();
        authority.trim_end_matches(":443").to_ascii_lowercase()
    }

    /// Path and query, as they are requested.
    #[must_use]
    pub fn path_and_query(&self) -> String {
        let rest = self.after_scheme();
        match rest.find(['/', '?']) {
            Some(at) if rest.get(at..).is_some_and(|rest| rest.starts_with('/')) => {
                rest.get(at..).unwrap_or_default().to_owned()
            }
            Some(at) => format!("/{}", rest.get(at..).unwrap_or_default()),
            None => "/".to_owned(),
        }
    }

    fn after_scheme(&self) -> &str {
        self.0.strip_prefix("https://").unwrap_or_default()
    }
}

/// Only the host: the rest often contains a secret.
impl std::fmt::Debug for WebhookUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "WebhookUrl(https://{}/…)", self.host())
    }
}

/// The pattern of [`is_host_name`], but for the length of the whole.
const HOST_NAME: &str =
    "([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?[.])+[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?";

/// Whether the name is a domain name of at least two labels, the last of which does not begin with a digit:
/// that excludes every notation of an IP address.
pub(super) fn is_host_name(name: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let last = name.rsplit('.').next().unwrap_or_default();
    name.len() <= 253
        && name.contains('.')
        && name.split('.').all(is_label)
        && last.starts_with(|first: char| first.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests;
