//! The staging bucket, on the embedded S3.

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use ports::PortError;
use ports::Staging as _;

use crate::world::{STAGING, World, bytes};

const PIECE: usize = 6 << 20;

async fn write(world: &World, key: &str, bytes: &[u8], chunk: usize) {
    let mut object = world.staging().create(key).await.unwrap();
    for chunk in bytes.chunks(chunk) {
        object.write(Bytes::copy_from_slice(chunk)).await.unwrap();
    }
    object.finish().await.unwrap();
}

async fn read(world: &World, key: &str) -> Result<Vec<u8>, PortError> {
    let chunks: Vec<Bytes> = world.staging().read(key).await?.try_collect().await?;
    Ok(chunks.concat())
}

#[tokio::test]
async fn objects_of_every_size_come_back_byte_for_byte() {
    let world = World::start().await;
    for (size, chunk) in
        [(0, 1), (1, 1), (3_000, 700), (PIECE, 1 << 20), (PIECE + 1, PIECE + 1), (20 << 20, 3 << 20)]
    {
        let (key, bytes) = (format!("t/{size}"), bytes(size));
        write(&world, &key, &bytes, chunk).await;
        assert!(read(&world, &key).await.unwrap() == bytes, "{size} bytes come back as others");
        assert!(world.objects(STAGING)[&key] == bytes, "{size} bytes lie there as others");
    }
}

#[tokio::test]
async fn nothing_is_visible_before_it_is_finished_and_an_aborted_upload_leaves_nothing() {
    let world = World::start().await;
    let mut object = world.staging().create("t/aborted").await.unwrap();
    for chunk in bytes(20 << 20).chunks(PIECE) {
        object.write(Bytes::copy_from_slice(chunk)).await.unwrap();
    }
    assert!(world.objects(STAGING).is_empty());
    object.abort().await.unwrap();
    assert!(world.objects(STAGING).is_empty());
    let uploads = world.clients.s3.list_multipart_uploads().bucket(STAGING).send().await;
    assert!(uploads.is_err() || uploads.unwrap().uploads().is_empty());

    let mut dropped = world.staging().create("t/dropped").await.unwrap();
    dropped.write(Bytes::from(bytes(9 << 20))).await.unwrap();
    drop(dropped);
    let small = world.staging().create("t/small").await.unwrap();
    small.abort().await.unwrap();
    assert!(world.objects(STAGING).is_empty());
}

#[tokio::test]
async fn a_missing_object_is_not_a_transient_error() {
    let world = World::start().await;
    let error = read(&world, "t/none").await.unwrap_err();
    assert!(matches!(error, PortError::Denied { .. }), "{error:?}");
    assert!(error.chain().contains("reading from the staging bucket"), "{}", error.chain());
}
