//! Who signs a manifest, how one key hands over to the next, which key never signs again, and what is not a
//! signature.

use std::sync::Arc;

use archive::manifest::{ActiveSince, ChainState, KeyId};
use archive::note::SignedManifest;
use archive::part::PartNumber;
use archive::sha256::Sha256;
use async_trait::async_trait;
use control::signing::{ManifestSigner, PreviousSigner, SigningError};
use ports::{PortError, Signer, Validity};
use tests::fakes::FakeSigner;
use tests::fixtures::at;

const TEXT: &str = "a manifest\n";

fn signing(current: impl Signer + 'static, before: PreviousSigner) -> ManifestSigner {
    ManifestSigner { vendor: "vendor.example".parse().unwrap(), current: Arc::new(current), previous: before }
}

fn key(seed: u8) -> PreviousSigner {
    PreviousSigner::Signer(Arc::new(FakeSigner::new(seed)))
}

/// The ID of a key that signs alone.
async fn id(seed: u8) -> KeyId {
    let ring = FakeSigner::new(seed).signing().public_keys().await.unwrap();
    ring[0].key.id().into()
}

/// A chain whose newest part is 4, with that current key.
fn chain(key: KeyId) -> ChainState {
    let since = ActiveSince { part: PartNumber::FIRST, head: None };
    ChainState { sha256: Sha256::new([4; 32]), key, since, retired: Vec::new() }
}

/// The keys that sign part 5 of a chain with that current key.
async fn signers(signing: &ManifestSigner, last: Option<KeyId>) -> Result<Vec<KeyId>, SigningError> {
    let manifest = signed(signing, last.map(chain).as_ref()).await?;
    Ok(manifest.keys().iter().map(|key| key.id().into()).collect())
}

async fn signed(signing: &ManifestSigner, last: Option<&ChainState>) -> Result<SignedManifest, SigningError> {
    let manifest = signing.sign(TEXT.into(), last).await?;
    assert!(manifest.has_text(TEXT), "{:?}", manifest.note().text());
    for (key, signature) in manifest.keys().iter().zip(manifest.note().signatures()) {
        assert!(key.has_signed(manifest.note(), signature), "{key}");
    }
    Ok(manifest)
}

#[tokio::test]
async fn the_current_key_signs_alone_whatever_the_previous_key() {
    let now = id(2).await;
    for before in [PreviousSigner::None, key(1), PreviousSigner::Lost] {
        let signing = signing(FakeSigner::new(2), before);
        for last in [None, Some(now)] {
            assert_eq!(signers(&signing, last).await.unwrap(), [now]);
        }
    }
}

#[tokio::test]
async fn the_previous_key_signs_the_hand_over_in_a_text_with_the_whole_new_key() {
    let (old, new) = (id(1).await, id(2).await);
    let signing = signing(FakeSigner::new(2), key(1));
    assert_eq!(signers(&signing, Some(old)).await.unwrap(), [old, new]);
    let manifest = signed(&signing, Some(&chain(old))).await.unwrap();
    let successor = manifest.successor().unwrap();
    assert_eq!(manifest.note().text(), format!("{TEXT}successor {successor}\n"));
    assert_eq!(KeyId::from(successor.id()), new);
    assert_eq!(signed(&signing, None).await.unwrap().note().text(), TEXT, "nobody hands over");
}

/// What the record of a chain contains: since when the current key signs, and the head before that.
#[tokio::test]
async fn the_boundary_of_a_key_is_a_part_and_the_head_before_it() {
    let (old, new, five) = (id(1).await, id(2).await, PartNumber::new(5));
    let before = chain(old);
    let first = signed(&FakeSigner::new(1).signing(), None).await.unwrap();
    let begun = ChainState::after(None, PartNumber::FIRST, &first).unwrap();
    assert_eq!((begun.key, begun.since), (old, ActiveSince { part: PartNumber::FIRST, head: None }));

    let handed = signed(&signing(FakeSigner::new(2), key(1)), Some(&before)).await.unwrap();
    let after = ChainState::after(Some(&before), five, &handed).unwrap();
    assert_eq!(after.since, ActiveSince { part: PartNumber::new(6), head: Some(handed.sha256()) });
    assert_eq!((after.key, after.retired.as_slice(), after.sha256), (new, &[old][..], handed.sha256()));

    let lost = signed(&signing(FakeSigner::new(2), PreviousSigner::Lost), Some(&before)).await.unwrap();
    let after = ChainState::after(Some(&before), five, &lost).unwrap();
    assert_eq!(after.since, ActiveSince { part: five, head: Some(before.sha256) });
    assert_eq!((after.key, after.retired.as_slice()), (new, &[old][..]));

    let same = signed(&FakeSigner::new(2).signing(), Some(&after)).await.unwrap();
    let next = ChainState::after(Some(&after), five.next(), &same).unwrap();
    assert_eq!(next, ChainState { sha256: same.sha256(), ..after });
}

/// A stack that was rolled back: whatever it names as the previous key, its own key was retired in this
/// chain.
#[tokio::test]
async fn a_retired_key_never_signs_again() {
    let (old, new) = (id(1).await, id(2).await);
    let since = ActiveSince { part: PartNumber::new(3), head: Some(Sha256::new([2; 32])) };
    let last = ChainState { since, retired: vec![id(3).await, old], ..chain(new) };
    for before in [PreviousSigner::None, PreviousSigner::Lost, key(2), key(3)] {
        let answer = signing(FakeSigner::new(1), before).sign(TEXT.into(), Some(&last)).await;
        let Err(error @ SigningError::Retired { .. }) = answer else { panic!("{answer:?}") };
        let text = error.to_string();
        assert!(text.contains(&old.to_string()) && text.contains("since part 3"), "{text}");
    }
    // The current key continues, and hands over to one that was never in the chain.
    assert!(signed(&signing(FakeSigner::new(2), key(1)), Some(&last)).await.is_ok());
    assert!(signed(&signing(FakeSigner::new(4), key(2)), Some(&last)).await.is_ok());
}

#[tokio::test]
async fn a_key_without_a_hand_over_does_not_sign() {
    let (lost, new) = (id(3).await, id(2).await);
    for before in [PreviousSigner::None, key(1)] {
        let answer = signers(&signing(FakeSigner::new(2), before), Some(lost)).await;
        let Err(SigningError::NotHandedOver { active, current }) = answer else { panic!("{answer:?}") };
        assert_eq!((active, current), (lost, new));
    }
    let declared_lost = signing(FakeSigner::new(2), PreviousSigner::Lost);
    assert_eq!(signers(&declared_lost, Some(lost)).await.unwrap(), [new]);
}

/// A signer that claims one key and signs with another.
struct MismatchedSigner;

#[async_trait]
impl Signer for MismatchedSigner {
    async fn public_key(&self) -> Result<[u8; 32], PortError> {
        FakeSigner::new(4).public_key().await
    }

    async fn validity(&self) -> Result<Validity, PortError> {
        Ok(Validity::default())
    }

    async fn sign(&self, message: &[u8]) -> Result<[u8; 64], PortError> {
        FakeSigner::new(5).sign(message).await
    }
}

#[tokio::test]
async fn a_signature_that_does_not_verify_is_never_used() {
    let answer = signers(&signing(MismatchedSigner, PreviousSigner::None), None).await;
    assert!(matches!(answer, Err(SigningError::InvalidSignature(_))), "{answer:?}");
    let handing_over = signing(FakeSigner::new(2), PreviousSigner::Signer(Arc::new(MismatchedSigner)));
    let answer = signers(&handing_over, Some(id(4).await)).await;
    assert!(matches!(answer, Err(SigningError::InvalidSignature(_))), "{answer:?}");
}

#[tokio::test]
async fn the_key_ring_has_the_current_and_the_previous_key_with_their_validity() {
    let validity =
        Validity { from: Some(at("2026-01-01T00:00:00Z")), until: Some(at("2027-01-01T00:00:00Z")) };
    let current = FakeSigner::new(2).valid(validity);
    let ring = signing(current, key(1)).public_keys().await.unwrap();
    let [new, old] = ring.as_slice() else { panic!("two keys: {ring:?}") };
    assert_eq!((KeyId::from(new.key.id()), KeyId::from(old.key.id())), (id(2).await, id(1).await));
    assert_eq!((new.from, new.until, old.from, old.until), (validity.from, validity.until, None, None));
    for before in [PreviousSigner::None, PreviousSigner::Lost] {
        assert_eq!(signing(FakeSigner::new(2), before).public_keys().await.unwrap().len(), 1);
    }
}
