//! A customer's account, on the embedded STS and S3: the requests that fail, and their delivery errors.

use archive::names::ExternalId;
use archive::part::PartNumber;
use bytes::Bytes;
use futures_util::stream;
use ports::Customers as _;
use ports::{Body, NewObject, PortError};
use protocol::connector::{Connector, Encryption, S3Destination};
use protocol::delivery_error::{DeliveryError, DeliveryErrorKind, DeliveryStage};
use protocol::machine::PutAnswer;
use sandbox::{Obstacle, Role, Stack};

use crate::world::{ACME, BUCKET, REGION, World, bytes, object, sha256};

const PART: PartNumber = PartNumber::FIRST;

async fn put(world: &World, connector: &Connector, object: NewObject) -> Result<PutAnswer, DeliveryError> {
    world.customers().open(connector, PART).await?.put_new(object).await
}

/// Stage, kind and code of a delivery error.
fn error_fields(answer: Result<PutAnswer, DeliveryError>) -> (DeliveryStage, DeliveryErrorKind, String) {
    let error = answer.unwrap_err();
    (error.stage, error.kind, error.code)
}

fn with(world: &World, change: impl Fn(&mut S3Destination)) -> Connector {
    let mut connector = world.connector.clone();
    connector.destination.s3_mut().map(change).unwrap();
    connector
}

#[tokio::test]
async fn a_wrong_external_id_or_a_missing_role_is_denied_and_keeps_the_id_to_itself() {
    let world = World::start().await;
    let stranger = Connector { external_id: ExternalId::new(3, 4), ..world.connector.clone() };
    let other =
        with(&world, |to| to.role = "arn:aws:iam::222222222222:role/auditferry/Other".parse().unwrap());
    for connector in [stranger, other] {
        let error = put(&world, &connector, object("audit/a", b"x")).await.unwrap_err();
        assert_eq!(
            (error.stage, error.kind, error.code.as_str()),
            (DeliveryStage::AssumeRole, DeliveryErrorKind::Denied, "AccessDenied")
        );
        assert!(error.message.contains("not authorized to perform: sts:AssumeRole"), "{}", error.message);
        assert!(!error.message.contains(connector.external_id.as_str()));
    }
    assert!(world.objects(BUCKET).is_empty());
}

#[tokio::test]
async fn outside_of_the_prefix_nothing_can_be_written_however_much_the_role_allows() {
    let world = World::start().await;
    let (arn, external_id) = (crate::world::ROLE.into(), Some(world.connector.external_id.to_string()));
    world.stack.put_role(Role { arn, external_id, bucket: BUCKET.into(), prefix: String::new() }).unwrap();
    let denied = (DeliveryStage::PutObject, DeliveryErrorKind::Denied, "AccessDenied".to_owned());
    assert_eq!(error_fields(put(&world, &world.connector, object("other/a", b"x")).await), denied);
    assert_eq!(error_fields(put(&world, &world.connector, object("auditors/a", b"x")).await), denied);
    assert!(world.objects(BUCKET).is_empty());
}

#[tokio::test]
async fn bytes_that_are_not_the_sealed_ones_are_rejected_and_leave_nothing() {
    let world = World::start().await;
    let whole = NewObject { sha256: sha256(b"sealed"), ..object("audit/a", b"others") };
    let streamed = Body::Stream(Box::pin(stream::iter([Ok(Bytes::from_static(b"others"))])));
    let streamed = NewObject { sha256: sha256(b"sealed"), body: streamed, ..object("audit/b", b"others") };
    // The SDK signs whole bytes with its own hash; a stream is signed with the sealed one.
    for (object, code) in [(whole, "BadDigest"), (streamed, "XAmzContentSHA256Mismatch")] {
        let answer = put(&world, &world.connector, object).await;
        assert_eq!(
            error_fields(answer),
            (DeliveryStage::PutObject, DeliveryErrorKind::Rejected, code.to_owned())
        );
    }
    assert!(world.objects(BUCKET).is_empty());
}

#[tokio::test]
async fn a_bucket_in_another_region_is_moved_and_names_its_region() {
    let world = World::start().await;
    let connector = with(&world, |to| to.region = "us-east-1".parse().unwrap());
    let error = put(&world, &connector, object("audit/a", b"x")).await.unwrap_err();
    assert_eq!((error.stage, error.kind), (DeliveryStage::PutObject, DeliveryErrorKind::Moved));
    assert!(error.message.contains(REGION), "{}", error.message);
}

#[tokio::test]
async fn a_missing_bucket_is_gone_and_works_again_once_it_is_created() {
    let world = World::start().await;
    world.stack.delete_bucket(BUCKET).unwrap();
    let answer = put(&world, &world.connector, object("audit/a", b"x")).await;
    assert_eq!(
        error_fields(answer),
        (DeliveryStage::PutObject, DeliveryErrorKind::Gone, "NoSuchBucket".to_owned())
    );
    world.stack.create_bucket(BUCKET, ACME, REGION).unwrap();
    assert_eq!(put(&world, &world.connector, object("audit/a", b"x")).await, Ok(PutAnswer::Written));
}

#[tokio::test]
async fn a_bucket_of_the_same_name_that_a_stranger_owns_gets_nothing() {
    let world = World::start().await;
    world.stack.delete_bucket(BUCKET).unwrap();
    world.stack.create_bucket(BUCKET, Stack::VENDOR_ACCOUNT, REGION).unwrap();
    let answer = put(&world, &world.connector, object("audit/a", b"x")).await;
    assert_eq!(
        error_fields(answer),
        (DeliveryStage::PutObject, DeliveryErrorKind::Denied, "AccessDenied".to_owned())
    );
    assert!(world.objects(BUCKET).is_empty());
}

#[tokio::test]
async fn expired_credentials_are_replaced() {
    let world = World::start().await;
    let bucket = world.customers().open(&world.connector, PART).await.unwrap();
    world.stack.expire_sessions();
    let answer = bucket.put_new(object("audit/a", b"x")).await;
    assert_eq!(
        error_fields(answer),
        (DeliveryStage::PutObject, DeliveryErrorKind::Expired, "ExpiredToken".to_owned())
    );
    assert_eq!(put(&world, &world.connector, object("audit/a", b"x")).await, Ok(PutAnswer::Written));
}

#[tokio::test]
async fn staged_bytes_that_break_in_transit_are_not_the_customers_error_and_leave_nothing() {
    let world = World::start().await;
    let lost = PortError::Transient { what: "reading from the staging bucket", source: "reset".into() };
    let body = Body::Stream(Box::pin(stream::iter([Ok(Bytes::from_static(b"half")), Err(lost)])));
    let error = put(&world, &world.connector, NewObject { body, ..object("audit/a", b"half of it") })
        .await
        .unwrap_err();
    assert_eq!((error.kind, error.code.as_str()), (DeliveryErrorKind::Unavailable, "StagingRead"));
    assert!(
        error.message.contains("reading from the staging bucket: temporary failure: reset"),
        "{}",
        error.message
    );
    let short = Body::Stream(Box::pin(stream::iter([Ok(Bytes::from_static(b"half"))])));
    let answer =
        put(&world, &world.connector, NewObject { body: short, ..object("audit/a", b"half of it") }).await;
    assert_eq!(
        error_fields(answer),
        (DeliveryStage::PutObject, DeliveryErrorKind::Rejected, "StagingSize".to_owned())
    );
    assert!(world.objects(BUCKET).is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rejection_during_a_large_stream_keeps_its_kind() {
    let world = World::start().await;
    let bytes = Bytes::from(bytes(64 << 20));
    for _ in 0..5 {
        let chunks: Vec<Result<Bytes, PortError>> =
            (0..64).map(|n| Ok(bytes.slice(n << 20..(n + 1) << 20))).collect();
        let body = Body::Stream(Box::pin(stream::iter(chunks)));
        let part = NewObject { body, size: bytes.len() as u64, ..object("other/part", b"") };
        let answer = put(&world, &world.connector, part).await;
        assert_eq!(
            error_fields(answer),
            (DeliveryStage::PutObject, DeliveryErrorKind::Denied, "AccessDenied".to_owned())
        );
    }
}

#[tokio::test]
async fn an_endpoint_without_a_listener_is_unavailable() {
    let world = World::start().await;
    let bucket = world.customers().open(&world.connector, PART).await.unwrap();
    world.stack.stop().await;
    let body = Body::Stream(Box::pin(stream::iter([Ok(Bytes::from_static(b"x"))])));
    let answer = bucket.put_new(NewObject { body, ..object("audit/a", b"x") }).await;
    assert_eq!(
        error_fields(answer),
        (DeliveryStage::PutObject, DeliveryErrorKind::Unavailable, "Connection".to_owned())
    );
}

/// Policies from AWS's own guide: a bucket that requires an encryption header, one that requires a signed
/// body, and one whose KMS key is used through a Bucket Key. The first file is a stream, and passes as the
/// preflight check does.
#[tokio::test]
async fn buckets_that_require_headers_or_signed_bodies_accept_a_delivery() {
    let key = "arn:aws:kms:eu-central-1:222222222222:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let streamed = |name: &str| {
        let body = Body::Stream(Box::pin(stream::iter([Ok(Bytes::from_static(b"events"))])));
        NewObject { body, ..object(name, b"events") }
    };
    for (obstacle, encryption) in [
        (Obstacle::RequiresSignedPayload, Encryption::Default),
        (Obstacle::RequiresAes256, Encryption::Aes256),
        (Obstacle::BucketKey, Encryption::Kms(key.parse().unwrap())),
    ] {
        let world = World::start().await;
        world.stack.set_obstacle(BUCKET, Some(obstacle));
        let connector = with(&world, |to| to.encryption.clone_from(&encryption));
        for object in [streamed("audit/streamed"), object("audit/whole", b"events")] {
            assert_eq!(put(&world, &connector, object).await, Ok(PutAnswer::Written), "{obstacle:?}");
        }
    }
    let world = World::start().await;
    world.stack.set_obstacle(BUCKET, Some(Obstacle::RequiresAes256));
    let denied = (DeliveryStage::PutObject, DeliveryErrorKind::Denied, "AccessDenied".to_owned());
    assert_eq!(error_fields(put(&world, &world.connector, object("audit/a", b"x")).await), denied);
}
