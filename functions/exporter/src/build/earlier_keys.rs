//! When a part contains new items with out-of-order keys, the keys of such items in earlier parts are copied
//! into its key list. One list then names them all. A later read opens this list instead of one for each part
//! that ever contained such an item.
//!
//! Both lists are in key order, so the copy is a merge with constant memory.

use archive::item::EventKey;
use archive::part::Content;
use ports::PortError;
use protocol::machine::Span;

use super::Task;
use super::draft::DraftWriter;
use super::key_stream::KeyStream;

/// The keys that are still to be copied.
pub(super) struct EarlierKeys<'a> {
    task: Task<'a>,
    /// Opened with the first new item: a read that finds none copies nothing.
    list: Option<KeyStream>,
    is_started: bool,
}

impl<'a> EarlierKeys<'a> {
    /// Reads nothing yet, and never anything if the task reads a window.
    pub(super) fn new(task: Task<'a>) -> Self {
        let is_started = !matches!(task.request.span, Span::OutOfOrderKeys { .. });
        Self { task, list: None, is_started }
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
        let Task { exporter, connector, request, .. } = self.task;
        if let Some(number) = request.exclude.out_of_order_in.filter(|_| !self.is_started) {
            let part = exporter.ports.runs.part(&connector.id, number).await?;
            if let Some(Content::Staged { keys, .. }) = part.map(|part| part.content) {
                self.list = Some(KeyStream::open(exporter.ports.staging.as_ref(), &keys).await?);
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
