//! The vendor's event bus: Amazon EventBridge.

use async_trait::async_trait;
use aws_sdk_eventbridge::Config;
use aws_sdk_eventbridge::operation::put_events::PutEventsOutput;
use aws_sdk_eventbridge::types::{PutEventsRequestEntry, PutEventsResultEntry};
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};
use ports::{Bus, PortError};
use protocol::notice::{Notice, PartSealed};
use protocol::portal::LinkNotice;
use serde::Serialize;

use crate::port_error::port_error;
use crate::transient_codes::{Origin, is_transient_code};

/// The `source` of every event on the bus. EventBridge reserves names that start with `aws.`.
pub const SOURCE: &str = "auditferry";

const PUBLISHING: &str = "publishing to the event bus";

/// An EventBridge event bus.
#[derive(Debug, Clone)]
pub struct EventBridgeBus {
    client: aws_sdk_eventbridge::Client,
    name: String,
}

impl EventBridgeBus {
    /// The bus with this name or ARN.
    #[must_use]
    pub const fn new(client: aws_sdk_eventbridge::Client, name: String) -> Self {
        Self { client, name }
    }
}

/// Makes the SDK retry, with its own backoff, a response whose status is a success but whose entry failed for
/// a transient reason. The SDK by itself looks only at the status, and a run publishes each notice once.
#[derive(Debug)]
struct RetryTransientEntries;

impl ClassifyRetry for RetryTransientEntries {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let answer = context.output_or_error().and_then(Result::ok);
        let answer = answer.and_then(|output| output.downcast_ref::<PutEventsOutput>());
        let transient = answer.is_some_and(|answer| answer.entries().iter().any(is_transient));
        if transient { RetryAction::throttling_error() } else { RetryAction::NoActionIndicated }
    }

    fn name(&self) -> &'static str {
        "RetryTransientEntries"
    }
}

fn is_transient(entry: &PutEventsResultEntry) -> bool {
    entry.error_code().is_some_and(|code| is_transient_code(code, Origin::BusEntry))
}

/// An entry that failed although the request was answered with 200.
#[derive(Debug, thiserror::Error)]
#[error("the bus rejected the event: {code}: {message}")]
struct EntryError {
    code: String,
    message: String,
}

#[async_trait]
impl Bus for EventBridgeBus {
    async fn publish(&self, notice: &Notice) -> Result<(), PortError> {
        let entry = self.entry(notice.fact.kind(), notice)?;
        let sealed = notice.part_sealed().map(|sealed| self.entry(PartSealed::KIND, &sealed)).transpose()?;
        self.put(entry, sealed).await
    }

    async fn publish_link(&self, notice: &LinkNotice) -> Result<(), PortError> {
        self.put(self.entry(notice.fact.kind(), notice)?, None).await
    }
}

impl EventBridgeBus {
    fn entry(&self, kind: &str, detail: &impl Serialize) -> Result<PutEventsRequestEntry, PortError> {
        let detail = serde_json::to_string(detail)
            .map_err(|error| PortError::bug("writing a notice as JSON", error))?;
        let entry = PutEventsRequestEntry::builder().event_bus_name(&self.name).source(SOURCE);
        Ok(entry.detail_type(kind).detail(detail).build())
    }

    /// A second worker, or an SDK retry after a lost response, puts the same events again. Consumers
    /// recognize them by the `id` in their detail. Responses are in the order of the entries.
    async fn put(
        &self,
        notice: PutEventsRequestEntry,
        sealed: Option<PutEventsRequestEntry>,
    ) -> Result<(), PortError> {
        let config = Config::builder().retry_classifier(RetryTransientEntries);
        let entries = std::iter::once(notice).chain(sealed).collect();
        let put = self.client.put_events().set_entries(Some(entries)).customize().config_override(config);
        let answer = put.send().await;
        let answer = answer.map_err(|error| port_error(PUBLISHING, error))?;
        // The event ID confirms an event: a response without one is not a success, whatever its counters say.
        let [notice, sealed @ ..] = answer.entries() else { return Err(entry_error(&[])) };
        if notice.event_id().is_none() {
            return Err(entry_error(std::slice::from_ref(notice)));
        }
        // The notice is out, and must not count as lost.
        if sealed.iter().any(|entry| entry.event_id().is_none()) {
            let error = entry_error(sealed).chain();
            tracing::warn!(
                error,
                "the bus rejected the announcement of a part; the reader's sweep finds the part"
            );
        }
        Ok(())
    }
}

fn entry_error(entries: &[PutEventsResultEntry]) -> PortError {
    let entry = entries.iter().find(|entry| entry.error_code().is_some());
    let text = |message: Option<&str>| message.unwrap_or("no reason given").to_owned();
    let error = EntryError {
        code: text(entry.and_then(PutEventsResultEntry::error_code)),
        message: text(entry.and_then(PutEventsResultEntry::error_message)),
    };
    let transient = entry.is_some_and(is_transient);
    let denied = error.code.contains("AccessDenied") || error.code.contains("NotAuthorized");
    if transient {
        PortError::transient(PUBLISHING, error)
    } else if denied {
        PortError::denied(PUBLISHING, error)
    } else {
        PortError::bug(PUBLISHING, error)
    }
}
