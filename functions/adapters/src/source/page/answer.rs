//! Takes the place of the SDK's reader of Query answers, for one request: it lets the body through as it came, so
//! that the next page can be asked for before this one is read.

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

/// The checksum of an answer's body, as it was sent. The SDK does not look at it.
const CHECKSUM: &str = "x-amz-crc32";

/// The page that one request brings: given to the request as its interceptor, and asked for the page afterwards.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct PageOf {
    /// The newest try's; tries follow each other.
    body: Arc<Mutex<Option<SdkBody>>>,
}

impl PageOf {
    /// The page as it was sent, once the request has succeeded: text, and in memory.
    pub(in super::super) fn take(&self) -> Option<SdkBody> {
        self.body.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

#[dyn_dispatch_hint]
impl Intercept for PageOf {
    fn name(&self) -> &'static str {
        "PageOf"
    }

    /// What an interceptor puts into the configuration stands before what the operation brings along.
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
    page: PageOf,
    /// Holds the SDK's own reader, for answers that are errors.
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
            let own =
                own.ok_or_else(|| OrchestratorError::other("the SDK has no reader of Query answers"))?;
            return own.deserialize_nonstreaming_with_config(response, config);
        }
        // Like an answer that breaks off: the SDK asks again.
        let body = whole(response).map_err(OrchestratorError::response)?;
        *self.page.body.lock().unwrap_or_else(PoisonError::into_inner) = Some(body);
        Ok(Output::erase(QueryOutput::builder().build()))
    }
}

/// The body, if it is what was sent.
fn whole(response: &HttpResponse) -> Result<SdkBody, BoxError> {
    let body = response.body().bytes().ok_or("the answer has no body in memory")?;
    if let Some(told) = response.headers().get(CHECKSUM) {
        let is = crc32fast::hash(body);
        if told.parse() != Ok(is) {
            return Err(
                format!("the answer's CRC-32 is {is}, and not the {told} that its header says").into()
            );
        }
    }
    std::str::from_utf8(body)?;
    Ok(response.body().try_clone().ok_or("the answer's body can't be shared")?)
}
