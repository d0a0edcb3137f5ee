//! Reads one partition of the events table page by page, in key order.
//!
//! While a page is converted and exported, the next one is prefetched: its start is read first, at the end of
//! the current page.

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
/// How often a page is requested whose body is complete but malformed.
const TRIES: usize = 3;

/// `ExclusiveStartKey` of a page; `None` at the start of a range.
type Start = Option<HashMap<String, AttributeValue>>;

/// Reads one partition. A page is one response of DynamoDB, up to 1 MB of items. Only two pages are in
/// memory, the current and the prefetched one, so memory does not grow with the span.
#[derive(Debug)]
pub(super) struct Reader {
    client: Client,
    asked: Arc<Asked>,
    /// The ranges that are still to be read; the first one is in progress.
    ranges: VecDeque<Range>,
    /// The start of the next page of the first range.
    start: Start,
    ahead: Option<Ahead>,
    size: PageSize,
    order: Order,
}

/// The page that is being prefetched. Dropping it cancels the request.
#[derive(Debug)]
struct Ahead {
    from: Start,
    /// Exactly one task.
    page: JoinSet<Result<SdkBody, PortError>>,
}

impl Reader {
    /// A reader before the first page.
    pub(super) fn new(client: Client, asked: Asked, ranges: Vec<Range>, size: PageSize) -> Self {
        let order = Order::new(!asked.schema.table_keys.is_empty());
        Self { client, asked: Arc::new(asked), ranges: ranges.into(), start: None, ahead: None, size, order }
    }

    /// Reads the page that follows the last one.
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

    /// The body of the page: the prefetched one if it starts at the right key. An attribute that looks like
    /// the page's end may have caused a prefetch from a wrong key.
    async fn body(&mut self, range: &Range) -> Result<SdkBody, PortError> {
        let ahead = self.ahead.take().filter(|ahead| self.start.is_some() && ahead.from == self.start);
        match ahead {
            Some(Ahead { mut page, .. }) => {
                let joined = page.join_next().await.ok_or_else(|| bug("the prefetch has no task"))?;
                joined.map_err(bug)?
            }
            None => self.ask(range, self.start.clone()).await,
        }
    }

    /// Requests the next page, and yields so that the request is sent.
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
            // DynamoDB rejects consistent reads of a global index; such an index may lag behind its table.
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
            page.take().ok_or_else(|| bug("the SDK reported success, but no page was captured"))
        }
    }
}

#[async_trait]
impl PageReader for Reader {
    async fn next_page(&mut self) -> Result<Option<Vec<SourceItem>>, PageError> {
        while let Some(range) = self.ranges.front().cloned() {
            let page = self.page(&range).await?;
            // An empty page may not be the last one: only a missing `LastEvaluatedKey` marks the end.
            self.start = page.next;
            let is_last = self.start.is_none();
            if is_last {
                self.ranges.pop_front();
            }
            let items = self.order.arrange(page.items, is_last)?;
            // Nearly all of the many ranges of out-of-order keys are empty: they become one page together.
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

/// The checksum is right, so DynamoDB itself sent a malformed page; the request was not the cause.
fn damaged(malformed: Malformed) -> PortError {
    PortError::Transient { what: WHAT, source: Box::new(malformed) }
}
