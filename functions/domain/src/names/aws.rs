//! AWS's own names: accounts, buckets, regions, keys.

use serde::{Deserialize, Serialize};

use super::{Refused, text_newtype};

/// An AWS account: 12 digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccountId(String);
text_newtype!(AccountId);

impl AccountId {
    /// The account that was found in a name that holds a sound one.
    pub(super) fn of(digits: &str) -> Self {
        Self(digits.to_owned())
    }

    fn parse(text: &str) -> Result<Self, Refused> {
        if is_account(text) {
            return Ok(Self(text.to_owned()));
        }
        Err(Refused::new("account ID", text, "is not 12 digits", "it looks like 123456789012"))
    }
}

pub(super) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

pub(super) fn is_partition(text: &str) -> bool {
    matches!(text, "aws" | "aws-cn" | "aws-us-gov" | "aws-eusc")
}

/// A general purpose bucket: 3 to 63 lower-case letters, digits, dots and hyphens.
///
/// Source: Amazon S3 user guide, "General purpose bucket naming rules".
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BucketName(String);
text_newtype!(BucketName);

impl BucketName {
    const FORM: &str = "use 3 to 63 lower-case letters, digits, dots and hyphens, such as acme-audit-log";

    fn parse(text: &str) -> Result<Self, Refused> {
        let refuse = |problem: &str| Err(Refused::new("bucket name", text, problem, Self::FORM));
        if !(3..=63).contains(&text.len()) {
            return refuse("is not 3 to 63 characters long");
        }
        if !text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'.' || b == b'-') {
            return refuse("holds a character that is not allowed");
        }
        let edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        if !text.starts_with(edge) || !text.ends_with(edge) {
            return refuse("does not start and end with a letter or digit");
        }
        if text.contains("..") {
            return refuse("holds two dots side by side");
        }
        if text.parse::<std::net::Ipv4Addr>().is_ok() {
            return refuse("is an IP address");
        }
        if ["xn--", "sthree-", "amzn-s3-demo-"].iter().any(|start| text.starts_with(start)) {
            return refuse("starts with a prefix that S3 reserves");
        }
        if ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"].iter().any(|end| text.ends_with(end)) {
            return refuse("ends with a suffix that S3 reserves");
        }
        Ok(Self(text.to_owned()))
    }
}

/// A region of AWS, by its form: `eu-central-1`, `us-gov-west-1`, `ap-southeast-2`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Region(String);
text_newtype!(Region);

impl Region {
    fn parse(text: &str) -> Result<Self, Refused> {
        let mut parts: Vec<&str> = text.split('-').collect();
        let number = parts.pop().unwrap_or_default();
        let area = parts.first().copied().unwrap_or_default();
        let words =
            parts.iter().all(|w| (2..=12).contains(&w.len()) && w.bytes().all(|b| b.is_ascii_lowercase()));
        let digits = (1..=2).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
        if (2..=3).contains(&parts.len()) && (2..=4).contains(&area.len()) && words && digits {
            return Ok(Self(text.to_owned()));
        }
        Err(Refused::new("region", text, "is not the name of an AWS region", "it looks like eu-central-1"))
    }
}

/// A KMS key or alias with which the customer wants its files encrypted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KmsKeyArn(String);
text_newtype!(KmsKeyArn);

impl KmsKeyArn {
    fn parse(text: &str) -> Result<Self, Refused> {
        let fields: Vec<&str> = text.split(':').collect();
        if let ["arn", partition, "kms", region, account, resource] = fields.as_slice() {
            let id =
                resource.strip_prefix("key/").or_else(|| resource.strip_prefix("alias/")).unwrap_or_default();
            let id_ok = (1..=250).contains(&id.len())
                && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_/".contains(&b));
            if is_partition(partition) && Region::parse(region).is_ok() && is_account(account) && id_ok {
                return Ok(Self(text.to_owned()));
            }
        }
        let form =
            "it looks like arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
        Err(Refused::new("KMS key ARN", text, "is not the ARN of a key or alias", form))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn bucket_names_follow_the_rules_of_s3() {
        for bad in
            ["ab", "Acme", "a_b", "-ab", "ab-", "a..b", "10.0.0.1", "xn--abc", "abc-s3alias", &"a".repeat(64)]
        {
            assert!(bad.parse::<BucketName>().is_err(), "{bad}");
        }
        for good in ["abc", "acme.audit.log", "acme-audit-123456789012-eu-central-1-an"] {
            assert!(good.parse::<BucketName>().is_ok(), "{good}");
        }
    }

    #[test]
    fn regions_have_a_form() {
        for bad in
            ["", "eu", "eu-central", "EU-central-1", "eu-central-1.evil.example", "eu--1", "localhost-1"]
        {
            assert!(bad.parse::<Region>().is_err(), "{bad}");
        }
        for good in ["eu-central-1", "us-gov-west-1", "ap-southeast-2", "mx-central-1", "eusc-de-east-1"] {
            assert!(good.parse::<Region>().is_ok(), "{good}");
        }
    }

    #[test]
    fn a_region_that_is_wrong_in_one_place_is_none() {
        for bad in [
            "eu-1",
            "eu-de-north-east-1",
            "e-central-1",
            "europe-central-1",
            "eu-x-1",
            "eu-c3ntral-1",
            "eu-central-x",
            "eu-central-123",
        ] {
            assert!(bad.parse::<Region>().is_err(), "{bad}");
        }
    }

    #[test]
    fn an_account_is_twelve_digits() {
        assert!("123456789012".parse::<AccountId>().is_ok());
        for bad in ["12345678901", "1234567890123", "12345678901x"] {
            assert!(bad.parse::<AccountId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_key_is_named_by_the_arn_of_a_key_or_an_alias() {
        let longest = "a".repeat(250);
        for good in
            ["key/1234abcd-12ab-34cd-56ef-1234567890ab", "alias/acme/audit_log", &format!("alias/{longest}")]
        {
            let arn = format!("arn:aws:kms:eu-central-1:123456789012:{good}");
            assert_eq!(arn.parse::<KmsKeyArn>().unwrap().as_str(), arn);
        }
        for bad in [
            "arn:evil:kms:eu-central-1:123456789012:key/abc",
            "arn:aws:iam:eu-central-1:123456789012:key/abc",
            "arn:aws:kms::123456789012:key/abc",
            "arn:aws:kms:eu-central-1:1234:key/abc",
            "arn:aws:kms:eu-central-1:123456789012:key/",
            "arn:aws:kms:eu-central-1:123456789012:grant/abc",
            "arn:aws:kms:eu-central-1:123456789012:key/a*",
            "arn:aws:kms:eu-central-1:123456789012:key/abc:abc",
            &format!("arn:aws:kms:eu-central-1:123456789012:key/a{longest}"),
        ] {
            assert!(bad.parse::<KmsKeyArn>().is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_a_parser_panic(text in any::<String>()) {
            let _ = text.parse::<BucketName>();
            let _ = text.parse::<Region>();
            let _ = text.parse::<KmsKeyArn>();
            let _ = text.parse::<AccountId>();
        }
    }
}
