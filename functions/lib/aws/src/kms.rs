//! The signer on a key of AWS KMS. The private key never leaves KMS.
//!
//! Sources: AWS KMS API reference, `Sign`, `GetPublicKey` and `DescribeKey`; AWS KMS developer guide, "Key
//! spec reference". KMS has two Ed25519 algorithms. `ED25519_SHA_512` is the pure variant of RFC 8032; it
//! takes only `RAW` messages, of at most 4,096 bytes. `ED25519_PH_SHA_512` is the pre-hashed variant, which
//! ordinary verifiers reject.

use std::sync::Arc;

use archive::time::Time;
use async_trait::async_trait;
use aws_sdk_kms::types::{KeySpec, MessageType, SigningAlgorithmSpec};
use aws_smithy_types::{Blob, DateTime};
use control::signing::ManifestSigner;
use ports::{PortError, Signer, Validity};
use tokio::sync::OnceCell;

use crate::clients::ClientFactory;
use crate::port_error::port_error;
use crate::settings::{SettingsError, SigningSettings};

const FETCHING: &str = "fetching the public key of the signing key from KMS";
const DESCRIBING: &str = "reading the validity of the signing key from KMS";
const SIGNING: &str = "signing a manifest with KMS";

/// The DER prefix of an Ed25519 `SubjectPublicKeyInfo`; the 32 bytes of the key follow. Source: RFC 8410,
/// section 4.
const SPKI: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// The keys named in the settings, in a file or in KMS: see [`crate::signing::signing`].
///
/// # Errors
/// If a file can't be read or contains no key of this vendor.
pub fn signing(
    settings: &SigningSettings,
    services: &ClientFactory,
) -> Result<ManifestSigner, SettingsError> {
    let client = client(services);
    let kms =
        move |key: &str| Arc::new(KmsSigner::with_client(client.clone(), key.to_owned())) as Arc<dyn Signer>;
    crate::signing::signing(settings, Some(&kms))
}

fn client(services: &ClientFactory) -> aws_sdk_kms::Client {
    aws_sdk_kms::Client::new(&services.config(|at| at.kms.as_deref()))
}

/// Signs with an asymmetric KMS key, which never leaves KMS.
#[derive(Debug)]
pub struct KmsSigner {
    client: aws_sdk_kms::Client,
    key: String,
    /// Fetched once per process: it never changes.
    public_key: OnceCell<[u8; 32]>,
}

impl KmsSigner {
    /// The key with this ARN or alias.
    #[must_use]
    pub fn new(services: &ClientFactory, key: String) -> Self {
        Self::with_client(client(services), key)
    }

    const fn with_client(client: aws_sdk_kms::Client, key: String) -> Self {
        Self { client, key, public_key: OnceCell::const_new() }
    }

    async fn fetch_public_key(&self) -> Result<[u8; 32], PortError> {
        let answer = self.client.get_public_key().key_id(&self.key).send().await;
        let answer = answer.map_err(|error| port_error(FETCHING, error))?;
        if answer.key_spec() != Some(&KeySpec::EccNistEdwards25519) {
            let spec = answer.key_spec().map_or("none", KeySpec::as_str);
            return Err(PortError::bug(
                FETCHING,
                format!("its spec is {spec}, and must be ECC_NIST_EDWARDS25519"),
            ));
        }
        let der = answer.public_key().map(Blob::as_ref).unwrap_or_default();
        der.strip_prefix(&SPKI)
            .and_then(|key| key.try_into().ok())
            .ok_or_else(|| PortError::bug(FETCHING, "KMS returned no Ed25519 key"))
    }
}

#[async_trait]
impl Signer for KmsSigner {
    async fn public_key(&self) -> Result<[u8; 32], PortError> {
        self.public_key.get_or_try_init(|| self.fetch_public_key()).await.copied()
    }

    /// Valid from its creation until its scheduled deletion, if any. Read on every call, since a deletion can
    /// be scheduled and canceled. Source: AWS KMS API reference, `KeyMetadata`.
    async fn validity(&self) -> Result<Validity, PortError> {
        let answer = self.client.describe_key().key_id(&self.key).send().await;
        let answer = answer.map_err(|error| port_error(DESCRIBING, error))?;
        let metadata = answer
            .key_metadata()
            .ok_or_else(|| PortError::bug(DESCRIBING, "KMS returned no key metadata"))?;
        Ok(Validity {
            from: metadata.creation_date().and_then(time),
            until: metadata.deletion_date().and_then(time),
        })
    }

    /// A second worker signs the same text to the same signature. That is harmless: only sealed parts are
    /// published.
    async fn sign(&self, message: &[u8]) -> Result<[u8; 64], PortError> {
        let answer = self
            .client
            .sign()
            .key_id(&self.key)
            .message(Blob::new(message))
            .message_type(MessageType::Raw)
            .signing_algorithm(SigningAlgorithmSpec::Ed25519Sha512)
            .send()
            .await
            .map_err(|error| port_error(SIGNING, error))?;
        let signature = answer.signature().map(Blob::as_ref).unwrap_or_default();
        signature.try_into().map_err(|_| PortError::bug(SIGNING, "KMS returned no Ed25519 signature"))
    }
}

fn time(at: &DateTime) -> Option<Time> {
    at.to_millis().ok().and_then(Time::from_millis)
}
