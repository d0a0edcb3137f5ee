//! The customers' roles and buckets.

use archive::names::ExternalId;
use archive::part::PartNumber;
use archive::sha256::Sha256;
use bytes::Bytes;
use futures_util::future::join_all;
use futures_util::stream;
use ports::{Body, Customers, NewObject};
use protocol::connector::Connector;
use protocol::delivery_error::{DeliveryError, DeliveryErrorKind, DeliveryStage};
use protocol::machine::PutAnswer;
use sha2::Digest as _;

use crate::fakes::FakeCustomers;
use crate::fixtures::{self, at, tenant};

/// Customers whose accounts a test can provision.
pub trait CustomersRig {
    /// The implementation under test.
    type Port: Customers;
    /// The port under test.
    fn port(&self) -> &Self::Port;
    /// Creates an empty bucket, as an administrator of the account.
    fn create_bucket(&self, bucket: &str, owner: &str, region: &str);
    /// Deletes a bucket with its objects.
    fn delete_bucket(&self, bucket: &str);
    /// Creates or changes a role.
    fn put_role(&self, arn: &str, external_id: &str, bucket: &str, prefix: &str);
    /// Deletes a role; sessions can't be opened any more.
    fn delete_role(&self, arn: &str);
    /// The objects of a bucket, by key.
    fn objects(&self, bucket: &str) -> Vec<(String, Bytes)>;
}

impl CustomersRig for FakeCustomers {
    type Port = Self;
    fn port(&self) -> &Self {
        self
    }
    fn create_bucket(&self, bucket: &str, owner: &str, region: &str) {
        self.create_bucket(bucket, owner, region);
    }
    fn delete_bucket(&self, bucket: &str) {
        self.delete_bucket(bucket);
    }
    fn put_role(&self, arn: &str, external_id: &str, bucket: &str, prefix: &str) {
        self.put_role(arn, external_id, bucket, prefix);
    }
    fn delete_role(&self, arn: &str) {
        self.delete_role(arn);
    }
    fn objects(&self, bucket: &str) -> Vec<(String, Bytes)> {
        self.objects(bucket)
    }
}

/// A connector with a correct role and bucket.
fn provisioned(rig: &impl CustomersRig) -> Connector {
    let connector = fixtures::connector(&tenant("acme"), at("2026-11-20T20:00:00Z"));
    let to = connector.destination.s3().unwrap();
    rig.create_bucket(to.bucket.as_str(), to.role.account().as_str(), to.region.as_str());
    rig.put_role(to.role.as_str(), connector.external_id.as_str(), to.bucket.as_str(), to.prefix.as_str());
    connector
}

fn object(key: &str, text: &'static str) -> NewObject {
    let bytes = Bytes::from_static(text.as_bytes());
    let sha256 = Sha256::new(sha2::Sha256::digest(&bytes).into());
    let size = bytes.len() as u64;
    NewObject { key: key.into(), content_type: "application/json", sha256, size, body: Body::Whole(bytes) }
}

/// Opens and puts once.
async fn put(
    rig: &impl CustomersRig,
    connector: &Connector,
    object: NewObject,
) -> Result<PutAnswer, DeliveryError> {
    rig.port().open(connector, PartNumber::FIRST).await?.put_new(object).await
}

fn key(connector: &Connector, name: &str) -> String {
    connector.destination.s3().unwrap().prefix.key(name)
}

fn bucket(connector: &Connector) -> String {
    connector.destination.s3().unwrap().bucket.to_string()
}

async fn delivery_error(
    rig: &impl CustomersRig,
    connector: &Connector,
) -> (DeliveryStage, DeliveryErrorKind) {
    let name = format!("events/{}.json", fixtures::unique_id());
    let error = put(rig, connector, object(&key(connector, &name), "[]")).await.unwrap_err();
    (error.stage, error.kind)
}

/// The first put writes. A second one of the same key gets `Exists`, and the bytes stay.
pub async fn an_object_is_written_once(rig: &impl CustomersRig) {
    let connector = provisioned(rig);
    let key = key(&connector, "events/a.json");
    assert_eq!(put(rig, &connector, object(&key, "first")).await.unwrap(), PutAnswer::Written);
    assert_eq!(put(rig, &connector, object(&key, "second")).await.unwrap(), PutAnswer::Exists);
    assert_eq!(rig.objects(&bucket(&connector)), [(key, Bytes::from_static(b"first"))]);
}

/// Of concurrent puts of one key, one writes. The others get `Exists` or `Conflict`.
pub async fn of_racing_puts_exactly_one_writes(rig: &impl CustomersRig) {
    let connector = provisioned(rig);
    let key = key(&connector, "events/a.json");
    let answers = join_all((0..8).map(|_| put(rig, &connector, object(&key, "same")))).await;
    let written = answers.iter().filter(|answer| matches!(answer, Ok(PutAnswer::Written))).count();
    assert_eq!(written, 1, "{answers:?}");
    let fine = |answer: &Result<PutAnswer, DeliveryError>| {
        answer.as_ref().map_or_else(|f| f.kind == DeliveryErrorKind::Conflict, |_| true)
    };
    assert!(answers.iter().all(fine), "{answers:?}");
}

/// A streamed body arrives whole.
pub async fn a_streamed_object_arrives_whole(rig: &impl CustomersRig) {
    let connector = provisioned(rig);
    let pieces: Vec<Bytes> = (0..200u32).map(|n| vec![(n % 251) as u8; 10_007].into()).collect();
    let whole = Bytes::from(pieces.concat());
    let new = NewObject {
        key: key(&connector, "events/a.json"),
        content_type: "application/json",
        sha256: Sha256::new(sha2::Sha256::digest(&whole).into()),
        size: whole.len() as u64,
        body: Body::Stream(Box::pin(stream::iter(pieces.into_iter().map(Ok)))),
    };
    assert_eq!(put(rig, &connector, new).await.unwrap(), PutAnswer::Written);
    assert!(rig.objects(&bucket(&connector))[0].1 == whole, "the bytes arrived changed");
}

/// Bytes with another hash are rejected as our own error, and nothing is left behind.
pub async fn bytes_of_another_hash_are_rejected(rig: &impl CustomersRig) {
    let connector = provisioned(rig);
    let lie = NewObject { sha256: Sha256::new([1; 32]), ..object(&key(&connector, "events/a.json"), "text") };
    let error = put(rig, &connector, lie).await.unwrap_err();
    assert_eq!(
        (error.stage, error.kind),
        (DeliveryStage::PutObject, DeliveryErrorKind::Rejected),
        "{error:?}"
    );
    assert_eq!(rig.objects(&bucket(&connector)), []);
}

/// One opened bucket serves several puts.
pub async fn a_session_serves_more_than_one_put(rig: &impl CustomersRig) {
    let connector = provisioned(rig);
    let session = rig.port().open(&connector, PartNumber::FIRST).await.unwrap();
    for name in ["events/a.json", "events/b.json"] {
        assert_eq!(session.put_new(object(&key(&connector, name), "x")).await.unwrap(), PutAnswer::Written);
    }
    assert_eq!(rig.objects(&bucket(&connector)).len(), 2);
}

/// Without the correct external ID the role can't be assumed.
pub async fn a_wrong_external_id_is_denied(rig: &impl CustomersRig) {
    let mut connector = provisioned(rig);
    connector.external_id = ExternalId::new(1, 2);
    assert_eq!(delivery_error(rig, &connector).await, (DeliveryStage::AssumeRole, DeliveryErrorKind::Denied));
}

/// During a rotation of the external ID both are tried, and the bucket says which one the role requires.
pub async fn both_external_ids_are_tried_during_a_rotation(rig: &impl CustomersRig) {
    let mut connector = provisioned(rig);
    let to = connector.destination.s3().cloned().unwrap();
    let (old, next) = (connector.external_id.clone(), ExternalId::new(fixtures::unique_id(), 2));
    connector.next_external_id = Some(next.clone());
    for (requested, name) in [(&old, "events/a.json"), (&next, "events/b.json")] {
        rig.put_role(to.role.as_str(), requested.as_str(), to.bucket.as_str(), to.prefix.as_str());
        let bucket = rig.port().open(&connector, PartNumber::FIRST).await.unwrap();
        assert_eq!(bucket.assumed_with(), Some(requested));
        let answer = bucket.put_new(object(&key(&connector, name), "x")).await;
        assert_eq!(answer.unwrap(), PutAnswer::Written);
    }
    rig.put_role(to.role.as_str(), "af-of-a-stranger", to.bucket.as_str(), to.prefix.as_str());
    assert_eq!(delivery_error(rig, &connector).await, (DeliveryStage::AssumeRole, DeliveryErrorKind::Denied));
}

/// A deleted role is denied, like one that never trusted us.
pub async fn a_missing_role_is_denied(rig: &impl CustomersRig) {
    let connector = provisioned(rig);
    rig.delete_role(connector.destination.s3().unwrap().role.as_str());
    assert_eq!(delivery_error(rig, &connector).await, (DeliveryStage::AssumeRole, DeliveryErrorKind::Denied));
}

/// A deleted bucket is `Gone`, and accepts objects again once it is recreated.
pub async fn a_missing_bucket_is_gone(rig: &impl CustomersRig) {
    let connector = provisioned(rig);
    let to = connector.destination.s3().cloned().unwrap();
    rig.delete_bucket(to.bucket.as_str());
    assert_eq!(delivery_error(rig, &connector).await, (DeliveryStage::PutObject, DeliveryErrorKind::Gone));
    rig.create_bucket(to.bucket.as_str(), to.role.account().as_str(), to.region.as_str());
    let again = put(rig, &connector, object(&key(&connector, "events/a.json"), "x")).await;
    assert_eq!(again.unwrap(), PutAnswer::Written);
}

/// A bucket recreated by someone else under the old name gets nothing.
pub async fn a_strangers_bucket_is_denied(rig: &impl CustomersRig) {
    let connector = provisioned(rig);
    let to = connector.destination.s3().cloned().unwrap();
    rig.delete_bucket(to.bucket.as_str());
    rig.create_bucket(to.bucket.as_str(), "999999999999", to.region.as_str());
    assert_eq!(delivery_error(rig, &connector).await, (DeliveryStage::PutObject, DeliveryErrorKind::Denied));
    assert_eq!(rig.objects(to.bucket.as_str()), []);
}

/// A bucket in another region is `Moved`.
pub async fn a_bucket_in_another_region_is_moved(rig: &impl CustomersRig) {
    let connector = provisioned(rig);
    let to = connector.destination.s3().cloned().unwrap();
    rig.delete_bucket(to.bucket.as_str());
    rig.create_bucket(to.bucket.as_str(), to.role.account().as_str(), "us-east-2");
    assert_eq!(delivery_error(rig, &connector).await, (DeliveryStage::PutObject, DeliveryErrorKind::Moved));
}

/// A key outside the connector's prefix is denied even where the role allows it: the session policy doesn't.
pub async fn nothing_is_written_outside_the_prefix(rig: &impl CustomersRig) {
    let connector = provisioned(rig);
    let to = connector.destination.s3().cloned().unwrap();
    rig.put_role(to.role.as_str(), connector.external_id.as_str(), to.bucket.as_str(), "");
    for key in ["events/a.json".to_owned(), format!("{}-too/a.json", to.prefix)] {
        let error = put(rig, &connector, object(&key, "x")).await.unwrap_err();
        assert_eq!(
            (error.stage, error.kind),
            (DeliveryStage::PutObject, DeliveryErrorKind::Denied),
            "{key}: {error:?}"
        );
    }
    assert_eq!(rig.objects(to.bucket.as_str()), []);
}

/// A role that allows only another prefix is denied at the put.
pub async fn a_role_for_another_prefix_is_denied(rig: &impl CustomersRig) {
    let connector = provisioned(rig);
    let to = connector.destination.s3().cloned().unwrap();
    rig.put_role(to.role.as_str(), connector.external_id.as_str(), to.bucket.as_str(), "elsewhere");
    assert_eq!(delivery_error(rig, &connector).await, (DeliveryStage::PutObject, DeliveryErrorKind::Denied));
}

/// With an empty prefix objects are written at the bucket root.
pub async fn an_empty_prefix_is_the_bucket_root(rig: &impl CustomersRig) {
    let mut connector = provisioned(rig);
    let to = connector.destination.s3_mut().unwrap();
    to.prefix = "".parse().unwrap();
    rig.put_role(to.role.as_str(), connector.external_id.as_str(), to.bucket.as_str(), "");
    let answer = put(rig, &connector, object("events/a.json", "x")).await;
    assert_eq!(answer.unwrap(), PutAnswer::Written);
}
