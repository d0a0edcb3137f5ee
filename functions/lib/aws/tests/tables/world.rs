//! Clients, tables and records for these tests.

use archive::item::SourceItem;
use archive::names::{ConnectorId, ExternalId, WorkerId};
use archive::part::{Content, Part, PartKind, Window};
use archive::sha256::Sha256;
use archive::sort_key::SortKeyForm;
use archive::time::Time;
use aws::clients::{ClientFactory, Endpoints};
use aws::dynamodb::events::{DynamoSource, EventsTable};
use aws::dynamodb::ledger::{ClockOffset, DynamoLedger};
use aws::settings::S3Settings;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Credentials, Region};
use ports::Connectors as _;
use ports::Source as _;
use ports::{PageError, SaveAnswer, Saved};
use protocol::caller::Caller;
use protocol::connector::{Change, Connector, Encryption, S3Destination, Shards, State, Verb};
use protocol::cursor::Cursor;
use protocol::machine::{Seal, Span};
use sandbox::Stack;

/// A client without retries: the meaning of a response must not hide behind a second attempt.
pub(crate) fn client(stack: &Stack) -> Client {
    let keys = stack.vendor_credentials();
    with_keys(stack.dynamodb_url(), &keys.access_key_id, &keys.secret_access_key)
}

/// The same for a server that checks no key.
pub(crate) fn client_at(url: &str) -> Client {
    with_keys(url, "AKIDVENDOR", "secret")
}

fn with_keys(url: &str, access_key: &str, secret: &str) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(url)
        .region(Region::new("eu-central-1"))
        .credentials_provider(Credentials::new(access_key, secret, None, None, "test"))
        .retry_config(RetryConfig::disabled());
    Client::from_conf(config.build())
}

/// A client as a deployment has it, retries included.
pub(crate) fn deployed_client(url: &str) -> Client {
    let [s3, sts, dynamodb] = [url, url, url].map(ToOwned::to_owned);
    let endpoints = Endpoints { dynamodb, events: None, kms: None, s3, ses: None, sqs: None, sts };
    let keys = Credentials::new("AKIDVENDOR", "secret", None, None, "test");
    ClientFactory::at(&endpoints, "eu-central-1", keys, S3Settings::default()).dynamodb()
}

pub(crate) fn ledger(client: &Client) -> DynamoLedger {
    DynamoLedger::new(client.clone(), "ledger".into(), ClockOffset::default())
}

pub(crate) fn at(text: &str) -> Time {
    text.parse().unwrap()
}

pub(crate) fn connector() -> Connector {
    let draft =
        Connector::draft(ConnectorId::new(7), "acme".parse().unwrap(), ExternalId::new(1, 2), Time::EPOCH);
    Connector { state: State::Active, activated_at: Some(Time::EPOCH), version: 2, ..draft }
}

/// The same connector with a role and a folder in the bucket `acme-audit`, verified as its own.
pub(crate) fn connected() -> Connector {
    let to = S3Destination {
        role: "arn:aws:iam::222222222222:role/auditferry/Delivery".parse().unwrap(),
        bucket: "acme-audit".parse().unwrap(),
        region: "eu-central-1".parse().unwrap(),
        prefix: "audit".parse().unwrap(),
        encryption: Encryption::Default,
    };
    Connector { destination: to.into(), verified_at: Some(Time::EPOCH), ..connector() }
}

/// The change record of this connector.
pub(crate) fn change(before: Option<&Connector>, after: &Connector) -> Change {
    let (version, what) = (after.version, Verb::Update);
    Change {
        version,
        at: Time::EPOCH,
        by: Caller::System,
        what,
        before: before.cloned(),
        after: after.clone(),
    }
}

/// Stores the connector as an active one.
pub(crate) async fn activate(ledger: &DynamoLedger) -> (Connector, Cursor) {
    let stored = SaveAnswer::Saved(Saved::Stored);
    let draft = Connector { version: 1, ..connector() };
    assert_eq!(ledger.create(&draft, &change(None, &draft), &[]).await.unwrap(), stored);
    let start = at("2026-11-20T20:15:30.123Z");
    let cursor = Cursor::new(start, start, at("2026-11-20T21:05:00Z"));
    let activation = change(Some(&draft), &connector());
    assert_eq!(ledger.save(&activation, Some(&cursor), &[]).await.unwrap(), stored);
    (connector(), cursor)
}

/// The seal of the next part after a cursor, an hour long.
pub(crate) fn seal(connector: &Connector, cursor: &Cursor, worker: &WorkerId) -> Seal {
    let to = cursor.watermark + std::time::Duration::from_hours(1);
    let part = Part {
        connector: connector.id.clone(),
        number: cursor.next,
        window: Window { from: cursor.watermark, to },
        kind: PartKind::Heartbeat,
        events: 0,
        late: 0,
        unreadable: 0,
        first: None,
        last: None,
        encoding: connector.encoding,
        sha256: Sha256::new([7; 32]),
        size: 3,
        raw_sha256: Sha256::new([7; 32]),
        raw_size: 3,
        content: Content::Inline("W10K".into()),
        sealed_at: to,
        sealed_by: worker.clone(),
        manifest: None,
        delivered_at: None,
    };
    Seal {
        part,
        watermark_before: cursor.watermark,
        watermark_after: to,
        chain_state: None,
        read_progress: None,
        reconcile: None,
        unblock: false,
        source: None,
    }
}

/// The default layout with another form of sort key.
pub(crate) fn layout(sort_key_form: SortKeyForm) -> EventsTable {
    EventsTable { sort_key_form, ..EventsTable::default_layout("events") }
}

/// The hour of these tests' events.
pub(crate) fn hour() -> Span {
    Span::Window(Window { from: at("2026-11-20T20:00:00Z"), to: at("2026-11-20T21:00:00Z") })
}

/// All items of a span of tenant `acme`, in one shard.
pub(crate) async fn read_all(source: &DynamoSource, span: &Span) -> Result<Vec<SourceItem>, PageError> {
    let mut reader = source.open(&"acme".parse().unwrap(), Shards::ONE, 0, span).await?;
    let mut items = Vec::new();
    while let Some(page) = reader.next_page().await? {
        items.extend(page);
    }
    Ok(items)
}
