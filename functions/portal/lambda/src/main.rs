//! The portal's Lambda: wires settings, clients and ports, and runs [`portal::router`] behind API Gateway.

mod request;

use std::process::ExitCode;
use std::sync::Arc;

use aws::clients::ClientFactory;
use aws::http_api::GatewayResponse;
use aws::kms::signing;
use aws::lambda;
use aws::metrics::EmfMetricsSink;
use aws::operations::Operations;
use aws::reader::LambdaReader;
use aws::s3::staging::S3Staging;
use aws::settings::PortalSettings;
use axum::Router;
use axum::response::IntoResponse as _;
use control::explorer::Explorer;
use control::logo::Logo;
use lambda_runtime::tower::ServiceExt as _;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use portal::{Brand, LogAccess, router};
use ports::LogoStore;
use serde_json::value::RawValue;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Error> {
    let Some(settings) = lambda::start::<PortalSettings>("portal") else { return Ok(ExitCode::FAILURE) };
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
        Err(status) => status.into_response(),
    };
    // Without the path: it can contain a link's secret.
    tracing::debug!(status = response.status().as_u16(), "a request was answered");
    Ok(GatewayResponse::from_response(response).await?)
}

async fn wire(settings: PortalSettings) -> Result<Router, Error> {
    let services = ClientFactory::from_environment(settings.s3).await;
    let signing = signing(&settings.signing, &services)?;
    let staging = S3Staging::new(services.s3(), settings.staging.bucket.to_string());
    let metrics = Arc::new(EmfMetricsSink::new(settings.stack.name));
    let operations = Operations::new(settings.onboarding, &services, Some(metrics));
    let access = operations.portal_access(settings.url, settings.return_urls);
    // By an alias of the reader, which takes questions of sessions alone; without one no event is shown.
    let reader = settings.reader.name.map(|name| LambdaReader::new(&services.config(|_| None), name));
    let log = LogAccess {
        explorer: Explorer::new(reader.map(|reader| Arc::new(reader) as _)),
        records: operations.explorer_records(),
        shown: settings.events,
    };
    // Both send a request at each start, so they run at once.
    let (logo, onboarding) =
        tokio::join!(logo(&staging), operations.onboarding_in_function(&services, signing));
    Ok(router(onboarding?, access, log, Brand { branding: settings.branding, logo }))
}

/// The vendor's logo. Without it, or if it can't be read, the pages have the vendor's name alone.
async fn logo(store: &dyn LogoStore) -> Option<Logo> {
    let read = async { Ok::<_, Error>(store.logo().await?.map(Logo::parse).transpose()?) };
    let unreadable = |error: &Error| tracing::warn!(%error, "the logo can't be shown");
    read.await.inspect_err(unreadable).ok().flatten()
}
