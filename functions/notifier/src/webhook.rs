//! A webhook request, paid from its tenant's share of the notifier's time ([`share`]).

use std::time::Duration;

use domain::contacts::Webhook;
use domain::contacts::fair_share::{self, LONG_TIMEOUT, SHORT_TIMEOUT, SLOW_HOST_PERIOD};
use domain::ports::{BoxError, PortError, WebhookResponse};

use crate::Notifier;
use crate::message::Retry;
use crate::notify::{Delivery, DeliveryOutcome};
use crate::deliver::requeue;

/// Posts if the tenant's share covers the time that the request may take. Otherwise the time is reserved and
/// `next` is requeued until then, so that it waits only once. `paid` is the reserved time in seconds.
pub(crate) async fn deliver_webhook(
    notifier: &Notifier,
    about: Delivery<'_>,
    webhook: &Webhook,
    next: &Retry,
    paid: Option<u64>,
) -> Result<DeliveryOutcome, PortError> {
    let (tenant, host) = (&about.connector.tenant, webhook.url.host());
    let now = notifier.clock.now();
    let was_slow = notifier.state.slow_until(tenant, &host).await?.is_some_and(|until| now < until);
    let patience = if let Some(seconds) = paid {
        Duration::from_secs(seconds).min(LONG_TIMEOUT)
    } else {
        let patience = if was_slow { LONG_TIMEOUT } else { SHORT_TIMEOUT };
        let begins = notifier.state.spend_time(tenant, patience, now).await?;
        let due = fair_share::due(begins, now);
        if due > now {
            requeue(notifier, &Retry { due, reserved_seconds: Some(patience.as_secs()), ..next.clone() })
                .await?;
            return Ok(DeliveryOutcome::Postponed);
        }
        patience
    };
    let message = about.message.sign(&secrets(notifier, about, webhook).await?, notifier.clock.now());
    let begun = notifier.clock.now();
    let posted = notifier.webhooks.post(&webhook.url, &message, patience).await;
    let took = notifier.clock.now().since(begun);
    let is_slow = posted == WebhookResponse::TimedOut || took > SHORT_TIMEOUT;
    record_timing(notifier, about, &host, (was_slow, is_slow), patience.saturating_sub(took)).await;
    Ok(match posted {
        WebhookResponse::Taken => DeliveryOutcome::Delivered,
        WebhookResponse::Gone => DeliveryOutcome::Gone,
        WebhookResponse::Rejected(why) => DeliveryOutcome::Failed { cause: why, is_internal: false },
        WebhookResponse::TimedOut => DeliveryOutcome::Failed {
            cause: format!("no answer within {} seconds", patience.as_secs()),
            is_internal: false,
        },
    })
}

/// Releases the unused time and records how fast the host was. The request is already done: if the ledger
/// fails, this is logged and costs the tenant some of its time, but no contact gets a second request.
async fn record_timing(
    notifier: &Notifier,
    about: Delivery<'_>,
    host: &str,
    (was_slow, is_slow): (bool, bool),
    unused: Duration,
) {
    let tenant = &about.connector.tenant;
    let noted = async {
        if !unused.is_zero() {
            notifier.state.refund_time(tenant, unused).await?;
        }
        match (was_slow, is_slow) {
            (_, true) => {
                let until = notifier.clock.now() + SLOW_HOST_PERIOD;
                notifier.state.store_slow_until(tenant, host, Some(until)).await
            }
            (true, false) => notifier.state.store_slow_until(tenant, host, None).await,
            (false, false) => Ok(()),
        }
    };
    if let Err(error) = noted.await {
        tracing::warn!(
            connector.id = %about.connector.id, error = error.chain(),
            "failed to record the response time of a webhook"
        );
    }
}

async fn secrets(
    notifier: &Notifier,
    about: Delivery<'_>,
    webhook: &Webhook,
) -> Result<Vec<domain::contacts::WebhookSecret>, PortError> {
    let mut secrets = Vec::new();
    for id in webhook.secrets(notifier.clock.now()) {
        let secret = notifier.connectors.secret(&about.connector.id, id).await?;
        let missing = || PortError::Bug {
            what: "signing for a webhook",
            source: BoxError::from("a secret named by the settings is missing in the ledger"),
        };
        secrets.push(secret.ok_or_else(missing)?);
    }
    Ok(secrets)
}
