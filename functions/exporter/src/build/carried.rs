//! The keys of the strays that earlier parts hold, copied into the list of a part that holds new ones: so one list
//! names them all, and every later read opens one instead of one for each part that ever held strays.
//!
//! Both lists are in the order of the keys, so the copy is a merge and takes no memory.

use domain::item::EventKey;
use domain::part::Content;
use domain::ports::PortError;
use domain::protocol::Span;

use super::Task;
use super::draft::DraftWriter;
use super::key_stream::KeyStream;

/// What is still to be copied.
pub(super) struct Carried<'a> {
    task: Task<'a>,
    /// Opened with the first new stray: a search that finds none copies nothing.
    list: Option<KeyStream>,
    begun: bool,
}

impl<'a> Carried<'a> {
    /// Nothing is read yet, and nothing ever where the task is no search for strays.
    pub(super) fn new(task: Task<'a>) -> Self {
        let begun = !matches!(task.order.span, Span::OutOfOrderKeys { .. });
        Self { task, list: None, begun }
    }

    /// Copies what lies before the key that the draft takes next.
    pub(super) async fn up_to(
        &mut self,
        key: &EventKey,
        draft: &mut DraftWriter<'_>,
    ) -> Result<(), PortError> {
        self.begin().await?;
        self.copy(Some(key), draft).await
    }

    /// Copies the rest, into a draft that holds something.
    pub(super) async fn rest(&mut self, draft: &mut DraftWriter<'_>) -> Result<(), PortError> {
        self.copy(None, draft).await
    }

    async fn begin(&mut self) -> Result<(), PortError> {
        let Task { exporter, connector, order, .. } = self.task;
        if let Some(number) = order.exclude.out_of_order_in.filter(|_| !self.begun) {
            let part = exporter.ports.runs.part(&connector.id, number).await?;
            if let Some(Content::Staged { keys, .. }) = part.map(|part| part.content) {
                self.list = Some(KeyStream::open(exporter.ports.staging.as_ref(), &keys).await?);
            }
        }
        self.begun = true;
        Ok(())
    }

    async fn copy(
        &mut self,
        before: Option<&EventKey>,
        draft: &mut DraftWriter<'_>,
    ) -> Result<(), PortError> {
        let Some(list) = &mut self.list else { return Ok(()) };
        while let Some(key) = list.head().filter(|key| before.is_none_or(|before| *key < before)) {
            draft.carry(key).await?;
            list.advance().await?;
        }
        Ok(())
    }
}
