//! Makes the archive: encoded by the exporter's encoder, straight into staging bucket and ledger.

use std::sync::Arc;

use archive::encode::FileWriter;
use archive::manifest::ChainState;
use archive::part::{Compression, Content, Encoding, Format, Part, PartKind, PartNumber, Window};
use archive::staging_keys::{StagedObject, staged_key};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use protocol::machine::{Seal, SealAnswer};
use sandbox::wiring::Sandbox;
use tests::fixtures;

use crate::truth::{Counted, Truth};
use crate::world::{WINDOWS, World, since, window_start};

/// Newline-delimited JSON, so that `DuckDB` reads the files as fast as it can.
pub const ENCODING: Encoding = Encoding { format: Format::Ndjson, compression: Compression::Gzip };
/// How many parts are encoded at once.
const CONCURRENCY: usize = 2;

/// Makes an archive of this world in an empty sandbox.
pub async fn make(sandbox: &Sandbox, world: Arc<World>) -> Truth {
    let mut draft = fixtures::connector(&fixtures::tenant(crate::TENANT), since());
    draft.encoding = ENCODING;
    let (connector, cursor) = fixtures::activated(draft, since());
    assert_eq!(cursor.watermark, since());
    fixtures::store(&*sandbox.connectors(), &connector, &cursor).await;
    let (worker, ports) = (fixtures::worker(), sandbox.exporter().ports);
    let mut truth = Truth::new(connector.id.clone());
    let encoded = stream::iter(0..WINDOWS).map(|window| {
        let world = Arc::clone(&world);
        async move { tokio::task::spawn_blocking(move || encode(&world, window)).await.expect("a part") }
    });
    let mut encoded = encoded.buffered(CONCURRENCY);
    let mut chain: Option<ChainState> = None;
    let mut number = PartNumber::FIRST;
    while let Some(EncodedPart { window, bytes, part, counted }) = encoded.next().await {
        let data = staged_key(&connector.id, number, "bench", StagedObject::Data);
        let keys = staged_key(&connector.id, number, "bench", StagedObject::Keys);
        let mut write = ports.staging.create(&data).await.expect("an object");
        write.write(bytes).await.expect("its bytes");
        write.finish().await.expect("the object");
        truth.stored_bytes += part.size;
        truth.raw_bytes += part.raw_size;
        let part = Part {
            content: Content::Staged { data, keys },
            manifest: fixtures::part(&connector, number, window, &worker).manifest,
            ..Part { connector: connector.id.clone(), number, sealed_by: worker.clone(), ..part }
        };
        chain = part.manifest.as_ref().and_then(|note| ChainState::after(chain.as_ref(), number, note));
        let seal = Seal {
            part,
            watermark_before: window.from,
            watermark_after: window.to,
            chain_state: chain.clone(),
            read_progress: None,
            reconcile: None,
            unblock: false,
            source: None,
        };
        assert_eq!(ports.runs.seal(&seal).await.expect("a seal"), SealAnswer::Won);
        truth.add(counted);
        number = number.next();
        if number.get().is_multiple_of(240) {
            eprintln!("made {} events in {} parts", truth.events, number.get());
        }
    }
    truth
}

/// A part, encoded in memory.
pub struct EncodedPart {
    pub window: Window,
    pub bytes: Bytes,
    /// Its record, but for what names it.
    pub part: Part,
    pub counted: Counted,
}

/// Encodes the part of one window.
pub fn encode(world: &World, number: u64) -> EncodedPart {
    let window = Window { from: window_start(number), to: window_start(number + 1) };
    let mut file = FileWriter::new(ENCODING).expect("a compressor");
    let (mut text, mut counted, mut bytes) = (String::new(), Counted::default(), Vec::new());
    let numbers = world.events_of(number);
    let events = numbers.end - numbers.start;
    for event in numbers {
        let made = world.write(number, event, &mut text);
        counted.add(made);
        file.push(text.as_bytes()).expect("an event");
        if file.ready() > 1 << 20 {
            bytes.extend_from_slice(&file.take());
        }
    }
    let (rest, encoded) = file.finish().expect("a file");
    bytes.extend_from_slice(&rest);
    let draft = fixtures::connector(&fixtures::tenant(crate::TENANT), since());
    let part = fixtures::part(&draft, PartNumber::FIRST, window, &fixtures::worker());
    let part = Part {
        kind: PartKind::Regular,
        events,
        late: 0,
        unreadable: 0,
        first: Some(window.from),
        last: Some(window.to),
        encoding: ENCODING,
        sha256: encoded.sha256,
        size: encoded.size,
        raw_sha256: encoded.raw_sha256,
        raw_size: encoded.raw_size,
        ..part
    };
    EncodedPart { window, bytes: Bytes::from(bytes), part, counted }
}
