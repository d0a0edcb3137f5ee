//! The API's Lambda: wires settings, clients and ports, and runs [`api::router`] behind API Gateway.

mod authorizer;
mod request;
mod response;

use std::process::ExitCode;
use std::sync::Arc;

use api::{GatewayAuthenticator, router};
use aws::clients::ClientFactory;
use aws::clock::{SystemClock, SystemRng};
use aws::dynamodb::ledger::{ClockOffset, DynamoLedger};
use aws::eventbridge::bus::EventBridgeBus;
use aws::eventbridge::observed_bus::ObservedBus;
use aws::kms::signing;
use aws::logs;
use aws::metrics::EmfMetricsSink;
use aws::s3::anonymous_reader::AnonymousReader;
use aws::s3::customers::StsProber;
use aws::settings::{ApiSettings, CallerSettings, SettingsError};
use aws::sts::assumed_role::sts_as_role;
use aws::sts::caller_identity::{CallerIdentity, caller_identity};
use aws::webhooks::EgressPolicy;
use axum::Router;
use axum::response::IntoResponse as _;
use control::onboarding::{KeyCache, MailMode, Onboarding};
use control::setup::Vendor;
use lambda_runtime::tower::ServiceExt as _;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::value::RawValue;

use crate::response::GatewayResponse;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Error> {
    logs::init(env_var("LOG_LEVEL").as_deref());
    let settings = match ApiSettings::read(&env_var) {
        Ok(settings) => settings,
        Err(error) => return Ok(startup_error(&error)),
    };
    let CallerSettings { tenant_claim, operator_scope } = settings.callers.clone();
    let callers = Arc::new(GatewayAuthenticator { tenant_claim, operator_scope });
    let router = &router(wire(settings).await?, callers);
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
        Err(unreadable) => unreadable.into_response(),
    };
    // Without the path: it can contain a caller's mistyped data.
    tracing::debug!(status = response.status().as_u16(), "a request was answered");
    Ok(GatewayResponse::from_response(response).await?)
}

async fn wire(settings: ApiSettings) -> Result<Onboarding, Error> {
    let services = ClientFactory::from_environment(settings.s3).await;
    let sts = services.sts();
    let CallerIdentity { account, partition, .. } = caller_identity(&sts).await?;
    let region = services.region().ok_or("no region: Lambda sets AWS_REGION")?.parse()?;
    let exporter_role = settings.vendor.exporter_role;
    let exporter = format!("arn:{partition}:iam::{account}:role/{exporter_role}").parse()?;
    let prober = StsProber::new(sts_as_role(&sts, &exporter), services.customers());
    let ledger = DynamoLedger::new(services.dynamodb(), settings.ledger.table, ClockOffset::default());
    let clock = Arc::new(SystemClock::new());
    let bus = ObservedBus::new(Arc::new(EventBridgeBus::new(services.events(), settings.bus.name)));
    let metrics = Arc::new(EmfMetricsSink::new(settings.stack.name));
    Ok(Onboarding {
        connectors: Arc::new(ledger),
        prober: Arc::new(prober),
        bus: Arc::new(bus.with_metrics(metrics, Arc::clone(&clock) as _)),
        clock,
        rng: Arc::new(SystemRng),
        timing: settings.timing,
        vendor: Vendor {
            account,
            partition,
            region,
            exporter_role,
            template_url: settings.vendor.template_url,
        },
        signing: Some(signing(&settings.signing, &services)?),
        key_cache: KeyCache::default(),
        mail_mode: MailMode::of(settings.sender.is_some(), settings.portal.is_some()),
        partitions: settings.partitions,
        budgets: settings.budgets,
        public_urls: Some(Arc::new(AnonymousReader::new(EgressPolicy::public))),
    })
}

#[expect(clippy::disallowed_methods, reason = "a main.rs is where the environment is read, once")]
fn env_var(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Fails the start-up and logs every invalid variable.
fn startup_error(error: &SettingsError) -> ExitCode {
    tracing::error!(settings = %error, "the API can't start: its environment is invalid");
    ExitCode::FAILURE
}
