//! Reads the vendor's name and the keys that sign manifests.

use std::fmt;
use std::path::PathBuf;

use archive::note::VendorDomain;

use super::env::{Env, FromEnv, ReportedError};

pub(super) const VENDOR_DOMAIN: &str = "VENDOR_DOMAIN";
const SIGNING_KEY: &str = "SIGNING_KEY";
const SIGNING_KEY_PREVIOUS: &str = "SIGNING_KEY_PREVIOUS";
/// The form of `VENDOR_DOMAIN`, for errors.
pub(super) const VENDOR_FORM: &str = "your domain name in lower case, such as vendor.example";
const KEY_FORM: &str = "the ARN of a KMS key or alias, alias/NAME, or file:PATH";

/// Who signs manifests, and with which keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningSettings {
    /// The name that every manifest begins with. It must never change: another name is another chain.
    pub vendor: VendorDomain,
    /// The current key, which signs.
    pub key: KeyLocation,
    /// The key before the current one.
    pub previous: PreviousKey,
}

/// The location of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyLocation {
    /// In KMS: the ARN of a key or an alias, or `alias/<name>`.
    Kms(String),
    /// In a file, for the sandbox.
    File(PathBuf),
}

impl fmt::Display for KeyLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kms(key) => f.write_str(key),
            Self::File(path) => write!(f, "file:{}", path.display()),
        }
    }
}

/// The key before the current one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PreviousKey {
    /// There was no previous key.
    None,
    /// It is available there, and hands over to the current key.
    At(KeyLocation),
    /// It is lost for good.
    Lost,
}

impl FromEnv for SigningSettings {
    /// Reads `VENDOR_DOMAIN`, `SIGNING_KEY` and `SIGNING_KEY_PREVIOUS`. Only the last may be absent.
    fn from_env(env: &mut Env<'_>) -> Result<Self, ReportedError> {
        let vendor = env.required(VENDOR_DOMAIN, VENDOR_FORM, |value| value.parse().ok());
        let key = env.required(SIGNING_KEY, KEY_FORM, key_location);
        let previous = env.optional(
            SIGNING_KEY_PREVIOUS,
            &format!("{KEY_FORM}, `lost`, or empty if there was no previous key"),
            previous_key,
        );
        Ok(Self { vendor: vendor?, key: key?, previous: previous?.unwrap_or(PreviousKey::None) })
    }
}

/// `None` if no variable of them is set, for callers that can work without them.
impl FromEnv for Option<SigningSettings> {
    fn from_env(env: &mut Env<'_>) -> Result<Self, ReportedError> {
        let names = [VENDOR_DOMAIN, SIGNING_KEY, SIGNING_KEY_PREVIOUS];
        if names.iter().any(|name| env.is_set(name)) { env.read().map(Some) } else { Ok(None) }
    }
}

/// Reads `VENDOR_DOMAIN` for callers that can work without it.
pub(super) fn vendor_if_set(env: &mut Env<'_>) -> Result<Option<VendorDomain>, ReportedError> {
    env.optional(VENDOR_DOMAIN, VENDOR_FORM, |value| value.parse().ok())
}

fn previous_key(text: &str) -> Option<PreviousKey> {
    if text == "lost" { Some(PreviousKey::Lost) } else { key_location(text).map(PreviousKey::At) }
}

fn key_location(text: &str) -> Option<KeyLocation> {
    if let Some(path) = text.strip_prefix("file:") {
        return (!path.is_empty()).then(|| KeyLocation::File(PathBuf::from(path)));
    }
    (is_alias(text) || is_arn(text)).then(|| KeyLocation::Kms(text.to_owned()))
}

/// Source: AWS KMS API reference, `CreateAlias`.
fn is_alias(text: &str) -> bool {
    let of_a_name = |b: u8| b.is_ascii_alphanumeric() || b"/_-".contains(&b);
    text.strip_prefix("alias/")
        .is_some_and(|name| (1..=250).contains(&name.len()) && name.bytes().all(of_a_name))
}

/// Source: AWS service authorization reference, "Actions, resources, and condition keys for AWS KMS".
fn is_arn(text: &str) -> bool {
    let fields: Vec<&str> = text.splitn(6, ':').collect();
    let [arn, partition, service, region, account, resource] = fields.as_slice() else { return false };
    let of_a_word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let is_key = resource.strip_prefix("key/").is_some_and(|id| !id.is_empty() && id.bytes().all(of_a_word));
    *arn == "arn"
        && *service == "kms"
        && partition.starts_with("aws")
        && partition.bytes().all(of_a_word)
        && !region.is_empty()
        && region.bytes().all(of_a_word)
        && account.len() == 12
        && account.bytes().all(|b| b.is_ascii_digit())
        && (is_key || is_alias(resource))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{SettingsError, read as settings};

    fn read(vendor: &str, key: &str, previous: &str) -> Result<SigningSettings, SettingsError> {
        let env = |name: &str| match name {
            "VENDOR_DOMAIN" => vendor,
            "SIGNING_KEY" => key,
            _ => previous,
        };
        settings::<SigningSettings>(&|name| Some(env(name).to_owned()))
    }

    const ARN: &str = "arn:aws:kms:eu-central-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab";

    #[test]
    fn keys_are_accepted_in_every_form() {
        let settings = read("vendor.example", ARN, "").unwrap();
        assert_eq!((settings.key, settings.previous), (KeyLocation::Kms(ARN.into()), PreviousKey::None));
        let alias = "arn:aws-us-gov:kms:us-gov-west-1:111111111111:alias/auditferry/signing";
        assert_eq!(read("v.example", alias, "lost").unwrap().previous, PreviousKey::Lost);
        let file = read("v.example", "file:/etc/auditferry/key", "alias/old").unwrap();
        assert_eq!(file.key, KeyLocation::File("/etc/auditferry/key".into()));
        assert_eq!(file.previous, PreviousKey::At(KeyLocation::Kms("alias/old".into())));
    }

    #[test]
    fn missing_and_malformed_settings_are_reported_together() {
        let error = read("", "", "").unwrap_err().to_string();
        assert!(error.contains("VENDOR_DOMAIN is not set") && error.contains("SIGNING_KEY is not set"));
        for (vendor, key) in [
            ("Vendor.example", "file:"),
            ("https://vendor.example", "1234abcd-12ab-34cd-56ef-1234567890ab"),
            ("vendor.example/", "alias/"),
            ("-a", "arn:aws:kms:eu-central-1:1:key/x"),
            ("a..b", "arn:aws:s3:::bucket"),
        ] {
            let error = read(vendor, key, "gone").unwrap_err().to_string();
            for name in ["VENDOR_DOMAIN is `", "SIGNING_KEY is `", "SIGNING_KEY_PREVIOUS is `gone`"] {
                assert!(error.contains(name), "{error}");
            }
        }
    }

    #[test]
    fn no_keys_are_accepted_where_nothing_is_signed_but_incomplete_ones_are_not() {
        assert_eq!(settings::<Option<SigningSettings>>(&|_| Some(String::new())), Ok(None));
        let half = |name: &str| (name == "VENDOR_DOMAIN").then(|| "vendor.example".to_owned());
        assert!(settings::<Option<SigningSettings>>(&half).is_err());
    }
}
