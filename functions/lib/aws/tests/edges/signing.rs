//! The requests to KMS, and the meaning of its responses. Source: AWS KMS API reference, `Sign`,
//! `GetPublicKey` and `DescribeKey`.

use std::sync::Arc;

use archive::manifest::ChainState;
use archive::note::RingKey;
use archive::part::PartNumber;
use aws::kms::KmsSigner;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use control::signing::{ManifestSigner, PreviousSigner, SigningError};
use ed25519_dalek::Signer as _;
use ed25519_dalek::SigningKey;
use ports::PortError;
use ports::Signer as _;
use serde_json::{Value, json};

use crate::server::{ScriptedResponse, Server};
use crate::world::services_of;

const KEY: &str = "arn:aws:kms:eu-central-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab";
/// The DER prefix of the key's 32 bytes (RFC 8410, section 4).
const SPKI: &str = "302a300506032b6570032100";

fn private() -> SigningKey {
    SigningKey::from_bytes(&[1; 32])
}

fn public(spec: &str) -> ScriptedResponse {
    let der = [hex::decode(SPKI).unwrap(), private().verifying_key().as_bytes().to_vec()].concat();
    let answer = json!({
        "KeyId": KEY, "KeySpec": spec, "KeyUsage": "SIGN_VERIFY", "PublicKey": STANDARD.encode(der),
        "SigningAlgorithms": ["ED25519_SHA_512", "ED25519_PH_SHA_512"],
    });
    ScriptedResponse::new(200, answer.to_string())
}

fn signed(text: &str) -> ScriptedResponse {
    let signature = STANDARD.encode(private().sign(text.as_bytes()).to_bytes());
    let answer = json!({ "KeyId": KEY, "Signature": signature, "SigningAlgorithm": "ED25519_SHA_512" });
    ScriptedResponse::new(200, answer.to_string())
}

async fn signing(answers: impl IntoIterator<Item = ScriptedResponse>) -> (ManifestSigner, Server) {
    let server = Server::start(answers).await;
    let current = Arc::new(KmsSigner::new(&services_of(&server.url), KEY.into()));
    (
        ManifestSigner { vendor: "vendor.example".parse().unwrap(), current, previous: PreviousSigner::None },
        server,
    )
}

#[tokio::test]
async fn a_manifest_is_signed_raw_and_in_the_pure_variant_and_the_key_is_fetched_once() {
    let text = "the text of a manifest\n";
    let (signing, server) =
        signing([public("ECC_NIST_EDWARDS25519"), signed(text), signed("another\n")]).await;
    let signed_manifest = signing.sign(text.into(), None).await.unwrap();
    assert_eq!(signed_manifest.keys()[0].public(), private().verifying_key().as_bytes());
    let last = ChainState::after(None, PartNumber::FIRST, &signed_manifest);
    signing.sign("another\n".into(), last.as_ref()).await.unwrap();

    let seen = server.requests();
    let targets: Vec<_> = seen.iter().map(|seen| seen.header("x-amz-target").unwrap()).collect();
    assert_eq!(targets, ["TrentService.GetPublicKey", "TrentService.Sign", "TrentService.Sign"]);
    let request: Value = serde_json::from_slice(&seen[1].body).unwrap();
    let expected = json!({
        "KeyId": KEY, "Message": STANDARD.encode(text), "MessageType": "RAW",
        "SigningAlgorithm": "ED25519_SHA_512",
    });
    assert_eq!(request, expected);
}

/// A key with a scheduled deletion is valid until then.
#[tokio::test]
async fn the_validity_of_a_key_is_read_each_time() {
    let spec = "ECC_NIST_EDWARDS25519";
    let described =
        |metadata: Value| ScriptedResponse::new(200, json!({ "KeyMetadata": metadata }).to_string());
    let now =
        described(json!({ "KeyId": "1234abcd", "KeyState": "Enabled", "CreationDate": 1_767_225_600.5 }));
    let ends = json!({
        "KeyId": "1234abcd", "KeyState": "PendingDeletion", "CreationDate": 1_767_225_600.5,
        "DeletionDate": 1_769_904_000,
    });
    let (signing, server) = signing([public(spec), now, described(ends)]).await;
    let validity =
        |ring: Vec<RingKey>| (ring[0].from.map(|t| t.to_string()), ring[0].until.map(|t| t.to_string()));
    let from = Some("2026-01-01T00:00:00.500Z".to_owned());
    assert_eq!(validity(signing.public_keys().await.unwrap()), (from.clone(), None));
    assert_eq!(
        validity(signing.public_keys().await.unwrap()),
        (from, Some("2026-02-01T00:00:00.000Z".to_owned()))
    );
    let seen = server.requests();
    assert_eq!(seen[1].header("x-amz-target").unwrap(), "TrentService.DescribeKey");
    assert_eq!(serde_json::from_slice::<Value>(&seen[1].body).unwrap(), json!({ "KeyId": KEY }));
}

#[tokio::test]
async fn a_signature_of_something_else_is_never_accepted() {
    let (signing, _server) = signing([public("ECC_NIST_EDWARDS25519"), signed("another\n")]).await;
    let unsigned = signing.sign("the text\n".into(), None).await.unwrap_err();
    assert!(matches!(unsigned, SigningError::InvalidSignature(_)), "{unsigned}");
}

#[tokio::test]
async fn a_key_with_another_spec_is_rejected() {
    let (signing, _server) = signing([public("ECC_NIST_P256")]).await;
    let Err(SigningError::Port(error)) = signing.sign("the text\n".into(), None).await else {
        panic!("refused")
    };
    assert!(error.chain().contains("ECC_NIST_P256"), "{}", error.chain());
}

#[tokio::test]
async fn a_transient_error_is_retried_and_a_denial_is_not() {
    for (status, code, denied, expected) in [
        (400, "AccessDeniedException", true, 1),
        (400, "NotFoundException", true, 1),
        (400, "DisabledException", true, 1),
        (400, "KMSInvalidStateException", true, 1),
        (400, "ThrottlingException", false, 3),
        (500, "KMSInternalException", false, 3),
        (500, "KeyUnavailableException", false, 3),
    ] {
        let error_response =
            ScriptedResponse::new(status, json!({ "__type": code, "message": "no" }).to_string());
        let server = Server::start(vec![error_response; 4]).await;
        let signer = KmsSigner::new(&services_of(&server.url), KEY.into());
        let error = signer.sign(b"the text").await.unwrap_err();
        assert_eq!(matches!(error, PortError::Denied { .. }), denied, "{code}: {error:?}");
        assert_eq!(matches!(error, PortError::Transient { .. }), !denied, "{code}: {error:?}");
        assert_eq!(server.requests().len(), expected, "{code}");
    }
}
