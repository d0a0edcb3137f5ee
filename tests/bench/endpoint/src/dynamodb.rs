//! DynamoDB: Query and DescribeTable for tables of events are served here, everything else by the embedded
//! database.

use std::io;

use hyper::Request;
use hyper::body::Incoming;
use serde_json::Value;

use crate::answer::{Answer, aws_json};
use crate::events::KeyCondition;
use crate::{Endpoint, body, ledger};

pub(crate) async fn answer(
    endpoint: &Endpoint,
    operation: &str,
    request: Request<Incoming>,
) -> io::Result<Answer> {
    let headers = request.headers().clone();
    let body = body(request).await?;
    if operation == "Query" {
        let query: Value = serde_json::from_slice(&body)?;
        if let Some(page) = page(endpoint, &query) {
            endpoint.control.count("dynamodb Query events", page.len());
            return Ok(aws_json(200, page));
        }
    }
    if operation == "DescribeTable" {
        let input: Value = serde_json::from_slice(&body)?;
        if let Some(name) = input["TableName"].as_str().filter(|name| endpoint.events.has(name)) {
            let table = serde_json::json!({ "Table": { "TableName": name, "TableId": name, "TableStatus": "ACTIVE" } });
            endpoint.control.count("dynamodb DescribeTable events", 0);
            return Ok(aws_json(200, table.to_string().into()));
        }
    }
    let answer = ledger::forward(&endpoint.ledger, &headers, body).await?;
    endpoint.control.count(&format!("dynamodb {operation}"), 0);
    Ok(answer)
}

fn page(endpoint: &Endpoint, query: &Value) -> Option<bytes::Bytes> {
    let table = query["TableName"].as_str()?;
    let condition = query["KeyConditionExpression"].as_str()?;
    let values = &query["ExpressionAttributeValues"];
    let value = |name: &str| values[name]["S"].as_str();
    let condition = condition.replace(['(', ')'], " ");
    let words: Vec<&str> = condition.split_whitespace().collect();
    let (partition, low, high) = match words.as_slice() {
        [_, "=", partition, "AND", _, "BETWEEN", low, "AND", high] => {
            (value(partition)?, value(low)?, Some((value(high)?, true)))
        }
        [_, "=", partition, "AND", _, "<", high] => (value(partition)?, "", Some((value(high)?, false))),
        [_, "=", partition, "AND", _, ">=", low] => (value(partition)?, value(low)?, None),
        [_, "=", partition] => (value(partition)?, "", None),
        _ => return None,
    };
    let after = query["ExclusiveStartKey"]["sk"]["S"].as_str();
    endpoint.events.page(table, &KeyCondition { partition, low, high, after })
}
