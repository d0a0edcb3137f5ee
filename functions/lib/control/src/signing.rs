//! Signs manifests: which key signs, how one key hands over to the next, and what a part's record stores.
//!
//! The chain passes trust on from key to key (`infra/schemas/manifest.md`, "Keys"): the last text that the
//! old key signs contains the new key in full. The cursor records the active key and the retired ones. So no
//! deployment can forget to hand over, an older deployment that still runs can't sign after a newer one, and
//! a deployment that was rolled back to a retired key can't reactivate it.

use std::fmt;
use std::sync::Arc;

use archive::manifest::{ChainState, KeyId, MAX_TEXT};
use archive::note::{
    KeyName, ManifestParseError, RingKey, SignedManifest, VendorDomain, VerifierKey, VerifierKeyError,
    successor_line,
};
use archive::part::PartNumber;
use ports::{PortError, Signer, Validity};

/// The key that signed before the current one.
#[derive(Clone)]
pub enum PreviousSigner {
    /// There was no previous key.
    None,
    /// It hands over to the current key.
    Signer(Arc<dyn Signer>),
    /// It is lost or was stolen. The next note is signed by the new key alone, and verifiers have to be given
    /// that key.
    Lost,
}

impl fmt::Debug for PreviousSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Signer(_) => "Signer",
            Self::Lost => "Lost",
        })
    }
}

/// Signs manifests with the keys of a deployment.
#[derive(Clone)]
pub struct ManifestSigner {
    /// The vendor in whose name manifests are signed.
    pub vendor: VendorDomain,
    /// The key that signs.
    pub current: Arc<dyn Signer>,
    /// The key that signed before it.
    pub previous: PreviousSigner,
}

impl fmt::Debug for ManifestSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ManifestSigner({})", self.vendor)
    }
}

/// Why a manifest could not be signed.
#[derive(Debug, thiserror::Error)]
pub enum SigningError {
    /// The key could not be used.
    #[error(transparent)]
    Port(#[from] PortError),
    /// The active key is neither the current nor the previous one, so no key can hand over to the current
    /// one.
    #[error(
        "the newest manifest was signed by key {active}, which is neither the current key, {current}, nor \
         the previous one; set SIGNING_KEY_PREVIOUS to that key, or to `lost` if it is lost for good"
    )]
    NotHandedOver {
        /// The active key of the chain.
        active: KeyId,
        /// The key of this deployment.
        current: KeyId,
    },
    /// This deployment's key was active before, and has handed over to another one.
    #[error(
        "key {current} was retired: key {active} has signed since part {} of this connector, and a retired \
         key never signs again. If this stack was rolled back, deploy it with the newest key; waiting parts \
         are sealed then",
        since.get()
    )]
    Retired {
        /// The key of this deployment.
        current: KeyId,
        /// The active key of the chain.
        active: KeyId,
        /// The first part that the active key signs alone.
        since: PartNumber,
    },
    /// The signature that the key service returned does not verify.
    #[error("key {0} returned an invalid signature")]
    InvalidSignature(KeyId),
    /// The public key is invalid.
    #[error(transparent)]
    Key(#[from] VerifierKeyError),
    /// The text is not valid in a note.
    #[error("the text of a manifest, {0}")]
    Malformed(#[from] ManifestParseError),
}

impl ManifestSigner {
    /// Signs a manifest's text. `last` is the state of the chain: if the previous key is active, both keys
    /// sign, and the text's last line names the current one as the successor.
    ///
    /// # Errors
    /// If it can't be signed. Each signature is verified before it is returned.
    pub async fn sign(
        &self,
        mut text: String,
        last: Option<&ChainState>,
    ) -> Result<SignedManifest, SigningError> {
        let current = self.verifier_key(&*self.current).await?;
        let current_id = KeyId::from(current.id());
        if let Some(last) = last.filter(|last| last.retired.contains(&current_id)) {
            return Err(SigningError::Retired {
                current: current_id,
                active: last.key,
                since: last.since.part,
            });
        }
        let mut signed = Vec::new();
        if let Some(active) = last.map(|last| last.key).filter(|active| *active != current_id) {
            match &self.previous {
                PreviousSigner::Signer(previous) => {
                    let key = self.verifier_key(&**previous).await?;
                    if KeyId::from(key.id()) != active {
                        return Err(SigningError::NotHandedOver { active, current: current_id });
                    }
                    text.push_str(&successor_line(&current));
                    let signature = previous.sign(signable_bytes(&text)?).await?;
                    signed.push((key, signature));
                }
                PreviousSigner::Lost => {}
                PreviousSigner::None => {
                    return Err(SigningError::NotHandedOver { active, current: current_id });
                }
            }
        }
        let signature = self.current.sign(signable_bytes(&text)?).await?;
        signed.push((current, signature));
        let manifest = SignedManifest::new(text, signed)?;
        for (key, signature) in manifest.keys().iter().zip(manifest.note().signatures()) {
            if !key.has_signed(manifest.note(), signature) {
                return Err(SigningError::InvalidSignature(key.id().into()));
            }
        }
        Ok(manifest)
    }

    /// The public keys with their validity: the current one, then the previous one.
    ///
    /// # Errors
    /// If they can't be read or are invalid.
    pub async fn public_keys(&self) -> Result<Vec<RingKey>, SigningError> {
        let mut ring = vec![self.ring_key(&*self.current).await?];
        if let PreviousSigner::Signer(previous) = &self.previous {
            ring.push(self.ring_key(&**previous).await?);
        }
        Ok(ring)
    }

    async fn ring_key(&self, signer: &dyn Signer) -> Result<RingKey, SigningError> {
        let key = self.verifier_key(signer).await?;
        let Validity { from, until } = signer.validity().await?;
        Ok(RingKey { key, from, until })
    }

    async fn verifier_key(&self, signer: &dyn Signer) -> Result<VerifierKey, SigningError> {
        Ok(VerifierKey::new(KeyName::of(self.vendor.clone()), signer.public_key().await?)?)
    }
}

/// The bytes of a text, if KMS signs that many.
fn signable_bytes(text: &str) -> Result<&[u8], ManifestParseError> {
    if text.len() > MAX_TEXT {
        return Err(ManifestParseError::new(
            1,
            format!("it is longer than the {MAX_TEXT} bytes that KMS signs"),
        ));
    }
    Ok(text.as_bytes())
}
