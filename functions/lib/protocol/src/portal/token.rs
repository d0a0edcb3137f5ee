//! The text that opens a link or a session: the link's ID, and a secret.

use std::str::FromStr;

use archive::names::InvalidValueError;

use super::LinkId;
use crate::contacts::{LinkToken, TokenHash};

/// `<link ID>.<secret>`. With the link's secret it stands in the link, with the session's in the cookie. The
/// ID finds the record, so a guess costs one read and tells nothing. `Debug` output is redacted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortalToken {
    /// The link.
    pub link: LinkId,
    /// The secret of the link, or of its session.
    pub secret: LinkToken,
}

impl PortalToken {
    /// The text for the link or the cookie.
    #[must_use]
    pub fn expose(&self) -> String {
        format!("{}.{}", self.link, self.secret.expose())
    }

    /// The hash that is stored.
    #[must_use]
    pub fn hash(&self) -> TokenHash {
        self.secret.hash()
    }
}

impl FromStr for PortalToken {
    type Err = InvalidValueError;

    fn from_str(text: &str) -> Result<Self, InvalidValueError> {
        let parts = text.split_once('.');
        let parsed = parts.and_then(|(link, secret)| Some((link.parse().ok()?, secret.parse().ok()?)));
        let (link, secret) = parsed.ok_or_else(|| {
            InvalidValueError::new("link", "(hidden)", "is incomplete", "open it exactly as you got it")
        })?;
        Ok(Self { link, secret })
    }
}
