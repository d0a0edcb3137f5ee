//! The partitions of one tenant, read side by side and merged in key order.

use std::collections::VecDeque;

use domain::connector::Connector;
use domain::item::{EventKey, SourceItem};
use domain::ports::{PageError, PageReader};
use domain::protocol::Span;
use futures_util::future::try_join_all;

use crate::export::Exporter;

/// The merged stream of a tenant's items.
pub(super) struct Shards {
    shards: Vec<Shard>,
}

struct Shard {
    reader: Box<dyn PageReader>,
    page: VecDeque<SourceItem>,
    ended: bool,
}

impl Shards {
    pub(super) async fn open(
        exporter: &Exporter,
        connector: &Connector,
        span: &Span,
    ) -> Result<Self, PageError> {
        let source = &exporter.ports.source;
        let open = |shard| async move {
            let reader = source.open(&connector.tenant, connector.shards, shard, span).await?;
            Ok::<_, PageError>(Shard { reader, page: VecDeque::new(), ended: false })
        };
        Ok(Self { shards: try_join_all((0..connector.shards.get()).map(open)).await? })
    }

    /// The item with the smallest key. Before it can be told, each shard must show its next item; those whose
    /// page is used up read the next one at the same time.
    pub(super) async fn next(&mut self) -> Result<Option<SourceItem>, PageError> {
        let dry = self.shards.iter_mut().filter(|shard| shard.page.is_empty() && !shard.ended);
        try_join_all(dry.map(Shard::fill)).await?;
        let smallest = match self.shards.as_mut_slice() {
            [only] => Some(only),
            several => several
                .iter_mut()
                .filter(|shard| !shard.page.is_empty())
                .min_by(|one, other| one.head().cmp(&other.head())),
        };
        Ok(smallest.and_then(|shard| shard.page.pop_front()))
    }
}

impl Shard {
    /// The key of its next item.
    fn head(&self) -> Option<&EventKey> {
        self.page.front().map(|item| &item.key)
    }

    async fn fill(&mut self) -> Result<(), PageError> {
        while self.page.is_empty() && !self.ended {
            match self.reader.next_page().await? {
                Some(items) => self.page = items.into(),
                None => self.ended = true,
            }
        }
        Ok(())
    }
}
