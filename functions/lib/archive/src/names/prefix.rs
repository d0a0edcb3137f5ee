//! The key prefix of everything that is delivered to the customer's bucket.

use serde::{Deserialize, Serialize};

use super::{InvalidValueError, text_newtype};

/// A key prefix without a slash at either end; empty for the bucket root.
///
/// Segments of `A-Z a-z 0-9 ! - _ . ' ( ) =`, joined by single slashes, no segment `.` or `..`, at most 200
/// bytes: longer ones would not fit the session policy's 2,048 characters. These are the characters that S3
/// calls safe, plus `=`, since Hive-style partitions are named `tenant=acme`. `*` is excluded because it is a
/// wildcard in the session policy; `=` has no meaning there. Source: Amazon S3 user guide, "Naming Amazon S3
/// objects"; AWS STS API reference, `AssumeRole`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Prefix(String);
text_newtype!(Prefix);

impl Prefix {
    /// The grammar, but for the length and [`Self::DOTS`].
    pub const PATTERN: &str = "([A-Za-z0-9!_'()=.-]+(/[A-Za-z0-9!_'()=.-]+)*/?)?";
    /// What no prefix may match, anywhere in it: a segment `.` or `..`.
    pub const DOTS: &str = "(^|/)[.]{1,2}(/|$)";
    /// The greatest length.
    pub const MAX_BYTES: usize = 200;
    const FORM: &str = "use up to 200 bytes of A-Z a-z 0-9 ! - _ . ' ( ) = in segments joined by single \
                        slashes, such as `audit/acme` or `tenant=acme`";

    fn parse(text: &str) -> Result<Self, InvalidValueError> {
        let invalid = |problem: &str| Err(InvalidValueError::new("prefix", text, problem, Self::FORM));
        let trimmed = text.strip_suffix('/').unwrap_or(text);
        if trimmed.is_empty() {
            return if text.is_empty() { Ok(Self(String::new())) } else { invalid("starts with a slash") };
        }
        if trimmed.len() > Self::MAX_BYTES {
            return invalid("is longer than 200 bytes");
        }
        if trimmed.starts_with('/') {
            return invalid("starts with a slash");
        }
        if trimmed.contains("//") || trimmed.ends_with('/') {
            return invalid("contains `//`");
        }
        if trimmed.split('/').any(|segment| segment == "." || segment == "..") {
            return invalid("contains a segment `.` or `..`");
        }
        if trimmed.chars().any(char::is_control) {
            return invalid("contains a control character");
        }
        if !trimmed.bytes().all(|b| b.is_ascii_alphanumeric() || b"!-_.'()=/".contains(&b)) {
            return invalid("contains a character that is not allowed");
        }
        Ok(Self(trimmed.to_owned()))
    }

    /// The full key of the object `name` below the prefix.
    #[must_use]
    pub fn key(&self, name: &str) -> String {
        if self.0.is_empty() { name.to_owned() } else { format!("{}/{name}", self.0) }
    }

    /// Whether a key can lie under both: they are equal, or one is a parent of the other. Whole segments are
    /// compared, so `a/b` overlaps `a` and `a/b/c` but not `a/bc`; the bucket root overlaps all.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.is_above(other) || other.is_above(self)
    }

    /// Whether `other` equals this prefix or lies below it.
    fn is_above(&self, other: &Self) -> bool {
        self.0.is_empty()
            || other.0.strip_prefix(&self.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hostile_prefixes_are_rejected_with_the_reason() {
        for (bad, why) in [
            ("../etc", "`..`"),
            ("a/./b", "`.`"),
            ("a//b", "`//`"),
            ("a//", "`//`"),
            ("/a", "starts with a slash"),
            ("/", "starts with a slash"),
            ("a\u{7}b", "control"),
            ("a*b", "not allowed"),
            ("a?b", "not allowed"),
            ("${aws:username}", "not allowed"),
            ("a%3Db", "not allowed"),
            ("ä", "not allowed"),
            (&"a".repeat(201), "200 bytes"),
        ] {
            let error = bad.parse::<Prefix>().unwrap_err().to_string();
            assert!(error.contains(why), "{bad:?}: {error}");
        }
    }

    #[test]
    fn a_prefix_is_kept_without_its_last_slash_up_to_200_bytes() {
        for (text, kept, key) in [
            ("", "", "x"),
            ("a", "a", "a/x"),
            ("audit/acme/", "audit/acme", "audit/acme/x"),
            ("tenant=acme/", "tenant=acme", "tenant=acme/x"),
        ] {
            let prefix: Prefix = text.parse().unwrap();
            assert_eq!((prefix.as_str(), prefix.key("x").as_str()), (kept, key));
        }
        assert!("a".repeat(200).parse::<Prefix>().is_ok());
    }

    #[test]
    fn prefixes_overlap_by_whole_segments() {
        let prefix = |text: &str| text.parse::<Prefix>().unwrap();
        for other in ["", "a", "a/b", "a/b/c", "a/b/", "a/b/c/d"] {
            assert!(prefix("a/b").overlaps(&prefix(other)), "{other:?}");
        }
        for other in ["a/bc", "a/b-c", "a/c", "b", "ab", "a/B", "b/a/b"] {
            assert!(!prefix("a/b").overlaps(&prefix(other)), "{other:?}");
        }
    }

    proptest! {
        /// Checked against the definition: some key lies under both.
        #[test]
        fn prefixes_overlap_if_and_only_if_a_key_lies_under_both(
            one in "([ab]{1,2}(/[ab]{1,2}){0,3})?",
            other in "([ab]{1,2}(/[ab]{1,2}){0,3})?",
        ) {
            let (one, other): (Prefix, Prefix) = (one.parse().unwrap(), other.parse().unwrap());
            let under = |key: &str, prefix: &Prefix| key.starts_with(&prefix.key(""));
            let shared = under(&one.key("x"), &other) || under(&other.key("x"), &one);
            prop_assert_eq!(one.overlaps(&other), shared);
            prop_assert_eq!(other.overlaps(&one), shared);
        }

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
