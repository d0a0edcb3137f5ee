//! A straightforward export in Rust: page by page through the SDK, each event as a `serde_json::Value`, the
//! lines through flate2, and one object at the end.

use std::collections::HashMap;
use std::io::Write as _;

use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_s3::config::{Credentials, SharedCredentialsProvider};
use flate2::write::GzEncoder;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde::Deserialize;
use serde_json::{Value, json};

/// The export to run: its source and destination.
#[derive(Deserialize)]
struct Job {
    table: String,
    partition: String,
    from: String,
    to: String,
    role: String,
    external_id: String,
    bucket: String,
    key: String,
    compression: String,
}

struct Clients {
    config: aws_config::SdkConfig,
    dynamodb: aws_sdk_dynamodb::Client,
    sts: aws_sdk_sts::Client,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let (dynamodb, sts) = (aws_sdk_dynamodb::Client::new(&config), aws_sdk_sts::Client::new(&config));
    let clients = &Clients { config, dynamodb, sts };
    run(service_fn(move |event: LambdaEvent<Job>| export(clients, event.payload))).await
}

async fn export(clients: &Clients, job: Job) -> Result<Value, Error> {
    let s3 = assume(clients, &job).await?;
    let mut file = Lines::new(&job.compression);
    let mut start: Option<HashMap<String, AttributeValue>> = None;
    let mut events = 0;
    loop {
        let page = clients
            .dynamodb
            .query()
            .table_name(&job.table)
            .consistent_read(true)
            .key_condition_expression("#pk = :pk AND #sk BETWEEN :low AND :high")
            .expression_attribute_names("#pk", "pk")
            .expression_attribute_names("#sk", "sk")
            .expression_attribute_values(":pk", AttributeValue::S(job.partition.clone()))
            .expression_attribute_values(":low", AttributeValue::S(job.from.clone()))
            .expression_attribute_values(":high", AttributeValue::S(job.to.clone()))
            .set_exclusive_start_key(start.take())
            .send()
            .await?;
        for mut item in page.items.unwrap_or_default() {
            let event = item.remove("event").ok_or("an item without an event")?;
            match event {
                AttributeValue::S(text) => file.write(text.as_bytes())?,
                native => {
                    let value: Value = serde_dynamo::from_attribute_value(native)?;
                    file.write(&serde_json::to_vec(&value)?)?;
                }
            }
            events += 1;
        }
        start = page.last_evaluated_key;
        if start.is_none() {
            break;
        }
    }
    s3.put_object().bucket(&job.bucket).key(&job.key).body(file.finish()?.into()).send().await?;
    Ok(json!({ "events": events }))
}

async fn assume(clients: &Clients, job: &Job) -> Result<aws_sdk_s3::Client, Error> {
    let request = clients.sts.assume_role().role_arn(&job.role).external_id(&job.external_id);
    let keys = request.role_session_name("export").send().await?.credentials.ok_or("no credentials")?;
    let keys =
        Credentials::new(keys.access_key_id, keys.secret_access_key, Some(keys.session_token), None, "sts");
    let config = aws_sdk_s3::config::Builder::from(&clients.config)
        .credentials_provider(SharedCredentialsProvider::new(keys))
        .force_path_style(true)
        .build();
    Ok(aws_sdk_s3::Client::from_conf(config))
}

/// The file: one event per line.
enum Lines {
    Plain(Vec<u8>),
    Gzip(Box<GzEncoder<Vec<u8>>>),
}

impl Lines {
    fn new(compression: &str) -> Self {
        match compression {
            "gzip" => Self::Gzip(Box::new(GzEncoder::new(Vec::new(), flate2::Compression::default()))),
            _ => Self::Plain(Vec::new()),
        }
    }

    fn write(&mut self, line: &[u8]) -> std::io::Result<()> {
        match self {
            Self::Plain(file) => file.write_all(line).and_then(|()| file.write_all(b"\n")),
            Self::Gzip(file) => file.write_all(line).and_then(|()| file.write_all(b"\n")),
        }
    }

    fn finish(self) -> std::io::Result<Vec<u8>> {
        match self {
            Self::Plain(file) => Ok(file),
            Self::Gzip(file) => file.finish(),
        }
    }
}
