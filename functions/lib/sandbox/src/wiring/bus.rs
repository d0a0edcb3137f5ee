//! The event bus: records the notices of this process, and appends them to `bus.ndjson` if there is a folder.

use std::fs::File;
use std::io;
use std::io::Write as _;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use ports::{Bus, PortError};
use protocol::notice::{Notice, PartSealed};
use protocol::portal::LinkNotice;
use serde::Serialize;
use serde_json::Value;

use crate::private_files;

/// The `source` of Auditferry's events.
const SOURCE: &str = "auditferry";
/// The size limit of an event, in bytes. Source: `EventBridge` API reference, `PutEvents`.
const MAX_EVENT_BYTES: usize = 1024 * 1024;

const RECORDING: &str = "recording a notice";

/// A bus without subscribers that records everything.
#[derive(Debug)]
pub struct RecordingBus {
    recorded: Mutex<Recorded>,
}

#[derive(Debug)]
struct Recorded {
    events: Vec<Value>,
    file: Option<File>,
}

/// An event as `EventBridge` would deliver it, as far as the vendor decides its content.
#[derive(Serialize)]
struct BusEvent<'a, N> {
    source: &'static str,
    #[serde(rename = "detail-type")]
    detail_type: &'a str,
    detail: &'a N,
}

fn event(kind: &str, detail: &impl Serialize) -> serde_json::Result<Value> {
    serde_json::to_value(BusEvent { source: SOURCE, detail_type: kind, detail })
}

fn malformed(error: serde_json::Error) -> PortError {
    PortError::bug(RECORDING, error)
}

impl RecordingBus {
    /// With a folder, continues at the end of its file.
    pub(super) fn open(dir: Option<&Path>) -> io::Result<Self> {
        let file = dir.map(|dir| private_files::open_file(&dir.join("bus.ndjson"))).transpose()?;
        Ok(Self { recorded: Mutex::new(Recorded { events: Vec::new(), file }) })
    }

    /// The events since it was opened: `source`, `detail-type` and `detail`, the oldest first.
    #[must_use]
    pub fn events(&self) -> Vec<Value> {
        self.lock().events.clone()
    }

    /// Records an event that another process on these stand-ins has published.
    ///
    /// # Errors
    /// If the file can't be written.
    pub fn append(&self, event: Value) -> io::Result<()> {
        let mut recorded = self.lock();
        if let Some(file) = &mut recorded.file {
            // One write per line, so that lines of two processes are never mixed.
            file.write_all(format!("{event}\n").as_bytes())?;
        }
        recorded.events.push(event);
        Ok(())
    }

    /// The events that publish a notice: its own, and that of the part that it belongs to.
    ///
    /// # Errors
    /// Never in practice: every notice is valid JSON.
    pub fn events_of(notice: &Notice) -> serde_json::Result<Vec<Value>> {
        let own = event(notice.fact.kind(), notice)?;
        let sealed = notice.part_sealed().map(|sealed| event(PartSealed::KIND, &sealed)).transpose()?;
        Ok(std::iter::once(own).chain(sealed).collect())
    }

    /// A panic while it was locked has at worst lost one event.
    fn lock(&self) -> MutexGuard<'_, Recorded> {
        self.recorded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Bus for RecordingBus {
    async fn publish(&self, notice: &Notice) -> Result<(), PortError> {
        Self::events_of(notice).map_err(malformed)?.into_iter().try_for_each(|event| self.record(event))
    }

    async fn publish_link(&self, notice: &LinkNotice) -> Result<(), PortError> {
        self.record(event(notice.fact.kind(), notice).map_err(malformed)?)
    }
}

impl RecordingBus {
    fn record(&self, event: Value) -> Result<(), PortError> {
        // This bus rejects what the bus of a deployment rejects.
        let size = event.get("detail").map_or(0, |detail| detail.to_string().len());
        let kind = event.get("detail-type").and_then(Value::as_str).map_or(0, str::len);
        if size + SOURCE.len() + kind >= MAX_EVENT_BYTES {
            return Err(PortError::bug(RECORDING, format!("a notice of {size} bytes")));
        }
        self.append(event).map_err(|source| PortError::transient(RECORDING, source))
    }
}
