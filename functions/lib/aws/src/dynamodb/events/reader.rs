//! Reads one partition of the events table page by page, in key order.
//!
//! While a page is converted and exported, the next one is prefetched: its start is read first, at the end of
//! the current page.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use archive::item::SourceItem;
use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_types::body::SdkBody;
use ports::{PageError, PageReader, PortError};
use tokio::task::{JoinSet, yield_now};

use super::order::Order;
use super::page::{
    MalformedPageError, Page, QueryContext, RawPageCapture, ReadError, peek_last_evaluated_key, read,
};
use super::page_size::PageSize;
use super::range::Range;
use super::schema;

pub(super) const OPERATION: &str = "reading a page of the events table";
/// How often a page is requested whose body is complete but malformed.
const MAX_ATTEMPTS: usize = 3;

/// `ExclusiveStartKey` of a page; `None` at the start of a range.
type StartKey = Option<HashMap<String, AttributeValue>>;

/// Reads one partition. A page is one response of DynamoDB, up to 1 MB of items. Only two pages are in
/// memory, the current and the prefetched one, so memory does not grow with the span.
#[derive(Debug)]
pub(super) struct Reader {
    client: Client,
    context: Arc<QueryContext>,
    /// The ranges that are still to be read; the first one is in progress.
    ranges: VecDeque<Range>,
    /// The start of the next page of the first range.
    start: StartKey,
    prefetch: Option<Prefetch>,
    size: PageSize,
    order: Order,
}

/// The page that is being prefetched. Dropping it cancels the request.
#[derive(Debug)]
struct Prefetch {
    from: StartKey,
    /// Exactly one task.
    page: JoinSet<Result<SdkBody, PortError>>,
}

impl Reader {
    /// A reader before the first page.
    pub(super) fn new(client: Client, context: QueryContext, ranges: Vec<Range>, size: PageSize) -> Self {
        let order = Order::new(!context.schema.table_keys.is_empty());
        Self {
            client,
            context: Arc::new(context),
            ranges: ranges.into(),
            start: None,
            prefetch: None,
            size,
            order,
        }
    }

    /// Reads the page that follows the last one.
    async fn read_page(&mut self, range: &Range) -> Result<Page, PageError> {
        let mut tries = 1;
        loop {
            let body = self.fetch_body(range).await?;
            let text = body
                .bytes()
                .map(std::str::from_utf8)
                .transpose()
                .map_err(|error| PortError::bug(OPERATION, error))?;
            let text = text.ok_or_else(|| PortError::bug(OPERATION, "a page is not in memory"))?;
            self.start_prefetch(range, peek_last_evaluated_key(text)).await;
            match read(text, &self.context) {
                Ok(page) => {
                    self.size.observe(text.len(), page.items.len());
                    return Ok(page);
                }
                Err(ReadError::Rejected(rejected)) => return Err(rejected),
                Err(ReadError::Malformed(malformed)) if tries == MAX_ATTEMPTS => {
                    return Err(malformed_page(malformed).into());
                }
                Err(ReadError::Malformed(_)) => {
                    self.prefetch = None;
                    tries += 1;
                }
            }
        }
    }

    /// The body of the page: the prefetched one if it starts at the right key. An attribute that looks like
    /// the page's end may have caused a prefetch from a wrong key.
    async fn fetch_body(&mut self, range: &Range) -> Result<SdkBody, PortError> {
        let prefetched =
            self.prefetch.take().filter(|prefetched| self.start.is_some() && prefetched.from == self.start);
        match prefetched {
            Some(Prefetch { mut page, .. }) => {
                let joined = page
                    .join_next()
                    .await
                    .ok_or_else(|| PortError::bug(OPERATION, "the prefetch has no task"))?;
                joined.map_err(|error| PortError::bug(OPERATION, error))?
            }
            None => self.query(range, self.start.clone()).await,
        }
    }

    /// Requests the next page, and yields so that the request is sent.
    async fn start_prefetch(&mut self, range: &Range, from: StartKey) {
        if from.is_some() {
            let mut page = JoinSet::new();
            page.spawn(self.query(range, from.clone()));
            self.prefetch = Some(Prefetch { from, page });
            yield_now().await;
        }
    }

    fn query(
        &self,
        range: &Range,
        start: StartKey,
    ) -> impl Future<Output = Result<SdkBody, PortError>> + Send + use<> {
        let QueryContext { layout, partition, .. } = self.context.as_ref();
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
            let page = RawPageCapture::default();
            if let Err(error) = query.customize().interceptor(page.clone()).send().await {
                return Err(schema::explain_refusal(&client, &layout, OPERATION, error).await);
            }
            page.take().ok_or_else(|| {
                PortError::bug(OPERATION, "the SDK reported success, but no page was captured")
            })
        }
    }
}

#[async_trait]
impl PageReader for Reader {
    async fn next_page(&mut self) -> Result<Option<Vec<SourceItem>>, PageError> {
        while let Some(range) = self.ranges.front().cloned() {
            let page = self.read_page(&range).await?;
            // An empty page may not be the last one: only a missing `LastEvaluatedKey` marks the end.
            self.start = page.last_evaluated_key;
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

/// The checksum is right, so DynamoDB itself sent a malformed page; the request was not the cause.
fn malformed_page(malformed: MalformedPageError) -> PortError {
    PortError::transient(OPERATION, malformed)
}
