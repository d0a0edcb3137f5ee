//! A deployment on the sandbox, due connectors, and the exporter's process on it. The process uses the wall
//! clock, so the windows are of the last hours.

use std::time::Duration;

use archive::names::{ConnectorId, ExternalId};
use archive::time::Time;
use aws::dynamodb::events::NewEvent;
use bytes::Bytes;
use protocol::connector::{Connector, Shards};
use protocol::cursor::Cursor;
use protocol::delivery_error::Block;
use sandbox::wiring::Sandbox;
use serde_json::{Value, json};
use tests::fixtures::{self, TIMING, unique_id};
use tests::lambda::{EventBus, Function};
use tests::oracle::{Verdict, compare, files};

pub(crate) use tests::lambda::sqs_event as batch;

const HOUR: Duration = Duration::from_hours(1);

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) embedded: Sandbox,
    pub(crate) bus: EventBus,
    /// The start of the connectors' export: that of the last window that is closed and settled.
    pub(crate) since: Time,
}

impl World {
    pub(crate) async fn start() -> Self {
        let embedded = Sandbox::start(None, None).await.unwrap();
        let since = (embedded.clock().now() - TIMING.settle).floor(HOUR) - HOUR;
        Self { embedded, bus: EventBus::start().await.unwrap(), since }
    }

    /// The environment as the template sets it.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        let mut environment = self.embedded.environment();
        environment.push(("AWS_ENDPOINT_URL_EVENTBRIDGE", self.bus.url.clone()));
        environment.push(("EVENT_BUS_NAME", "auditferry-events".to_owned()));
        environment
    }

    /// The exporter, waiting for its first batch.
    pub(crate) async fn exporter(&self) -> Function {
        exporter(&self.environment()).await
    }

    /// A tenant with these events in the window, and its connector, which is due and whose role admits us.
    pub(crate) async fn connector(&self, tenant: &str, events: &[&str]) -> Connector {
        let tenant = fixtures::tenant(tenant);
        let draft = Connector {
            external_id: ExternalId::new(0x00ca_9a27_e07e_1d00, unique_id()),
            ..fixtures::connector(&tenant, self.since)
        };
        let (connector, cursor) = fixtures::activated(draft, self.since);
        fixtures::store(self.embedded.connectors().as_ref(), &connector, &cursor).await;
        self.embedded.grant_access(&connector).unwrap();
        let event = |(n, body): (u64, &&str)| {
            NewEvent::new(self.since + Duration::from_secs(n), format!("evt_{n}"), (*body).to_owned())
        };
        let events: Vec<NewEvent> = (1..).zip(events).map(event).collect();
        self.embedded.events().write(&tenant, Shards::ONE, &events).await.unwrap();
        connector
    }

    /// Deletes the customer's bucket.
    pub(crate) fn delete_bucket(&self, connector: &Connector) {
        self.embedded.stack().delete_bucket(bucket(connector)).unwrap();
    }

    /// Compares what the customer has received with what it should have received.
    pub(crate) fn verdict(&self, connector: &Connector, events: &[&str]) -> Verdict {
        compare(&files(&self.objects(connector)), events.iter().copied())
    }

    /// How many files a customer has after a kill. Only the newest may lack its manifest.
    pub(crate) fn files_after_a_kill(&self, connector: &Connector) -> usize {
        let mut objects = self.objects(connector);
        let are = |folder: &str, objects: &[(String, Bytes)]| -> Vec<usize> {
            let places = objects.iter().enumerate();
            places.filter(|(_, (key, _))| key.contains(folder)).map(|(place, _)| place).collect()
        };
        let (parts, notes) = (are("/events/", &objects), are("/manifests/date=", &objects));
        if parts.len() == notes.len() + 1 {
            objects.remove(parts[parts.len() - 1]);
        }
        files(&objects).len() + parts.len() - notes.len()
    }

    fn objects(&self, connector: &Connector) -> Vec<(String, Bytes)> {
        let objects = self.embedded.stack().objects(bucket(connector)).unwrap();
        let read = |path| Bytes::from(std::fs::read(path).unwrap());
        objects.into_iter().map(|object| (object.key, read(object.path))).collect()
    }

    /// The cursor of a connector.
    pub(crate) async fn cursor(&self, id: &ConnectorId) -> Cursor {
        self.embedded.connectors().get(id).await.unwrap().unwrap().1.unwrap()
    }

    /// The block of a connector.
    pub(crate) async fn block(&self, connector: &Connector) -> Option<Block> {
        self.cursor(&connector.id).await.block
    }
}

/// The exporter in this environment.
pub(crate) async fn exporter(environment: &[(&str, String)]) -> Function {
    Function::start(env!("CARGO_BIN_EXE_exporter"), environment).await
}

fn bucket(connector: &Connector) -> &str {
    connector.destination.s3().unwrap().bucket.as_str()
}

/// The queue message for a connector.
pub(crate) fn message(connector: &Connector) -> String {
    json!({ "connector_id": connector.id.as_str() }).to_string()
}

/// The response with these messages as failed.
pub(crate) fn failed(messages: &[&str]) -> Value {
    let items: Vec<Value> = messages.iter().map(|id| json!({ "itemIdentifier": id })).collect();
    json!({ "batchItemFailures": items })
}
