//! The dispatcher's Lambda: wires settings, clients and ports, and runs one [`tick`] for each event.

use std::process::ExitCode;
use std::sync::Arc;

use aws::clients::ClientFactory;
use aws::clock::{SystemClock, SystemRng};
use aws::dynamodb::ledger::{ClockOffset, DynamoLedger};
use aws::eventbridge::bus::EventBridgeBus;
use aws::lambda;
use aws::metrics::EmfMetricsSink;
use aws::settings::{DispatcherSettings, S3Settings};
use aws::sqs::queue::SqsQueue;
use aws_lambda_events::event::eventbridge::EventBridgeEvent;
use dispatcher::{Dispatched, Ports, RateLimiter, Watchdog, tick};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Error> {
    let Some(settings) = lambda::start::<DispatcherSettings>("dispatcher") else {
        return Ok(ExitCode::FAILURE);
    };
    let metrics = &EmfMetricsSink::new(settings.stack.name.clone());
    let (ports, watchdog) = &wire(settings).await;
    run(service_fn(move |event: LambdaEvent<EventBridgeEvent>| async move {
        let deadline = lambda::deadline(event.context.deadline);
        let dispatched = tick(ports, watchdog, metrics, deadline).await?;
        report(&dispatched);
        Ok::<_, Error>(dispatched)
    }))
    .await?;
    Ok(ExitCode::SUCCESS)
}

async fn wire(settings: DispatcherSettings) -> (Ports, Watchdog) {
    let services = ClientFactory::from_environment(S3Settings::default()).await;
    let ledger =
        Arc::new(DynamoLedger::new(services.dynamodb(), settings.ledger.table, ClockOffset::default()));
    let clock = Arc::new(SystemClock::new());
    let ports = Ports {
        due: Arc::clone(&ledger) as _,
        queue: Arc::new(SqsQueue::new(&services, settings.queue.url)),
        clock: Arc::clone(&clock) as _,
        randomness: Arc::new(SystemRng),
        rate_limiter: RateLimiter::default(),
    };
    let (timing, retention) = (settings.timing, settings.retention.period);
    let bus = Arc::new(EventBridgeBus::new(services.events(), settings.bus.name));
    (ports, Watchdog { ledger, bus, clock, timing, retention })
}

fn report(dispatched: &Dispatched) {
    let Dispatched { due, claimed, throttled, sent, released, more } = *dispatched;
    tracing::info!(due, claimed, throttled, sent, released, more, "due connectors were sent to the exporter");
}
