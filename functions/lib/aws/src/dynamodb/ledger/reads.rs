//! Reads of one item, and of one connector's partition: settings and cursor in one request; parts and changes
//! newest first.

use archive::names::ConnectorId;
use archive::part::{Part, PartNumber};
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use ports::PortError;
use protocol::connector::{Change, Connector};
use protocol::cursor::Cursor;

use super::expression::{Check, Placeholders, text};
use super::keys::{self, CONFIG, CURSOR, Item, PK, SK};
use super::response_date::ResponseDate;
use super::{DynamoLedger, records};
use crate::port_error::port_error;

/// How many parts the first page requests: a look-back needs few. Each further page requests twice as many.
const FIRST_PAGE_SIZE: i32 = 16;
/// A thousand records of about a kilobyte fill a page of the 1 MB that DynamoDB returns at most.
const MAX_PAGE_SIZE: i32 = 1_000;
/// Larger than the number of any part.
const MAX_PART: PartNumber = PartNumber::new(999_999_999_999);
/// Larger than the version of any change.
const MAX_CHANGE: u64 = 999_999_999_999;

impl DynamoLedger {
    /// A consistent read of one item.
    pub(super) async fn get_item(&self, what: &'static str, key: Item) -> Result<Option<Item>, PortError> {
        let get = self.client.get_item().table_name(&self.table).consistent_read(true).set_key(Some(key));
        Ok(get.send().await.map_err(|error| port_error(what, error))?.item)
    }

    /// A strongly consistent Query of a connector's items whose sort keys are between `low` and `high`,
    /// inclusive.
    fn query_between(
        &self,
        id: &ConnectorId,
        low: impl Into<String>,
        high: impl Into<String>,
    ) -> QueryFluentBuilder {
        let mut used = Placeholders::default();
        let key =
            used.all([Check::Equal(PK, keys::partition(id)), Check::Between(SK, [text(low), text(high)])]);
        let (names, values) = used.into_maps();
        self.client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression(key)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
    }

    /// Settings and, once activated, the cursor; `None` if the connector does not exist. One request, so both
    /// are as new as the response and its `Date`.
    pub(super) async fn settings_and_cursor(
        &self,
        id: &ConnectorId,
        date: ResponseDate,
    ) -> Result<Option<(Connector, Option<Cursor>)>, PortError> {
        let what = "reading a connector's settings and cursor";
        let query = self.query_between(id, CONFIG, CURSOR).customize().interceptor(date);
        let answer = query.send().await.map_err(|error| port_error(what, error))?;
        let (mut connector, mut cursor) = (None, None);
        for item in answer.items.unwrap_or_default() {
            match item.get(SK).and_then(|sort| sort.as_s().ok()).map(String::as_str) {
                Some(CONFIG) => connector = Some(records::parse_connector(item)?),
                Some(CURSOR) => cursor = Some(records::parse_cursor(item)?),
                _ => {}
            }
        }
        Ok(connector.map(|connector| (connector, cursor)))
    }

    /// Parts before `before`, newest first, as long as `accepts` is true, at most `limit`.
    pub(super) async fn parts_before(
        &self,
        id: &ConnectorId,
        before: Option<PartNumber>,
        limit: usize,
        accepts: impl Fn(&Part) -> bool + Send,
    ) -> Result<Vec<Part>, PortError> {
        let newest = before.map_or(MAX_PART, PartNumber::previous);
        let query = self.query_between(id, keys::part(PartNumber::NONE), keys::part(newest));
        newest_first("reading the parts of a connector", query, limit, records::parse_part, accepts).await
    }

    /// The change records before version `before`, newest first, at most `limit`.
    pub(super) async fn changes_before(
        &self,
        id: &ConnectorId,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<Change>, PortError> {
        let newest = before.map_or(MAX_CHANGE, |before| before.saturating_sub(1));
        let query = self.query_between(id, keys::change(0), keys::change(newest));
        newest_first("reading the changes of a connector", query, limit, records::parse_change, |_| true)
            .await
    }
}

/// The records of a Query, newest first, as long as `accepts` is true, at most `limit`.
async fn newest_first<T>(
    what: &'static str,
    query: QueryFluentBuilder,
    limit: usize,
    parse: impl Fn(Item) -> Result<T, PortError> + Send,
    accepts: impl Fn(&T) -> bool + Send,
) -> Result<Vec<T>, PortError> {
    let query = query.scan_index_forward(false);
    let mut records = Vec::new();
    let mut page_size = FIRST_PAGE_SIZE;
    let mut start: Option<Item> = None;
    while records.len() < limit {
        let rest = i32::try_from(limit - records.len()).unwrap_or(i32::MAX);
        let page = query.clone().limit(page_size.min(rest)).set_exclusive_start_key(start).send().await;
        let page = page.map_err(|error| port_error(what, error))?;
        for item in page.items.unwrap_or_default() {
            let record = parse(item)?;
            if !accepts(&record) {
                return Ok(records);
            }
            records.push(record);
        }
        start = page.last_evaluated_key;
        if start.is_none() {
            break;
        }
        page_size = MAX_PAGE_SIZE.min(page_size * 2);
    }
    Ok(records)
}
