//! The vendor's own bucket.

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use ports::{PortError, Staging};

use crate::fixtures::unique_id;

/// A key that nothing else uses.
fn key() -> String {
    format!("parts/{}/data", unique_id())
}

async fn read(staging: &impl Staging, key: &str) -> Result<Vec<u8>, PortError> {
    let mut bytes = Vec::new();
    let mut stream = staging.read(key).await?;
    while let Some(piece) = stream.try_next().await? {
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

async fn write(staging: &impl Staging, key: &str, pieces: impl Iterator<Item = Bytes>) {
    let mut upload = staging.create(key).await.unwrap();
    for piece in pieces {
        upload.write(piece).await.unwrap();
    }
    upload.finish().await.unwrap();
}

/// Bytes of which no two long stretches are the same, so that pieces in the wrong order are noticed.
fn bytes(size: usize) -> Bytes {
    (0..size.div_ceil(8))
        .flat_map(|n| (n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes())
        .take(size)
        .collect()
}

/// A finished object reads back byte for byte, from nothing to a few kilobytes.
pub async fn small_objects_read_back(staging: &impl Staging) {
    for size in [0, 1, 5000] {
        let (key, content) = (key(), bytes(size));
        write(staging, &key, [content.clone()].into_iter()).await;
        assert_eq!(read(staging, &key).await.unwrap(), content);
    }
}

/// Larger than one request may be, written in pieces of odd sizes.
pub async fn large_objects_read_back(staging: &impl Staging) {
    let (key, content) = (key(), bytes(21_000_003));
    let pieces = (0..content.len())
        .step_by(777_777)
        .map(|from| content.slice(from..content.len().min(from + 777_777)));
    write(staging, &key, pieces).await;
    assert!(read(staging, &key).await.unwrap() == content, "the bytes came back changed");
}

/// Nothing can be read before the object is finished, and never if it is aborted or dropped.
pub async fn an_unfinished_object_is_not_there(staging: &impl Staging) {
    for size in [1000, 9_000_000] {
        let key = key();
        let mut upload = staging.create(&key).await.unwrap();
        upload.write(bytes(size)).await.unwrap();
        assert!(read(staging, &key).await.is_err(), "{size} bytes are readable while they are written");
        upload.abort().await.unwrap();
        assert!(read(staging, &key).await.is_err(), "{size} bytes are readable after the abort");
        let mut upload = staging.create(&key).await.unwrap();
        upload.write(bytes(size)).await.unwrap();
        drop(upload);
        assert!(read(staging, &key).await.is_err(), "{size} bytes are readable after they were dropped");
    }
}

/// Two objects written at the same time don't mix.
pub async fn objects_written_side_by_side_stay_apart(staging: &impl Staging) {
    let keys = [key(), key()];
    let mut first = staging.create(&keys[0]).await.unwrap();
    let mut second = staging.create(&keys[1]).await.unwrap();
    for n in 0..4u8 {
        first.write(vec![n; 1000].into()).await.unwrap();
        second.write(vec![n + 100; 1000].into()).await.unwrap();
    }
    second.finish().await.unwrap();
    first.finish().await.unwrap();
    assert!(read(staging, &keys[0]).await.unwrap().iter().all(|byte| *byte < 4));
    assert!(read(staging, &keys[1]).await.unwrap().iter().all(|byte| *byte >= 100));
}

/// An object that was never written can't be read, and that is not a transient error.
pub async fn a_missing_object_is_a_permanent_error(staging: &impl Staging) {
    let error = read(staging, &key()).await.unwrap_err();
    assert!(!matches!(error, PortError::Transient { .. }), "{error:?}");
}

/// Finished objects are listed in key order, only those with the prefix and after a key. Marking an object as
/// orphan or expirable is no error, nor is a second time.
pub async fn staged_objects_are_listed_in_order_after_a_key(staging: &impl Staging) {
    let below = format!("parts/{}/", unique_id());
    for name in ["2/b.data", "10/a.keys", "1/a.data"] {
        write(staging, &format!("{below}{name}"), [bytes(10)].into_iter()).await;
    }
    write(staging, &format!("parts/{}/1/a.data", unique_id()), [bytes(10)].into_iter()).await;
    let page = staging.list(&below, "").await.unwrap();
    assert_eq!(page.items, ["1/a.data", "10/a.keys", "2/b.data"].map(|name| format!("{below}{name}")));
    assert_eq!(page.next, None);
    let after = staging.list(&below, &format!("{below}10")).await.unwrap();
    assert_eq!(after.items, page.items[1..]);
    assert_eq!(staging.list(&below, &page.items[2]).await.unwrap().items, [""; 0]);
    for _ in 0..2 {
        staging.mark_expirable(&page.items[0]).await.unwrap();
        staging.mark_orphan(&page.items[1]).await.unwrap();
    }
}
