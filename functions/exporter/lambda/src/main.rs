//! The exporter's Lambda: wires settings, clients and ports, and passes each batch to [`exporter::batch`].

use std::process::ExitCode;
use std::sync::Arc;

use aws::clients::ClientFactory;
use aws::clock::{SystemClock, SystemRng};
use aws::dynamodb::events::DynamoSource;
use aws::dynamodb::ledger::{ClockOffset, DynamoLedger};
use aws::eventbridge::bus::EventBridgeBus;
use aws::eventbridge::observed_bus::ObservedBus;
use aws::kms::signing;
use aws::lambda;
use aws::metrics::EmfMetricsSink;
use aws::s3::customers::{StsCustomers, StsProber};
use aws::s3::staging::S3Staging;
use aws::settings::{ExporterSettings, SettingsError};
use aws_lambda_events::event::sqs::SqsEvent;
use exporter::{Exporter, Ports, batch, vendor_of};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use ports::{Bus, Clock, Connectors, Prober};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Error> {
    let Some(settings) = lambda::start::<ExporterSettings>("exporter") else {
        return Ok(ExitCode::FAILURE);
    };
    let metrics = &EmfMetricsSink::new(settings.stack.name.clone());
    let Some(wiring) = &lambda::valid("exporter", wire(settings, metrics.clone()).await) else {
        return Ok(ExitCode::FAILURE);
    };
    run(service_fn(move |event: LambdaEvent<SqsEvent>| async move {
        let exporter = &wiring.for_function(&event.context.invoked_function_arn);
        let deadline = lambda::deadline(event.context.deadline);
        Ok::<_, Error>(batch::handle(exporter, metrics, event.payload, deadline).await)
    }))
    .await?;
    Ok(ExitCode::SUCCESS)
}

/// Everything that the environment determines. The vendor's account and Region come with each invocation.
struct Wiring {
    exporter: Exporter,
    connectors: Arc<dyn Connectors>,
    prober: Arc<dyn Prober>,
    bus: Arc<dyn Bus>,
}

impl Wiring {
    fn for_function(&self, arn: &str) -> Exporter {
        let Self { exporter, connectors, prober, bus } = self;
        match vendor_of(arn) {
            Some(vendor) => exporter.with_reverification(
                Arc::clone(connectors),
                Arc::clone(prober),
                Arc::clone(bus),
                vendor,
            ),
            None => exporter.clone(),
        }
    }
}

async fn wire(settings: ExporterSettings, metrics: EmfMetricsSink) -> Result<Wiring, SettingsError> {
    let services = ClientFactory::from_environment(settings.s3).await;
    let (dynamodb, sts, customers) = (services.dynamodb(), services.sts(), services.customers());
    let ledger = Arc::new(DynamoLedger::new(dynamodb.clone(), settings.ledger.table, ClockOffset::default()));
    let bus: Arc<dyn Bus> = Arc::new(EventBridgeBus::new(services.events(), settings.bus.name));
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    // A run logs and counts what its bus did not accept. A change of settings by a verification goes on
    // without its notice.
    let observed = ObservedBus::new(Arc::clone(&bus)).with_metrics(Arc::new(metrics), Arc::clone(&clock));
    let ports = Ports {
        runs: Arc::clone(&ledger) as _,
        source: Arc::new(DynamoSource::new(dynamodb, settings.events)),
        staging: Arc::new(S3Staging::new(services.s3(), settings.staging.bucket.to_string())),
        signing: signing(&settings.signing, &services)?,
        customers: Arc::new(StsCustomers::new(sts.clone(), customers.clone())),
        bus,
        clock,
        randomness: Arc::new(SystemRng),
    };
    let (timing, part_limits, retention) = (settings.timing, settings.part_limits, settings.retention.period);
    Ok(Wiring {
        exporter: Exporter { ports, timing, part_limits, retention, onboarding: None },
        connectors: ledger,
        prober: Arc::new(StsProber::new(sts, customers)),
        bus: Arc::new(observed),
    })
}
