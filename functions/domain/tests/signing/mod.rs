//! Who signs a manifest, who vouches for a new key, and what is no signature.

use std::sync::Arc;

use async_trait::async_trait;
use domain::manifest::{Before, KeyId, Signing, Unsigned};
use domain::ports::{PortError, Signer, Validity};
use tests::fakes::FakeSigner;
use tests::fixtures::at;

const TEXT: &str = "a manifest\n";

fn signing(current: impl Signer + 'static, before: Before) -> Signing {
    Signing { vendor: "vendor.example".parse().unwrap(), current: Arc::new(current), before }
}

fn key(seed: u8) -> Before {
    Before::Key(Arc::new(FakeSigner::new(seed)))
}

/// The ID of a key that signs alone.
async fn id(seed: u8) -> KeyId {
    let ring = FakeSigner::new(seed).signing().ring().await.unwrap();
    ring[0].key.id().into()
}

/// Which keys sign what follows a manifest of `last`.
async fn signers(signing: &Signing, last: Option<KeyId>) -> Result<Vec<KeyId>, Unsigned> {
    let pinned = signing.sign(TEXT.into(), last).await?;
    assert_eq!(pinned.note().text(), TEXT);
    for (key, signature) in pinned.keys().iter().zip(pinned.note().signatures()) {
        assert!(key.has_signed(pinned.note(), signature), "{key}");
    }
    Ok(pinned.keys().iter().map(|key| key.id().into()).collect())
}

#[tokio::test]
async fn the_key_in_use_signs_alone_whoever_came_before() {
    let now = id(2).await;
    for before in [Before::None, key(1), Before::Lost] {
        let signing = signing(FakeSigner::new(2), before);
        for last in [None, Some(now)] {
            assert_eq!(signers(&signing, last).await.unwrap(), [now]);
        }
    }
}

#[tokio::test]
async fn the_key_before_vouches_for_the_new_one_in_its_first_note() {
    let (old, new) = (id(1).await, id(2).await);
    let signing = signing(FakeSigner::new(2), key(1));
    assert_eq!(signers(&signing, Some(old)).await.unwrap(), [old, new]);
}

#[tokio::test]
async fn a_key_that_nobody_can_vouch_for_does_not_sign() {
    let (lost, new) = (id(3).await, id(2).await);
    for before in [Before::None, key(1)] {
        let answer = signers(&signing(FakeSigner::new(2), before), Some(lost)).await;
        assert!(
            matches!(answer, Err(Unsigned::NotHandedOver { last, current }) if (last, current) == (lost, new)),
            "{answer:?}"
        );
    }
    let told_so = signing(FakeSigner::new(2), Before::Lost);
    assert_eq!(signers(&told_so, Some(lost)).await.unwrap(), [new]);
}

/// Says that it is one key, and signs with another.
struct TwoFaced;

#[async_trait]
impl Signer for TwoFaced {
    async fn public(&self) -> Result<[u8; 32], PortError> {
        FakeSigner::new(4).public().await
    }

    async fn validity(&self) -> Result<Validity, PortError> {
        Ok(Validity::default())
    }

    async fn sign(&self, message: &[u8]) -> Result<[u8; 64], PortError> {
        FakeSigner::new(5).sign(message).await
    }
}

#[tokio::test]
async fn a_signature_that_does_not_verify_is_never_pinned() {
    let answer = signers(&signing(TwoFaced, Before::None), None).await;
    assert!(matches!(answer, Err(Unsigned::Wrong(_))), "{answer:?}");
    let vouching = signing(FakeSigner::new(2), Before::Key(Arc::new(TwoFaced)));
    let answer = signers(&vouching, Some(id(4).await)).await;
    assert!(matches!(answer, Err(Unsigned::Wrong(_))), "{answer:?}");
}

#[tokio::test]
async fn the_ring_holds_the_key_in_use_and_the_one_before_with_their_times() {
    let validity =
        Validity { from: Some(at("2026-01-01T00:00:00Z")), until: Some(at("2027-01-01T00:00:00Z")) };
    let current = FakeSigner::new(2).valid(validity);
    let ring = signing(current, key(1)).ring().await.unwrap();
    let [new, old] = ring.as_slice() else { panic!("two keys: {ring:?}") };
    assert_eq!((KeyId::from(new.key.id()), KeyId::from(old.key.id())), (id(2).await, id(1).await));
    assert_eq!((new.from, new.until, old.from, old.until), (validity.from, validity.until, None, None));
    for before in [Before::None, Before::Lost] {
        assert_eq!(signing(FakeSigner::new(2), before).ring().await.unwrap().len(), 1);
    }
}
