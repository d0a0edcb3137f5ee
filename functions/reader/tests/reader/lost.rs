//! Indexes and parts that are missing, stale or altered: a clear answer, and never an altered event.

use archive::part::Content;
use archive::staging_keys::{index_prefix, part_index_key};
use bytes::Bytes;
use control::explorer::{Answer, Ask, RebuildRequest, RowsRequest};

use crate::world::{World, filter};

async fn count(world: &World) -> (usize, Vec<(u64, String)>) {
    let mut request = RowsRequest { filter: filter(""), limit: Some(200), ..Default::default() };
    let mut rows = 0;
    loop {
        let page = world.rows(request.clone()).await;
        rows += page.rows.len();
        let Some(cursor) = page.next_cursor else {
            return (
                rows,
                page.lag.missing.into_iter().map(|missing| (missing.events, missing.why)).collect(),
            );
        };
        request.cursor = Some(cursor);
    }
}

#[tokio::test]
async fn an_index_that_is_missing_or_damaged_is_made_again() {
    let world = World::gzip().await;
    let whole = count(&world).await;
    assert_eq!(whole, (2_900, Vec::new()));
    let session = world.reader.sessions.open(&world.connector).await.unwrap();
    let listed = session.objects.list(&index_prefix(&world.connector.id), "").await.unwrap().items;
    assert_eq!(listed.len(), 1, "the question has made the index");
    let good = session.objects.range(&listed[0], 0, 1 << 20).await.unwrap().unwrap();
    for bad in [&b""[..], b"{}", &good[..good.len() / 2]] {
        session.objects.put(&listed[0], Bytes::copy_from_slice(bad)).await.unwrap();
        assert_eq!(count(&world).await, whole);
        // The same bytes again: an index depends on the part and the mapping alone.
        assert_eq!(session.objects.range(&listed[0], 0, 1 << 20).await.unwrap().unwrap(), good);
    }
}

#[tokio::test]
async fn altered_bytes_are_not_shown_and_missing_ones_are_named() {
    let world = World::gzip().await;
    count(&world).await;
    let part = world.reader.connectors.history(&world.connector.id, None, 1).await.unwrap().remove(0);
    let Content::Staged { data, .. } = &part.content else { panic!() };
    let file = world.embedded.stack().folder().join("buckets/auditferry-staging").join(data);
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, &bytes).unwrap();
    let unsealed = 2_900 - usize::try_from(part.events).unwrap();
    let (rows, missing) = count(&world).await;
    assert!(rows >= unsealed && rows < 2_900);
    assert!(missing.iter().all(|(_, why)| why == "altered") && !missing.is_empty());
    // Nor is an index made of them.
    let session = world.reader.sessions.open(&world.connector).await.unwrap();
    let fields = archive::fields::Preset::from_name("cloudtrail").unwrap().fields();
    let key = part_index_key(&world.connector.id, fields.hash(), part.number);
    session.objects.put(&key, Bytes::from_static(b"?")).await.unwrap();
    assert_eq!(count(&world).await, (unsealed, vec![(part.events, "altered".to_owned())]));
    let rebuild = || Ask::Rebuild(RebuildRequest { all: true, from_part: None });
    let Answer::Rebuilt(altered) = world.ask(rebuild()).await else { panic!() };
    assert_eq!((altered.made, altered.gone, altered.altered), (0, 0, vec![part.number]));
    std::fs::remove_file(&file).unwrap();
    let Answer::Rebuilt(gone) = world.ask(rebuild()).await else { panic!() };
    assert_eq!((gone.gone, gone.altered), (1, Vec::new()));
    assert_eq!(count(&world).await, (unsealed, vec![(part.events, "gone".to_owned())]));
}
