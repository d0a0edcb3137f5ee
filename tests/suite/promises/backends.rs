//! The backends of a world: the fakes, or the adapters on the embedded stand-ins.

use std::sync::Arc;

use archive::names::TenantId;
use archive::part::{Part, PartNumber};
use archive::sort_key::{SortKey, SortKeyForm};
use archive::time::Time;
use async_trait::async_trait;
use aws::clients::Clients;
use aws::clock::SystemClock;
use aws::s3::staging::S3Staging;
use bytes::Bytes;
use exporter::Ports;
use ports::{Clock, Connectors, SaveAnswer, Saved};
use protocol::connector::{Connector, Shards};
use protocol::cursor::Cursor;
use tests::conformance::customers::CustomersRig;
use tests::conformance::source::EventsRig;
use tests::fakes::{FakeBus, FakeClock, Shape};
use tests::fault_injection::FaultPlan;
use tests::fixtures;
use tests::functions::{Fakes, exporter_ports};

use super::world::Backend;
use crate::embedded::{self, StackCustomers, StackEvents};

const SAVED: SaveAnswer = SaveAnswer::Saved(Saved::Stored);

async fn save(ledger: &impl Connectors, connector: &Connector) {
    let (stored, _) = ledger.get(&connector.id).await.unwrap().unwrap();
    let change = fixtures::change(&stored, connector);
    assert_eq!(ledger.save(&change, None, &[]).await.unwrap(), SAVED);
}

async fn cursor(ledger: &impl Connectors, connector: &Connector) -> Cursor {
    ledger.get(&connector.id).await.unwrap().unwrap().1.unwrap()
}

async fn parts(ledger: &impl Connectors, connector: &Connector) -> Vec<Part> {
    let mut parts = ledger.history(&connector.id, None, u32::MAX).await.unwrap();
    parts.reverse();
    assert!(parts.iter().zip(1..).all(|(part, number)| part.number == PartNumber::new(number)), "a gap");
    parts
}

fn create_bucket(customers: &impl CustomersRig, connector: &Connector) {
    let to = connector.destination.s3().unwrap();
    customers.create_bucket(to.bucket.as_str(), to.role.account().as_str(), to.region.as_str());
}

fn put_role(customers: &impl CustomersRig, connector: &Connector) {
    let to = connector.destination.s3().unwrap();
    let id = connector.external_id.as_str();
    customers.put_role(to.role.as_str(), id, to.bucket.as_str(), to.prefix.as_str());
}

fn bucket(connector: &Connector) -> &str {
    connector.destination.s3().unwrap().bucket.as_str()
}

#[async_trait(?Send)]
impl Backend for Fakes {
    fn ports(&self, plan: &FaultPlan, clock: &FakeClock) -> Ports {
        self.exporter_ports(plan, clock)
    }

    async fn store(&self, tenant: &TenantId, shards: Shards, shard: u8, sort_key: &SortKey, json: &str) {
        EventsRig::store(&self.source, tenant, shards, shard, sort_key, &Shape::Text(json.into())).await;
    }

    async fn expire(&self, tenant: &TenantId, before: Time) {
        self.source.expire(tenant, before);
    }

    async fn insert(&self, connector: &Connector, first: &Cursor) {
        fixtures::store(&self.ledger, connector, first).await;
    }

    async fn save(&self, connector: &Connector) {
        save(&self.ledger, connector).await;
    }

    async fn request_run(&self, connector: &Connector, now: Time, cut: Time) {
        self.ledger.request_run(&connector.id, now, cut, None, &[]).await.unwrap();
    }

    async fn cursor(&self, connector: &Connector) -> Cursor {
        cursor(&self.ledger, connector).await
    }

    async fn parts(&self, connector: &Connector) -> Vec<Part> {
        parts(&self.ledger, connector).await
    }

    fn create_bucket(&self, connector: &Connector) {
        create_bucket(&self.customers, connector);
    }

    fn put_role(&self, connector: &Connector) {
        put_role(&self.customers, connector);
    }

    fn delete_bucket(&self, connector: &Connector) {
        self.customers.delete_bucket(bucket(connector));
    }

    fn objects(&self, connector: &Connector) -> Vec<(String, Bytes)> {
        self.customers.objects(bucket(connector))
    }
}

/// The adapters on a stack of their own.
pub(crate) struct Embedded {
    clients: Clients,
    events: StackEvents,
    staging: S3Staging,
    customers: StackCustomers,
    bus: FakeBus,
    ledger: aws::dynamodb::ledger::DynamoLedger,
}

impl Embedded {
    pub(crate) async fn start(bus: &FakeBus) -> Self {
        let (stack, clients) = embedded::start().await;
        let ledger = embedded::create_ledger(&clients).await;
        let staging = embedded::create_staging(&stack, &clients);
        let events = StackEvents::new(&clients.dynamodb, SortKeyForm::Rfc3339, false).await;
        let customers = StackCustomers::new(Arc::new(stack), &clients);
        Self { clients, events, staging, customers, bus: bus.clone(), ledger }
    }
}

#[async_trait(?Send)]
impl Backend for Embedded {
    fn ports(&self, plan: &FaultPlan, clock: &FakeClock) -> Ports {
        // The stand-ins live in real time, and the clock guard compares their `Date` with the world's clock.
        let shift_ms = clock.now().millis() - SystemClock::new().now().millis();
        let ledger = embedded::ledger_of(&self.clients, shift_ms);
        let (events, customers) = (self.events.adapter(), self.customers.port().clone());
        exporter_ports(plan, clock, ledger, events, self.staging.clone(), customers, self.bus.clone())
    }

    async fn store(&self, tenant: &TenantId, shards: Shards, shard: u8, sort_key: &SortKey, json: &str) {
        self.events.store(tenant, shards, shard, sort_key, &Shape::Text(json.into())).await;
    }

    async fn expire(&self, tenant: &TenantId, before: Time) {
        self.events.expire(tenant, before).await;
    }

    async fn insert(&self, connector: &Connector, first: &Cursor) {
        fixtures::store(&self.ledger, connector, first).await;
    }

    async fn save(&self, connector: &Connector) {
        save(&self.ledger, connector).await;
    }

    async fn request_run(&self, connector: &Connector, now: Time, cut: Time) {
        self.ledger.request_run(&connector.id, now, cut, None, &[]).await.unwrap();
    }

    async fn cursor(&self, connector: &Connector) -> Cursor {
        cursor(&self.ledger, connector).await
    }

    async fn parts(&self, connector: &Connector) -> Vec<Part> {
        parts(&self.ledger, connector).await
    }

    fn create_bucket(&self, connector: &Connector) {
        create_bucket(&self.customers, connector);
    }

    fn put_role(&self, connector: &Connector) {
        put_role(&self.customers, connector);
    }

    fn delete_bucket(&self, connector: &Connector) {
        self.customers.delete_bucket(bucket(connector));
    }

    fn objects(&self, connector: &Connector) -> Vec<(String, Bytes)> {
        self.customers.objects(bucket(connector))
    }
}
