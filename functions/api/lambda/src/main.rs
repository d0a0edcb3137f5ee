//! The API's Lambda: wires settings, clients and ports, and runs [`api::router`] behind API Gateway.

mod authorizer;
mod request;

use std::process::ExitCode;
use std::sync::Arc;

use api::{GatewayAuthenticator, refuse_event, router};
use aws::clients::ClientFactory;
use aws::http_api::GatewayResponse;
use aws::kms::signing;
use aws::lambda;
use aws::metrics::EmfMetricsSink;
use aws::operations::Operations;
use aws::reader::LambdaReader;
use aws::settings::{ApiSettings, CallerSettings, LinkSettings};
use axum::Router;
use axum::response::IntoResponse as _;
use control::explorer::Explorer;
use lambda_runtime::tower::ServiceExt as _;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::value::RawValue;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Error> {
    let Some(settings) = lambda::start::<ApiSettings>("API") else { return Ok(ExitCode::FAILURE) };
    let router = &wire(settings).await?;
    run(service_fn(
        move |event: LambdaEvent<Box<RawValue>>| async move { handle(router, &event.payload).await },
    ))
    .await?;
    Ok(ExitCode::SUCCESS)
}

/// Answers an unreadable event too: if a function fails or panics, the caller gets a 500 without details.
async fn handle(router: &Router, event: &RawValue) -> Result<GatewayResponse, Error> {
    let response = match request::request(event.get()) {
        Ok(request) => router.clone().oneshot(request).await.into_response(),
        Err(unreadable) => refuse_event(unreadable),
    };
    // Without the path: it can contain a caller's mistyped data.
    tracing::debug!(status = response.status().as_u16(), "a request was answered");
    Ok(GatewayResponse::from_response(response).await?)
}

async fn wire(settings: ApiSettings) -> Result<Router, Error> {
    let CallerSettings { tenant_claim, operator_scope } = settings.callers;
    let callers = Arc::new(GatewayAuthenticator { tenant_claim, operator_scope });
    let services = ClientFactory::from_environment(settings.s3).await;
    let signing = signing(&settings.signing, &services)?;
    let metrics = Arc::new(EmfMetricsSink::new(settings.stack.name));
    let operations = Operations::new(settings.onboarding, &services, Some(metrics));
    let LinkSettings { portal: url, return_urls } = settings.links;
    let portal = url.map(|url| operations.portal_access(url, return_urls));
    // The reader answers questions about events; without one the deployment shows none.
    let reader = settings.reader.name.map(|name| LambdaReader::new(&services.config(|_| None), name));
    let explorer = Explorer::new(reader.map(|reader| Arc::new(reader) as _));
    let records = operations.explorer_records();
    let onboarding = operations.onboarding_in_function(&services, signing).await?;
    Ok(router(onboarding, portal, explorer, records, callers))
}
