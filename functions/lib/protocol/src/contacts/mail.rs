//! A mail, as the mail service takes it.

/// A mail, without its addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// One line of printable ASCII, so that it cannot inject a header.
    pub subject: String,
    /// The body, plain text.
    pub text: String,
}
