//! A part: one sealed, immutable file, its record and its object names.

mod encoding;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::names::{ConnectorId, WorkerId};
use crate::note::SignedManifest;
use crate::sha256::Sha256;
use crate::time::Time;

pub use encoding::{Compression, Encoding, Format};

/// A half-open span of event time, `[from, to)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Window {
    /// The first instant of the window.
    pub from: Time,
    /// The first instant after the window.
    pub to: Time,
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}, {})", self.from, self.to)
    }
}

/// The number of a part. A connector's parts are numbered from 1 without a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PartNumber(u64);

impl PartNumber {
    /// Before the first part.
    pub const NONE: Self = Self(0);
    /// The first part of every connector.
    pub const FIRST: Self = Self(1);

    /// Makes a part number from its value.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number as an integer.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The next number; saturates at the largest one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The previous number; `NONE` before the first.
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

/// What a part contains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartKind {
    /// Events of its window only.
    Regular,
    /// Events of its window, and late ones of earlier windows.
    Mixed,
    /// Late events only; its window is empty.
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
    /// The most events of a part.
    pub events: u64,
    /// The most uncompressed bytes of a part.
    pub bytes: u64,
}

impl PartLimits {
    /// The largest settings allowed. A part is one `PutObject`, which takes at most 5 GiB (Amazon S3 user
    /// guide, "Uploading objects"). Only a part whose events share one timestamp, where it can't be cut, gets
    /// larger.
    pub const MAX: Self = Self { events: 1_000_000, bytes: 4 << 30 };
}

impl Default for PartLimits {
    /// 1,000,000 events or 256 MiB.
    fn default() -> Self {
        Self { events: 1_000_000, bytes: 256 << 20 }
    }
}

/// Where the sealed bytes of a part are until they are delivered.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// In the vendor's staging bucket: the encoded part, and its key list for the look-back.
    Staged {
        /// The staging key of the encoded part.
        data: String,
        /// The staging key of the key list.
        keys: String,
    },
    /// In the record itself, base64: a heartbeat of a few hundred bytes, which has no keys to list.
    Inline(String),
}

/// The record of a sealed part. It never changes, except for `delivered_at`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Part {
    /// The connector whose part this is.
    pub connector: ConnectorId,
    /// Its number, unique within the connector.
    pub number: PartNumber,
    /// The span of event time that it closes. Empty (`[W, W)`) if it contains late events only; then the
    /// watermark stays.
    pub window: Window,
    /// Events, late events only, or a heartbeat.
    pub kind: PartKind,
    /// How many events it contains, late and unreadable ones included; 0 for a heartbeat.
    pub events: u64,
    /// How many of them are earlier than the window.
    pub late: u64,
    /// How many of them are records of unreadable items.
    pub unreadable: u64,
    /// The time of its first event.
    pub first: Option<Time>,
    /// The time of its last event.
    pub last: Option<Time>,
    /// Format and compression at the time of the seal; later changes don't touch it.
    pub encoding: Encoding,
    /// SHA-256 of the object's bytes.
    pub sha256: Sha256,
    /// The size of the object in bytes.
    pub size: u64,
    /// SHA-256 of the uncompressed content.
    pub raw_sha256: Sha256,
    /// The size of the uncompressed content in bytes.
    pub raw_size: u64,
    /// Where its sealed bytes are.
    pub content: Content,
    /// When it was sealed, by the clock of the sealing worker.
    pub sealed_at: Time,
    /// The worker that sealed it.
    pub sealed_by: WorkerId,
    /// Its signed manifest. The transaction that seals the part stores it, so a retry signs nothing again and
    /// no second worker has a different one. `None` in parts from versions of Auditferry that wrote no
    /// manifests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "note")]
    pub manifest: Option<SignedManifest>,
    /// When it was marked as delivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered_at: Option<Time>,
}

impl Part {
    /// The object's name below the connector's prefix (see infra/schemas/manifest.md). It contains number and
    /// hash, so an object with this name has these bytes.
    #[must_use]
    pub fn name(&self) -> String {
        object_name(self.window, self.number, self.sha256, self.encoding)
    }

    /// The name of its manifest below the connector's prefix, if it has one.
    #[must_use]
    pub fn manifest_name(&self) -> Option<String> {
        let manifest = self.manifest.as_ref()?;
        Some(manifest_name(self.window, self.number, manifest.sha256()))
    }
}

/// The name of a part's object below the connector's prefix (see infra/schemas/manifest.md), from its
/// components.
#[must_use]
pub fn object_name(window: Window, number: PartNumber, sha256: Sha256, encoding: Encoding) -> String {
    let Window { from, to } = window;
    let (hash, suffix) = (sha256.short(), encoding.suffix());
    format!("events/date={}/{}_{}_{number}_{hash}{suffix}", from.date(), from.basic(), to.basic())
}

/// The folder of the manifests below the connector's prefix.
pub const MANIFEST_FOLDER: &str = "manifests/";

/// The name of a part's note below the connector's prefix; `note` is the SHA-256 of its text.
#[must_use]
pub fn manifest_name(window: Window, part: PartNumber, note: Sha256) -> String {
    format!("{MANIFEST_FOLDER}date={}/{part}_{}.note", window.from.date(), note.short())
}

#[cfg(test)]
mod tests;
