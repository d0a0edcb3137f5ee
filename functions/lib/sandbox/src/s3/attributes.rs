//! The attributes of an object besides its key and bytes.

use std::collections::HashMap;

use s3s::dto::{self, ETag, ServerSideEncryption};
use serde::{Deserialize, Serialize};

/// The attributes of one object, stored as JSON separately from the plain file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Attributes {
    /// The entity tag without its quotes: MD5 in hex, or that of a multipart upload. `None` for a file that
    /// was put into the folder by hand.
    pub(super) e_tag: Option<String>,
    pub(super) checksums: Checksums,
    pub(super) content_type: Option<String>,
    pub(super) content_encoding: Option<String>,
    pub(super) content_disposition: Option<String>,
    pub(super) content_language: Option<String>,
    pub(super) cache_control: Option<String>,
    pub(super) metadata: Option<HashMap<String, String>>,
    /// `x-amz-server-side-encryption`, if it was requested.
    pub(super) encryption: Option<String>,
    pub(super) kms_key: Option<String>,
}

impl Attributes {
    /// The entity tag in the protocol's format.
    pub(super) fn tag(&self) -> Option<ETag> {
        self.e_tag.clone().map(ETag::Strong)
    }

    /// The encryption that S3 would report: since 2023 it encrypts with its own key by default
    /// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-encryption-faq.html>).
    pub(super) fn encryption(&self) -> ServerSideEncryption {
        let name = self.encryption.clone().unwrap_or_else(|| ServerSideEncryption::AES256.to_owned());
        ServerSideEncryption::from(name)
    }
}

/// The checksums of an object or a part, each in base64.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Checksums {
    pub(super) crc32: Option<String>,
    pub(super) crc32c: Option<String>,
    pub(super) crc64nvme: Option<String>,
    pub(super) sha1: Option<String>,
    pub(super) sha256: Option<String>,
}

impl From<dto::Checksum> for Checksums {
    fn from(sum: dto::Checksum) -> Self {
        Self {
            crc32: sum.checksum_crc32,
            crc32c: sum.checksum_crc32c,
            crc64nvme: sum.checksum_crc64nvme,
            sha1: sum.checksum_sha1,
            sha256: sum.checksum_sha256,
        }
    }
}

/// The checksums that a request names. The requests of `s3s` have the same five fields and no common trait.
macro_rules! named_checksums {
    ($input:expr) => {
        $crate::s3::attributes::Checksums {
            crc32: $input.checksum_crc32.clone(),
            crc32c: $input.checksum_crc32c.clone(),
            crc64nvme: $input.checksum_crc64nvme.clone(),
            sha1: $input.checksum_sha1.clone(),
            sha256: $input.checksum_sha256.clone(),
        }
    };
}

/// The other way round: a response with the given checksums and fields.
macro_rules! with_checksums {
    ($checksums:expr, $output:ident { $($field:ident: $value:expr),* $(,)? }) => {{
        let checksums = $checksums;
        $output {
            $($field: $value,)*
            checksum_crc32: checksums.crc32,
            checksum_crc32c: checksums.crc32c,
            checksum_crc64nvme: checksums.crc64nvme,
            checksum_sha1: checksums.sha1,
            checksum_sha256: checksums.sha256,
            ..Default::default()
        }
    }};
}

pub(super) use {named_checksums, with_checksums};
