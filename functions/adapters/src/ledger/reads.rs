//! Reads of one connector's partition: settings and cursor in one request, parts from the newest backwards.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use domain::connector::Connector;
use domain::cursor::Cursor;
use domain::names::ConnectorId;
use domain::part::{Part, PartNumber};
use domain::ports::PortError;

use super::date::DateOfAnswer;
use super::expression::{names, text, values};
use super::keys::{self, CONFIG, CURSOR, PK, SK};
use super::{DynamoLedger, records};
use crate::port_error::port_error;

/// How many parts the first page asks for: a look-back needs few. Each further page asks for twice as many.
const FIRST_PAGE: i32 = 16;
/// A thousand records of about a kilobyte fill a page of the 1 MB that DynamoDB returns at most.
const LARGEST_PAGE: i32 = 1_000;
/// Larger than the number of any part.
const LAST_PART: PartNumber = PartNumber::new(999_999_999_999);

impl DynamoLedger {
    /// A strongly consistent Query of the items of a connector whose sort keys lie between two, inclusive.
    fn between(
        &self,
        id: &ConnectorId,
        low: impl Into<String>,
        high: impl Into<String>,
    ) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("#pk = :pk AND #sk BETWEEN :low AND :high")
            .set_expression_attribute_names(Some(names([PK, SK])))
            .set_expression_attribute_values(Some(values([
                (":pk", keys::partition(id)),
                (":low", text(low)),
                (":high", text(high)),
            ])))
    }

    /// Settings and, once activated, the cursor; `None` if there is no such connector. One request, so both
    /// are as new as the answer and its `date`.
    pub(super) async fn settings_and_cursor(
        &self,
        id: &ConnectorId,
        date: DateOfAnswer,
    ) -> Result<Option<(Connector, Option<Cursor>)>, PortError> {
        let what = "reading a connector's settings and cursor";
        let query = self.between(id, CONFIG, CURSOR).customize().interceptor(date);
        let answer = query.send().await.map_err(|error| port_error(what, error))?;
        let (mut connector, mut cursor) = (None, None);
        for item in answer.items.unwrap_or_default() {
            match item.get(SK).and_then(|sort| sort.as_s().ok()).map(String::as_str) {
                Some(CONFIG) => connector = Some(records::connector(item)?),
                Some(CURSOR) => cursor = Some(records::cursor(item)?),
                _ => {}
            }
        }
        Ok(connector.map(|connector| (connector, cursor)))
    }

    /// Parts before `before`, newest first, as long as they pass `wanted`, at most `limit` of them.
    pub(super) async fn parts_before(
        &self,
        id: &ConnectorId,
        before: Option<PartNumber>,
        limit: usize,
        wanted: impl Fn(&Part) -> bool + Send,
    ) -> Result<Vec<Part>, PortError> {
        let newest = before.map_or(LAST_PART, PartNumber::previous);
        let query =
            self.between(id, keys::part(PartNumber::NONE), keys::part(newest)).scan_index_forward(false);
        let mut parts = Vec::new();
        let mut page_size = FIRST_PAGE;
        let mut start: Option<HashMap<_, _>> = None;
        while parts.len() < limit {
            let rest = i32::try_from(limit - parts.len()).unwrap_or(i32::MAX);
            let page = query.clone().limit(page_size.min(rest)).set_exclusive_start_key(start).send().await;
            let page = page.map_err(|error| port_error("reading the parts of a connector", error))?;
            for item in page.items.unwrap_or_default() {
                let part = records::part(item)?;
                if !wanted(&part) {
                    return Ok(parts);
                }
                parts.push(part);
            }
            start = page.last_evaluated_key;
            if start.is_none() {
                break;
            }
            page_size = LARGEST_PAGE.min(page_size * 2);
        }
        Ok(parts)
    }
}
