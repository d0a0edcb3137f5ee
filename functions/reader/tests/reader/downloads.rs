//! Files have what the rows have, and a receipt of what they are of.

use archive::query::output::{Cells, OutputFormat};
use archive::query::row::Order;
use archive::sha256::Sha256;
use control::explorer::{Answer, Ask, DownloadAnswer, DownloadRequest, RefusalCode, RowsRequest};
use samples::events::cloudtrail;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::world::{World, filter, operator};

async fn download(world: &World, text: &str, format: OutputFormat) -> DownloadAnswer {
    let rows = RowsRequest { filter: filter(text), order: Order::Oldest, ..Default::default() };
    let request = DownloadRequest { rows, format, columns: Vec::new(), cells: Cells::Safe };
    match world.ask(Ask::Download(request)).await {
        Answer::Download(download) => download,
        other => panic!("{other:?}"),
    }
}

/// What the URL loads, by a client that knows no signatures.
async fn load(url: &str) -> Vec<u8> {
    let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut stream = TcpStream::connect(host).await.unwrap();
    let request = format!("GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let head = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer[..head]));
    assert!(String::from_utf8_lossy(&answer[..head]).to_lowercase().contains("attachment"));
    answer.split_off(head + 4)
}

#[tokio::test]
async fn a_small_file_is_made_at_once_with_its_receipt() {
    let world = World::gzip().await;
    for format in OutputFormat::ALL {
        let made = download(&world, "outcome:failure", format).await;
        let (receipt, url) = (made.receipt.unwrap(), made.url.unwrap());
        let bytes = load(&url).await;
        assert_eq!((receipt.size, receipt.sha256), (bytes.len() as u64, Sha256::of(&bytes)));
        assert!(receipt.whole && receipt.missing.is_empty() && receipt.unsealed_rows > 0);
        let sealed: u64 = receipt.parts.iter().map(|part| part.rows).sum();
        assert_eq!(sealed + receipt.unsealed_rows, receipt.rows);
        assert_eq!(receipt.filter, filter("outcome:failure"));
        let text = String::from_utf8(bytes).unwrap();
        let lines = match format {
            OutputFormat::Csv => text.matches("\r\n").count() as u64 - 1,
            OutputFormat::Ndjson => text.lines().count() as u64,
            OutputFormat::Json => serde_json::from_str::<Vec<serde_json::Value>>(&text).unwrap().len() as u64,
        };
        assert_eq!(lines, receipt.rows);
    }
}

#[tokio::test]
async fn a_queued_file_is_made_by_one_worker_and_has_all_events() {
    let world = World::gzip().await;
    let reader = reader::Reader {
        at_once: archive::query::search::Budget { blocks: 0, bytes: 0 },
        ..world.reader.clone()
    };
    let world = World { reader, ..world };
    let queued = download(&world, "", OutputFormat::Ndjson).await;
    assert_eq!((queued.state.as_str(), queued.url), ("queued", None));
    world.embedded.make_downloads().await.unwrap();
    let id = queued.id.clone();
    let status = Ask::DownloadStatus(control::explorer::DownloadStatusRequest { id: id.clone() });
    let Answer::Download(made) = world.ask(status.clone()).await else { panic!() };
    let text = String::from_utf8(load(&made.url.unwrap()).await).unwrap();
    let mut found: Vec<_> = text.lines().collect();
    let mut expected: Vec<_> = cloudtrail().iter().map(|event| event.json.as_str()).collect();
    found.sort_unstable();
    expected.sort_unstable();
    assert!(found == expected);
    // The message may arrive again.
    world.reader.make_download(&world.connector.tenant, &id.parse().unwrap()).await.unwrap();
}

#[tokio::test]
async fn ten_files_of_a_tenant_are_made_at_a_time() {
    let world = World::gzip().await;
    let reader = reader::Reader {
        at_once: archive::query::search::Budget { blocks: 0, bytes: 0 },
        ..world.reader.clone()
    };
    let world = World { reader, ..world };
    for _ in 0..10 {
        assert_eq!(download(&world, "outcome:failure", OutputFormat::Csv).await.state, "queued");
    }
    let rows = RowsRequest::default();
    let request =
        DownloadRequest { rows, format: OutputFormat::Csv, columns: Vec::new(), cells: Cells::Safe };
    let refusal = world.refused(operator(), Ask::Download(request)).await;
    assert_eq!(refusal.code, RefusalCode::TooMuch, "{refusal:?}");
    assert!(refusal.detail.starts_with("10 files of this tenant are being made"), "{refusal:?}");
    world.embedded.make_downloads().await.unwrap();
    assert_eq!(download(&world, "outcome:failure", OutputFormat::Csv).await.state, "queued");
}
