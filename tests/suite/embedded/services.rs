//! The adapters of bus and queue on our own stand-ins of EventBridge and SQS, which are as strict as AWS.

use archive::names::ConnectorId;
use aws::clients::{ClientFactory, Endpoints};
use aws::eventbridge::bus::{EventBridgeBus, SOURCE};
use aws::settings::S3Settings;
use aws::sqs::queue::SqsQueue;
use aws_credential_types::Credentials;
use serde_json::{Value, json};
use tests::conformance::bus::BusRig;
use tests::conformance::queue::QueueRig;
use tests::fault_injection::Outage;
use tests::lambda::{EventBus, MessageQueue};

/// An address without a listener.
const NOWHERE: &str = "http://127.0.0.1:9";
const BUS: &str = "auditferry-events";

fn services(events: Option<&str>, sqs: Option<&str>) -> ClientFactory {
    let endpoints = Endpoints {
        dynamodb: NOWHERE.into(),
        events: events.map(str::to_owned),
        kms: None,
        s3: NOWHERE.into(),
        ses: None,
        sqs: sqs.map(str::to_owned),
        sts: NOWHERE.into(),
    };
    let keys = Credentials::new("AKIDVENDOR", "secret", None, None, "test");
    ClientFactory::at(&endpoints, super::REGION, keys, S3Settings::default())
}

/// The adapter, and the bus.
#[derive(Debug)]
pub(crate) struct WireBus {
    bus: EventBus,
    port: EventBridgeBus,
}

impl WireBus {
    pub(crate) async fn start() -> Self {
        let bus = EventBus::start().await.unwrap();
        let port = EventBridgeBus::new(services(Some(&bus.url), None).events(), BUS.into());
        Self { bus, port }
    }
}

impl BusRig for WireBus {
    type Port = EventBridgeBus;

    fn port(&self) -> &EventBridgeBus {
        &self.port
    }

    fn published(&self) -> Vec<(String, Value)> {
        let published = self.bus.published();
        let text = |entry: &Value, name: &str| entry[name].as_str().unwrap().to_owned();
        published
            .iter()
            .map(|entry| {
                assert_eq!((&entry["EventBusName"], &entry["Source"]), (&json!(BUS), &json!(SOURCE)));
                (text(entry, "DetailType"), serde_json::from_str(&text(entry, "Detail")).unwrap())
            })
            .collect()
    }

    fn outage(&self, outage: Outage, calls: usize) {
        self.bus.outage(outage, calls);
    }
}

/// The adapter, and the queue.
#[derive(Debug)]
pub(crate) struct WireQueue {
    queue: MessageQueue,
    port: SqsQueue,
}

impl WireQueue {
    pub(crate) async fn start() -> Self {
        let queue = MessageQueue::start().await.unwrap();
        let port = SqsQueue::new(&services(None, Some(&queue.endpoint)), queue.url());
        Self { queue, port }
    }
}

impl QueueRig for WireQueue {
    type Port = SqsQueue;

    fn port(&self) -> &SqsQueue {
        &self.port
    }

    fn sent(&self) -> Vec<ConnectorId> {
        let connector = |message: &String| {
            let message: Value = serde_json::from_str(message).unwrap();
            let id = message["connector_id"].as_str().unwrap().parse().unwrap();
            assert_eq!(message, json!({ "connector_id": message["connector_id"] }), "nothing but the ID");
            id
        };
        self.queue.accepted().iter().map(connector).collect()
    }

    fn delays(&self) -> Option<Vec<u64>> {
        Some(self.queue.delays())
    }

    fn refuse(&self, id: &ConnectorId) {
        self.queue.refuse(&format!("\"{id}\""));
    }

    fn accept_all(&self) {
        self.queue.accept_all();
    }

    fn outage(&self, outage: Outage, calls: usize) {
        self.queue.outage(outage, calls);
    }
}
