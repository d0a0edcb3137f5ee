//! The keys of the events that earlier parts hold already, as one sorted stream: what is read again by the
//! look-back is dropped by a merge against it.

use domain::connector::Connector;
use domain::item::EventKey;
use domain::key_list::KeyListReader;
use domain::part::{Content, Part};
use domain::ports::{ByteStream, PortError};
use domain::protocol::{BuildOrder, Span};
use futures_util::StreamExt;
use futures_util::future::try_join_all;

use super::bug;
use crate::export::Exporter;

/// The key lists of the parts that may hold an event of the span.
pub(super) struct SealedKeys {
    lists: Vec<List>,
}

struct List {
    bytes: ByteStream,
    reader: KeyListReader,
    head: Option<EventKey>,
}

impl SealedKeys {
    pub(super) async fn open(
        exporter: &Exporter,
        connector: &Connector,
        order: &BuildOrder,
    ) -> Result<Self, PortError> {
        let runs = &exporter.ports.runs;
        let mut parts = match order.exclude.reaching {
            Some(after) => runs.parts_reaching(&connector.id, after, order.number).await?,
            None => Vec::new(),
        };
        let others =
            order.exclude.parts.iter().filter(|number| parts.iter().all(|part| part.number != **number));
        let others = try_join_all(others.map(|number| runs.part(&connector.id, *number))).await?;
        parts.extend(others.into_iter().flatten());
        let keys =
            parts.iter().filter(|part| may_hold(part, &order.span)).filter_map(|part| match &part.content {
                Content::Staged { keys, .. } => Some(keys.as_str()),
                Content::Inline(_) => None,
            });
        Ok(Self { lists: try_join_all(keys.map(|key| List::open(exporter, key))).await? })
    }

    /// Whether an earlier part holds this event. Keys must be asked for in ascending order.
    pub(super) async fn holds(&mut self, key: &EventKey) -> Result<bool, PortError> {
        let mut held = false;
        for list in &mut self.lists {
            while list.head.as_ref().is_some_and(|head| head < key) {
                list.advance().await?;
            }
            held |= list.head.as_ref() == Some(key);
        }
        Ok(held)
    }
}

/// Whether a part can hold an event of the span, by the times of its first and last event. An unreadable item
/// may tell no time, so a part with such items always can.
fn may_hold(part: &Part, span: &Span) -> bool {
    match (span, part.first, part.last) {
        (Span::Window(window), Some(first), Some(last)) if part.unreadable == 0 => {
            first < window.to && last >= window.from
        }
        _ => true,
    }
}

impl List {
    async fn open(exporter: &Exporter, key: &str) -> Result<Self, PortError> {
        let bytes = exporter.ports.staging.read(key).await?;
        let reader = KeyListReader::new().map_err(|e| bug("reading a key list", e))?;
        let mut list = Self { bytes, reader, head: None };
        list.advance().await?;
        Ok(list)
    }

    async fn advance(&mut self) -> Result<(), PortError> {
        loop {
            self.head = self.reader.next_key();
            if self.head.is_some() {
                return Ok(());
            }
            match self.bytes.next().await {
                Some(bytes) => self.reader.feed(&bytes?).map_err(|e| bug("reading a key list", e))?,
                None if self.reader.is_at_boundary() => return Ok(()),
                None => return Err(bug("reading a key list", "it ends in the middle of a key")),
            }
        }
    }
}
