//! The adapters, through the real SDK, on the embedded stand-ins. Each test has a stack of its own.

mod customers;
mod events;
mod prober;
mod services;
mod wiring;

use aws::clients::{Clients, Endpoints};
use aws::dynamodb::events::EventsTable;
use aws::dynamodb::ledger::{ClockOffset, DynamoLedger};
use aws::reader::OwnReaderSessions;
use aws::s3::staging::S3Staging;
use aws::settings::S3Settings;
use aws_credential_types::Credentials;
use sandbox::Stack;

pub(crate) use customers::StackCustomers;
pub(crate) use events::StackEvents;
pub(crate) use prober::{StackProber, role};
pub(crate) use services::{WireBus, WireQueue};

const REGION: &str = "eu-central-1";
const EVENTS: &str = "events";
const LEDGER: &str = "ledger";
const STAGING: &str = "vendor-staging";

/// A stack and the vendor's clients.
pub(crate) async fn start() -> (Stack, Clients) {
    let stack = Stack::start(None).await.unwrap();
    let keys = stack.vendor_credentials();
    let keys = Credentials::new(keys.access_key_id, keys.secret_access_key, None, None, "test");
    let endpoints = Endpoints {
        dynamodb: stack.dynamodb_url().into(),
        events: None,
        kms: None,
        s3: stack.s3_url().into(),
        ses: None,
        sqs: None,
        sts: stack.sts_url().into(),
    };
    let clients = Clients::at(&endpoints, REGION, keys, S3Settings { force_path_style: true });
    (stack, clients)
}

/// A ledger, and the stack that must outlive it.
pub(crate) async fn ledger() -> (DynamoLedger, Stack) {
    let (stack, clients) = start().await;
    (create_ledger(&clients).await, stack)
}

/// Creates the ledger's table.
pub(crate) async fn create_ledger(clients: &Clients) -> DynamoLedger {
    aws::dynamodb::ledger::create_table(&clients.dynamodb, LEDGER).await.unwrap();
    ledger_of(clients, 0)
}

/// The ledger; the `Date` of its answers is shifted by `shift_ms`.
pub(crate) fn ledger_of(clients: &Clients, shift_ms: i64) -> DynamoLedger {
    DynamoLedger::new(clients.dynamodb.clone(), LEDGER.into(), ClockOffset::millis(shift_ms))
}

/// A staging bucket, and the stack that must outlive it.
pub(crate) async fn staging() -> (S3Staging, Stack) {
    let (stack, clients) = start().await;
    (create_staging(&stack, &clients), stack)
}

/// A staging bucket on this stack.
pub(crate) fn create_staging(stack: &Stack, clients: &Clients) -> S3Staging {
    stack.create_bucket(STAGING, Stack::VENDOR_ACCOUNT, REGION).unwrap();
    S3Staging::new(clients.s3.clone(), STAGING.into())
}

/// The reader's sessions on an events table and a staging bucket, and the stack that must outlive them.
pub(crate) async fn reader_sessions() -> (OwnReaderSessions, Stack) {
    let (stack, clients) = start().await;
    stack.create_bucket(STAGING, Stack::VENDOR_ACCOUNT, REGION).unwrap();
    aws::dynamodb::events::create_table(&clients.dynamodb, EVENTS).await.unwrap();
    let layout = EventsTable::default_layout(EVENTS);
    (OwnReaderSessions::new(clients.s3, clients.dynamodb, STAGING.into(), layout), stack)
}
