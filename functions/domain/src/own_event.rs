//! The two kinds of event that Auditferry itself writes: the heartbeat of a quiet window, and the record of an
//! item that could not be read.

use serde::Serialize;
use sha2::{Digest, Sha256 as Hasher};

use crate::encode::{Encoded, FileWriter};
use crate::item::{SourceItem, Unreadable};
use crate::names::ConnectorId;
use crate::part::{Encoding, PartNumber, Window};
use crate::time::Time;

/// "Nothing happened": the only event of a quiet window's part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Heartbeat<'a> {
    id: String,
    time: Time,
    #[serde(rename = "type")]
    kind: &'static str,
    connector: &'a ConnectorId,
    window: Window,
    part: PartNumber,
    next_expected_by: Time,
}

impl<'a> Heartbeat<'a> {
    /// The heartbeat of part `part`, stated at `time`: a complete read of `window` found nothing new.
    #[must_use]
    pub fn new(
        connector: &'a ConnectorId,
        part: PartNumber,
        window: Window,
        time: Time,
        next_expected_by: Time,
    ) -> Self {
        let id = format!("heartbeat-{connector}-{part}");
        Self { id, time, kind: "auditferry.heartbeat", connector, window, part, next_expected_by }
    }

    /// The whole file of the heartbeat's part.
    ///
    /// # Errors
    /// If the compressor fails (out of memory).
    pub fn file(&self, encoding: Encoding) -> std::io::Result<(Vec<u8>, Encoded)> {
        let mut file = FileWriter::new(encoding)?;
        file.push(&serde_json::to_vec(self)?)?;
        let mut bytes = file.take().to_vec();
        let (rest, encoded) = file.finish()?;
        bytes.extend_from_slice(&rest);
        Ok((bytes, encoded))
    }
}

#[derive(Serialize)]
struct UnreadableRecord<'a> {
    id: String,
    time: Option<Time>,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(flatten)]
    why: &'a Unreadable,
}

/// The record of an item that could not be read, as one line of JSON: its keys and the reason.
///
/// # Errors
/// Never in practice: the record has no value that JSON can't hold.
pub fn unreadable(item: &SourceItem, why: &Unreadable) -> serde_json::Result<Vec<u8>> {
    let digest =
        Hasher::new().chain_update(&item.key.tie).chain_update([0]).chain_update(&item.key.sort).finalize();
    let id = format!("unreadable-{}", hex::encode(digest.get(..8).unwrap_or_default()));
    serde_json::to_vec(&UnreadableRecord { id, time: item.time, kind: "auditferry.unreadable", why })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::item::{EventKey, WhyUnreadable};
    use crate::sort_key::SortKey;

    #[test]
    fn a_heartbeat_says_what_it_must() {
        let at = |text: &str| text.parse::<Time>().unwrap();
        let window = Window { from: at("2026-11-20T20:00:00Z"), to: at("2026-11-20T21:00:00Z") };
        let connector = ConnectorId::new(1);
        let heartbeat = Heartbeat::new(
            &connector,
            PartNumber::new(42),
            window,
            at("2026-11-20T21:05:01Z"),
            at("2026-11-20T22:20:00Z"),
        );
        let (bytes, encoded) = heartbeat.file(Encoding::default()).unwrap();
        assert_eq!(encoded.size, bytes.len() as u64);
        insta::assert_snapshot!(String::from_utf8(bytes).unwrap(), @r#"
        [
        {"id":"heartbeat-con_0000000000000001-000000000042","time":"2026-11-20T21:05:01.000Z","type":"auditferry.heartbeat","connector":"con_0000000000000001","window":{"from":"2026-11-20T20:00:00.000Z","to":"2026-11-20T21:00:00.000Z"},"part":42,"next_expected_by":"2026-11-20T22:20:00.000Z"}
        ]
        "#);
    }

    #[test]
    fn an_unreadable_item_is_recorded_with_its_keys_and_the_reason() {
        let why = Unreadable {
            partition_key: "acme".into(),
            sort_key: "PROFILE".into(),
            reason: WhyUnreadable::SortKeyForm,
            detail: "not an RFC 3339 time".into(),
        };
        let item = SourceItem {
            key: EventKey { sort: b"PROFILE".to_vec(), tie: b"acme".to_vec() },
            sort_key: SortKey::Text("PROFILE".into()),
            time: None,
            content: Err(why.clone()),
        };
        let line = String::from_utf8(unreadable(&item, &why).unwrap()).unwrap();
        insta::assert_snapshot!(line, @r#"{"id":"unreadable-28ee37c8c8132000","time":null,"type":"auditferry.unreadable","partition_key":"acme","sort_key":"PROFILE","reason":"sort_key_form","detail":"not an RFC 3339 time"}"#);
    }
}
