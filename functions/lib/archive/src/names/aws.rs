//! AWS names: accounts, buckets, regions, KMS keys.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::pasted::{self, BucketReference};
use super::{InvalidValueError, text_newtype};

/// An AWS account: 12 digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccountId(String);
text_newtype!(AccountId);

impl AccountId {
    /// The account ID out of a valid name that contains one.
    pub(super) fn from_valid_digits(digits: &str) -> Self {
        Self(digits.to_owned())
    }

    fn parse(text: &str) -> Result<Self, InvalidValueError> {
        if is_account(text) {
            return Ok(Self(text.to_owned()));
        }
        Err(InvalidValueError::new("account ID", text, "is not 12 digits", "it looks like 123456789012"))
    }
}

pub(super) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

/// The AWS partitions that are open to customers.
pub const PARTITIONS: [&str; 4] = ["aws", "aws-cn", "aws-us-gov", "aws-eusc"];

pub(super) fn is_partition(text: &str) -> bool {
    PARTITIONS.contains(&text)
}

/// The partitions as a field of an ARN's pattern.
pub(super) fn partitions_pattern() -> String {
    format!("({})", PARTITIONS.join("|"))
}

/// Reserved prefixes of general purpose bucket names.
pub const RESERVED_PREFIXES: [&str; 3] = ["xn--", "sthree-", "amzn-s3-demo-"];
/// Reserved suffixes of general purpose bucket names: aliases of access points (also of Outposts and of
/// directory buckets), of Object Lambda and of Multi-Region Access Points, directory buckets, and table
/// buckets.
pub const RESERVED_SUFFIXES: [&str; 7] =
    ["-s3alias", "--ol-s3", "--op-s3", "--xa-s3", ".mrap", "--x-s3", "--table-s3"];
/// The suffix of names in an account's regional namespace: `<prefix>-<account>-<region>-an`.
const ACCOUNT_REGIONAL_SUFFIX: &str = "-an";

/// A general purpose bucket: 3 to 63 lower-case letters, digits, dots and hyphens. White space and quotes
/// around it are removed; `s3://acme-log` and `arn:aws:s3:::acme-log` are accepted, too.
///
/// Sources: Amazon S3 user guide, "General purpose bucket naming rules", "Namespaces for general purpose
/// buckets", "Access point naming rules" (`--xa-s3`) and "Using a bucket-style alias for your S3 on Outposts
/// bucket access point" (`--op-s3`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BucketName(String);
text_newtype!(BucketName);

impl BucketName {
    /// The grammar, but for the length, [`Self::reserved_pattern`] and [`Self::regional_pattern`].
    pub const PATTERN: &str = "[a-z0-9]([.]?[a-z0-9-])*[.]?[a-z0-9]";
    /// The end of a name in an account's regional namespace, as a pattern.
    pub const REGIONAL_END: &str = "-an$";
    /// The least and the greatest length.
    pub const LENGTH: RangeInclusive<usize> = 3..=63;
    const FORM: &str = "use 3 to 63 lower-case letters, digits, dots and hyphens, such as acme-audit-log";

    fn parse(text: &str) -> Result<Self, InvalidValueError> {
        let invalid = |problem: &str| Err(InvalidValueError::new("bucket name", text, problem, Self::FORM));
        let trimmed = pasted::trim_pasted(text);
        let name = match pasted::parse_bucket(trimmed) {
            None => trimmed,
            Some(BucketReference { form: "an S3 URI" | "an ARN", bucket, key: "" }) => bucket,
            Some(BucketReference { form, bucket, .. }) if bucket_name_problem(bucket).is_some() => {
                return invalid(&format!("is {form} without a valid bucket name"));
            }
            Some(BucketReference { form, bucket, key: "" }) => {
                return invalid(&format!("is {form}; give the bare name, {bucket}"));
            }
            Some(BucketReference { form, bucket, key }) => {
                let key: String = key.chars().take(80).collect();
                return invalid(&format!(
                    "is {form} with a key; give the bucket {bucket} and, if you mean it, the prefix {key}"
                ));
            }
        };
        bucket_name_problem(name).map_or_else(|| Ok(Self(name.to_owned())), invalid)
    }

    /// What no name may match, anywhere in it: reserved prefixes and suffixes, and the form of an IP address.
    #[must_use]
    pub fn reserved_pattern() -> String {
        let suffixes = RESERVED_SUFFIXES.map(|end| end.replace('.', "[.]")).join("|");
        format!("^({})|({suffixes})$|^[0-9]{{1,3}}([.][0-9]{{1,3}}){{3}}$", RESERVED_PREFIXES.join("|"))
    }

    /// What a name must match, anywhere in it, if its end is [`Self::REGIONAL_END`].
    #[must_use]
    pub fn regional_pattern() -> String {
        format!("[^-].*-[0-9]{{12}}-{}{}", Region::PATTERN, Self::REGIONAL_END)
    }

    /// The account and region that own the name, if it is in an account's regional namespace.
    #[must_use]
    pub fn regional(&self) -> Option<(AccountId, Region)> {
        regional(&self.0)
    }
}

/// What is wrong with a bucket name.
fn bucket_name_problem(name: &str) -> Option<&'static str> {
    let edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    if !BucketName::LENGTH.contains(&name.len()) {
        return Some("is not 3 to 63 characters long");
    }
    if !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'.' || b == b'-') {
        return Some("contains a character that is not allowed");
    }
    if !name.starts_with(edge) || !name.ends_with(edge) {
        return Some("does not start and end with a letter or digit");
    }
    if name.contains("..") {
        return Some("contains two adjacent dots");
    }
    if looks_like_ip_address(name) {
        return Some("is formatted as an IP address");
    }
    if RESERVED_PREFIXES.iter().any(|start| name.starts_with(start)) {
        return Some("starts with a prefix that S3 reserves");
    }
    if RESERVED_SUFFIXES.iter().any(|end| name.ends_with(end)) {
        return Some("ends with a suffix that S3 reserves");
    }
    (name.ends_with(ACCOUNT_REGIONAL_SUFFIX) && regional(name).is_none())
        .then_some("ends with -an, which S3 reserves for names such as acme-log-123456789012-eu-central-1-an")
}

/// Whether the name is four numbers of up to three digits, even if they are not a valid address.
fn looks_like_ip_address(name: &str) -> bool {
    let is_number = |text: &str| (1..=3).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    name.split('.').count() == 4 && name.split('.').all(is_number)
}

fn regional(name: &str) -> Option<(AccountId, Region)> {
    let mut parts = name.strip_suffix(ACCOUNT_REGIONAL_SUFFIX)?.match_indices('-').rev();
    // A region has two or three words and a number, so the account ends at the third or fourth hyphen from
    // the end.
    parts.find_map(|(at, _)| {
        let region = name.get(at + 1..name.len() - ACCOUNT_REGIONAL_SUFFIX.len())?.parse().ok()?;
        let (prefix, account) = name.get(..at)?.rsplit_once('-')?;
        Some((account.parse().ok()?, region)).filter(|_| !prefix.is_empty())
    })
}

/// The name of an AWS region, checked by its form only: `eu-central-1`, `us-gov-west-1`, `ap-southeast-2`.
/// White space and quotes around it are removed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Region(String);
text_newtype!(Region);

impl Region {
    /// The grammar.
    pub const PATTERN: &str = "[a-z]{2,4}(-[a-z]{2,12}){1,2}-[0-9]{1,2}";

    fn parse(text: &str) -> Result<Self, InvalidValueError> {
        let trimmed = pasted::trim_pasted(text);
        let mut parts: Vec<&str> = trimmed.split('-').collect();
        let number = parts.pop().unwrap_or_default();
        let area = parts.first().copied().unwrap_or_default();
        let words =
            parts.iter().all(|w| (2..=12).contains(&w.len()) && w.bytes().all(|b| b.is_ascii_lowercase()));
        let digits = (1..=2).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
        if (2..=3).contains(&parts.len()) && (2..=4).contains(&area.len()) && words && digits {
            return Ok(Self(trimmed.to_owned()));
        }
        Err(InvalidValueError::new(
            "region",
            text,
            "is not the name of an AWS region",
            "it looks like eu-central-1",
        ))
    }

    /// The region's partition. Those of AWS's secret regions (`aws-iso` and others) are returned too, though
    /// no role there can be configured.
    ///
    /// Source: AWS whitepaper "AWS Fault Isolation Boundaries", "Partitions"; the SDKs' `partitions.json`.
    #[must_use]
    pub fn partition(&self) -> &'static str {
        let starts = |start| self.0.starts_with(start);
        match () {
            () if starts("cn-") => "aws-cn",
            () if starts("us-gov-") => "aws-us-gov",
            () if starts("eusc-") => "aws-eusc",
            () if starts("us-iso-") => "aws-iso",
            () if starts("us-isob-") => "aws-iso-b",
            () if starts("eu-isoe-") => "aws-iso-e",
            () if starts("us-isof-") || starts("eu-isof-") => "aws-iso-f",
            () => "aws",
        }
    }
}

/// The ARN of the KMS key or alias that encrypts the customer's files. A bare ID or alias would be resolved
/// in the account and region of the caller. Aliases that begin with `aws/` belong to AWS managed keys: their
/// key policies can't be changed, so none can allow the delivery. White space and quotes around it are
/// removed.
///
/// Sources: AWS KMS developer guide, "Key identifiers (`KeyId`)" and "AWS KMS keys"; Amazon S3 user guide,
/// "Specifying server-side encryption with AWS KMS".
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KmsKeyArn(String);
text_newtype!(KmsKeyArn);

impl KmsKeyArn {
    /// What no ARN may contain: the aliases of keys that AWS manages.
    pub const MANAGED: &str = ":alias/aws/";
    const FORM: &str =
        "it looks like arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";

    fn parse(text: &str) -> Result<Self, InvalidValueError> {
        let invalid = |problem: &str| Err(InvalidValueError::new("KMS key ARN", text, problem, Self::FORM));
        let trimmed = pasted::trim_pasted(text);
        if let ["arn", partition, "kms", region, account, resource] =
            trimmed.split(':').collect::<Vec<_>>().as_slice()
        {
            let fields_ok = is_partition(partition)
                // Byte for byte: white space that is removed around a name is invalid within an ARN.
                && Region::parse(region).is_ok_and(|parsed| parsed.as_str() == *region)
                && is_account(account);
            if fields_ok && resource.starts_with("alias/aws/") {
                return invalid(
                    "is an AWS managed key, whose key policy can't be changed; use a customer managed key",
                );
            }
            if fields_ok && is_key_or_alias(resource) {
                return Ok(Self(trimmed.to_owned()));
            }
        }
        invalid("is not the ARN of a key or alias")
    }

    /// The grammar, but for aliases of AWS: [`Self::MANAGED`].
    #[must_use]
    pub fn pattern() -> String {
        let (partitions, region) = (partitions_pattern(), Region::PATTERN);
        let resource = "(key/[A-Za-z0-9-]{1,128}|alias/[A-Za-z0-9/_-]{1,250})";
        format!("arn:{partitions}:kms:{region}:[0-9]{{12}}:{resource}")
    }

    fn field(&self, place: usize) -> &str {
        self.0.split(':').nth(place).unwrap_or_default()
    }

    /// The partition: `aws`, `aws-cn`, `aws-us-gov` or `aws-eusc`.
    #[must_use]
    pub fn partition(&self) -> &str {
        self.field(1)
    }

    /// The key's region; for a multi-Region key, that of this replica.
    #[must_use]
    pub fn region(&self) -> &str {
        self.field(3)
    }
}

/// A key ID is a UUID, or `mrk-` and 32 digits; alias names have their own grammar.
fn is_key_or_alias(resource: &str) -> bool {
    let of = |text: &str, most: usize, also: &[u8]| {
        (1..=most).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || also.contains(&b))
    };
    resource.strip_prefix("key/").is_some_and(|id| of(id, 128, b"-"))
        || resource.strip_prefix("alias/").is_some_and(|name| of(name, 250, b"-_/"))
}

#[cfg(test)]
mod tests;
