//! One measurement: a stack with events, a connector, and the exporter's process.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use adapters::ledger::DynamoLedger;
use adapters::signing::FileSigner;
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use aws_sdk_dynamodb::{Client, Config, config::Credentials, config::Region};
use domain::connector::{Connector, Destination, Shards, State};
use domain::cursor::Cursor;
use domain::manifest::KeyName;
use domain::names::{ConnectorId, ExternalId};
use domain::part::{Compression, Encoding, Format};
use domain::time::Time;
use futures_util::{StreamExt, stream};
use local::{Role, Stack};
use tests::fakes::SeededRandomness;
use tests::lambda::{EventBus, RuntimeApi};

const SHARDS: u8 = 32;
const REGION: &str = "us-east-1";
const CUSTOMER: &str = "222222222222";
const VENDOR_DOMAIN: &str = "vendor.example";

/// What one export took.
pub struct Measured {
    pub wall: f64,
    pub cpu: f64,
    pub idle_kb: u64,
    pub peak_kb: u64,
    pub bytes: u64,
}

/// A stack with events and a connector that is due.
pub struct World {
    stack: Stack,
    connector: ConnectorId,
    events: usize,
}

impl World {
    pub async fn with(events: usize, compression: &str) -> Self {
        let stack = Stack::start(None).await.expect("the stack starts");
        let client = client(&stack);
        adapters::ledger::create_table(&client, "ledger").await.expect("the ledger is created");
        adapters::source::create_table(&client, "events").await.expect("the events table is created");
        stack.create_bucket("staging", Stack::VENDOR_ACCOUNT, REGION).expect("the staging bucket");
        stack.create_bucket("customer", CUSTOMER, REGION).expect("the customer's bucket");
        // The window that is measured is the hour before last: closed, settled, and read through the clock guard.
        let now = Time::from_millis(millis_now()).expect("a time");
        let hour = Duration::from_hours(1);
        let window = now.floor(hour) - hour * 2;
        fill(&client, events, window).await;
        let connector = connector(compression, window);
        let role = connector.destination.as_ref().expect("it is connected").role.to_string();
        let external_id = Some(connector.external_id.to_string());
        stack
            .put_role(Role { arn: role, external_id, bucket: "customer".into(), prefix: "audit".into() })
            .expect("role");
        let ledger = DynamoLedger::new(client, "ledger".into(), Default::default());
        let cursor = Cursor::new(window, window, now);
        tests::fixtures::store(&ledger, &connector, &cursor).await;
        Self { stack, connector: connector.id, events }
    }

    #[expect(clippy::disallowed_methods, reason = "a measurement needs a clock")]
    pub async fn export(self, exporter: &Path) -> Measured {
        let mut api = RuntimeApi::start(Duration::from_mins(15)).await.expect("the runtime API starts");
        let bus = EventBus::start().await.expect("the event bus starts");
        let vendor = self.stack.vendor();
        let key = self.stack.folder().join("signing-key");
        let name = KeyName::of(VENDOR_DOMAIN.parse().expect("a domain"));
        FileSigner::read_or_create(&key, &name, &SeededRandomness::new(1)).expect("a key");
        // Kept until the end, for the case that the export fails.
        let log = self.stack.folder().join("exporter.log");
        let mut process = Command::new(exporter)
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", &api.address)
            .env("AWS_LAMBDA_FUNCTION_NAME", "exporter")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "2048")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", "bench")
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "bench")
            .env("AWS_REGION", REGION)
            .env("AWS_ACCESS_KEY_ID", &vendor.access_key_id)
            .env("AWS_SECRET_ACCESS_KEY", &vendor.secret_access_key)
            .env("AWS_ENDPOINT_URL_DYNAMODB", self.stack.dynamodb_url())
            .env("AWS_ENDPOINT_URL_S3", self.stack.s3_url())
            .env("AWS_ENDPOINT_URL_STS", self.stack.sts_url())
            .env("AWS_ENDPOINT_URL_EVENTBRIDGE", &bus.url)
            .env("S3_FORCE_PATH_STYLE", "true")
            .env("EVENTS_TABLE", "events")
            .env("LEDGER_TABLE", "ledger")
            .env("STAGING_BUCKET", "staging")
            .env("EVENT_BUS_NAME", "bench")
            .env("MAX_PART_BYTES", "4294967296")
            .env("VENDOR_DOMAIN", VENDOR_DOMAIN)
            .env("SIGNING_KEY", format!("file:{}", key.display()))
            .stdout(std::fs::File::create(&log).expect("a file"))
            .spawn()
            .expect("the exporter starts");
        let warm_up = r#"{"Records":[]}"#.to_owned();
        api.invoke(warm_up).await.expect("an answer").expect("no error");
        let idle_kb = status(process.id(), "VmHWM:");
        let (began, cpu_before) = (Instant::now(), cpu_seconds(process.id()));
        let body = format!(r#"{{\"connector_id\":\"{}\"}}"#, self.connector);
        let record = format!(r#"{{"Records":[{{"messageId":"1","body":"{body}"}}]}}"#);
        let answer = api.invoke(record).await;
        let wall = began.elapsed().as_secs_f64();
        let cpu = cpu_seconds(process.id()) - cpu_before;
        let peak_kb = status(process.id(), "VmHWM:");
        process.kill().and_then(|()| process.wait()).expect("the exporter ends");
        match answer {
            Some(Ok(answer)) if !String::from_utf8_lossy(&answer).contains("itemIdentifier") => {}
            failed => panic!("the export failed: {failed:?}\n{}", newest_lines(&log)),
        }
        let bytes = self.delivered();
        self.stack.stop().await;
        Measured { wall, cpu, idle_kb, peak_kb, bytes }
    }

    /// The size of the first part, which must hold all the events.
    fn delivered(&self) -> u64 {
        let objects = self.stack.objects("customer").expect("the customer's bucket");
        let first = objects.first().expect("a delivered part");
        let file = std::fs::File::open(&first.path).expect("the object");
        let lines = match first.key.rsplit('.').next() {
            Some("gz") => lines(flate2::read::GzDecoder::new(file)),
            Some("zst") => lines(zstd::Decoder::new(file).expect("zstd")),
            _ => lines(file),
        };
        // `[`, one line an event, `]`.
        assert_eq!(lines, self.events + 2, "the first part holds all events");
        first.size
    }
}

/// The end of the exporter's log.
fn newest_lines(log: &Path) -> String {
    let log = std::fs::read_to_string(log).expect("the log");
    let skipped = log.lines().count().saturating_sub(20);
    log.lines().skip(skipped).collect::<Vec<_>>().join("\n")
}

fn lines(reader: impl std::io::Read) -> usize {
    use std::io::BufRead as _;
    std::io::BufReader::new(reader).lines().fold(0, |count, line| line.map(|_| count + 1).expect("text"))
}

fn client(stack: &Stack) -> Client {
    let vendor = stack.vendor();
    let keys = Credentials::new(vendor.access_key_id, vendor.secret_access_key, None, None, "bench");
    let config = Config::builder()
        .behavior_version_latest()
        .region(Region::new(REGION))
        .endpoint_url(stack.dynamodb_url())
        .credentials_provider(keys)
        .build();
    Client::from_conf(config)
}

/// Writes the real events, repeated, evenly over the window and the shards.
async fn fill(client: &Client, events: usize, window: Time) {
    let lines = tests::fixtures::cloudtrail();
    let write = |index: usize| {
        let time = window + Duration::from_millis((index * 3_599_999 / events) as u64);
        let shard = index % usize::from(SHARDS);
        let text = |value: String| AttributeValue::S(value);
        let put = PutRequest::builder()
            .item("pk", text(format!("acme#{shard}")))
            .item("sk", text(format!("{time}#{index:07}")))
            .item("event", text(lines[index % lines.len()].json.to_owned()))
            .build()
            .expect("a complete request");
        WriteRequest::builder().put_request(put).build()
    };
    stream::iter((0..events).step_by(25))
        .for_each_concurrent(8, |start| async move {
            let batch = (start..(start + 25).min(events)).map(write).collect();
            let written =
                client.batch_write_item().request_items("events", batch).send().await.expect("a batch");
            assert!(written.unprocessed_items().is_none_or(|left| left.is_empty()), "everything is written");
        })
        .await;
}

fn connector(compression: &str, window: Time) -> Connector {
    let compression = match compression {
        "gzip" => Compression::Gzip,
        "zstd" => Compression::Zstd,
        _ => Compression::None,
    };
    let destination = Destination {
        role: format!("arn:aws:iam::{CUSTOMER}:role/auditferry/AuditLog").parse().expect("a role"),
        bucket: "customer".parse().expect("a bucket"),
        region: REGION.parse().expect("a region"),
        prefix: "audit".parse().expect("a prefix"),
        kms_key: None,
    };
    let tenant = "acme".parse().expect("a tenant");
    Connector {
        shards: Shards::try_from(SHARDS).expect("shards"),
        state: State::Active,
        encoding: Encoding { format: Format::Json, compression },
        destination: Some(destination),
        start_from: Some(window),
        activated_at: Some(window),
        verified_at: Some(window),
        ..Connector::draft(ConnectorId::new(1), tenant, ExternalId::new(1, 2), window)
    }
}

#[expect(clippy::disallowed_methods, reason = "the exporter that is measured runs by the clock on the wall")]
fn millis_now() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock after 1970");
    i64::try_from(now.as_millis()).expect("a clock before the year 9999")
}

/// A field of `/proc/<pid>/status`, kilobytes.
fn status(pid: u32, field: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("a running process");
    let line = status.lines().find_map(|line| line.strip_prefix(field)).expect("the field");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

/// User and system time of a process, seconds; the kernel counts in hundredths.
fn cpu_seconds(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("a running process");
    let after_name = stat.rsplit(')').next().expect("a process line");
    let ticks: Vec<f64> =
        after_name.split_whitespace().skip(11).take(2).map(|t| t.parse().expect("ticks")).collect();
    ticks.iter().sum::<f64>() / 100.0
}
