//! The partitions of one tenant, read concurrently and merged in key order.

use std::collections::VecDeque;

use archive::item::{EventKey, SourceItem};
use futures_util::future::try_join_all;
use ports::{PageError, PageReader, Source};
use protocol::connector::Connector;
use protocol::machine::Span;

/// The merged stream of a tenant's items.
pub(super) struct Shards {
    readers: Vec<Shard>,
    /// Indexes of the shards with a next item, sorted by its key, the smallest last.
    ready: Vec<usize>,
    /// Indexes of the shards whose page is used up.
    empty: Vec<usize>,
}

struct Shard {
    reader: Box<dyn PageReader>,
    page: VecDeque<SourceItem>,
    is_exhausted: bool,
}

impl Shards {
    pub(super) async fn open(
        source: &dyn Source,
        connector: &Connector,
        span: &Span,
    ) -> Result<Self, PageError> {
        let open = |shard| async move {
            let reader = source.open(&connector.tenant, connector.shards, shard, span).await?;
            Ok::<_, PageError>(Shard { reader, page: VecDeque::new(), is_exhausted: false })
        };
        let all = try_join_all((0..connector.shards.get()).map(open)).await?;
        let empty = (0..all.len()).collect();
        Ok(Self { readers: all, ready: Vec::new(), empty })
    }

    /// The item with the smallest key. It is known only once every shard has a next item; shards whose page
    /// is used up read their next page concurrently.
    pub(super) async fn next(&mut self) -> Result<Option<SourceItem>, PageError> {
        if !self.empty.is_empty() {
            self.fill().await?;
        }
        let Some(smallest) = self.ready.pop() else { return Ok(None) };
        let item = self.readers.get_mut(smallest).and_then(|shard| shard.page.pop_front());
        self.insert_sorted(smallest);
        Ok(item)
    }

    async fn fill(&mut self) -> Result<(), PageError> {
        let empty = std::mem::take(&mut self.empty);
        let read = self.readers.iter_mut().enumerate().filter(|(index, _)| empty.contains(index));
        try_join_all(read.map(|(_, shard)| shard.fill())).await?;
        for index in empty {
            self.insert_sorted(index);
        }
        Ok(())
    }

    /// Sorts a shard in by the key of its next item.
    fn insert_sorted(&mut self, index: usize) {
        let Some(shard) = self.readers.get(index) else { return };
        let Some(head) = shard.head() else {
            if !shard.is_exhausted {
                self.empty.push(index);
            }
            return;
        };
        let is_larger = |other: &usize| self.readers.get(*other).and_then(Shard::head) > Some(head);
        let after = self.ready.partition_point(is_larger);
        self.ready.insert(after, index);
    }
}

impl Shard {
    /// The key of its next item.
    fn head(&self) -> Option<&EventKey> {
        self.page.front().map(|item| &item.key)
    }

    async fn fill(&mut self) -> Result<(), PageError> {
        while self.page.is_empty() && !self.is_exhausted {
            match self.reader.next_page().await? {
                Some(items) => self.page = items.into(),
                None => self.is_exhausted = true,
            }
        }
        Ok(())
    }
}
