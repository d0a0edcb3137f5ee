//! A deployment on the sandbox with a queue and a bus, and the dispatcher's process on it, which uses the
//! wall clock.

use archive::names::ConnectorId;
use archive::time::Time;
use protocol::connector::Connector;
use sandbox::wiring::Sandbox;
use serde_json::{Value, json};
use tests::fixtures;
use tests::lambda::{EventBus, Function, MessageQueue, environment_of};

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) embedded: Sandbox,
    pub(crate) queue: MessageQueue,
    pub(crate) bus: EventBus,
}

impl World {
    pub(crate) async fn start() -> Self {
        let (embedded, queue) = (Sandbox::start(None, None).await, MessageQueue::start().await);
        let bus = EventBus::start().await.unwrap();
        Self { embedded: embedded.unwrap(), queue: queue.unwrap(), bus }
    }

    /// The bodies of the messages in the queue, sorted.
    pub(crate) fn messages_sent(&self) -> Vec<String> {
        let mut accepted = self.queue.accepted();
        accepted.sort();
        accepted
    }

    /// The environment as the template sets it, without the exporter's variables.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        let mut environment = environment_of(self.embedded.environment(), &["LEDGER_TABLE"]);
        environment.push(("AWS_ENDPOINT_URL_SQS", self.queue.endpoint.clone()));
        environment.push(("EXPORT_QUEUE_URL", self.queue.url()));
        environment.push(("AWS_ENDPOINT_URL_EVENTBRIDGE", self.bus.url.clone()));
        environment.push(("EVENT_BUS_NAME", "auditferry-events".to_owned()));
        environment
    }

    /// A connector that runs next at `next_run_at`.
    pub(crate) async fn connector(&self, next_run_at: Time) -> ConnectorId {
        self.activated_at(self.embedded.clock().now(), next_run_at).await.id
    }

    /// A connector that was activated at `at` and has sealed nothing since.
    pub(crate) async fn activated_at(&self, at: Time, next_run_at: Time) -> Connector {
        let draft: Connector = fixtures::connector(&fixtures::tenant("acme"), at);
        let (connector, mut cursor) = fixtures::activated(draft, at);
        cursor.next_run_at = next_run_at;
        fixtures::store(self.embedded.connectors().as_ref(), &connector, &cursor).await;
        connector
    }

    /// When a connector runs next.
    pub(crate) async fn next_run_at(&self, id: &ConnectorId) -> Time {
        self.embedded.connectors().get(id).await.unwrap().unwrap().1.unwrap().next_run_at
    }
}

/// The dispatcher in this environment.
pub(crate) async fn dispatcher(environment: &[(&str, String)]) -> Function {
    Function::start(env!("CARGO_BIN_EXE_dispatcher"), environment).await
}

/// The event of a scheduled rule. Source: Amazon EventBridge user guide, "Creating a scheduled rule", the
/// sample event.
pub(crate) fn scheduled_event() -> Value {
    json!({
        "version": "0",
        "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "123456789012",
        "time": "2015-10-08T16:53:06Z",
        "region": "us-east-1",
        "resources": ["arn:aws:events:us-east-1:123456789012:rule/my-scheduled-rule"],
        "detail": {}
    })
}
