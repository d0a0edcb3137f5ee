//! Downloads: the same events as the rows, made at once or in the background, at an address of the server.

use archive::query::output::{Cells, Column, OutputFormat};
use control::explorer::{DownloadAnswer, DownloadRequest, DownloadStatusRequest, RowsRequest};
use futures_util::TryStreamExt as _;

use super::{Copy, World};

fn request(format: OutputFormat) -> DownloadRequest {
    DownloadRequest { rows: RowsRequest::default(), format, columns: Vec::new(), cells: Cells::Safe }
}

async fn bytes(world: &World, answer: &DownloadAnswer) -> Vec<u8> {
    let url = answer.url.as_deref().unwrap();
    let files = world.offline.files();
    let link = files.links.find(url.strip_prefix("/files/").unwrap()).unwrap();
    let stream = files.objects.whole(&link.key).await.unwrap().unwrap();
    stream.try_fold(Vec::new(), async |all, piece| Ok([all, piece.to_vec()].concat())).await.unwrap()
}

#[tokio::test]
async fn a_download_has_the_events_of_the_files_and_its_receipt_their_hashes() {
    let copy = Copy::new();
    let world = copy.open().await;
    world.index().await;
    let answer = world.offline.explorer.download(&world.asker, request(OutputFormat::Ndjson)).await.unwrap();
    let file = String::from_utf8(bytes(&world, &answer).await).unwrap();
    let mut lines: Vec<&str> = file.lines().collect();
    let events = copy.events();
    let mut expected: Vec<&str> = events.iter().map(|(_, event)| event.as_str()).collect();
    lines.sort_unstable();
    expected.sort_unstable();
    assert!(lines == expected, "{} instead of {}", lines.len(), expected.len());
    let receipt = answer.receipt.unwrap();
    assert!(receipt.whole && receipt.rows == 33 && receipt.missing.is_empty());
    assert_eq!(receipt.parts.len(), 11);
    for part in receipt.parts {
        assert_eq!(part.sha256, world.part(part.number.get()).sha256);
    }
    let csv = world.offline.explorer.download(&world.asker, request(OutputFormat::Csv)).await.unwrap();
    let file = String::from_utf8(bytes(&world, &csv).await).unwrap();
    assert_eq!(csv.receipt.unwrap().columns, Column::DEFAULT);
    for (_, event) in &events {
        let event: serde_json::Value = serde_json::from_str(event).unwrap();
        let id = event["eventID"].as_str().or_else(|| event["id"].as_str()).unwrap();
        assert!(file.contains(id), "{id}");
    }
}

#[tokio::test]
async fn a_large_download_is_made_in_the_background() {
    let copy = Copy::new();
    let mut world = copy.open().await;
    world.index().await;
    world.offline.limit_downloads_at_once();
    let answer = world.offline.explorer.download(&world.asker, request(OutputFormat::Ndjson)).await.unwrap();
    assert_eq!((answer.state.as_str(), &answer.url), ("queued", &None));
    let (explorer, asker) = (world.offline.explorer.clone(), world.asker.clone());
    let ready = async {
        loop {
            let status = DownloadStatusRequest { id: answer.id.clone() };
            let status = explorer.download_status(&asker, status).await.unwrap();
            if status.state == "ready" {
                return status;
            }
            tokio::task::yield_now().await;
        }
    };
    let ready = tokio::select! {
        ready = ready => ready,
        () = world.offline.make_downloads() => panic!("it never ends"),
    };
    assert_eq!(bytes(&world, &ready).await.split(|byte| *byte == b'\n').count(), 34);
}

/// A copy that lacks something makes no download that claims to be whole.
#[tokio::test]
async fn a_receipt_names_the_parts_that_are_missing() {
    let copy = Copy::new();
    std::fs::remove_file(copy.object(4)).unwrap();
    copy.alter(1);
    let world = copy.open().await;
    world.index().await;
    let answer = world.offline.explorer.download(&world.asker, request(OutputFormat::Ndjson)).await.unwrap();
    let receipt = answer.receipt.unwrap();
    assert_eq!((receipt.whole, receipt.rows), (false, 26));
    assert!(receipt.missing.iter().map(|part| part.get()).eq([1, 4]), "{:?}", receipt.missing);
}

#[tokio::test]
async fn no_file_of_the_archive_has_an_address() {
    let copy = Copy::new();
    let world = copy.open().await;
    let objects = world.offline.files().objects;
    for key in
        ["parts/con_0000000000000001/000000000001/archive.data", "downloads/con_0000000000000002/x", "../x"]
    {
        assert!(objects.url(key, "x.json").await.is_err(), "{key}");
        assert!(objects.put(key, bytes::Bytes::new()).await.is_err(), "{key}");
    }
    assert!(objects.url("downloads/con_0000000000000001/x", "a\"b").await.is_err());
}
