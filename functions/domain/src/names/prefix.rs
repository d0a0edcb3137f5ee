//! The folder in the customer's bucket under which everything lands.

use serde::{Deserialize, Serialize};

use super::{Refused, text_newtype};

/// A key prefix without a slash at either end; empty for the top of the bucket.
///
/// Segments of `A-Z a-z 0-9 ! - _ . * ' ( )`, the characters that S3 calls safe, joined by single slashes, no
/// segment `.` or `..`, at most 200 bytes: longer ones would not fit the session policy's 2,048 characters.
/// `*` is left out, because it is a wildcard in the session policy.
/// Source: Amazon S3 user guide, "Naming Amazon S3 objects"; AWS STS API reference, `AssumeRole`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Prefix(String);
text_newtype!(Prefix);

impl Prefix {
    const FORM: &str = "use up to 200 bytes of A-Z a-z 0-9 ! - _ . ' ( ) in segments joined by single slashes, such as `audit/acme`";

    fn parse(text: &str) -> Result<Self, Refused> {
        let refuse = |problem: &str| Err(Refused::new("prefix", text, problem, Self::FORM));
        let trimmed = text.strip_suffix('/').unwrap_or(text);
        if trimmed.is_empty() {
            return if text.is_empty() { Ok(Self(String::new())) } else { refuse("starts with a slash") };
        }
        if trimmed.len() > 200 {
            return refuse("is longer than 200 bytes");
        }
        if trimmed.starts_with('/') {
            return refuse("starts with a slash");
        }
        if trimmed.contains("//") || trimmed.ends_with('/') {
            return refuse("holds `//`");
        }
        if trimmed.split('/').any(|segment| segment == "." || segment == "..") {
            return refuse("holds a segment `.` or `..`");
        }
        if trimmed.chars().any(char::is_control) {
            return refuse("holds a control character");
        }
        if !trimmed.bytes().all(|b| b.is_ascii_alphanumeric() || b"!-_.'()/".contains(&b)) {
            return refuse("holds a character that is not allowed");
        }
        Ok(Self(trimmed.to_owned()))
    }

    /// The full key of an object whose name below the prefix is `name`.
    #[must_use]
    pub fn key(&self, name: &str) -> String {
        if self.0.is_empty() { name.to_owned() } else { format!("{}/{name}", self.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hostile_prefixes_are_refused_with_the_reason() {
        for (bad, why) in [
            ("../etc", "`..`"),
            ("a/./b", "`.`"),
            ("a//b", "`//`"),
            ("/a", "starts with a slash"),
            ("/", "starts with a slash"),
            ("a\u{7}b", "control"),
            ("a*b", "not allowed"),
            ("ä", "not allowed"),
            (&"a".repeat(201), "200 bytes"),
        ] {
            let error = bad.parse::<Prefix>().unwrap_err().to_string();
            assert!(error.contains(why), "{bad:?}: {error}");
        }
    }

    proptest! {
        #[test]
        fn every_key_stays_under_its_prefix(text in "[ -~]{0,210}") {
            if let Ok(prefix) = text.parse::<Prefix>() {
                let key = prefix.key("events/x.json");
                let folder = format!("{prefix}/");
                prop_assert!(prefix.as_str().is_empty() || key.starts_with(&folder));
                prop_assert!(key.split('/').all(|s| !s.is_empty() && s != "." && s != ".."));
                prop_assert!(key.len() <= 1024);
                prop_assert_eq!(&prefix.as_str().parse::<Prefix>().unwrap(), &prefix);
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let _ = text.parse::<Prefix>();
        }
    }
}
