//! Queue and bus of the embedded wiring keep the testable promises of their ports. Neither can have an
//! outage, since nothing lies between them and their callers.

use std::sync::{Mutex, PoisonError};

use archive::names::ConnectorId;
use sandbox::wiring::{RecordingBus, Sandbox};
use serde_json::{Value, json};
use tests::conformance::bus::{self, BusRig};
use tests::conformance::queue::{self, QueueRig};
use tests::delegate_port;
use tests::fault_injection::Outage;

/// The wiring, and the messages received from its queue.
#[derive(Debug)]
struct Wiring {
    embedded: Sandbox,
    received: Mutex<Vec<ConnectorId>>,
}

impl Wiring {
    async fn start() -> Self {
        Self { embedded: Sandbox::start(None, None).await.unwrap(), received: Mutex::default() }
    }
}

delegate_port!(Queue, Wiring, |it| match method {
    send(batch, delay) => it.embedded.dispatcher().queue.send(batch, delay).await,
});

impl QueueRig for Wiring {
    type Port = Self;

    fn port(&self) -> &Self {
        self
    }

    fn sent(&self) -> Vec<ConnectorId> {
        let mut received = self.received.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let batch = self.embedded.receive();
            if batch.is_empty() {
                return received.clone();
            }
            received.extend(batch);
        }
    }

    fn delays(&self) -> Option<Vec<u64>> {
        None
    }

    fn refuse(&self, id: &ConnectorId) {
        panic!("the queue in memory refuses nobody, not {id}");
    }

    fn accept_all(&self) {}

    fn outage(&self, outage: Outage, _: usize) {
        panic!("the queue in memory has no {outage:?}");
    }
}

impl BusRig for Wiring {
    type Port = RecordingBus;

    fn port(&self) -> &RecordingBus {
        self.embedded.bus()
    }

    fn published(&self) -> Vec<(String, Value)> {
        let written = |event: Value| {
            assert_eq!(event["source"], json!("auditferry"));
            (event["detail-type"].as_str().unwrap().to_owned(), event["detail"].clone())
        };
        self.embedded.bus().events().into_iter().map(written).collect()
    }

    fn outage(&self, outage: Outage, _: usize) {
        panic!("the bus of this process has no {outage:?}");
    }
}

#[tokio::test]
async fn the_queue_in_memory_sends_each_connector_once_and_in_order() {
    let wiring = Wiring::start().await;
    queue::each_connector_of_a_batch_is_sent_once_and_in_order(&wiring).await;
}

#[tokio::test]
async fn the_queue_in_memory_sends_a_connector_named_twice_twice() {
    queue::a_connector_named_twice_is_sent_twice(&Wiring::start().await).await;
}

#[tokio::test]
async fn the_queue_in_memory_accepts_no_more_than_the_queue_of_a_deployment() {
    queue::an_empty_batch_sends_nothing_and_one_too_large_is_a_bug(&Wiring::start().await).await;
}

#[tokio::test]
async fn the_bus_of_the_wiring_keeps_each_notice_once_and_in_order() {
    let wiring = Wiring::start().await;
    bus::a_notice_is_published_once_per_call_and_in_order(&wiring).await;
}

#[tokio::test]
async fn the_bus_of_the_wiring_keeps_all_notices_that_are_published_concurrently() {
    bus::concurrent_notices_are_each_published_once(&Wiring::start().await).await;
}

#[tokio::test]
async fn the_bus_of_the_wiring_accepts_nothing_larger_than_that_of_a_deployment() {
    bus::a_notice_too_large_for_the_bus_is_a_bug(&Wiring::start().await).await;
}
