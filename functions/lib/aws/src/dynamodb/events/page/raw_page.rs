//! Replaces the SDK's deserializer of Query responses for one request. It captures the raw body, so that the
//! next page can be requested before this one is parsed.

use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::operation::query::{Query, QueryOutput};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeTransmitInterceptorContextRef, Error, Output,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::client::runtime_plugin::RuntimePlugin as _;
use aws_smithy_runtime_api::client::ser_de::{DeserializeResponse, SharedResponseDeserializer};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::{ConfigBag, FrozenLayer};

/// The header with the CRC-32 of the response body. The SDK does not check it.
const CHECKSUM: &str = "x-amz-crc32";

/// Captures the page of one request: it is the request's interceptor and returns the page afterwards.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct RawPageCapture {
    /// The body of the newest attempt; attempts are sequential.
    body: Arc<Mutex<Option<SdkBody>>>,
}

impl RawPageCapture {
    /// The raw page once the request has succeeded: UTF-8, and in memory.
    pub(in super::super) fn take(&self) -> Option<SdkBody> {
        self.body.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

#[dyn_dispatch_hint]
impl Intercept for RawPageCapture {
    fn name(&self) -> &'static str {
        "RawPageCapture"
    }

    /// The interceptor's configuration takes precedence over the operation's.
    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let reader = Reader { page: self.clone(), errors: Query::new().config() };
        config.interceptor_state().store_put(SharedResponseDeserializer::new(reader));
        Ok(())
    }
}

#[derive(Debug)]
struct Reader {
    page: RawPageCapture,
    /// The SDK's own deserializer, for error responses.
    errors: Option<FrozenLayer>,
}

impl DeserializeResponse for Reader {
    fn deserialize_nonstreaming_with_config(
        &self,
        response: &HttpResponse,
        config: &ConfigBag,
    ) -> Result<Output, OrchestratorError<Error>> {
        if !response.status().is_success() {
            let own = self.errors.as_ref().and_then(|layer| layer.load::<SharedResponseDeserializer>());
            let own = own
                .ok_or_else(|| OrchestratorError::other("the SDK has no deserializer of Query responses"))?;
            return own.deserialize_nonstreaming_with_config(response, config);
        }
        // Like a truncated response: the SDK retries.
        let body = checked_body(response).map_err(OrchestratorError::response)?;
        *self.page.body.lock().unwrap_or_else(PoisonError::into_inner) = Some(body);
        Ok(Output::erase(QueryOutput::builder().build()))
    }
}

/// The body, if it matches its checksum and is UTF-8.
fn checked_body(response: &HttpResponse) -> Result<SdkBody, BoxError> {
    let body = response.body().bytes().ok_or("the response has no body in memory")?;
    if let Some(expected) = response.headers().get(CHECKSUM) {
        let actual = crc32fast::hash(body);
        if expected.parse() != Ok(actual) {
            return Err(format!("the response's CRC-32 is {actual}, but its header says {expected}").into());
        }
    }
    std::str::from_utf8(body)?;
    Ok(response.body().try_clone().ok_or("the response's body can't be cloned")?)
}
