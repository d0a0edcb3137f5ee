//! The continue gate: `Expect: 100-continue`.
//!
//! S3 rejects a request as soon as it has read its headers, and then closes the connection. If a large body
//! is on its way by then, the sender sees a broken connection and the rejection is lost. A denied bucket
//! would look like an unreachable one, and would be reported to the customer as such. So a streamed body
//! waits for S3's `100 Continue`.
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

/// A server or proxy that doesn't know the header sends nothing; then the body is sent anyway.
const CONTINUE_TIMEOUT: Duration = Duration::from_secs(1);

/// The header and its interim response, for one request.
#[derive(Debug, Clone, Default)]
pub(super) struct ExpectContinue {
    received: Arc<Notify>,
}

impl ExpectContinue {
    /// Returns once the server has sent `100 Continue`, or after a second without it. If the server rejects
    /// the request instead, this future is dropped with the body.
    pub(super) async fn wait(&self) {
        // Without a response in time the only option is to continue.
        let _ = tokio::time::timeout(CONTINUE_TIMEOUT, self.received.notified()).await;
    }

    /// Records `100 Continue`. The notification is kept if the body isn't waiting yet.
    pub(super) fn continue_received(&self) {
        self.received.notify_one();
    }
}

#[dyn_dispatch_hint]
impl Intercept for ExpectContinue {
    fn name(&self) -> &'static str {
        "ExpectContinue"
    }

    /// After signing: proxies may drop the header, so it must not be part of the signature.
    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = mem::replace(context.request_mut(), HttpRequest::new(SdkBody::taken()));
        let mut request = request.try_into_http1x()?;
        request.headers_mut().insert(EXPECT, HeaderValue::from_static("100-continue"));
        let gate = self.clone();
        ext::on_informational(&mut request, move |answer| {
            if answer.status() == StatusCode::CONTINUE {
                gate.continue_received();
            }
        });
        *context.request_mut() = request.try_into()?;
        Ok(())
    }
}
