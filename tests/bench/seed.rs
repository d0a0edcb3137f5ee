//! Creates the ledger of a benchmark's run: connectors that are due for one hour, as in an active deployment.
//!
//! ```text
//! seed ENDPOINT LEDGER KEY CONNECTORS SHARDS COMPRESSION FROM
//! ```
//!
//! `ENDPOINT` is the URL of `tests/bench/endpoint`, `LEDGER` the table to create, `KEY` the file of the
//! signing key, which is created if it is missing, and `FROM` the start of the exported hour, RFC 3339. It
//! prints the connectors' IDs as a JSON array. The first connector belongs to the tenant `acme`, which has
//! all events.

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use archive::names::{ConnectorId, ExternalId};
use archive::note::{KeyName, VerifierKey};
use archive::part::{Compression, Encoding, Format};
use archive::time::Time;
use aws::dynamodb::ledger::{DynamoLedger, create_table};
use aws::signing::FileSigner;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::{Client, Config};
use ports::Signer as _;
use protocol::connector::{Connector, Encryption, S3Destination, Shards, State};
use protocol::cursor::{Cursor, PublishedKeys};
use tests::fakes::SeededRng;

const REGION: &str = "us-east-1";
const VENDOR_DOMAIN: &str = "vendor.example";

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [endpoint, ledger, key, connectors, shards, compression, from] = arguments.as_slice() else {
        panic!("usage: seed ENDPOINT LEDGER KEY CONNECTORS SHARDS COMPRESSION FROM");
    };
    let name = KeyName::of(VENDOR_DOMAIN.parse().expect("a domain"));
    let signer = FileSigner::read_or_create(Path::new(key), &name, &SeededRng::new(1)).expect("a key");
    let key = VerifierKey::new(name, signer.public_key().await.expect("its public half")).expect("a name");
    let client = client(endpoint);
    create_table(&client, ledger).await.expect("the ledger is created");
    let table = DynamoLedger::new(client, ledger.clone(), Default::default());
    let from: Time = from.parse().expect("a time");
    let mut ids = Vec::new();
    for number in 0..connectors.parse().expect("a number of connectors") {
        let connector = connector(number, shards, compression, from);
        // Every export except for a connector's first one finds the public key in the bucket.
        let published_keys = connector.destination.s3().map(|destination| PublishedKeys {
            location: destination.location().to_string(),
            keys: vec![key.id().into()],
        });
        let cursor = Cursor { published_keys, ..Cursor::new(from, from, now()) };
        tests::fixtures::store(&table, &connector, &cursor).await;
        ids.push(connector.id.to_string());
    }
    println!("{}", serde_json::json!(ids));
}

fn client(endpoint: &str) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .endpoint_url(endpoint)
        .credentials_provider(Credentials::new("AKIABENCH", "secret", None, None, "bench"))
        .build();
    Client::from_conf(config)
}

fn connector(number: u64, shards: &str, compression: &str, from: Time) -> Connector {
    let compression = match compression {
        "gzip" => Compression::Gzip,
        "zstd" => Compression::Zstd,
        _ => Compression::None,
    };
    let account = 222_222_222_222 + number;
    let destination = S3Destination {
        role: format!("arn:aws:iam::{account}:role/auditferry/AuditLog").parse().expect("a role"),
        bucket: format!("customer-{number}").parse().expect("a bucket"),
        region: REGION.parse().expect("a region"),
        prefix: "audit".parse().expect("a prefix"),
        encryption: Encryption::Default,
    };
    let tenant = if number == 0 { "acme".to_owned() } else { format!("quiet-{number}") };
    let shards: u8 = shards.parse().expect("a number of shards");
    Connector {
        shards: Shards::try_from(shards).expect("shards"),
        state: State::Active,
        encoding: Encoding { format: Format::Ndjson, compression },
        destination: destination.into(),
        start_from: Some(from),
        activated_at: Some(from),
        verified_at: Some(now() - Duration::from_hours(1)),
        ..Connector::draft(
            ConnectorId::new(number),
            tenant.parse().expect("a tenant"),
            ExternalId::new(number, 2),
            from,
        )
    }
}

#[expect(clippy::disallowed_methods, reason = "the measured exporter uses the system clock")]
fn now() -> Time {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
    Time::from_millis(i64::try_from(now.as_millis()).expect("a clock before the year 9999")).expect("a time")
}
