//! The vendor's event bus: Amazon EventBridge.

use async_trait::async_trait;
use aws_sdk_eventbridge::Config;
use aws_sdk_eventbridge::operation::put_events::PutEventsOutput;
use aws_sdk_eventbridge::types::{PutEventsRequestEntry, PutEventsResultEntry};
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};
use domain::notice::Notice;
use domain::ports::{Bus, PortError};

use crate::port_error::port_error;

/// The `source` of every event on the bus. EventBridge keeps names that start with `aws.` to itself.
pub const SOURCE: &str = "auditferry";

const PUBLISHING: &str = "telling the event bus";

/// Codes of a refused entry that pass by themselves.
/// Source: EventBridge API reference, `PutEventsResultEntry`.
const PASSING: [&str; 2] = ["InternalFailure", "ThrottlingException"];

/// An event bus of EventBridge.
#[derive(Debug, Clone)]
pub struct EventBridgeBus {
    client: aws_sdk_eventbridge::Client,
    name: String,
}

impl EventBridgeBus {
    /// The bus of that name or ARN.
    #[must_use]
    pub const fn new(client: aws_sdk_eventbridge::Client, name: String) -> Self {
        Self { client, name }
    }
}

/// Has the SDK try again, with its own pauses, where the answer is a success and the entry in it failed for a
/// passing reason: the SDK itself looks at the status only, and a run announces each notice once.
#[derive(Debug)]
struct PassingEntries;

impl ClassifyRetry for PassingEntries {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let answer = context.output_or_error().and_then(Result::ok);
        let answer = answer.and_then(|output| output.downcast_ref::<PutEventsOutput>());
        let passing = answer.is_some_and(|answer| answer.entries().iter().any(is_passing));
        if passing { RetryAction::throttling_error() } else { RetryAction::NoActionIndicated }
    }

    fn name(&self) -> &'static str {
        "PassingEntries"
    }
}

fn is_passing(entry: &PutEventsResultEntry) -> bool {
    entry.error_code().is_some_and(|code| PASSING.contains(&code))
}

/// An entry that the bus refused, although the request as such was answered with 200.
#[derive(Debug, thiserror::Error)]
#[error("the bus refused the event: {code}: {message}")]
struct EntryError {
    code: String,
    message: String,
}

#[async_trait]
impl Bus for EventBridgeBus {
    /// A second worker, or a retry of the SDK whose first try went through, puts the same event again. Readers
    /// tell it by the `id` in its detail.
    async fn publish(&self, notice: &Notice) -> Result<(), PortError> {
        let detail = serde_json::to_string(notice)
            .map_err(|error| PortError::Bug { what: "writing a notice as JSON", source: Box::new(error) })?;
        let entry = PutEventsRequestEntry::builder()
            .event_bus_name(&self.name)
            .source(SOURCE)
            .detail_type(notice.fact.kind())
            .detail(detail)
            .build();
        let patiently = Config::builder().retry_classifier(PassingEntries);
        let put = self.client.put_events().entries(entry).customize().config_override(patiently);
        let answer = put.send().await;
        let answer = answer.map_err(|error| port_error(PUBLISHING, error))?;
        // The ID is what confirms an event: an answer without one is no success, whatever it counts.
        let taken = answer.entries().first().is_some_and(|entry| entry.event_id().is_some());
        if taken { Ok(()) } else { Err(entry_error(answer.entries())) }
    }
}

fn entry_error(entries: &[PutEventsResultEntry]) -> PortError {
    let entry = entries.iter().find(|entry| entry.error_code().is_some());
    let text = |words: Option<&str>| words.unwrap_or("not told why").to_owned();
    let refused = EntryError {
        code: text(entry.and_then(PutEventsResultEntry::error_code)),
        message: text(entry.and_then(PutEventsResultEntry::error_message)),
    };
    let passing = entry.is_some_and(is_passing);
    let denied = refused.code.contains("AccessDenied") || refused.code.contains("NotAuthorized");
    let source = Box::new(refused);
    if passing {
        PortError::Transient { what: PUBLISHING, source }
    } else if denied {
        PortError::Denied { what: PUBLISHING, source }
    } else {
        PortError::Bug { what: PUBLISHING, source }
    }
}
