//! Ask before sending: `Expect: 100-continue`.
//!
//! S3 refuses a request as soon as it has read its headers, and then closes the connection. If a large body is on
//! its way by then, the sender sees a broken connection and the refusal is lost: a denied bucket would look like
//! an unreachable one, and would be told as such to the customer. So a streamed body waits until S3 has said that
//! it wants it.
//!
//! Sources: RFC 9110, section 10.1.1; Amazon S3 API reference, `PutObject`, header `Expect`.

use std::mem;
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use hyper::header::{EXPECT, HeaderValue};
use hyper::{StatusCode, ext};
use tokio::sync::Notify;

/// A server or proxy that doesn't know the header says nothing; then the body is sent all the same.
const PATIENCE: Duration = Duration::from_secs(1);

/// The question and its answer, for one request.
#[derive(Debug, Clone, Default)]
pub(super) struct AskFirst {
    answer: Arc<Notify>,
}

impl AskFirst {
    /// Returns once the server wants the body, or has said nothing for a second. If it refuses instead, this is
    /// dropped with the body.
    pub(super) async fn answered(&self) {
        // Without an answer in time there is nothing else to do than to go on.
        let _ = tokio::time::timeout(PATIENCE, self.answer.notified()).await;
    }

    /// The server wants the body. Kept if the body isn't waiting yet.
    pub(super) fn wanted(&self) {
        self.answer.notify_one();
    }
}

#[dyn_dispatch_hint]
impl Intercept for AskFirst {
    fn name(&self) -> &'static str {
        "AskFirst"
    }

    /// After signing: proxies may drop the header, and it must not be part of the signature then.
    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = mem::replace(context.request_mut(), HttpRequest::new(SdkBody::taken()));
        let mut request = request.try_into_http1x()?;
        request.headers_mut().insert(EXPECT, HeaderValue::from_static("100-continue"));
        let asked = self.clone();
        ext::on_informational(&mut request, move |answer| {
            if answer.status() == StatusCode::CONTINUE {
                asked.wanted();
            }
        });
        *context.request_mut() = request.try_into()?;
        Ok(())
    }
}
