//! The probes of a preflight check.

use archive::names::ExternalId;
use archive::sha256::Sha256;
use bytes::Bytes;
use ports::{Body, NewObject, PresentedExternalId, ProbeSession, Prober, SessionScope};
use protocol::connector::Connector;
use protocol::delivery_error::{DeliveryError, DeliveryErrorKind, DeliveryStage};
use sha2::Digest as _;

use crate::fakes::{FakeProber, RoleSetup, Trust};
use crate::fixtures::{self, at, tenant, unique_id};

/// A customer's setup of role and bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CustomerSetup {
    /// Role and bucket are set up as documented.
    Correct,
    /// The trust policy requires no external ID.
    TrustsAnyone,
    /// The trust policy accepts any external ID.
    AcceptsAnyExternalId,
    /// The role may write to the whole bucket.
    AllowsWholeBucket,
    /// The bucket does not exist.
    BucketMissing,
    /// The bucket is in us-east-2.
    BucketInOtherRegion,
}

/// A customer's role and bucket that a test can set up.
pub trait ProberRig {
    /// The implementation under test.
    type Port: Prober;
    /// The port under test.
    fn port(&self) -> &Self::Port;
    /// Sets up the connector's role and bucket.
    fn set_up(&self, connector: &Connector, setup: CustomerSetup);
    /// The keys in the connector's bucket.
    fn keys(&self, connector: &Connector) -> Vec<String>;
}

impl ProberRig for FakeProber {
    type Port = Self;
    fn port(&self) -> &Self {
        self
    }
    fn set_up(&self, _: &Connector, setup: CustomerSetup) {
        let missing_bucket = || DeliveryError {
            stage: DeliveryStage::PutObject,
            kind: DeliveryErrorKind::Gone,
            code: "NoSuchBucket".into(),
            message: "The specified bucket does not exist".into(),
        };
        self.change(|role_setup| {
            *role_setup = match setup {
                CustomerSetup::Correct => RoleSetup::correct(),
                CustomerSetup::TrustsAnyone => RoleSetup { trust: Trust::Anyone, ..RoleSetup::correct() },
                CustomerSetup::AcceptsAnyExternalId => {
                    RoleSetup { trust: Trust::AnyExternalId, ..RoleSetup::correct() }
                }
                CustomerSetup::AllowsWholeBucket => RoleSetup::too_broad(),
                CustomerSetup::BucketMissing => RoleSetup {
                    region: Some(Err(missing_bucket())),
                    put: Some(missing_bucket()),
                    ..RoleSetup::correct()
                },
                CustomerSetup::BucketInOtherRegion => {
                    RoleSetup { region: Some(Ok("us-east-2".parse().ok())), ..RoleSetup::correct() }
                }
            }
        });
    }
    fn keys(&self, _: &Connector) -> Vec<String> {
        self.written()
    }
}

fn connector(rig: &impl ProberRig, setup: CustomerSetup) -> Connector {
    let connector = fixtures::connector(&tenant("acme"), at("2026-11-20T20:00:00Z"));
    rig.set_up(&connector, setup);
    connector
}

async fn assume(
    rig: &impl ProberRig,
    connector: &Connector,
    external_id: PresentedExternalId<'_>,
    scope: SessionScope,
) -> Result<Box<dyn ProbeSession>, DeliveryError> {
    let destination = connector.destination.s3().unwrap();
    rig.port().assume(connector, destination, external_id, scope).await
}

/// A session with the connector's external ID.
async fn session(rig: &impl ProberRig, connector: &Connector, scope: SessionScope) -> Box<dyn ProbeSession> {
    assume(rig, connector, PresentedExternalId::ExternalId(&connector.external_id), scope).await.unwrap()
}

fn object(key: &str, checksum_matches: bool) -> NewObject {
    let bytes = Bytes::from_static(b"a probe");
    let digest: [u8; 32] = sha2::Sha256::digest(&bytes).into();
    let sha256 = Sha256::new(if checksum_matches { digest } else { digest.map(|byte| !byte) });
    let size = bytes.len() as u64;
    NewObject { key: key.into(), content_type: "text/plain", sha256, size, body: Body::Whole(bytes) }
}

fn key(connector: &Connector) -> String {
    connector.destination.s3().unwrap().prefix.key(&format!("verification/{}.txt", unique_id()))
}

/// Whether the role can be assumed with the correct external ID, with none and with a wrong one.
async fn assumable(rig: &impl ProberRig, connector: &Connector) -> [bool; 3] {
    let (right, wrong) = (&connector.external_id, ExternalId::new(unique_id(), u64::MAX));
    let mut assumable = [false; 3];
    let presented = [
        PresentedExternalId::ExternalId(right),
        PresentedExternalId::Absent,
        PresentedExternalId::ExternalId(&wrong),
    ];
    for (assumed, external_id) in assumable.iter_mut().zip(presented) {
        *assumed = match assume(rig, connector, external_id, SessionScope::Prefix).await {
            Ok(_) => true,
            Err(error) => {
                assert_eq!(
                    (error.stage, error.kind),
                    (DeliveryStage::AssumeRole, DeliveryErrorKind::Denied),
                    "{error:?}"
                );
                false
            }
        };
    }
    assumable
}

/// The presented external IDs show whom a trust policy trusts.
pub async fn a_trust_policy_shows_whom_it_trusts(rig: &impl ProberRig) {
    for (setup, expected) in [
        (CustomerSetup::Correct, [true, false, false]),
        (CustomerSetup::AcceptsAnyExternalId, [true, false, true]),
        (CustomerSetup::TrustsAnyone, [true, true, true]),
    ] {
        let connector = connector(rig, setup);
        assert_eq!(assumable(rig, &connector).await, expected, "{setup:?}");
    }
}

/// A session is in the account of the role.
pub async fn a_session_names_its_account(rig: &impl ProberRig) {
    let connector = connector(rig, CustomerSetup::Correct);
    let session = session(rig, &connector, SessionScope::Prefix).await;
    assert_eq!(session.account(), connector.destination.s3().unwrap().role.account());
}

/// A session without access to the bucket gets its region, wherever the bucket is.
pub async fn a_buckets_region_is_returned_without_access(rig: &impl ProberRig) {
    for (setup, region) in
        [(CustomerSetup::Correct, "eu-central-1"), (CustomerSetup::BucketInOtherRegion, "us-east-2")]
    {
        let connector = connector(rig, setup);
        let returned = session(rig, &connector, SessionScope::Prefix).await.bucket_region().await;
        assert_eq!(returned, Ok(Some(region.parse().unwrap())), "{setup:?}");
    }
}

/// A missing bucket is `Gone`, for its region and for a write.
pub async fn a_missing_bucket_is_gone(rig: &impl ProberRig) {
    let connector = connector(rig, CustomerSetup::BucketMissing);
    let session = session(rig, &connector, SessionScope::Prefix).await;
    assert_eq!(session.bucket_region().await.unwrap_err().kind, DeliveryErrorKind::Gone);
    let error = session.put_new(object(&key(&connector), true)).await.unwrap_err();
    assert_eq!((error.stage, error.kind), (DeliveryStage::PutObject, DeliveryErrorKind::Gone));
}

/// An object under the prefix is written, and its encryption is returned.
pub async fn a_probe_is_written_under_the_prefix(rig: &impl ProberRig) {
    let connector = connector(rig, CustomerSetup::Correct);
    let (session, key) = (session(rig, &connector, SessionScope::Prefix).await, key(&connector));
    let answer = session.put_new(object(&key, true)).await.unwrap();
    assert_eq!(answer.encryption.as_deref(), Some("AES256"));
    assert_eq!(rig.keys(&connector), [key]);
}

/// Outside the prefix an object with a wrong checksum is denied or rejected, depending on the role's
/// permissions, and never written.
pub async fn a_wrong_checksum_shows_the_roles_permissions_and_writes_nothing(rig: &impl ProberRig) {
    for (setup, scope, kind) in [
        (CustomerSetup::Correct, SessionScope::Role, DeliveryErrorKind::Denied),
        (CustomerSetup::AllowsWholeBucket, SessionScope::Role, DeliveryErrorKind::Rejected),
        (CustomerSetup::AllowsWholeBucket, SessionScope::Prefix, DeliveryErrorKind::Denied),
    ] {
        let connector = connector(rig, setup);
        let session = session(rig, &connector, scope).await;
        let error = session.put_new(object("elsewhere.txt", false)).await.unwrap_err();
        assert_eq!((error.stage, error.kind), (DeliveryStage::PutObject, kind), "{setup:?}, {scope:?}");
        assert!(rig.keys(&connector).is_empty());
    }
}
