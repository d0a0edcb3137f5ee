//! What the reader's sessions may read and store.

use archive::part::{PartNumber, Window};
use archive::staging_keys::{StagedObject, downloads_prefix, index_prefix, staged_key};
use bytes::Bytes;
use futures_util::TryStreamExt as _;
use ports::{PortError, ReaderSessions, StagedObjects};
use protocol::connector::Connector;
use protocol::machine::Span;

use crate::fixtures;

fn connector(tenant: &str) -> Connector {
    fixtures::connector(&fixtures::tenant(tenant), super::start())
}

async fn whole(objects: &dyn StagedObjects, key: &str) -> Option<Vec<u8>> {
    let chunks: Vec<Bytes> = objects.whole(key).await.unwrap()?.try_collect().await.unwrap();
    Some(chunks.concat())
}

fn refused<T: std::fmt::Debug>(result: Result<T, PortError>, what: &str) {
    assert!(matches!(&result, Err(PortError::Bug { .. })), "{what}: {result:?}");
}

/// An object reads back whole and by ranges. What lies beyond its end is left out, and what is gone is
/// `None`.
pub async fn objects_are_read_whole_and_by_ranges(sessions: &impl ReaderSessions) {
    let connector = connector("acme");
    let objects = sessions.open(&connector).await.unwrap().objects;
    let key = format!("{}a/parts/000000000001", index_prefix(&connector.id));
    assert_eq!(objects.range(&key, 0, 10).await.unwrap(), None);
    assert_eq!(whole(objects.as_ref(), &key).await, None);
    let content: Vec<u8> = (0..=u8::MAX).cycle().take(300_000).collect();
    objects.put(&key, content.clone().into()).await.unwrap();
    assert_eq!(whole(objects.as_ref(), &key).await.unwrap(), content);
    for (from, to) in [(0, 1), (0, 300_000), (7, 100_007), (299_999, 300_000), (5, 5), (299_990, 400_000)] {
        let range = objects.range(&key, from, to - from).await.unwrap().unwrap();
        let expected: Vec<u8> = (from..to.min(300_000)).map(|place| place as u8).collect();
        assert_eq!(range, expected, "bytes from {from} to {to}");
    }
    assert_eq!(objects.range(&key, 300_000, 1).await.unwrap().unwrap(), Bytes::new());
    let empty = format!("{}empty", downloads_prefix(&connector.id));
    objects.put(&empty, Bytes::new()).await.unwrap();
    assert_eq!(objects.range(&empty, 0, 10).await.unwrap().unwrap(), Bytes::new());
}

/// An index that is stored again replaces the former one, and is listed once, in order.
pub async fn an_index_is_replaced_as_a_whole_and_listed_once(sessions: &impl ReaderSessions) {
    let connector = connector("acme");
    let objects = sessions.open(&connector).await.unwrap().objects;
    let below = format!("{}a/parts/", index_prefix(&connector.id));
    for (name, text) in [("000000000002", "two"), ("000000000001", "one"), ("000000000002", "again")] {
        objects.put(&format!("{below}{name}"), Bytes::from_static(text.as_bytes())).await.unwrap();
    }
    let page = objects.list(&below, "").await.unwrap();
    assert_eq!(page.items, ["000000000001", "000000000002"].map(|name| format!("{below}{name}")));
    assert_eq!(page.next, None);
    assert_eq!(whole(objects.as_ref(), &page.items[1]).await.unwrap(), b"again");
    assert_eq!(objects.list(&below, &page.items[0]).await.unwrap().items, page.items[1..]);
}

/// A session reads and stores nothing of another connector, nothing that is no connector's, and no part.
pub async fn a_session_is_for_one_connector_and_stores_no_part(sessions: &impl ReaderSessions) {
    let (own, other) = (connector("acme"), connector("globex"));
    let objects = sessions.open(&own).await.unwrap().objects;
    let part = |of: &Connector| staged_key(&of.id, PartNumber::FIRST, "w-1", StagedObject::Data);
    assert_eq!(objects.range(&part(&own), 0, 1).await.unwrap(), None, "one's own part may be read");
    refused(objects.put(&part(&own), Bytes::new()).await, "storing a part");
    let foreign =
        [part(&other), format!("{}x", index_prefix(&other.id)), "portal/logo".to_owned(), String::new()];
    for key in &foreign {
        refused(objects.range(key, 0, 1).await, key);
        assert!(objects.whole(key).await.is_err(), "{key}");
        refused(objects.put(key, Bytes::new()).await, key);
        refused(objects.list(key, "").await, key);
        refused(objects.url(key, "events.csv").await, key);
    }
}

/// A URL names the file as asked, and a name that could break out of a header is refused.
pub async fn a_download_has_a_url_and_a_plain_name(sessions: &impl ReaderSessions) {
    let connector = connector("acme");
    let objects = sessions.open(&connector).await.unwrap().objects;
    let key = format!("{}x", downloads_prefix(&connector.id));
    let url = objects.url(&key, "events-2026-11-20.csv").await.unwrap();
    assert!(url.contains(&key) && url.contains("events-2026-11-20.csv"), "{url}");
    for name in ["", "a\"b.csv", "a b", "a\r\nx", "\u{e4}.csv", &"a".repeat(101)] {
        refused(objects.url(&key, name).await, name);
    }
}

/// A session reads its own tenant's partitions, and no other's.
pub async fn a_session_reads_one_tenants_partitions(sessions: &impl ReaderSessions) {
    let (own, other) = (connector("acme"), connector("globex"));
    let source = sessions.open(&own).await.unwrap().source;
    let span = Span::Window(Window { from: super::start(), to: super::start() });
    assert!(source.open(&own.tenant, own.shards, 0, &span).await.is_ok());
    refused(source.open(&other.tenant, other.shards, 0, &span).await.map(drop), "another tenant");
    let two = 2_u8.try_into().unwrap();
    refused(source.open(&own.tenant, two, 1, &span).await.map(drop), "another number of shards");
}
