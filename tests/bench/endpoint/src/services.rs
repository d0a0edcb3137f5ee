//! STS and EventBridge, as far as an export needs them.

use std::io;

use hyper::Request;
use hyper::body::Incoming;
use serde_json::{Value, json};

use crate::answer::{Answer, empty, text};
use crate::{Endpoint, body};

/// Returns a session for any role.
pub(crate) async fn sts(endpoint: &Endpoint, request: Request<Incoming>) -> io::Result<Answer> {
    let form = body(request).await?;
    let field =
        |name: &str| form_urlencoded::parse(&form).find(|(key, _)| key == name).map(|(_, value)| value);
    if field("Action").as_deref() != Some("AssumeRole") {
        return Ok(empty(501));
    }
    endpoint.control.count("sts AssumeRole", 0);
    let role = field("RoleArn").unwrap_or_default();
    let (account, name) =
        (role.split(':').nth(4).unwrap_or_default(), role.rsplit('/').next().unwrap_or_default());
    let session = field("RoleSessionName").unwrap_or_default();
    let answer = format!(
        r#"<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><AssumedRoleUser><AssumedRoleId>AROA:{session}</AssumedRoleId><Arn>arn:aws:sts::{account}:assumed-role/{name}/{session}</Arn></AssumedRoleUser><Credentials><AccessKeyId>ASIABENCH</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult><ResponseMetadata><RequestId>BENCH</RequestId></ResponseMetadata></AssumeRoleResponse>"#
    );
    Ok(text(200, "text/xml", answer))
}

pub(crate) async fn put_events(endpoint: &Endpoint, request: Request<Incoming>) -> io::Result<Answer> {
    let request: Value = serde_json::from_slice(&body(request).await?)?;
    endpoint.control.count("events PutEvents", 0);
    let entries = request["Entries"].as_array().map_or(0, Vec::len);
    let entries: Vec<Value> = (0..entries).map(|entry| json!({ "EventId": entry.to_string() })).collect();
    let answer = json!({ "FailedEntryCount": 0, "Entries": entries });
    Ok(text(200, "application/x-amz-json-1.1", answer.to_string()))
}
