//! Reads one partition of the events table page by page, in the order of the keys.
//!
//! While a page is made into events and those are exported, the next one is on its way: where it starts stands at the
//! end of the page before, which is looked at first.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_types::body::SdkBody;
use domain::item::SourceItem;
use domain::ports::{BoxError, PageError, PageReader, PortError};
use tokio::task::{JoinSet, yield_now};

use super::order::Order;
use super::page::{Asked, Malformed, Page, PageOf, Unread, likely_next, read};
use super::page_size::PageSize;
use super::range::Range;
use super::schema;

pub(super) const WHAT: &str = "reading a page of the events table";
/// How often a page is asked for that came whole and is none.
const TRIES: usize = 3;

/// Where a page starts: none at the start of a range.
type Start = Option<HashMap<String, AttributeValue>>;

/// One partition, being read. A page is what DynamoDB returns at once, up to 1 MB of items, so memory does not
/// grow with the span: there are the page that is being handed out, and the one on its way.
#[derive(Debug)]
pub(super) struct Reader {
    client: Client,
    asked: Arc<Asked>,
    /// Those still to be read; the first is being read.
    ranges: VecDeque<Range>,
    /// Where the next page of the first range starts.
    start: Start,
    ahead: Option<Ahead>,
    size: PageSize,
    order: Order,
}

/// The page that is on its way. Dropping it gives it up.
#[derive(Debug)]
struct Ahead {
    from: Start,
    /// One.
    page: JoinSet<Result<SdkBody, PortError>>,
}

impl Reader {
    /// Before the first page.
    pub(super) fn new(client: Client, asked: Asked, ranges: Vec<Range>, size: PageSize) -> Self {
        let order = Order::new(!asked.schema.table_keys.is_empty());
        Self { client, asked: Arc::new(asked), ranges: ranges.into(), start: None, ahead: None, size, order }
    }

    /// The page from where the last one ended.
    async fn page(&mut self, range: &Range) -> Result<Page, PageError> {
        let mut tries = 1;
        loop {
            let body = self.body(range).await?;
            let text = body.bytes().map(std::str::from_utf8).transpose().map_err(bug)?;
            let text = text.ok_or_else(|| bug("a page is not in memory"))?;
            self.send_ahead(range, likely_next(text)).await;
            match read(text, &self.asked) {
                Ok(page) => {
                    self.size.saw(text.len(), page.items.len());
                    return Ok(page);
                }
                Err(Unread::Refused(refused)) => return Err(refused),
                Err(Unread::Malformed(malformed)) if tries == TRIES => return Err(damaged(malformed).into()),
                Err(Unread::Malformed(_)) => {
                    self.ahead = None;
                    tries += 1;
                }
            }
        }
    }

    /// The page that is on its way, if it is the right one: what an attribute made look like the page's end is not
    /// where the next page starts.
    async fn body(&mut self, range: &Range) -> Result<SdkBody, PortError> {
        let ahead = self.ahead.take().filter(|ahead| self.start.is_some() && ahead.from == self.start);
        match ahead {
            Some(Ahead { mut page, .. }) => {
                let joined = page.join_next().await.ok_or_else(|| bug("a page was asked for by nobody"))?;
                joined.map_err(bug)?
            }
            None => self.ask(range, self.start.clone()).await,
        }
    }

    /// Asks for the page behind this one, and lets the question go out.
    async fn send_ahead(&mut self, range: &Range, from: Start) {
        if from.is_some() {
            let mut page = JoinSet::new();
            page.spawn(self.ask(range, from.clone()));
            self.ahead = Some(Ahead { from, page });
            yield_now().await;
        }
    }

    fn ask(
        &self,
        range: &Range,
        start: Start,
    ) -> impl Future<Output = Result<SdkBody, PortError>> + Send + use<> {
        let Asked { layout, partition, .. } = self.asked.as_ref();
        let (condition, values) = range.condition();
        let mut query = self
            .client
            .query()
            .table_name(&layout.table)
            .set_index_name(layout.index.clone())
            // DynamoDB refuses consistent reads of a global index, and what a global index shows may lag.
            .consistent_read(layout.index.is_none())
            .key_condition_expression(format!("#pk = :pk AND {condition}"))
            .expression_attribute_names("#pk", &layout.partition_key)
            .expression_attribute_names("#sk", &layout.sort_key)
            .expression_attribute_values(":pk", AttributeValue::S(partition.clone()))
            .set_limit(self.size.limit())
            .set_exclusive_start_key(start);
        for (name, value) in values {
            query = query.expression_attribute_values(name, value);
        }
        let (client, layout) = (self.client.clone(), Arc::clone(layout));
        async move {
            let page = PageOf::default();
            if let Err(error) = query.customize().interceptor(page.clone()).send().await {
                return Err(schema::refusal(&client, &layout, WHAT, error).await);
            }
            page.take().ok_or_else(|| bug("the SDK told of success, and there is no page"))
        }
    }
}

#[async_trait]
impl PageReader for Reader {
    async fn next_page(&mut self) -> Result<Option<Vec<SourceItem>>, PageError> {
        while let Some(range) = self.ranges.front().cloned() {
            let page = self.page(&range).await?;
            // A page may be empty and still not be the last: only a missing key says that.
            self.start = page.next;
            let is_last = self.start.is_none();
            if is_last {
                self.ranges.pop_front();
            }
            let items = self.order.arrange(page.items, is_last)?;
            // Of the many ranges of strays nearly all are empty: they make one page together.
            if !(items.is_empty() && is_last) {
                return Ok(Some(items));
            }
        }
        Ok(None)
    }
}

fn bug(source: impl Into<BoxError>) -> PortError {
    PortError::Bug { what: WHAT, source: source.into() }
}

/// Its checksum held, so what DynamoDB sent is no page; nothing that was asked for is to blame.
fn damaged(malformed: Malformed) -> PortError {
    PortError::Transient { what: WHAT, source: Box::new(malformed) }
}
