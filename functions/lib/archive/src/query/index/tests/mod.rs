//! What an index promises, over parts as the exporter writes them.

mod altered;
mod build;
mod day;
mod foreign;
mod size;

use std::ops::ControlFlow;

use super::*;
use crate::encode::FileWriter;
use crate::event::{self, FieldPath};
use crate::fields::{EventFields, Field, Outcome, OutcomeRule, OutcomeRules};
use crate::names::{ConnectorId, WorkerId};
use crate::part::{Compression, Content, Encoding, Format, Part, PartKind, PartNumber, Window};
use crate::sha256::Sha256;
use crate::time::Time;

pub(super) fn encodings() -> impl Iterator<Item = Encoding> {
    let of = |format| Compression::ALL.map(|compression| Encoding { format, compression });
    Format::ALL.into_iter().flat_map(of)
}

pub(super) const GZIP: Encoding = Encoding { format: Format::Json, compression: Compression::Gzip };

/// A mapping of `CloudTrail` events.
pub(super) fn mapping() -> EventFields {
    let paths = |field| match field {
        Field::Time => vec!["/eventTime"],
        Field::Id => vec!["/eventID"],
        Field::Action => vec!["/eventName"],
        Field::Category => vec!["/eventSource"],
        Field::Actor => vec!["/userIdentity/arn", "/userIdentity/invokedBy"],
        Field::Session => vec!["/userIdentity/accessKeyId"],
        Field::Target => vec!["/resources/0/ARN", "/requestParameters/bucketName"],
        Field::Outcome => vec![],
        Field::Ip => vec!["/sourceIPAddress"],
        Field::Tenant => vec!["/recipientAccountId"],
    };
    let path = FieldPath::new("/errorCode");
    let failure = OutcomeRule { path, success: vec![], failure: vec!["*".to_owned()] };
    EventFields::new(
        |field| paths(field).into_iter().map(FieldPath::new).collect(),
        OutcomeRules::new(vec![failure], Outcome::Success),
    )
}

/// A part with these events, as the exporter seals it, and its stored bytes.
pub(in crate::query) fn part(encoding: Encoding, events: &[String]) -> (Part, Vec<u8>) {
    let mut writer = FileWriter::new(encoding).unwrap();
    let mut bytes = Vec::new();
    for event in events {
        writer.push(event.as_bytes()).unwrap();
        bytes.extend(writer.take());
    }
    let (rest, encoded) = writer.finish().unwrap();
    bytes.extend(rest);
    let from: Time = "2023-07-10T00:00:00Z".parse().unwrap();
    let part = Part {
        connector: ConnectorId::new(7),
        number: PartNumber::new(42),
        window: Window { from, to: from.next_midnight() },
        kind: PartKind::Regular,
        events: events.len() as u64,
        late: 0,
        unreadable: 0,
        first: None,
        last: None,
        encoding,
        sha256: encoded.sha256,
        size: encoded.size,
        raw_sha256: encoded.raw_sha256,
        raw_size: encoded.raw_size,
        content: Content::Staged { data: "data".to_owned(), keys: "keys".to_owned() },
        sealed_at: from,
        sealed_by: WorkerId::new(0, 0),
        manifest: None,
        delivered_at: None,
    };
    (part, bytes)
}

/// The index of a part whose bytes come in pieces of so many bytes.
pub(super) fn index_in(part: &Part, bytes: &[u8], piece: usize) -> Result<PartIndex, IndexError> {
    let mut builder = IndexBuilder::new(part, &mapping())?;
    for piece in bytes.chunks(piece) {
        builder.push(piece)?;
    }
    builder.finish()
}

pub(super) fn index_of(encoding: Encoding, events: &[String]) -> (PartIndex, Vec<u8>) {
    let (part, bytes) = part(encoding, events);
    (index_in(&part, &bytes, bytes.len()).unwrap(), bytes)
}

/// The stored bytes of a block.
pub(super) fn stored<'b>(block: &Block, part: &'b [u8]) -> &'b [u8] {
    let from = usize::try_from(block.offset).unwrap();
    &part[from..from + usize::try_from(block.size).unwrap()]
}

/// The events of a block with their positions.
pub(super) fn read(block: &Block, encoding: Encoding, part: &[u8]) -> Vec<(u64, String)> {
    let mut events = Vec::new();
    read_block(block, encoding, stored(block, part), |position, event| {
        events.push((position, String::from_utf8(event.to_vec()).unwrap()));
        ControlFlow::Continue(())
    })
    .unwrap();
    events
}

/// The recorded events, as often as it takes, each with another ID.
pub(super) fn real_events(count: usize) -> Vec<String> {
    let real = samples::events::cloudtrail();
    let fresh = |(number, event): (usize, &samples::events::RealEvent)| match number / real.len() {
        0 => event.json.clone(),
        round => event.json.replace(&event.id, &format!("{round:08x}{}", &event.id[8..])),
    };
    real.iter().cycle().take(count).enumerate().map(fresh).collect()
}

/// An event of about so many bytes.
pub(super) fn event(number: usize, length: usize) -> String {
    let digest = Sha256::of(number.to_string().as_bytes());
    let (hour, noise) = (number / 7 % 24, digest.to_string());
    let fields = format!(
        r#""eventTime":"2023-07-10T{hour:02}:00:00Z","eventID":"{number}","eventName":"A{}","noise""#,
        number % 5
    );
    let noise: String = noise.chars().cycle().take(length.saturating_sub(fields.len() + 5)).collect();
    format!(r#"{{{fields}:"{noise}"}}"#)
}

/// The values of an event by the mapping, without the index.
pub(super) fn values_of(event: &str) -> Vec<(Field, String)> {
    let mapping = mapping();
    let found = event::find(event.as_bytes(), mapping.paths()).unwrap();
    let reading = mapping.read(&found);
    let value = |field| Some((field, reading.text(field)?.to_owned()));
    Field::ALL.into_iter().filter(|field| *field != Field::Time).filter_map(value).collect()
}
