//! When a part contains new items with out-of-order keys, the keys of such items in earlier parts are copied
//! into its key list. One list then names them all. A later read opens this list instead of one for each part
//! that ever contained such an item.
//!
//! Both lists are in key order, so the copy is a merge with constant memory.

use archive::item::EventKey;
use archive::names::ConnectorId;
use archive::part::Content;
use ports::{PortError, Runs, Staging};
use protocol::machine::{BuildRequest, Span};

use super::draft::DraftWriter;
use super::key_stream::KeyStream;

/// The keys that are still to be copied.
pub(super) struct EarlierKeys<'a> {
    runs: &'a dyn Runs,
    staging: &'a dyn Staging,
    id: &'a ConnectorId,
    request: &'a BuildRequest,
    /// Opened with the first new item: a read that finds none copies nothing.
    list: Option<KeyStream>,
    is_started: bool,
}

impl<'a> EarlierKeys<'a> {
    /// Reads nothing yet, and never anything if the request is for a window.
    pub(super) const fn new(
        runs: &'a dyn Runs,
        staging: &'a dyn Staging,
        id: &'a ConnectorId,
        request: &'a BuildRequest,
    ) -> Self {
        let is_started = !matches!(request.span, Span::OutOfOrderKeys { .. });
        Self { runs, staging, id, request, list: None, is_started }
    }

    /// Copies the keys before the one that the draft takes next.
    pub(super) async fn copy_up_to(
        &mut self,
        key: &EventKey,
        draft: &mut DraftWriter<'_>,
    ) -> Result<(), PortError> {
        self.open_list().await?;
        self.copy(Some(key), draft).await
    }

    /// Copies the remaining keys into a draft that is not empty.
    pub(super) async fn copy_rest(&mut self, draft: &mut DraftWriter<'_>) -> Result<(), PortError> {
        self.copy(None, draft).await
    }

    async fn open_list(&mut self) -> Result<(), PortError> {
        if let Some(number) = self.request.exclude.out_of_order_in.filter(|_| !self.is_started) {
            let part = self.runs.part(self.id, number).await?;
            if let Some(Content::Staged { keys, .. }) = part.map(|part| part.content) {
                self.list = Some(KeyStream::open(self.staging, &keys).await?);
            }
        }
        self.is_started = true;
        Ok(())
    }

    async fn copy(
        &mut self,
        before: Option<&EventKey>,
        draft: &mut DraftWriter<'_>,
    ) -> Result<(), PortError> {
        let Some(list) = &mut self.list else { return Ok(()) };
        while let Some(key) = list.head().filter(|key| before.is_none_or(|before| *key < before)) {
            draft.push_key(key).await?;
            list.advance().await?;
        }
        Ok(())
    }
}
