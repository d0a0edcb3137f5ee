//! A sealed part, as listed in the exports.

use archive::note::SignedManifest;
use archive::part::{Encoding, Part, PartKind, PartNumber, Window};
use archive::sha256::Sha256;
use archive::time::Time;
use protocol::connector::Connector;
use serde::Serialize;

use crate::pagination::Cursor;
use crate::wire::wire;

wire! {
    /// A sealed part.
    #[derive(Debug, Serialize)]
    pub(crate) struct ExportView<'a> as "Export" {
        part: PartNumber,
        state: PartState,
        /// The half-open span of event time `[from, to)`.
        window: Window,
        kind: PartKind,
        /// Including late and unreadable ones; 0 for a heartbeat.
        events: u64,
        late: u64,
        /// Records in place of items that are not events; each contains what was written.
        unreadable: u64,
        #[serde(skip_serializing_if = "Option::is_none")]
        first: Option<Time>,
        #[serde(skip_serializing_if = "Option::is_none")]
        last: Option<Time>,
        #[serde(flatten)]
        encoding: Encoding,
        /// Bytes of the object.
        size: u64,
        /// Bytes before compression.
        raw_size: u64,
        /// Of the object's bytes.
        sha256: &'a Sha256,
        /// Of the bytes of the part's manifest; missing for a part that was sealed by a version without
        /// manifests.
        #[serde(skip_serializing_if = "Option::is_none")]
        manifest: Option<Sha256>,
        sealed_at: Time,
        #[serde(skip_serializing_if = "Option::is_none")]
        delivered_at: Option<Time>,
        /// The object's name below the prefix.
        name: String,
        /// The object's key under the connector's current prefix.
        #[serde(skip_serializing_if = "Option::is_none")]
        key: Option<String>,
    }
}

/// Whether a part has reached the customer's bucket.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PartState {
    Sealed,
    Delivered,
}

impl<'a> ExportView<'a> {
    pub(crate) fn of(part: &'a Part, connector: &Connector) -> Self {
        let name = part.name();
        Self {
            part: part.number,
            state: if part.delivered_at.is_some() { PartState::Delivered } else { PartState::Sealed },
            window: part.window,
            kind: part.kind,
            events: part.events,
            late: part.late,
            unreadable: part.unreadable,
            first: part.first,
            last: part.last,
            encoding: part.encoding,
            size: part.size,
            raw_size: part.raw_size,
            sha256: &part.sha256,
            manifest: part.manifest.as_ref().map(SignedManifest::sha256),
            sealed_at: part.sealed_at,
            delivered_at: part.delivered_at,
            key: connector.destination.s3().map(|to| to.prefix.key(&name)),
            name,
        }
    }
}

wire! {
    #[derive(Debug, Serialize)]
    pub(crate) struct ExportPage<'a> {
        pub(crate) exports: Vec<ExportView<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub(crate) next_cursor: Option<Cursor>,
    }
}
