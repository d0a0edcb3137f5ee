//! A webhook request, paid from its tenant's share of the notifier's time ([`fair_share`]).

use std::time::Duration;

use control::contacts::fair_share;
use control::contacts::fair_share::{LONG_TIMEOUT, SHORT_TIMEOUT, SLOW_HOST_PERIOD};
use ports::{BoxError, PortError, WebhookResponse};
use protocol::contacts::Webhook;

use crate::Notifier;
use crate::attempt::{Delivery, DeliveryOutcome};
use crate::message::Retry;
use crate::retry::requeue;

/// Posts if the tenant's share covers the time that the request may take. Otherwise the time is reserved and
/// `next` is requeued until then, so that it waits only once. `reserved_seconds` is the reserved time in
/// seconds.
pub(crate) async fn deliver_webhook(
    notifier: &Notifier,
    delivery: Delivery<'_>,
    webhook: &Webhook,
    next: &Retry,
    reserved_seconds: Option<u64>,
) -> Result<DeliveryOutcome, PortError> {
    let (tenant, host) = (&delivery.connector.tenant, webhook.url.host());
    let now = notifier.clock.now();
    let was_slow = notifier.state.slow_until(tenant, &host).await?.is_some_and(|until| now < until);
    let timeout = if let Some(seconds) = reserved_seconds {
        Duration::from_secs(seconds).min(LONG_TIMEOUT)
    } else {
        let timeout = if was_slow { LONG_TIMEOUT } else { SHORT_TIMEOUT };
        let starts_at = notifier.state.spend_time(tenant, timeout, now).await?;
        let due = fair_share::due(starts_at, now);
        if due > now {
            requeue(notifier, &Retry { due, reserved_seconds: Some(timeout.as_secs()), ..next.clone() })
                .await?;
            return Ok(DeliveryOutcome::Postponed);
        }
        timeout
    };
    let message = delivery.message.sign(&secrets(notifier, delivery, webhook).await?, notifier.clock.now());
    let sent_at = notifier.clock.now();
    let response = notifier.webhooks.post(&webhook.url, &message, timeout).await;
    let elapsed = notifier.clock.now().since(sent_at);
    let is_slow = response == WebhookResponse::TimedOut || elapsed > SHORT_TIMEOUT;
    record_timing(notifier, delivery, &host, (was_slow, is_slow), timeout.saturating_sub(elapsed)).await;
    Ok(match response {
        WebhookResponse::Accepted => DeliveryOutcome::Delivered,
        WebhookResponse::Gone => DeliveryOutcome::Gone,
        WebhookResponse::Rejected(cause) => DeliveryOutcome::Failed { cause, is_internal: false },
        WebhookResponse::TimedOut => DeliveryOutcome::Failed {
            cause: format!("no answer within {} seconds", timeout.as_secs()),
            is_internal: false,
        },
    })
}

/// Releases the unused time and records how fast the host was. The request is already done: if the ledger
/// fails, this is logged and costs the tenant some of its time, but no contact gets a second request.
async fn record_timing(
    notifier: &Notifier,
    delivery: Delivery<'_>,
    host: &str,
    (was_slow, is_slow): (bool, bool),
    unused: Duration,
) {
    let tenant = &delivery.connector.tenant;
    let recorded = async {
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
    if let Err(error) = recorded.await {
        tracing::warn!(
            connector.id = %delivery.connector.id, error = error.chain(),
            "failed to record the response time of a webhook"
        );
    }
}

async fn secrets(
    notifier: &Notifier,
    delivery: Delivery<'_>,
    webhook: &Webhook,
) -> Result<Vec<protocol::contacts::WebhookSecret>, PortError> {
    let mut secrets = Vec::new();
    for id in webhook.secrets(notifier.clock.now()) {
        let secret = notifier.connectors.secret(&delivery.connector.id, id).await?;
        let missing = || PortError::Bug {
            what: "signing for a webhook",
            source: BoxError::from("a secret named by the settings is missing in the ledger"),
        };
        secrets.push(secret.ok_or_else(missing)?);
    }
    Ok(secrets)
}
