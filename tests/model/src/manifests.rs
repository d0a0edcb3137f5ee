//! The manifests of the model: signed with a dummy signature and identified by their texts, which is all that
//! the protocol looks at. Other tests check signatures.

use std::sync::LazyLock;

use archive::note::{SignedManifest, VendorDomain, VerifierKey};
use archive::part::{Part, PartNumber};
use archive::sha256::Sha256;
use archive::time::Time;
use protocol::machine::SignRequest;

/// A manifest in a customer's bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StoredManifest {
    /// The number of its part.
    pub number: PartNumber,
    /// SHA-256 of its text.
    pub sha256: Sha256,
}

static VENDOR: LazyLock<VendorDomain> = LazyLock::new(|| "vendor.example".parse().expect("a domain"));
static KEY: LazyLock<VerifierKey> = LazyLock::new(|| {
    // The public half of a key of 32 bytes of value 1.
    let key = "vendor.example/auditferry+62c0d4d9+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c";
    key.parse().expect("a key")
});

/// The vendor in the manifests.
#[must_use]
pub fn vendor() -> VendorDomain {
    VENDOR.clone()
}

/// The signed manifest for a request.
///
/// # Panics
/// If the text is not valid in a signed note.
#[must_use]
pub fn sign(request: &SignRequest) -> SignedManifest {
    SignedManifest::new(request.text.clone(), vec![(KEY.clone(), [0; 64])]).expect("a note")
}

/// The value of a field of a part's manifest: the rest of the line that begins with this word.
#[must_use]
pub fn manifest_field<'a>(part: &'a Part, word: &str) -> Option<&'a str> {
    let text = part.manifest.as_ref()?.note().text();
    text.lines().find_map(|line| line.strip_prefix(word)?.strip_prefix(' '))
}

/// The same part with a manifest that was signed again, at another time.
#[must_use]
pub fn signed_again(part: &Part, now: Time) -> Part {
    let text = part.manifest.as_ref().map(|manifest| manifest.note().text().to_owned()).unwrap_or_default();
    let text = text.replace(&format!("sealed {}", part.sealed_at), &format!("sealed {now}"));
    Part { manifest: Some(sign(&SignRequest { text, chain_state: None })), ..part.clone() }
}
