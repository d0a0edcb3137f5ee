//! The exporter's Lambda: wires settings, clients and ports, and hands each batch to [`exporter::batch`].

use std::process::ExitCode;
use std::sync::Arc;

use adapters::bus::EventBridgeBus;
use adapters::clients::Clients;
use adapters::clock::{SystemClock, SystemRandomness};
use adapters::customers::StsCustomers;
use adapters::ledger::{DateShift, DynamoLedger};
use adapters::logs;
use adapters::settings::{ExporterSettings, WrongSettings};
use adapters::source::DynamoSource;
use adapters::staging::S3Staging;
use aws_lambda_events::event::sqs::SqsEvent;
use domain::time::Time;
use exporter::{Exporter, Ports, batch};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Error> {
    logs::start(variable("AWS_LAMBDA_LOG_LEVEL").as_deref());
    let settings = match ExporterSettings::read(&variable) {
        Ok(settings) => settings,
        Err(wrong) => return Ok(refuse(&wrong)),
    };
    let exporter = &wire(settings).await;
    run(service_fn(move |event: LambdaEvent<SqsEvent>| async move {
        let deadline =
            i64::try_from(event.context.deadline).ok().and_then(Time::from_millis).unwrap_or(Time::LAST);
        Ok::<_, Error>(batch::handle(exporter, event.payload, deadline).await)
    }))
    .await?;
    Ok(ExitCode::SUCCESS)
}

async fn wire(settings: ExporterSettings) -> Exporter {
    let clients = Clients::from_environment(settings.s3).await;
    let ports = Ports {
        runs: Arc::new(DynamoLedger::new(
            clients.dynamodb.clone(),
            settings.ledger.table,
            DateShift::default(),
        )),
        source: Arc::new(DynamoSource::new(clients.dynamodb, settings.events)),
        staging: Arc::new(S3Staging::new(clients.s3, settings.staging.bucket.to_string())),
        customers: Arc::new(StsCustomers::new(clients.sts, clients.customers)),
        bus: Arc::new(EventBridgeBus::new(clients.events, settings.bus.name)),
        clock: Arc::new(SystemClock::new()),
        randomness: Arc::new(SystemRandomness),
    };
    Exporter { ports, timing: settings.timing, part_limits: settings.part_limits }
}

#[expect(clippy::disallowed_methods, reason = "a main.rs is where the environment is read, once")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Ends the start-up, and names every variable that is wrong.
fn refuse(wrong: &WrongSettings) -> ExitCode {
    tracing::error!(settings = %wrong, "the exporter can't start: its environment is wrong");
    ExitCode::FAILURE
}
