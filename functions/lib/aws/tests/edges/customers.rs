//! A customer's account, on the embedded STS and S3: the requests that succeed.

use archive::part::PartNumber;
use bytes::Bytes;
use ports::Customers as _;
use ports::Staging as _;
use ports::{Body, NewObject};
use protocol::machine::PutAnswer;

use crate::world::{BUCKET, ROLE, World, bytes, object, sha256};

const PART: PartNumber = PartNumber::new(42);

#[tokio::test]
async fn an_object_is_written_once_and_then_exists() {
    let world = World::start().await;
    let bucket = world.customers().open(&world.connector, PART).await.unwrap();
    assert_eq!(bucket.put_new(object("audit/events/a", b"first")).await, Ok(PutAnswer::Written));
    assert_eq!(bucket.put_new(object("audit/events/a", b"second")).await, Ok(PutAnswer::Exists));
    assert_eq!(world.objects(BUCKET)["audit/events/a"], b"first");
}

#[tokio::test]
async fn of_two_workers_that_deliver_at_once_one_writes() {
    let world = World::start().await;
    let (one, two) = (world.customers(), world.customers());
    let one = one.open(&world.connector, PART).await.unwrap();
    let two = two.open(&world.connector, PART).await.unwrap();
    let answers =
        tokio::join!(one.put_new(object("audit/a", b"same")), two.put_new(object("audit/a", b"same")));
    let mut answers = [answers.0.unwrap(), answers.1.unwrap()];
    answers.sort_by_key(|answer| *answer == PutAnswer::Exists);
    assert_eq!(answers, [PutAnswer::Written, PutAnswer::Exists]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_part_streams_from_staging_to_the_customer() {
    let world = World::start().await;
    let bytes = bytes(20 << 20);
    let mut staged = world.staging().create("t/part").await.unwrap();
    staged.write(Bytes::from(bytes.clone())).await.unwrap();
    staged.finish().await.unwrap();
    let bucket = world.customers().open(&world.connector, PART).await.unwrap();
    for answer in [PutAnswer::Written, PutAnswer::Exists] {
        let body = Body::Stream(world.staging().read("t/part").await.unwrap());
        let part =
            NewObject { body, size: bytes.len() as u64, sha256: sha256(&bytes), ..object("audit/part", b"") };
        assert_eq!(bucket.put_new(part).await, Ok(answer));
    }
    assert!(world.objects(BUCKET)["audit/part"] == bytes);
}

#[tokio::test]
async fn a_session_shows_connector_and_part_and_is_bound_to_the_prefix() {
    let world = World::start().await;
    world.customers().open(&world.connector, PART).await.unwrap();
    let [session] = world.stack.assumed_roles().try_into().unwrap();
    assert_eq!(session.role_arn, ROLE);
    assert_eq!(session.session_name, "auditferry-con_0000000000000007-000000000042");
    assert_eq!(session.external_id.as_deref(), Some(world.connector.external_id.as_str()));
    assert_eq!(session.duration_seconds, 900);
    assert!(session.policy.unwrap().contains(r#""Resource":"arn:aws:s3:::acme-logs/audit/*""#));
}

#[tokio::test]
async fn each_opening_is_a_session_of_its_own() {
    let world = World::start().await;
    let customers = world.customers();
    customers.open(&world.connector, PART).await.unwrap();
    customers.open(&world.connector, PART).await.unwrap();
    assert_eq!(world.stack.assumed_roles().len(), 2, "credentials are not kept from one run to the next");
}
