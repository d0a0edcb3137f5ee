//! The reader's Lambda: wires settings, clients and ports, and passes each invocation to [`reader::handle`].

use std::process::ExitCode;
use std::sync::Arc;

use archive::names::WorkerId;
use aws::clients::ClientFactory;
use aws::clock::{SystemClock, SystemRng};
use aws::dynamodb::ledger::{ClockOffset, DynamoLedger};
use aws::lambda;
use aws::reader::StsReaderSessions;
use aws::settings::ReaderSettings;
use aws::sqs::download_queue::ReaderQueue;
use control::portal::Sessions;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use ports::{Clock, Rng as _};
use reader::{AT_ONCE, Entrance, Invocation, Reader};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Error> {
    let Some(settings) = lambda::start::<ReaderSettings>("reader") else {
        return Ok(ExitCode::FAILURE);
    };
    let reader = &Arc::new(wire(settings).await);
    run(service_fn(move |event: LambdaEvent<Value>| async move {
        let entrance = Entrance::of(&event.context.invoked_function_arn);
        Ok::<_, Error>(reader::handle(Arc::clone(reader), entrance, Invocation::read(event.payload)).await?)
    }))
    .await?;
    Ok(ExitCode::SUCCESS)
}

async fn wire(settings: ReaderSettings) -> Reader {
    let services = ClientFactory::from_environment(settings.s3).await;
    let (clock, rng): (Arc<dyn Clock>, _) = (Arc::new(SystemClock::new()), Arc::new(SystemRng));
    let ledger = DynamoLedger::new(services.dynamodb(), settings.ledger.table, ClockOffset::default());
    let ledger = Arc::new(ledger);
    let sessions = StsReaderSessions::new(
        services.sts(),
        services.sessions(),
        settings.data_role,
        settings.staging.bucket.to_string(),
        settings.events,
        Arc::clone(&clock),
    );
    Reader {
        connectors: Arc::clone(&ledger) as _,
        portal: Sessions { links: Arc::clone(&ledger) as _, clock: Arc::clone(&clock) },
        sessions: Arc::new(sessions),
        mappings: Arc::clone(&ledger) as _,
        searches: Arc::clone(&ledger) as _,
        downloads: ledger,
        queue: Arc::new(ReaderQueue::new(&services, settings.queue_url)),
        clock,
        worker: WorkerId::new(rng.next_u64(), rng.next_u64()),
        rng,
        at_once: AT_ONCE,
        shown: settings.portal_events,
        fields: settings.fields.mapping.map(|setting| setting.fields()),
        staging_retention: settings.staging_retention.period,
        event_retention: settings.event_retention.period,
        events_end: None,
    }
}
