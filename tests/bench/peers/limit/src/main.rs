//! The minimum of an export: signed requests over one connection each, pages converted to lines in one pass
//! without validation, the exporter's own encoder, and one upload. No SDK, no retries, no checksum of a page,
//! no staging, no ledger. The difference to the exporter is the cost of all these.
//!
//! With `"drop": true` in the job, pages are received and dropped, which measures the endpoint's ceiling.
//! With `"alone": "gzip"` all lines are kept, and a single step that every export needs is measured on them
//! (`alone`).

mod alone;
mod http;
mod items;
mod sign;

use std::error::Error;

use alone::Lines;
use archive::encode::FileWriter;
use archive::part::{Compression, Encoding, Format};
use bytes::Bytes;
use http::Connection;
use serde_json::{Value, json};
use sign::Keys;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// The content type of a Query.
const JSON: &str = "application/x-amz-json-1.0";

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::disallowed_methods, reason = "a main.rs is where the environment is read, once")]
async fn main() -> Result<()> {
    let variable = |name: &str| std::env::var(name);
    let vendor =
        Keys { id: variable("AWS_ACCESS_KEY_ID")?, secret: variable("AWS_SECRET_ACCESS_KEY")?, token: None };
    let host = variable("AWS_ENDPOINT_URL")?.trim_start_matches("http://").to_owned();
    let runtime = &mut Connection::open(&variable("AWS_LAMBDA_RUNTIME_API")?).await?;
    loop {
        let (id, job) = runtime.next().await?;
        let answer = export(&host, &vendor, &job).await?;
        runtime.respond(&id, answer.to_string()).await?;
    }
}

async fn export(host: &str, vendor: &Keys, job: &Value) -> Result<Value> {
    let text = |name: &str| job[name].as_str().ok_or("the job lacks a field");
    let customer = assume(host, vendor, text("role")?, text("external_id")?).await?;
    let compression = match text("compression")? {
        "gzip" => Compression::Gzip,
        "zstd" => Compression::Zstd,
        _ => Compression::None,
    };
    let mut file = FileWriter::new(Encoding { format: Format::Ndjson, compression })?;
    let mut pieces: Vec<Bytes> = Vec::new();
    let alone = job["alone"].as_str();
    let mut lines = Lines::default();
    let mut events = 0;
    let mut dynamodb = Connection::open(host).await?;
    let mut query = json!({
        "TableName": text("table")?,
        "ConsistentRead": true,
        "KeyConditionExpression": "#pk = :pk AND #sk BETWEEN :low AND :high",
        "ExpressionAttributeNames": { "#pk": "pk", "#sk": "sk" },
        "ExpressionAttributeValues": {
            ":pk": { "S": text("partition")? }, ":low": { "S": text("from")? }, ":high": { "S": text("to")? },
        },
    });
    let mut line = Vec::new();
    loop {
        let body = Bytes::from(query.to_string());
        let headers = [("content-type", JSON), ("x-amz-target", "DynamoDB_20120810.Query")];
        let request = sign::request(vendor, "dynamodb", host, "POST", "/", &headers, body)?;
        let page = dynamodb.send(request).await?;
        let start = items::start_of_next(&page);
        if !job["drop"].as_bool().unwrap_or_default() {
            items::each(&page, &mut line, &mut |event| {
                events += 1;
                if alone.is_some() {
                    lines.push(event);
                    return Ok(());
                }
                file.push(event)
            })?;
            // As large as a part of an upload.
            if file.ready() > 8 << 20 {
                pieces.push(file.take());
            }
        }
        let Some(start) = start else { break };
        query["ExclusiveStartKey"] = serde_json::from_slice(start)?;
    }
    if let Some(step) = alone {
        return Ok(json!({ "events": events, "cpu_s": lines.take(step)? }));
    }
    let (last, _) = file.finish()?;
    pieces.push(last);
    let path = format!("/{}/{}", text("bucket")?, text("key")?);
    let mut s3 = Connection::open(host).await?;
    s3.send(sign::upload(&customer, host, &path, pieces)?).await?;
    Ok(json!({ "events": events }))
}

async fn assume(host: &str, vendor: &Keys, role: &str, external_id: &str) -> Result<Keys> {
    let form = format!(
        "Action=AssumeRole&Version=2011-06-15&RoleSessionName=export&RoleArn={}&ExternalId={external_id}",
        role.replace(':', "%3A").replace('/', "%2F")
    );
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let request = sign::request(vendor, "sts", host, "POST", "/", &headers, form.into())?;
    let answer = Connection::open(host).await?.send(request).await?;
    let answer = std::str::from_utf8(&answer)?;
    let field = |name: &str| {
        let (_, rest) = answer.split_once(&format!("<{name}>"))?;
        rest.split_once('<').map(|(value, _)| value.to_owned())
    };
    let keys = || Some((field("AccessKeyId")?, field("SecretAccessKey")?, field("SessionToken")?));
    let (id, secret, token) = keys().ok_or("no credentials in the answer")?;
    Ok(Keys { id, secret, token: Some(token) })
}
