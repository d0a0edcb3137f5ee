//! A part: one sealed, immutable file, and the names it gets.

mod encoding;
mod sha256;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::manifest::{SignedManifest, note_name};
use crate::names::{ConnectorId, WorkerId};
use crate::time::Time;

pub use encoding::{Compression, Encoding, Format};
pub use sha256::Sha256;

/// A half-open span of event time, `[from, to)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Window {
    /// The first instant inside.
    pub from: Time,
    /// The first instant no longer inside.
    pub to: Time,
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}, {})", self.from, self.to)
    }
}

/// The number of a part; a connector's parts are numbered from 1 without a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PartNumber(u64);

impl PartNumber {
    /// No part yet.
    pub const NONE: Self = Self(0);
    /// The first part of every connector.
    pub const FIRST: Self = Self(1);

    /// From its value.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Its value.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The number that follows; the largest follows itself.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The number before; `NONE` before the first.
    #[must_use]
    pub const fn previous(self) -> Self {
        Self(self.0.saturating_sub(1))
    }
}

impl fmt::Display for PartNumber {
    /// Twelve digits, as in names and keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:012}", self.0)
    }
}

/// What a part holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartKind {
    /// Events of its window.
    Regular,
    /// Events of its window, and late ones of earlier windows.
    Mixed,
    /// Late events only.
    Late,
    /// No event but the heartbeat that Auditferry writes.
    Heartbeat,
}

impl PartKind {
    /// The kind of a part with `events` events, of which `late` are late.
    #[must_use]
    pub const fn of(events: u64, late: u64) -> Self {
        match (events, late) {
            (0, _) => Self::Heartbeat,
            (_, 0) => Self::Regular,
            (events, late) if events == late => Self::Late,
            _ => Self::Mixed,
        }
    }

    /// The name in records and listings.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Regular => "regular",
            Self::Mixed => "mixed",
            Self::Late => "late",
            Self::Heartbeat => "heartbeat",
        }
    }
}

/// How large a part may get; a window with more becomes several parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartLimits {
    /// Most events.
    pub events: u64,
    /// Most uncompressed bytes.
    pub bytes: u64,
}

impl PartLimits {
    /// What they can be set to at most. A part is one `PutObject`, and 5 GiB is the most of one (Amazon S3 user guide,
    /// "Uploading objects"). Only a part whose events share one timestamp, where it can't be cut, gets larger.
    pub const MAX: Self = Self { events: 1_000_000, bytes: 4 << 30 };
}

impl Default for PartLimits {
    /// 1,000,000 events or 256 MiB.
    fn default() -> Self {
        Self { events: 1_000_000, bytes: 256 << 20 }
    }
}

/// Where the pinned bytes of a part are until they are delivered.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// In the vendor's own bucket: the encoded part, and the list of its keys for the look-back.
    Staged {
        /// The key of the encoded part.
        data: String,
        /// The key of the list of event keys.
        keys: String,
    },
    /// In the record itself, base64: a heartbeat of a few hundred bytes, which has no keys to list.
    Inline(String),
}

/// The record of a sealed part. Nothing of it ever changes, but `delivered_at`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Part {
    /// Whose part this is.
    pub connector: ConnectorId,
    /// Its number.
    pub number: PartNumber,
    /// The span of event time that it closes; empty (`[W, W)`) if it holds late events only and moves nothing.
    pub window: Window,
    /// What it holds.
    pub kind: PartKind,
    /// How many events, the late and the unreadable ones included; 0 for a heartbeat.
    pub events: u64,
    /// How many of them are earlier than the window.
    pub late: u64,
    /// How many of them are records of an item that could not be read.
    pub unreadable: u64,
    /// The time of its first event.
    pub first: Option<Time>,
    /// The time of its last event.
    pub last: Option<Time>,
    /// Layout and compression.
    pub encoding: Encoding,
    /// Of the object's bytes.
    pub sha256: Sha256,
    /// The size of the object, bytes.
    pub size: u64,
    /// Of the uncompressed content.
    pub raw_sha256: Sha256,
    /// The size of the uncompressed content, bytes.
    pub raw_size: u64,
    /// The pinned bytes.
    pub content: Content,
    /// When it was sealed, by the sealing worker's clock.
    pub sealed_at: Time,
    /// Who sealed it.
    pub sealed_by: WorkerId,
    /// Its manifest, signed: pinned by the transaction that sealed the part, so that a retry signs nothing anew and
    /// no second worker has another one. None in parts of a version of Auditferry that wrote no manifests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "note")]
    pub manifest: Option<SignedManifest>,
    /// When its delivery was marked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered_at: Option<Time>,
}

impl Part {
    /// The object's name below the connector's prefix (contract 2). It holds number and hash, so that an
    /// object of this name has these bytes.
    #[must_use]
    pub fn name(&self) -> String {
        object_name(self.window, self.number, self.sha256, self.encoding)
    }

    /// The name of its note below the connector's prefix, if it has one.
    #[must_use]
    pub fn manifest_name(&self) -> Option<String> {
        let pinned = self.manifest.as_ref()?;
        Some(note_name(self.window, self.number, pinned.sha256()))
    }
}

/// The name of a part's object below the connector's prefix (contract 2), by what it is made of.
#[must_use]
pub fn object_name(window: Window, number: PartNumber, sha256: Sha256, encoding: Encoding) -> String {
    let Window { from, to } = window;
    let (hash, suffix) = (sha256.short(), encoding.suffix());
    format!("events/date={}/{}_{}_{number}_{hash}{suffix}", from.date(), from.basic(), to.basic())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A public key. Source: RFC 8032, section 7.1, test 1.
    const PUBLIC: [u8; 32] = [
        0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe, 0xd3, 0xc9, 0x64, 0x07, 0x3a, 0x0e,
        0xe1, 0x72, 0xf3, 0xda, 0xa6, 0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a,
    ];

    #[test]
    fn a_part_is_named_as_the_contract_says() {
        let part = Part {
            connector: ConnectorId::new(1),
            number: PartNumber::new(42),
            window: Window {
                from: "2026-11-20T20:00:00Z".parse().unwrap(),
                to: "2026-11-20T21:00:00Z".parse().unwrap(),
            },
            kind: PartKind::Regular,
            events: 1,
            late: 0,
            unreadable: 0,
            first: None,
            last: None,
            encoding: Encoding { format: Format::Json, compression: Compression::Gzip },
            sha256: Sha256::new([0x9f; 32]),
            size: 1,
            raw_sha256: Sha256::new([0; 32]),
            raw_size: 1,
            content: Content::Inline(String::new()),
            sealed_at: Time::EPOCH,
            sealed_by: WorkerId::new(0, 0),
            manifest: None,
            delivered_at: None,
        };
        assert_eq!(
            part.name(),
            "events/date=2026-11-20/20261120T200000.000Z_20261120T210000.000Z_000000000042_9f9f9f9f9f9f9f9f.json.gz"
        );
        assert_eq!(part.manifest_name(), None);
        let key = "vendor.example/auditferry".parse().unwrap();
        let key = crate::manifest::VerifierKey::new(key, PUBLIC).unwrap();
        let note = SignedManifest::new("a manifest\n".into(), vec![(key, [0; 64])]).unwrap();
        let hash = note.sha256().short();
        let part = Part { manifest: Some(note), ..part };
        assert_eq!(part.manifest_name(), Some(format!("manifests/date=2026-11-20/000000000042_{hash}.note")));
        let json = serde_json::to_string(&part).unwrap();
        assert_eq!(serde_json::from_str::<Part>(&json).unwrap(), part);
    }

    #[test]
    fn a_part_is_of_the_kind_that_its_events_make_it() {
        let kinds = [(0, 0), (3, 0), (3, 1), (3, 3)].map(|(events, late)| PartKind::of(events, late));
        assert_eq!(kinds, [PartKind::Heartbeat, PartKind::Regular, PartKind::Mixed, PartKind::Late]);
        for kind in kinds {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
    }

    #[test]
    fn numbers_follow_each_other_from_one_and_nothing_comes_before_none() {
        assert_eq!(PartNumber::NONE.next(), PartNumber::FIRST);
        assert_eq!(PartNumber::new(42).next().previous(), PartNumber::new(42));
        assert_eq!(
            (PartNumber::FIRST.previous(), PartNumber::NONE.previous()),
            (PartNumber::NONE, PartNumber::NONE)
        );
        assert_eq!(PartNumber::new(42).get(), 42);
    }
}
