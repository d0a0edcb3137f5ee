//! The two kinds of event that Auditferry itself writes: the heartbeat of a quiet window, and the unreadable
//! record that stands for an item that is not an event.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256 as Hasher};

use crate::encode::{Encoded, FileWriter};
use crate::event;
use crate::item::{OriginalContent, SourceItem, Unreadable};
use crate::names::ConnectorId;
use crate::part::{Encoding, PartNumber, Window};
use crate::time::Time;

/// The `type` of a heartbeat. A product may write it too: see [`Heartbeat::is_of`].
pub const HEARTBEAT_TYPE: &str = "auditferry.heartbeat";

/// The only event of a quiet window's part: nothing happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heartbeat {
    id: String,
    /// When it was stated: the time of the seal.
    pub time: Time,
    #[serde(rename = "type")]
    kind: Cow<'static, str>,
    connector: ConnectorId,
    window: Window,
    part: PartNumber,
    next_expected_by: Time,
}

impl Heartbeat {
    /// The heartbeat of part `part`, stated at `time`: a complete read of `window` found nothing new.
    #[must_use]
    pub fn new(
        connector: &ConnectorId,
        part: PartNumber,
        window: Window,
        time: Time,
        next_expected_by: Time,
    ) -> Self {
        let id = format!("heartbeat-{connector}-{part}");
        let (kind, connector) = (HEARTBEAT_TYPE.into(), connector.clone());
        Self { id, time, kind, connector, window, part, next_expected_by }
    }

    /// Whether it is the heartbeat of this part of this connector. An event of a product can look like one,
    /// but it is not in a part without events.
    #[must_use]
    pub fn is_of(&self, connector: &ConnectorId, part: PartNumber, window: Window) -> bool {
        self.kind == HEARTBEAT_TYPE
            && self.connector == *connector
            && (self.part, self.window) == (part, window)
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

/// The `type` of an unreadable record. A product may write it too: see [`is_unreadable_record`].
pub const UNREADABLE_TYPE: &str = "auditferry.unreadable";
const UNREADABLE_ID_PREFIX: &str = "unreadable-";
/// The number of hexadecimal digits in such an ID.
const ID_DIGITS: usize = 16;

/// All members of an unreadable record, in this order.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct UnreadableRecord<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    time: Option<Time>,
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    partition_key: Cow<'a, str>,
    #[serde(borrow)]
    sort_key: Cow<'a, str>,
    #[serde(borrow)]
    reason: Cow<'a, str>,
    #[serde(borrow)]
    detail: Cow<'a, str>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    event: Option<&'a RawValue>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    raw: Option<Cow<'a, str>>,
}

/// The unreadable record of an item, as one line of JSON: its keys, the reason, and its content as `event` or
/// as `raw`. The record is an event itself.
///
/// # Errors
/// Never in practice: the record has no value that JSON can't hold.
pub fn unreadable_record(item: &SourceItem, why: &Unreadable) -> serde_json::Result<Vec<u8>> {
    let digest = Hasher::new()
        .chain_update(&item.key.tie_breaker)
        .chain_update([0])
        .chain_update(&item.key.sort)
        .finalize();
    let digest = digest.get(..ID_DIGITS / 2).unwrap_or_default();
    let mut record = UnreadableRecord {
        id: format!("{UNREADABLE_ID_PREFIX}{}", hex::encode(digest)).into(),
        time: item.time,
        kind: UNREADABLE_TYPE.into(),
        partition_key: (&why.partition_key).into(),
        sort_key: (&why.sort_key).into(),
        reason: why.reason.name().into(),
        detail: (&why.detail).into(),
        event: None,
        raw: None,
    };
    match &why.original {
        None => {}
        Some(OriginalContent::Raw(text)) => record.raw = Some(text.into()),
        Some(OriginalContent::Event(line)) => {
            record.event = Some(serde_json::from_slice(line)?);
            let line = serde_json::to_vec(&record)?;
            // In the record it is one level deeper, which may be one too many.
            if event::check(&line).is_ok() {
                return Ok(line);
            }
            let text = record.event.take().map(RawValue::get);
            record.raw = text.map(Into::into);
        }
    }
    serde_json::to_vec(&record)
}

/// Whether a line is exactly an unreadable record: these members in this order and spelling. A product can
/// write such a line itself, so the number in the signed manifest decides. If a part has more such lines than
/// that, none of them can be attributed to Auditferry.
#[must_use]
pub fn is_unreadable_record(line: &[u8]) -> bool {
    let Ok(record) = serde_json::from_slice::<UnreadableRecord<'_>>(line) else { return false };
    let is_id = record.id.strip_prefix(UNREADABLE_ID_PREFIX).is_some_and(|digits| {
        digits.len() == ID_DIGITS && digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
    });
    is_id && record.kind == UNREADABLE_TYPE && serde_json::to_vec(&record).is_ok_and(|again| again == line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::tests::any_json;
    use crate::item::{EventKey, UnreadableReason};
    use crate::sort_key::SortKey;
    use proptest::prelude::*;

    #[test]
    fn a_heartbeat_has_the_documented_form() {
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
        let read: Heartbeat = serde_json::from_slice(&serde_json::to_vec(&heartbeat).unwrap()).unwrap();
        assert!(read == heartbeat && read.is_of(&connector, PartNumber::new(42), window));
        assert!(!read.is_of(&ConnectorId::new(2), PartNumber::new(42), window));
        assert!(!read.is_of(&connector, PartNumber::new(43), window));
        assert!(!read.is_of(&connector, PartNumber::new(42), Window { from: window.to, ..window }));
        assert!(!Heartbeat { kind: "login".into(), ..read }.is_of(&connector, PartNumber::new(42), window));
        let (bytes, encoded) = heartbeat.file(Encoding::default()).unwrap();
        assert_eq!(encoded.size, bytes.len() as u64);
        insta::assert_snapshot!(String::from_utf8(bytes).unwrap(), @r#"
        [
        {"id":"heartbeat-con_0000000000000001-000000000042","time":"2026-11-20T21:05:01.000Z","type":"auditferry.heartbeat","connector":"con_0000000000000001","window":{"from":"2026-11-20T20:00:00.000Z","to":"2026-11-20T21:00:00.000Z"},"part":42,"next_expected_by":"2026-11-20T22:20:00.000Z"}
        ]
        "#);
    }

    /// The record of an item with the key `PROFILE` and this content.
    fn record(written: Option<OriginalContent>) -> String {
        let why = Unreadable {
            partition_key: "acme".into(),
            sort_key: "PROFILE".into(),
            reason: UnreadableReason::SortKeyForm,
            detail: "not an RFC 3339 time".into(),
            original: written,
        };
        let item = SourceItem {
            key: EventKey { sort: b"PROFILE".to_vec(), tie_breaker: b"acme".to_vec() },
            sort_key: SortKey::Text("PROFILE".into()),
            time: None,
            content: Err(why.clone()),
        };
        String::from_utf8(unreadable_record(&item, &why).unwrap()).unwrap()
    }

    fn event(text: &str) -> OriginalContent {
        OriginalContent::Event(event::one_line(text.to_owned()).unwrap())
    }

    #[test]
    fn an_unreadable_record_has_keys_reason_and_content() {
        insta::assert_snapshot!(record(None), @r#"{"id":"unreadable-28ee37c8c8132000","time":null,"type":"auditferry.unreadable","partition_key":"acme","sort_key":"PROFILE","reason":"sort_key_form","detail":"not an RFC 3339 time"}"#);
        insta::assert_snapshot!(record(Some(event(r#"{"b":1.00, "b":"\u0041"}"#))), @r#"{"id":"unreadable-28ee37c8c8132000","time":null,"type":"auditferry.unreadable","partition_key":"acme","sort_key":"PROFILE","reason":"sort_key_form","detail":"not an RFC 3339 time","event":{"b":1.00, "b":"\u0041"}}"#);
        insta::assert_snapshot!(record(Some(OriginalContent::Raw("{\"k\\ud83d\":\n1e400}".into()))), @r#"{"id":"unreadable-28ee37c8c8132000","time":null,"type":"auditferry.unreadable","partition_key":"acme","sort_key":"PROFILE","reason":"sort_key_form","detail":"not an RFC 3339 time","raw":"{\"k\\ud83d\":\n1e400}"}"#);
    }

    #[test]
    fn an_event_nested_too_deep_for_its_record_is_recorded_as_text() {
        let deep =
            format!("{{\"a\":{}{}}}", "[".repeat(event::MAX_DEPTH - 1), "]".repeat(event::MAX_DEPTH - 1));
        let line = record(Some(event(&deep)));
        assert!(event::check(line.as_bytes()).is_ok() && is_unreadable_record(line.as_bytes()));
        let record: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert!(record["raw"] == deep && record.get("event").is_none());
    }

    #[test]
    fn an_unreadable_record_is_recognized_by_its_exact_form() {
        let genuine = record(Some(event(r#"{"id":1}"#)));
        assert!(is_unreadable_record(genuine.as_bytes()));
        for (from, to) in [
            ("{\"id\"", "{ \"id\""),
            ("\"id\":1", "\"id\":1}"),
            ("\"type\"", "\"ty\\u0070e\""),
            ("unreadable-28ee", "unreadable-28EE"),
            ("unreadable-28ee", "unreadable-2"),
            ("auditferry.unreadable", "auditferry.heartbeat"),
            ("\"time\":null", "\"time\":\"2026-11-20T20:15:30Z\""),
            ("\"time\":null,", ""),
            ("\"time\":null,", "\"time\":null,\"time\":null,"),
            ("\"detail\"", "\"more\":1,\"detail\""),
            ("\"event\":{\"id\":1}", "\"event\":null"),
            ("\"event\":{\"id\":1}", "\"raw\":\"\",\"event\":{}"),
        ] {
            let other = genuine.replacen(from, to, 1);
            assert!(other != genuine && !is_unreadable_record(other.as_bytes()), "{other}");
        }
    }

    proptest! {
        /// Whatever the content, its record is an event, one line, and contains that content exactly.
        #[test]
        fn an_unreadable_record_is_always_an_event(
            text in any_json(), any in any::<String>(), is_json: bool,
        ) {
            let text = if is_json { text } else { any };
            let written = match event::one_line(text.clone()) {
                Ok(line) => OriginalContent::Event(line),
                Err(_) => OriginalContent::Raw(text.clone()),
            };
            let line = record(Some(written.clone()));
            prop_assert_eq!(event::check(line.as_bytes()), Ok(event::Checked { has_line_breaks: false }));
            prop_assert!(is_unreadable_record(line.as_bytes()));
            let paths = ["event", "raw"].map(event::FieldPath::new);
            let found = event::find(line.as_bytes(), &paths).unwrap();
            let raw = found.last(1).map(|raw| serde_json::from_str::<String>(raw).unwrap());
            match (written, found.last(0)) {
                (OriginalContent::Event(line), Some(event)) => prop_assert_eq!(&line, event),
                (OriginalContent::Event(line), None) => prop_assert_eq!(&line, &raw.unwrap()),
                (OriginalContent::Raw(text), _) => prop_assert_eq!(text, raw.unwrap()),
            }
        }
    }
}
