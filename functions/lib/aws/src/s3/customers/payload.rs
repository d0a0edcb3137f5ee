//! Signs a streamed body with the hash that the seal recorded.
//!
//! The SDK can't hash a stream before sending it, so by default it signs such a request with
//! `UNSIGNED-PAYLOAD`. Many bucket policies deny that (condition key `s3:x-amz-content-sha256`). The
//! preflight check, with a small body, would pass and the first real file would be denied. The hash is known,
//! and S3 checks the received bytes against it.
//!
//! Sources: Amazon S3 API reference, "Signature calculations for the Authorization header: transferring
//! payload in a single chunk"; Amazon S3 user guide, "Bucket policy examples using condition keys", S3
//! authentication keys.

use archive::sha256::Sha256;
use aws_runtime::auth::PayloadSigningOverride;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

/// The hash of the request body.
#[derive(Debug, Clone)]
pub(super) struct SignedPayload(pub(super) Sha256);

#[dyn_dispatch_hint]
impl Intercept for SignedPayload {
    fn name(&self) -> &'static str {
        "SignedPayload"
    }

    fn modify_before_signing(
        &self,
        _: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let hash = hex::encode(self.0.bytes());
        config.interceptor_state().store_put(PayloadSigningOverride::Precomputed(hash));
        Ok(())
    }
}
