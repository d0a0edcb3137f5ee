//! The notifier's Lambda: wires settings, clients and ports, and passes each batch to [`notifier::batch`].

use std::process::ExitCode;
use std::sync::Arc;

use aws::clients::ClientFactory;
use aws::clock::{SystemClock, SystemRng};
use aws::dynamodb::ledger::{ClockOffset, DynamoLedger};
use aws::lambda;
use aws::metrics::EmfMetricsSink;
use aws::ses::SesMailer;
use aws::settings::{ConfirmationSettings, NotifierSettings, S3Settings};
use aws::sqs::notice_queue::NoticeQueue;
use aws::webhooks::{EgressPolicy, HttpsWebhookClient};
use aws_lambda_events::event::sqs::SqsEvent;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use notifier::{ConfirmationMails, Notifier, batch};
use ports::Mailer;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Error> {
    let Some(settings) = lambda::start::<NotifierSettings>("notifier") else {
        return Ok(ExitCode::FAILURE);
    };
    let metrics = &EmfMetricsSink::new(settings.stack.name.clone());
    let notifier = &wire(settings).await?;
    run(service_fn(move |event: LambdaEvent<SqsEvent>| async move {
        Ok::<_, Error>(batch::handle(notifier, metrics, event.payload).await)
    }))
    .await?;
    Ok(ExitCode::SUCCESS)
}

async fn wire(settings: NotifierSettings) -> Result<Notifier, Error> {
    let services = ClientFactory::from_environment(S3Settings::default()).await;
    let mailer = |sender| Arc::new(SesMailer::new(&services, sender)) as Arc<dyn Mailer>;
    let mailer = settings.sender.map(mailer);
    let confirmation_mails = settings.confirmation.zip(mailer.clone());
    let confirmation_mails = confirmation_mails.map(|(ConfirmationSettings { vendor, portal }, mailer)| {
        ConfirmationMails { mailer, vendor, portal }
    });
    let ledger =
        Arc::new(DynamoLedger::new(services.dynamodb(), settings.ledger.table, ClockOffset::default()));
    Ok(Notifier {
        connectors: Arc::clone(&ledger) as _,
        state: ledger,
        webhooks: Arc::new(HttpsWebhookClient::new(EgressPolicy::public()?)?),
        mailer,
        confirmation_mails,
        queue: Arc::new(NoticeQueue::new(&services, settings.queue_url)),
        clock: Arc::new(SystemClock::new()),
        randomness: Arc::new(SystemRng),
    })
}
