//! The reader's function, as API, portal and command line invoke it.

use std::time::Duration;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_lambda::Client;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;
use ports::{PortError, ReaderClient};
use serde::Deserialize;

use crate::port_error::port_error;

const ASKING: &str = "asking the reader";

/// How long an answer may take. API and portal have 29 seconds for all of a request.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(25);
/// A request that Lambda did not take is sent once more. Asking again changes nothing.
const MAX_ATTEMPTS: u32 = 2;

/// The reader's function in the same account.
#[derive(Debug, Clone)]
pub struct LambdaReader {
    client: Client,
    function: String,
}

impl LambdaReader {
    /// The function with this name or ARN. The configuration is
    /// [`ClientFactory::config`](crate::clients::ClientFactory::config).
    #[must_use]
    pub fn new(sdk: &SdkConfig, function: String) -> Self {
        let timeouts = TimeoutConfig::builder().operation_timeout(ANSWER_TIMEOUT);
        let config = aws_sdk_lambda::config::Builder::from(sdk)
            .timeout_config(timeouts.operation_attempt_timeout(ANSWER_TIMEOUT).build())
            .retry_config(RetryConfig::standard().with_max_attempts(MAX_ATTEMPTS));
        Self { client: Client::from_conf(config.build()), function }
    }
}

/// The payload of a function that failed. Its message is not passed on: it may repeat what was asked.
#[derive(Default, Deserialize)]
struct FunctionError {
    #[serde(rename = "errorType", default)]
    kind: String,
}

#[async_trait]
impl ReaderClient for LambdaReader {
    /// A function that failed answers 200 too, with `X-Amz-Function-Error`. Source: AWS Lambda API reference,
    /// `Invoke`.
    async fn ask(&self, request: Vec<u8>) -> Result<Vec<u8>, PortError> {
        let invoke = self.client.invoke().function_name(&self.function);
        let invoke = invoke.invocation_type(InvocationType::RequestResponse).payload(Blob::new(request));
        let answer = invoke.send().await.map_err(|error| port_error(ASKING, error))?;
        let payload = answer.payload.map(Blob::into_inner).unwrap_or_default();
        if answer.function_error.is_none() {
            return Ok(payload);
        }
        let FunctionError { kind } = serde_json::from_slice(&payload).unwrap_or_default();
        // Lambda ends a function that has used up its time or memory.
        if kind.starts_with("Sandbox.") || kind.starts_with("Runtime.") {
            return Err(PortError::transient(
                ASKING,
                format!("its function was ended: {kind}; ask for less"),
            ));
        }
        Err(PortError::bug(ASKING, format!("its function failed: {kind}; its log says why")))
    }
}
