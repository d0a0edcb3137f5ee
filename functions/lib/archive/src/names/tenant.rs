//! Tenants: what the vendor's product calls its customers.

use serde::{Deserialize, Serialize};

use super::{InvalidValueError, escape_invisible, text_newtype};

/// The vendor's ID of one of its customers: 1 to 256 characters, any but control characters.
///
/// It is part of the partition keys of the vendor's table, so it is used unchanged: `auth0|123`, blanks at
/// either end, letters of any script. Nothing is normalized. Two texts of different bytes are two tenants, as
/// for DynamoDB: `ä` as one character and as `a` with a combining diaeresis are two. Which IDs could be
/// mistaken for the key of another tenant depends on the partition format, whose check
/// (`control::partition`) rejects those.
///
/// The ID never occurs in a name, a path or a policy; the connector's own ID is used there. Texts for people
/// show it as [`Self::escaped`].
///
/// Source: Amazon DynamoDB developer guide, "Quotas" (a partition key has 1 to 2,048 bytes). Control
/// characters are those of Unicode's category Cc.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TenantId(String);
text_newtype!(TenantId);

impl TenantId {
    /// The grammar, but for the length.
    pub const PATTERN: &str = "[^\\u0000-\\u001f\\u007f-\\u009f]*";
    /// The longest ID in characters, so at most 1,024 bytes: with the longest partition format still a key
    /// that DynamoDB accepts.
    pub const MAX_CHARS: usize = 256;
    const FORM: &str = "use 1 to 256 characters, none of them a control character";

    fn parse(text: &str) -> Result<Self, InvalidValueError> {
        let invalid = |problem: &str| Err(InvalidValueError::new("tenant ID", text, problem, Self::FORM));
        if text.is_empty() {
            return invalid("is empty");
        }
        if text.chars().any(char::is_control) {
            return invalid("contains a control character");
        }
        if text.chars().count() > Self::MAX_CHARS {
            return invalid("is longer than 256 characters");
        }
        Ok(Self(text.to_owned()))
    }

    /// The ID for display, escaped by [`escape_invisible`]. The escaping is reversible.
    #[must_use]
    pub fn escaped(&self) -> String {
        escape_invisible(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(text: &str) -> String {
        text.parse::<TenantId>().unwrap().escaped()
    }

    #[test]
    fn a_products_names_of_its_customers_are_accepted_unchanged() {
        for good in [
            "acme",
            "7",
            "auth0|123",
            "acme#0",
            "-acme",
            " acme ",
            " ",
            "Müller & Söhne GmbH",
            "株式会社",
            "{tenant}",
            "../../x",
            "a\"b",
            "*",
            "${aws:username}",
            "<script>",
            "a\\b",
            "a\u{202e}b\u{feff}\u{2028}",
            &"a".repeat(256),
            &"\u{1f980}".repeat(256),
        ] {
            let id: TenantId = good.parse().unwrap();
            assert_eq!(id.as_str(), good);
            assert_eq!(serde_json::from_str::<TenantId>(&serde_json::to_string(&id).unwrap()).unwrap(), id);
        }
    }

    #[test]
    fn an_invalid_id_is_rejected_with_the_reason_and_the_form() {
        for (bad, why) in [
            ("", "is empty"),
            ("a\nb", "control"),
            ("acme\r", "control"),
            ("a\u{0}", "control"),
            ("a\u{7f}b", "control"),
            ("a\u{85}b", "control"),
            (&"a".repeat(257), "longer than 256 characters"),
            (&"ä".repeat(257), "longer than 256 characters"),
        ] {
            let error = bad.parse::<TenantId>().unwrap_err().to_string();
            assert!(error.contains(why) && error.contains("1 to 256 characters"), "{bad:?}: {error}");
            assert!(!error.chars().any(char::is_control), "{error:?}");
        }
    }

    #[test]
    fn bytes_decide_and_nothing_is_normalized() {
        let [composed, decomposed]: [TenantId; 2] = ["\u{e4}", "a\u{308}"].map(|id| id.parse().unwrap());
        assert_ne!(composed, decomposed);
        assert_ne!("acme".parse::<TenantId>().unwrap(), "Acme".parse().unwrap());
    }

    #[test]
    fn invisible_characters_are_shown_to_people() {
        for (id, displayed) in [
            ("acme", "acme"),
            ("auth0|123", "auth0|123"),
            ("Müller & Söhne \"GmbH\"", "Müller & Söhne \"GmbH\""),
            ("株式会社", "株式会社"),
            (" a b ", "\\u{20}a b\\u{20}"),
            ("  ", "\\u{20}\\u{20}"),
            ("a\\b", "a\\\\b"),
            ("a\u{202e}b", "a\\u{202e}b"),
            ("a\u{feff}\u{200b}\u{2028}\u{a0}b", "a\\u{feff}\\u{200b}\\u{2028}\\u{a0}b"),
            ("\u{308}a\u{308}", "\\u{308}a\u{308}"),
        ] {
            assert_eq!(shown(id), displayed, "{id:?}");
        }
    }

    proptest! {
        #[test]
        fn an_id_is_kept_or_rejected_and_no_two_look_alike(
            any in any::<String>(),
            ids in prop::array::uniform2("[a \\\\u{}0-9\u{a0}\u{202e}\u{308}\"]{1,6}"),
        ) {
            if let Ok(id) = any.parse::<TenantId>() {
                prop_assert_eq!(id.as_str(), &any);
                prop_assert!(id.as_str().len() <= 1024);
            }
            let [one, other] = ids;
            prop_assert_eq!(one == other, shown(&one) == shown(&other), "{:?} {:?}", one, other);
        }
    }
}
