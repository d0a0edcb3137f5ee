//! The events table of an archive: there is none, so it is empty.

use archive::item::SourceItem;
use archive::names::TenantId;
use archive::sort_key::SortKeyForm;
use async_trait::async_trait;
use ports::{PageError, PageReader, PortError, Source};
use protocol::connector::Shards;
use protocol::events_source::EventsSource;
use protocol::machine::Span;

/// An events table without events.
#[derive(Debug, Clone, Copy)]
pub(super) struct NoTable;

#[async_trait]
impl Source for NoTable {
    async fn open(&self, _: &TenantId, _: Shards, _: u8, _: &Span) -> Result<Box<dyn PageReader>, PortError> {
        Ok(Box::new(Self))
    }

    async fn identity(&self) -> Result<EventsSource, PortError> {
        Err(PortError::denied("reading the events table", "an archive has no events table"))
    }

    fn sort_key_form(&self) -> SortKeyForm {
        SortKeyForm::default()
    }
}

#[async_trait]
impl PageReader for NoTable {
    async fn next_page(&mut self) -> Result<Option<Vec<SourceItem>>, PageError> {
        Ok(None)
    }
}
